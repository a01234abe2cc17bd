"""Rollups: what is kept of each series and step of time once the samples themselves are gone.

A cell is one series over one step (1 minute, 1 hour): least, greatest, total, count, last value
and its time, and a quantile sketch. Cells add up: minutes to hours, and late samples to the cells
that exist. The same sample twice would count twice; whoever replaces samples rolls the step anew.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from quadra.telemetry import sketches
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray
from quadra.telemetry.chunks import integers, times, values, words
from quadra.telemetry.chunks.dictionaries import Contexts, borrow, give_back
from quadra.telemetry.sketches import Ints, Sketches

MINUTE, HOUR = 60_000, 3_600_000  # ms
MAX_CELLS = 1 << 16  # of a block
MAX_BUCKETS = 1 << 22  # of a block's sketches

_Index = npt.NDArray[np.intp]
_VERSION = 1
_HEAD = struct.Struct("<BIIQ")  # version, cells, buckets, step
_PIECE = 1 << 15
_LENGTH = struct.Struct("<I")
_DIGITS = 7
_MOST_EXACT = 1e9  # beyond, 16 digits leave none to round
_ROUNDING = np.finfo(np.float64).eps
_COLUMNS = 5


class Rollup(NamedTuple):
    """Cells as columns, all of length n, sorted by series and start.

    ``ids`` tells the series, ``start`` the begin of the step (unix ms, a multiple of the step),
    ``last_t`` the time of ``last`` (unix ms). No cell is empty. Infinite samples show in ``low``,
    ``high``, ``total`` (NaN when both infinities met) and the sketch as they are.
    """

    ids: IdArray
    start: TimeArray
    low: ValueArray
    high: ValueArray
    total: ValueArray
    count: Ints  # type: ignore[assignment]  # hides tuple.count, which nobody calls here
    last: ValueArray
    last_t: TimeArray
    sketch: Sketches

    def part(self, first: int, end: int) -> Rollup:
        """Give the cells ``first:end``."""
        return Rollup(
            self.ids[first:end],
            self.start[first:end],
            self.low[first:end],
            self.high[first:end],
            self.total[first:end],
            self.count[first:end],
            self.last[first:end],
            self.last_t[first:end],
            self.sketch.part(first, end),
        )


def roll(ids: IdArray, t: TimeArray, v: ValueArray, step: int) -> Rollup:
    """Roll up samples sorted by series and time: ``ids``, ``t`` (unix ms), ``v``, all (n,).

    NaN, staleness markers among them, are passed over; steps without a value have no cell.
    """
    there = v == v  # noqa: PLR0124 -- false for NaN
    if not there.all():
        ids, t, v = ids[there], t[there], v[there]
    slot = t // step
    first = _run_starts(ids, slot)
    count = np.diff(np.append(first, len(v)))
    cells = np.repeat(np.arange(len(first)), count)
    end = first + count - 1
    low, high, total = _reduced(v, v, v, first)
    return Rollup(
        ids[first],
        slot[first] * step,
        low,
        high,
        _exact(total, low, high, count),
        count,
        v[end],
        t[end],
        sketches.build(v, cells, len(first)),
    )


def merge(parts: list[Rollup], step: int) -> Rollup:
    """Add up cells into cells of ``step``, a multiple of the steps they have.

    Where two parts hold the same cell, ``last`` is the one of the later time, of equal times the
    one of the later part.
    """
    joined = concat(parts)
    slot = joined.start // step
    order = np.lexsort((joined.last_t, slot, joined.ids))  # stable
    ids, slot = joined.ids[order], slot[order]
    first = _run_starts(ids, slot)
    cell = np.empty(len(order), np.int64)
    cell[order] = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(order))))
    low, high, total = _reduced(joined.low[order], joined.high[order], joined.total[order], first)
    count = np.add.reduceat(joined.count[order], first) if len(first) else joined.count
    newest = order[np.append(first[1:], len(order)) - 1] if len(first) else order
    return Rollup(
        ids[first],
        slot[first] * step,
        low,
        high,
        _exact(total, low, high, count),
        count,
        joined.last[newest],
        joined.last_t[newest],
        sketches.merge(joined.sketch, cell, len(first)),
    )


def concat(parts: list[Rollup]) -> Rollup:
    """Put the cells of parts (at least one) one after another, as they are."""
    return Rollup(
        np.concatenate([p.ids for p in parts]),
        np.concatenate([p.start for p in parts]),
        np.concatenate([p.low for p in parts]),
        np.concatenate([p.high for p in parts]),
        np.concatenate([p.total for p in parts]),
        np.concatenate([p.count for p in parts]),
        np.concatenate([p.last for p in parts]),
        np.concatenate([p.last_t for p in parts]),
        sketches.concat([p.sketch for p in parts]),
    )


def _run_starts(ids: IdArray, slot: Ints) -> _Index:
    if not len(ids):
        return np.empty(0, np.intp)
    changes = (ids[1:] != ids[:-1]) | (slot[1:] != slot[:-1])
    return np.flatnonzero(np.concatenate(([True], changes)))


def _reduced(
    low: ValueArray, high: ValueArray, total: ValueArray, first: _Index
) -> tuple[ValueArray, ValueArray, ValueArray]:
    if not len(first):
        return low, high, total
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is NaN, and says so
        sums = np.add.reduceat(total, first)
    return np.minimum.reduceat(low, first), np.maximum.reduceat(high, first), sums


def _exact(total: ValueArray, low: ValueArray, high: ValueArray, count: Ints) -> ValueArray:
    """Round totals to the decimal that they miss only by the rounding of the addition.

    The values of most metrics are decimals; their sum is one too, and takes a fraction of the
    bytes of one that is off by a last bit. The bound is that of recursive summation (Higham 1993):
    n eps times the sum of sizes.
    """
    sizes = np.maximum(np.abs(low), np.abs(high))
    with np.errstate(invalid="ignore", over="ignore"):
        bound = _ROUNDING * count * count * sizes
        exact = total.copy()
        left = np.isfinite(total) & (np.abs(total) < _MOST_EXACT)
        for k in range(_DIGITS):
            power = 10.0**k
            decimal = np.rint(total * power) / power
            hit = left & (np.abs(decimal - total) <= bound)
            exact[hit] = decimal[hit]
            left &= ~hit
    return exact


# --- blocks: the cells of one series as bytes


def encode_block(cells: Rollup, step: int) -> bytes:
    """Pack the cells of one series, at most ``MAX_CELLS``; the id is not kept.

    Layout: version, number of cells and of buckets, step; then, each behind its length, the
    starts in steps and the times of last in their steps as whole numbers, low, high, total, last
    as values, the counts, and the sketches as four columns: buckets of each cell, first bucket,
    distances to the next, counts but the first (which the cell's count gives).
    """
    n = len(cells.start)
    if not 0 < n <= MAX_CELLS:
        raise ValueError(f"a block holds 1 to {MAX_CELLS} cells")
    if len(cells.sketch.keys) > MAX_BUCKETS:
        raise ValueError(f"a block holds at most {MAX_BUCKETS} buckets")
    if n > 1 and int((cells.start[1:] - cells.start[:-1]).min()) <= 0:
        raise ValueError("cells must rise strictly in time")
    floats = np.stack([cells.low, cells.high, cells.total, cells.last])
    bounds, keys, counts = cells.sketch
    rest = np.ones(len(keys), np.bool_)
    rest[bounds[:-1]] = False
    apart = np.zeros(len(keys), np.int64)
    apart[1:] = keys[1:] - keys[:-1]
    contexts = borrow()
    try:
        columns = [
            _pack_whole(cells.start // step, contexts),
            _pack_whole(cells.last_t - cells.start, contexts),
            *values.pack(floats, contexts),
            _pack_whole(cells.count, contexts),
            _pack_whole(np.diff(bounds), contexts),
            _pack_whole(keys[bounds[:-1]], contexts),
            *_pack_words(apart[rest] - 1, contexts),
            *_pack_words(counts[rest] - 1, contexts),
        ]
    finally:
        give_back(contexts)
    parts = [_HEAD.pack(_VERSION, n, len(keys), step)]
    for column in columns:
        parts += (_LENGTH.pack(len(column)), column)
    return b"".join(parts)


def decode_block(data: bytes, series: int) -> Rollup:
    """Undo ``encode_block`` for the series with that id. Raises ValueError for damaged bytes."""
    contexts = borrow()
    try:
        return _decode_block(data, series, contexts)
    except (zstandard.ZstdError, struct.error, IndexError, OverflowError) as error:
        raise ValueError("rollup block is damaged") from error
    finally:
        give_back(contexts)


def _decode_block(data: bytes, series: int, contexts: Contexts) -> Rollup:
    version, n, buckets, step = _HEAD.unpack_from(data)
    pieces = -(-(buckets - n) // _PIECE)
    known = version == _VERSION and 0 < n <= MAX_CELLS and n <= buckets <= MAX_BUCKETS
    if not known or step > times.LIMIT:
        raise ValueError("rollup block is damaged or of an unknown version")
    columns = []
    at = _HEAD.size
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        columns.append(data[at - length : at])
    if at != len(data) or len(columns) != _COLUMNS + 4 + 2 * pieces:
        raise ValueError("rollup block is damaged: it is cut short")
    start, last_t, count, sizes, first_key = (
        integers.unpack([columns[i]], [0], n, contexts)[0] for i in (0, 1, 6, 7, 8)
    )
    floats = np.empty((4, n))
    values.unpack(columns[2:6], floats, contexts)
    apart = _unpack_words(columns[9 : 9 + pieces], buckets - n, contexts)
    others = _unpack_words(columns[9 + pieces :], buckets - n, contexts)
    if int(sizes.min()) < 1 or int(sizes.max()) > buckets or int(sizes.sum()) != buckets:
        raise ValueError("rollup block is damaged: buckets are missing")
    start *= step
    return Rollup(
        np.full(n, series, np.uint32),
        start,
        floats[0],
        floats[1],
        floats[2],
        count,
        floats[3],
        last_t + start,
        _join_sketch(sizes, first_key, apart + 1, others + 1, count),
    )


def _join_sketch(sizes: Ints, first_key: Ints, apart: Ints, others: Ints, count: Ints) -> Sketches:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    firsts = np.zeros(int(bounds[-1]), np.bool_)
    firsts[bounds[:-1]] = True
    counts = np.zeros(len(firsts), np.int64)
    counts[~firsts] = others
    counts[firsts] = count - np.add.reduceat(counts, bounds[:-1])
    # Within a cell keys add up from the first; one running sum, less what came before the cell.
    keys = np.zeros(len(firsts), np.int64)
    keys[~firsts] = apart
    keys = np.cumsum(keys)
    keys += np.repeat(first_key - keys[bounds[:-1]], sizes)
    return Sketches(bounds, keys, counts)


def _pack_whole(x: Ints, contexts: Contexts) -> bytes:
    q = x.astype(np.float64)[None, :]
    return integers.pack(q, q.min(axis=1), q.max(axis=1), contexts, [b""])[0]


def _pack_words(x: Ints, contexts: Contexts) -> list[bytes]:
    return [
        words.pack(x[None, at : at + _PIECE].view(np.uint64), contexts, [b""])[0]
        for at in range(0, len(x), _PIECE)
    ]


def _unpack_words(columns: list[bytes], n: int, contexts: Contexts) -> Ints:
    pieces = [np.empty(0, np.int64)]
    for at, column in zip(range(0, n, _PIECE), columns, strict=True):
        z = words.unpack([column], [0], min(_PIECE, n - at), contexts)
        pieces.append(z[0].astype(np.int64))
    return np.concatenate(pieces)
