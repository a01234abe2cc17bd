"""gzip as members of a few MB, one after another, so that what can't shrink costs no time.

Every gzip reads such a file. Most of a database are chunks that are compressed already: deflate
would take half a minute for a gigabyte of them and gain nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO

from quadra.backup.outcomes import DamagedBackupError

_BLOCK = 4 << 20
_PROBE = 64 << 10
_GAINS = 0.92  # a probe that stays above this share is stored as it is
_LEVEL = 4
_GZIP = 31  # zlib's wbits for a gzip header and trailer
_READ = 256 << 10


class Gzipper:
    """Compresses what is written to it, block by block, into ``sink``."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        """Wire it: ``sink`` is called with each compressed member."""
        self._sink = sink
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self._waiting += data
        while len(self._waiting) >= _BLOCK:
            self._member(bytes(self._waiting[:_BLOCK]))
            del self._waiting[:_BLOCK]

    def finish(self) -> None:
        """Write what is left."""
        self._member(bytes(self._waiting))
        self._waiting.clear()

    def _member(self, block: bytes) -> None:
        middle = len(block) // 2
        probe = block[max(middle - _PROBE // 2, 0) : middle + _PROBE // 2]
        shrinks = len(zlib.compress(probe, 1)) < _GAINS * len(probe)
        level = _LEVEL if shrinks or not probe else 0
        self._sink(zlib.compress(block, level, wbits=_GZIP))


class BoundedGunzip:
    """Reads a gzip file of any number of members, and never more than ``limit`` bytes of it."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        """Wire it."""
        self._source = source
        self._left = limit
        self._inflate = zlib.decompressobj(wbits=_GZIP)
        self._fed = b""
        self._between = True  # members: the file may end here

    def read(self, size: int) -> bytes:
        """Give up to ``size`` bytes, none at the end; raises DamagedBackupError."""
        while True:
            if self._inflate.eof:
                self._fed = self._inflate.unused_data
                self._inflate = zlib.decompressobj(wbits=_GZIP)
                self._between = True
            fed = self._inflate.unconsumed_tail or self._fed or self._source.read(_READ)
            self._fed = b""
            if not fed:
                if self._between:
                    return b""
                raise DamagedBackupError("The archive is cut off.")
            self._between = False
            try:
                data = self._inflate.decompress(fed, size)
            except zlib.error as error:
                raise DamagedBackupError(f"The archive is no sound gzip file ({error}).") from None
            if data:
                self._left -= len(data)
                if self._left < 0:
                    raise DamagedBackupError(
                        "The archive unpacks to more than can be right for its size; refused."
                    )
                return data

    def exactly(self, size: int) -> bytes:
        """Give ``size`` bytes; raises DamagedBackupError when there are fewer."""
        parts, missing = [], size
        while missing:
            part = self.read(missing)
            if not part:
                raise DamagedBackupError("The archive is cut off.")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
