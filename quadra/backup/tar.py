"""Tar archives as backups need them: regular files and nothing else.

Reading is a parser of our own, for a backup may come from anywhere: what is no regular file (a
link, a device, an extension header that says how long the next name is) is refused unread.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from quadra.backup.outcomes import DamagedBackupError

MAX_NAME_BYTES = 100  # what a header holds without extensions
MAX_MEMBERS = 50_000
_BLOCK = 512
_PIECE = 1 << 20
_LARGEST = 1 << 50
_MODE = 0o600
# Folders that a backup has, and names that no shell and no file system reads in its own way.
_PART = r"[A-Za-z0-9_@+=,()-][A-Za-z0-9._@+=,() -]{0,98}"
_NAME = re.compile(
    rf"\.env\.backup|backup_metadata\.json"
    rf"|(?:database|models|dashboard_state|logs|rules)(?:/{_PART}){{1,6}}"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    name: str
    size: int


class Source(Protocol):
    """What an archive is read from."""

    def exactly(self, size: int) -> bytes:
        """Give ``size`` bytes or raise DamagedBackupError."""

    def read(self, size: int) -> bytes:
        """Give up to ``size`` bytes, none at the end."""


def is_allowed(name: str) -> bool:
    """Say whether a backup may hold a file of this name."""
    return len(name) <= MAX_NAME_BYTES and _NAME.fullmatch(name) is not None


def header(name: str, size: int, changed_at: float) -> bytes:
    """Make the header of a file."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(changed_at), _MODE
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def padding(size: int) -> bytes:
    """Give what fills a file's last block."""
    return b"\0" * (-size % _BLOCK)


END = b"\0" * _BLOCK * 2


def members(source: Source) -> Iterator[tuple[Member, Callable[[], Iterator[bytes]]]]:
    """Give each file and what reads its content; what is not read of it is passed over.

    Raises DamagedBackupError for whatever no backup of Quadra looks like.
    """
    seen: set[str] = set()
    while (block := source.exactly(_BLOCK)) != END[:_BLOCK]:
        member = _member(block)
        if member.name in seen:
            raise DamagedBackupError(f"The archive holds {member.name!r} twice; refused.")
        seen.add(member.name)
        if len(seen) > MAX_MEMBERS:
            raise DamagedBackupError(f"The archive holds more than {MAX_MEMBERS} files; refused.")
        content = _Content(source, member.size)
        yield member, content.pieces
        for _rest in content.pieces():
            pass
        source.exactly(len(padding(member.size)))
    while rest := source.read(_PIECE):
        if rest.strip(b"\0"):
            raise DamagedBackupError("Something follows after the archive's end; refused.")


class _Content:
    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size

    def pieces(self) -> Iterator[bytes]:
        while self._left:
            piece = self._source.exactly(min(self._left, _PIECE))
            self._left -= len(piece)
            yield piece


def _member(block: bytes) -> Member:
    stated = _number(block[148:156])
    if stated != sum(block[:148]) + sum(block[156:]) + 8 * ord(" "):
        raise DamagedBackupError("A header in the archive is damaged.")
    try:
        name = block[:100].rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        name = ""
    if block[156:157] not in (b"0", b"\0"):
        raise DamagedBackupError(f"The archive holds {name!r}, which is no regular file; refused.")
    if not is_allowed(name) or block[345:500].strip(b"\0"):
        raise DamagedBackupError(f"The archive holds {name!r}, which no backup does; refused.")
    return Member(name, _number(block[124:136]))


def _number(field: bytes) -> int:
    """Read an octal number, or one of base 256 as GNU writes those that need more room."""
    if field[0] == 0x80:  # noqa: PLR2004 - the mark of base 256
        number = int.from_bytes(field[1:], "big")
    else:
        digits = field.strip(b" \0")
        if not re.fullmatch(rb"[0-7]{1,12}", digits):
            raise DamagedBackupError("A header in the archive is damaged.")
        number = int(digits, 8)
    if number > _LARGEST:
        raise DamagedBackupError("The archive claims a file larger than any disk; refused.")
    return number
