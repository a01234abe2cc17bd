"""A field as bytes and back: arrays by numpy's own format without pickle, and what it is about.

A file is read only when its checksum is the one that was noted, and every array has the shape
that its description demands: a damaged or foreign file is refused, never half taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np

from quadra.errors import InvalidError
from quadra.field.field import Field, Shape
from quadra.field.reservoir import MAX_SIZE, MIN_SIZE

FORMAT = 1
MAX_BYTES = 64 * 1024**2
MAX_SERIES, MAX_AHEAD = 64, 3_600
_FIELD = ("state", "last", "smooth", "past_z", "past_gain", "past_values", "error_variance")
_READOUT = ("weights", "p")
_SCALES = ("count", "mean", "variance")


Note = dict[str, Any]


class ModelFileError(InvalidError):
    """This is no model of Quadra's, or not as it was saved."""

    code = "bad_model_file"
    title = "The model file can't be used"


def checksum(content: bytes) -> str:
    """Give the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def dump(field: Field, note: Note | None = None) -> bytes:
    """Give the bytes of a field; ``load`` of them goes on as if nothing had been between.

    ``note`` is kept with it: what the caller needs to know again.
    """
    shape = field.shape
    about = {
        "format": FORMAT,
        "series": shape.series,
        "size": shape.size,
        "seed": shape.seed,
        "ahead": shape.ahead,
        "iteration": field.iteration,
        "loss": None if np.isnan(field.loss) else field.loss,
        "wild": field.wild,
        "note": note or {},
    }
    file = io.BytesIO()
    np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **_arrays(field))
    return file.getvalue()


def load(content: bytes, expected_checksum: str | None = None) -> tuple[Field, Note]:
    """Make the field that was dumped, and give its note; raises ModelFileError."""
    if len(content) > MAX_BYTES:
        raise ModelFileError(f"The model file is larger than {MAX_BYTES // 1024**2} MiB.")
    if expected_checksum is not None and checksum(content) != expected_checksum:
        raise ModelFileError("The model file is damaged: its SHA-256 is not the one noted for it.")
    try:
        field, arrays, note = _opened(content)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"This is not a model file of Quadra's: {error}.") from None
    for name, target in _arrays(field).items():
        given = arrays[name]
        if given.shape != target.shape or given.dtype != target.dtype:
            raise ModelFileError(f"The model file's part {name} has the wrong shape or type.")
        target[...] = given
    if not np.isfinite(field.readout.weights).all() or not np.isfinite(field.readout.p).all():
        raise ModelFileError("The model file holds a field that has diverged.")
    return field, note


def _arrays(field: Field) -> dict[str, Any]:
    parts = [(field, _FIELD), (field.readout, _READOUT), (field.scales, _SCALES)]
    return {name: getattr(owner, name) for owner, names in parts for name in names}


def _opened(content: bytes) -> tuple[Field, dict[str, Any], Note]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
            msg = "unpacked it is too large"
            raise ValueError(msg)
    with np.load(io.BytesIO(content), allow_pickle=False) as npz:
        about = json.loads(npz["about"].tobytes())
        if about["format"] != FORMAT:
            msg = f"its format is {about['format']!r}, this Quadra reads {FORMAT}"
            raise ValueError(msg)
        shape = Shape(
            _whole(about, "series", 1, MAX_SERIES),
            _whole(about, "size", MIN_SIZE, MAX_SIZE),
            _whole(about, "seed", 0, 2**32 - 1),
            _whole(about, "ahead", 2, MAX_AHEAD),
        )
        field = Field(shape)
        field.iteration = _whole(about, "iteration", 0, 2**53)
        field.wild = _whole(about, "wild", 0, 2**53)
        field.loss = np.nan if about["loss"] is None else float(about["loss"])
        if not isinstance(about["note"], dict):
            msg = "its note is no object"
            raise TypeError(msg)
        return field, {name: npz[name] for name in _arrays(field)}, about["note"]


def _whole(about: dict[str, Any], name: str, low: int, high: int) -> int:
    value = about[name]
    if type(value) is not int or not low <= value <= high:
        msg = f"its {name} is not a whole number from {low} to {high}"
        raise ValueError(msg)
    return value
