"""Remote write 1.0: samples as columns into snappy protobuf, and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cramjam
import numpy as np
import numpy.typing as npt

from quadra.engine.shipper import RefusedError
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.labels import field, label_block
from quadra.telemetry.batch import Columns, TimeArray
from quadra.telemetry.series import SeriesKey

FIRST_T, END_T = 1 << 35, 1 << 42
"""The unix ms whose varint has six bytes, 1971 to 2109: all samples of those are equally long."""

WRITE_PATH = "/api/v1/write"
MAX_REQUEST_BYTES = 16 << 20
MAX_KNOWN = 250_000
_SAMPLE_BYTES = 18
_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}

KeysOf = Callable[[Sequence[int]], dict[int, SeriesKey]]
"""Gives the keys of series ids; blocking; raises StorageError."""


class Writer:
    """Implements ``engine.shipper.RemoteStore``."""

    def __init__(self, client: Client, path: str, keys_of: KeysOf) -> None:
        """Wire; ``path`` is the write route below the client's address."""
        self._client = client
        self._path = path
        self._keys_of = keys_of
        self._blocks: dict[int, bytes] = {}

    def reach(self) -> None:
        """See to it that a connection stands; raises StorageError."""
        self._client.reach()

    def takes(self, columns: Columns) -> npt.NDArray[np.bool_]:
        """Say of which samples the form can carry the time."""
        return (columns.t >= FIRST_T) & (columns.t < END_T)

    def send(self, columns: Columns) -> None:
        """Send samples sorted by series and time; raises RefusedError, StorageError."""
        plain = encode(columns, self._blocks_of(columns))
        if len(plain) > MAX_REQUEST_BYTES:
            raise RefusedError("The request would be too large.")
        self._client.send(self._path, bytes(cramjam.snappy.compress_raw(plain)), _HEADERS)

    def _blocks_of(self, columns: Columns) -> dict[int, bytes]:
        ids = np.unique(columns.ids).tolist()
        missing = [number for number in ids if number not in self._blocks]
        if missing:
            if len(self._blocks) + len(missing) > MAX_KNOWN:
                self._blocks.clear()
                missing = ids
            for number, key in self._keys_of(missing).items():
                self._blocks[number] = label_block(key)
        return self._blocks


def encode(columns: Columns, blocks: dict[int, bytes]) -> bytes:
    """Encode a WriteRequest.

    ``columns`` are sorted by series, with times in FIRST_T <= t < END_T; ``blocks`` gives the
    encoded labels of each id.
    """
    samples = _samples(columns).tobytes()
    ids = columns.ids
    bounds = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1], True]) if len(ids) else [0]
    lines = zip(ids[bounds[:-1]].tolist(), pairwise([int(b) for b in bounds]), strict=True)
    return b"".join(
        field(1, blocks[number] + samples[low * _SAMPLE_BYTES : high * _SAMPLE_BYTES])
        for number, (low, high) in lines
    )


def _samples(columns: Columns) -> npt.NDArray[np.uint8]:
    """Encode each sample as a field 2 of 18 bytes: value (fixed64), time (varint of six bytes)."""
    out = np.empty((len(columns), _SAMPLE_BYTES), np.uint8)
    out[:, 0], out[:, 1], out[:, 2] = 0x12, _SAMPLE_BYTES - 2, 0x09
    out[:, 3:11] = np.ascontiguousarray(columns.v, "<f8").view(np.uint8).reshape(-1, 8)
    out[:, 11] = 0x10
    out[:, 12:18] = _varints(columns.t)
    return out


def _varints(t: TimeArray) -> npt.NDArray[np.uint8]:
    shifts = np.arange(0, 42, 7, dtype=np.int64)
    groups = (t[:, None] >> shifts) & 0x7F
    groups[:, :5] |= 0x80
    return groups.astype(np.uint8)
