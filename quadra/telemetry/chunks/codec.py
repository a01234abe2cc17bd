"""Chunks: the samples of one series over a stretch of time, compressed without loss.

Work goes in tiles of about 128 rows of 512, 1.5 ms each: large enough that numpy's calls cost
little, small enough to stay in the cache and to let other threads of the interpreter run.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from quadra.telemetry.batch import IdArray, TimeArray, ValueArray
from quadra.telemetry.chunks import times, values
from quadra.telemetry.chunks.dictionaries import Contexts, borrow, give_back

Bounds = npt.NDArray[np.int64]
_Index = npt.NDArray[np.intp]
_Column = npt.NDArray[Any]

MAX_COUNT = 1 << 16
_TILE = 1 << 16  # samples
_NO_VALUES: ValueArray = np.empty(0)


class Chunk(NamedTuple):
    """One series over a stretch of time.

    ``t0`` and ``t1`` are the first and last time (unix ms), ``step`` the distance of its samples
    (ms; 0 when they are irregular), ``count`` their number, ``times`` and ``values`` the packed
    columns. ``times`` is empty for regular samples.
    """

    t0: int
    t1: int
    step: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody calls on a chunk
    times: bytes
    values: bytes


def cut(ids: IdArray, most: int = 512) -> Bounds:
    """Cut samples that are sorted by series into chunks of at most ``most``.

    ``ids`` (n,) tells each sample's series. Gives the bounds for ``encode_many``: chunk *i* is
    the samples ``bounds[i]:bounds[i + 1]``.
    """
    n = len(ids)
    first = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if n else np.empty(0, np.int64)
    lengths = np.diff(np.r_[first, n])
    pieces = -(-lengths // most)
    before = np.repeat(np.cumsum(pieces) - pieces, pieces)
    begins = np.repeat(first, pieces) + (np.arange(len(before)) - before) * most
    bounds: Bounds = np.r_[begins, n].astype(np.int64)
    return bounds


def encode(t: TimeArray, v: ValueArray) -> Chunk:
    """Encode one chunk: ``t`` (n,) unix ms, strictly rising, ``v`` (n,), 0 < n <= ``MAX_COUNT``.

    Raises ValueError for times out of order or out of range, and for a wrong n.
    """
    return encode_many(t, v, np.array([0, len(t)]))[0]


def encode_many(t: TimeArray, v: ValueArray, bounds: Bounds) -> list[Chunk]:
    """Encode chunk *i* from the samples ``bounds[i]:bounds[i + 1]``, for all *i*.

    ``t`` and ``v`` have length n, ``bounds`` (chunks + 1,) rises from 0 to n. Chunks of equal
    length are encoded together, so long runs of them are what is fast. Raises as ``encode``.
    """
    t = np.ascontiguousarray(t, np.int64)
    v = np.ascontiguousarray(v, np.float64)
    counts = np.diff(bounds)
    if len(t) != len(v):
        raise ValueError("times and values differ in length")
    if len(counts) and (int(counts.min()) < 1 or int(counts.max()) > MAX_COUNT):
        raise ValueError(f"a chunk holds 1 to {MAX_COUNT} samples")
    done: list[Chunk | None] = [None] * len(counts)
    contexts = borrow()
    try:
        for members, n in _tiles(counts):
            tile_t = _gather(t, bounds, members, n)
            tile_v = _gather(v, bounds, members, n)
            for row, chunk in zip(
                members.tolist(), _encode_tile(tile_t, tile_v, contexts), strict=True
            ):
                done[row] = chunk
    finally:
        give_back(contexts)
    return [chunk for chunk in done if chunk is not None]


def _encode_tile(t: TimeArray, v: ValueArray, contexts: Contexts) -> list[Chunk]:
    n = t.shape[1]
    return [
        Chunk(t0, t1, step, n, packed, one)
        for t0, t1, (step, packed), one in zip(
            t[:, 0].tolist(),
            t[:, -1].tolist(),
            times.pack(t, contexts),
            values.pack(v, contexts),
            strict=True,
        )
    ]


def decode(chunk: Chunk) -> tuple[TimeArray, ValueArray]:
    """Give back the times (unix ms) and values of ``encode``, bit for bit.

    Raises ValueError for a damaged chunk; what it allocates is bounded by the count.
    """
    t, v, _ = decode_many([chunk])
    return t, v


def decode_many(chunks: Sequence[Chunk]) -> tuple[TimeArray, ValueArray, Bounds]:
    """Decode all chunks into one column of times and one of values, in the order given.

    Gives ``t`` (n,), ``v`` (n,) and bounds (chunks + 1,): chunk *i* is at
    ``bounds[i]:bounds[i + 1]``, so that the chunks of one series lie together. Raises ValueError
    for a damaged chunk.
    """
    counts = _counts(chunks)
    bounds = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=bounds[1:])
    t = np.empty(int(bounds[-1]), np.int64)
    v = np.empty(int(bounds[-1]), np.float64)
    with _contexts() as contexts:
        for members, n in _tiles(counts):
            some = [chunks[row] for row in members.tolist()]
            _fill(t, bounds, members, n, partial(_times, some, contexts))
            _fill(v, bounds, members, n, partial(_values, some, contexts))
    return t, v, bounds


def decode_values(chunks: Sequence[Chunk]) -> list[ValueArray]:
    """Decode the values of all chunks, each into memory of its own; raises as ``decode_many``."""
    counts = _counts(chunks)
    done = [_NO_VALUES] * len(chunks)
    with _contexts() as contexts:
        for members, n in _tiles(counts):
            rows = members.tolist()
            tile = np.empty((len(rows), n))
            _values([chunks[row] for row in rows], contexts, tile)
            for row, of_row in zip(rows, tile, strict=True):
                done[row] = of_row.copy()
    return done


def _counts(chunks: Sequence[Chunk]) -> Bounds:
    counts = np.array([chunk.count for chunk in chunks], np.int64)
    if len(counts) and (int(counts.min()) < 1 or int(counts.max()) > MAX_COUNT):
        raise ValueError("chunk is damaged: impossible count")
    return counts


@contextmanager
def _contexts() -> Iterator[Contexts]:
    """Lend contexts to decode with, and tell what they raise as what it means."""
    contexts = borrow()
    try:
        yield contexts
    except (zstandard.ZstdError, struct.error, IndexError, OverflowError) as error:
        raise ValueError("chunk is damaged") from error
    finally:
        give_back(contexts)


def _times(chunks: list[Chunk], contexts: Contexts, out: TimeArray) -> None:
    times.unpack(
        [chunk.t0 for chunk in chunks],
        [chunk.step for chunk in chunks],
        [chunk.times for chunk in chunks],
        out,
        contexts,
    )
    if out[:, -1].tolist() != [chunk.t1 for chunk in chunks]:
        raise ValueError("chunk is damaged: its times do not end where they should")


def _values(chunks: list[Chunk], contexts: Contexts, out: ValueArray) -> None:
    values.unpack([chunk.values for chunk in chunks], out, contexts)


def _tiles(counts: Bounds) -> list[tuple[_Index, int]]:
    """Group chunks of equal count into tiles: the places of each tile's chunks, and the count."""
    if not len(counts):
        return []
    tiles = []
    for n in np.unique(counts).tolist():
        members = np.flatnonzero(counts == n)
        rows = max(1, _TILE // n)
        tiles += [(members[at : at + rows], n) for at in range(0, len(members), rows)]
    return tiles


def _lie_together(members: _Index) -> bool:
    return int(members[-1] - members[0]) == len(members) - 1


def _gather(column: _Column, bounds: Bounds, members: _Index, n: int) -> _Column:
    """Give the chunks ``members``, all of length ``n``, as rows."""
    if _lie_together(members):
        start = int(bounds[members[0]])
        return column[start : start + n * len(members)].reshape(-1, n)
    rows = np.empty((len(members), n), column.dtype)
    for row, start in enumerate(bounds[members].tolist()):
        rows[row] = column[start : start + n]
    return rows


def _fill(
    column: _Column, bounds: Bounds, members: _Index, n: int, fill: Callable[[_Column], None]
) -> None:
    """Have ``fill`` write the chunks ``members`` as rows, in place when they lie together."""
    if _lie_together(members):
        start = int(bounds[members[0]])
        fill(column[start : start + n * len(members)].reshape(-1, n))
        return
    tile = np.empty((len(members), n), column.dtype)
    fill(tile)
    for row, start in enumerate(bounds[members].tolist()):
        column[start : start + n] = tile[row]
