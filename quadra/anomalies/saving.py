"""Learned arrays as bytes: an npz with its kind, version and checksum, never a pickle."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_MARK = b"QUADRA01"
_DIGEST = 32
_MOST_BYTES = 1 << 34

Array = npt.NDArray[Any]


def pack(kind: str, version: int, arrays: Mapping[str, Array]) -> bytes:
    """Give arrays as bytes: a mark, the SHA-256 of what follows, and the npz."""
    out = io.BytesIO()
    np.savez(out, __kind__=np.array(f"{kind}/{version}"), **arrays)  # type: ignore[arg-type]
    body = out.getvalue()
    return _MARK + hashlib.sha256(body).digest() + body


def unpack(data: bytes, kind: str, version: int) -> dict[str, Array]:
    """Undo ``pack``.

    Raises:
        ValueError: The bytes are damaged, cut short, of another kind or version, or hold objects.
    """
    body = data[len(_MARK) + _DIGEST :]
    if data[: len(_MARK)] != _MARK:
        raise ValueError("not a saved detector: the file does not begin as one")
    if hashlib.sha256(body).digest() != data[len(_MARK) : len(_MARK) + _DIGEST]:
        raise ValueError("the saved detector is damaged: its checksum differs")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            sizes = sum(info.file_size for info in file.zip.infolist())
            if sizes > _MOST_BYTES:
                raise ValueError("the saved detector is too large")
            arrays = {name: file[name] for name in file.files}
    except (zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        raise ValueError("the saved detector can't be read") from error
    said = str(arrays.pop("__kind__", ""))
    if said != f"{kind}/{version}":
        raise ValueError(f"this is {said or 'something else'}, expected {kind}/{version}")
    return arrays


def expect(arrays: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that all arrays are there and of their shapes. Raises ValueError."""
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            raise ValueError(f"the saved detector lacks {name}, or it has the wrong shape")
