"""The journal's blob: one batch of columns as bytes, and back.

Layout, little endian: a 16-byte head (magic ``QJ``, version, kind of time, count, first time),
then the columns one after another: ids as uint32, times as uint32 offsets from the first
(or int64 when they span more than 49 days), values as float64.
"""

from __future__ import annotations

import struct

import numpy as np

from quadra.telemetry.batch import Columns, IdArray, TimeArray, ValueArray

_HEAD = struct.Struct("<2sBBIq")
_MAGIC = b"QJ"
_VERSION = 1
_OFFSETS, _FULL = 0, 1
_OFFSET_LIMIT = 1 << 32


def pack(columns: Columns) -> bytes:
    """Pack columns; the order of samples is kept."""
    count = len(columns)
    first = int(columns.t.min()) if count else 0
    offsets = columns.t - first
    if count and int(offsets.max()) >= _OFFSET_LIMIT:
        kind, times = _FULL, columns.t.astype("<i8", copy=False).tobytes()
    else:
        kind, times = _OFFSETS, offsets.astype("<u4").tobytes()
    return b"".join(
        (
            _HEAD.pack(_MAGIC, _VERSION, kind, count, first),
            columns.ids.astype("<u4", copy=False).tobytes(),
            times,
            columns.v.astype("<f8", copy=False).tobytes(),
        )
    )


def unpack(blob: bytes) -> Columns:
    """Unpack what ``pack`` made; raises ValueError when the blob is damaged."""
    if len(blob) < _HEAD.size:
        msg = "journal blob is cut short"
        raise ValueError(msg)
    magic, version, kind, count, first = _HEAD.unpack_from(blob)
    width = 4 if kind == _OFFSETS else 8
    known = magic == _MAGIC and version == _VERSION and kind in (_OFFSETS, _FULL)
    if not known or len(blob) != _HEAD.size + count * (12 + width):
        msg = "journal blob is damaged or of an unknown version"
        raise ValueError(msg)
    at = _HEAD.size
    ids: IdArray = np.frombuffer(blob, "<u4", count, at)
    at += 4 * count
    t: TimeArray
    if kind == _OFFSETS:
        t = np.frombuffer(blob, "<u4", count, at).astype(np.int64) + first
    else:
        t = np.frombuffer(blob, "<i8", count, at)
    values: ValueArray = np.frombuffer(blob, "<f8", count, at + width * count)
    return Columns(ids, t, values)
