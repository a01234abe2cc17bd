"""Learned arrays as bytes: an npz with its kind, version and checksum, never a pickle."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

_MARK = b"QUADRA01"
_DIGEST = 32
_MOST_BYTES = 1 << 34
_PIECE = 1 << 20

Array = npt.NDArray[Any]


def pack(kind: str, version: int, arrays: Mapping[str, Array]) -> bytes:
    """Give arrays as bytes; see ``write``."""
    out = io.BytesIO()
    write(out, kind, version, arrays)
    return out.getvalue()


def write(file: BinaryIO, kind: str, version: int, arrays: Mapping[str, Array]) -> None:
    """Write arrays at the end of a file: a mark, the SHA-256 of what follows, and the npz.

    Piece by piece: what is learned of a hundred thousand series is never there twice.
    """
    begin = file.tell()
    file.write(_MARK + bytes(_DIGEST))
    body = _Hashed(file)
    # What can't seek is written from its beginning to its end, as a digest has to be taken.
    with zipfile.ZipFile(cast("BinaryIO", body), "w") as packed:
        for name, array in {"__kind__": np.array(f"{kind}/{version}"), **arrays}.items():
            with packed.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    end = file.tell()
    file.seek(begin + len(_MARK))
    file.write(body.digest())
    file.seek(end)


def unpack(data: bytes, kind: str, version: int) -> dict[str, Array]:
    """Undo ``pack``; raises ValueError as ``read`` does."""
    return read(io.BytesIO(data), kind, version)


def read(file: BinaryIO, kind: str, version: int) -> dict[str, Array]:
    """Undo ``write``, from where the file stands.

    Raises:
        ValueError: The bytes are damaged, cut short, of another kind or version, or hold objects.
    """
    if file.read(len(_MARK)) != _MARK:
        raise ValueError("not a saved detector: the file does not begin as one")
    digest, found = file.read(_DIGEST), hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    if digest != found.digest():
        raise ValueError("the saved detector is damaged: its checksum differs")
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(info.file_size for info in packed.infolist()) > _MOST_BYTES:
                raise ValueError("the saved detector is too large")
            arrays = {name.removesuffix(".npy"): _array(packed, name) for name in packed.namelist()}
    except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        raise ValueError("the saved detector can't be read") from error
    said = str(arrays.pop("__kind__", ""))
    if said != f"{kind}/{version}":
        raise ValueError(f"this is {said or 'something else'}, expected {kind}/{version}")
    return arrays


def _array(packed: zipfile.ZipFile, name: str) -> Array:
    with packed.open(name) as member:
        found: Array = np.lib.format.read_array(member, allow_pickle=False)
    return found


class _Hashed:
    """A file that is only written to, and the SHA-256 of what went there."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def digest(self) -> bytes:
        return self._digest.digest()


def expect(arrays: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that all arrays are there and of their shapes. Raises ValueError."""
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            raise ValueError(f"the saved detector lacks {name}, or it has the wrong shape")
