"""Rollups: what is kept of each series and step of time once the samples themselves are gone.

A cell is one series over one step (1 minute, 1 hour): least, greatest, total, count, first and
last value with their times, what a counter lost when it began again, and a quantile sketch.
Cells of times that follow one another add up: minutes to hours, hours to days. Whoever replaces
samples within a cell rolls it anew.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry import sketches
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray
from quadra.telemetry.sketches import Ints, Sketches

MINUTE, HOUR = 60_000, 3_600_000  # ms
WINDOWS = {MINUTE: 2 * HOUR, HOUR: 168 * HOUR}
"""The span of a block of each tier, in ms: cells enough to compress, rows that fill pages well."""

_Index = npt.NDArray[np.intp]
_DIGITS = 7
_MOST_EXACT = 1e9  # beyond, 16 digits leave none to round
_ROUNDING = np.finfo(np.float64).eps


class Rollup(NamedTuple):
    """Cells as columns, all of length n, sorted by series and start.

    ``ids`` tells the series, ``start`` the begin of the step (unix ms, a multiple of the step),
    ``first_t`` and ``last_t`` the times of ``first`` and ``last`` (unix ms). ``lost`` adds up the
    values before each fall: read as a counter, the cell's increase is last - first + lost. No
    cell is empty. Infinite samples show in ``low``, ``high``, ``total`` (NaN when both infinities
    met) and the sketch as they are.
    """

    ids: IdArray
    start: TimeArray
    low: ValueArray
    high: ValueArray
    total: ValueArray
    count: Ints  # type: ignore[assignment]  # hides tuple.count, which nobody calls here
    last: ValueArray
    last_t: TimeArray
    first: ValueArray
    first_t: TimeArray
    lost: ValueArray
    sketch: Sketches

    def part(self, first: int, end: int) -> Rollup:
        """Give the cells ``first:end``."""
        columns = (column[first:end] for column in self[:-1])
        return Rollup._make((*columns, self.sketch.part(first, end)))

    def where(self, mask: npt.NDArray[np.bool_]) -> Rollup:
        """Give the cells at which ``mask`` is true."""
        columns = (column[mask] for column in self[:-1])
        return Rollup._make((*columns, sketches.where(self.sketch, mask)))


@cache
def nothing() -> Rollup:
    """Give no cells."""
    return roll(np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0), MINUTE)


def roll(
    ids: IdArray,
    t: TimeArray,
    v: ValueArray,
    step: int,
    *,
    with_sketch: bool = True,
    border: int | None = None,
) -> Rollup:
    """Roll up samples sorted by series and time: ``ids``, ``t`` (unix ms), ``v``, all (n,).

    NaN, staleness markers among them, are passed over; steps without a value have no cell.
    Without ``with_sketch`` the sketches are empty. No cell reaches over a multiple of ``border``.
    """
    there = v == v  # noqa: PLR0124 -- false for NaN
    if not there.all():
        ids, t, v = ids[there], t[there], v[there]
    start = t // step * step
    if border is not None:
        np.maximum(start, t // border * border, out=start)
    first = _run_starts(ids, start)
    count = np.diff(np.append(first, len(v)))
    end = first + count - 1
    low, high, total = _reduced(v, v, v, first)
    if with_sketch:
        sketch = sketches.build(v, np.repeat(np.arange(len(first)), count), len(first))
    else:
        sketch = sketches.empty(len(first))
    return Rollup(
        ids[first],
        start[first],
        low,
        high,
        _exact(total, low, high, count),
        count,
        v[end],
        t[end],
        v[first],
        t[first],
        _exact(_lost(v, v, first), low, high, count),
        sketch,
    )


def merge(parts: list[Rollup], step: int) -> Rollup:
    """Add up cells into cells of ``step``, a multiple of the steps they have.

    Where two parts hold the same cell, all samples of one must be older than those of the other,
    or ``lost`` misses what fell between them.
    """
    joined = concat(parts)
    slot = joined.start // step
    order = np.lexsort((joined.last_t, slot, joined.ids))  # stable
    ids, slot = joined.ids[order], slot[order]
    begin = _run_starts(ids, slot)
    if len(begin) == len(order):  # nothing meets, so nothing is to be added up
        columns = (column[order] for column in joined[:-1])
        sorted_ = Rollup._make((*columns, sketches.take(joined.sketch, order)))
        return sorted_._replace(start=slot * step)
    cell = np.empty(len(order), np.int64)
    cell[order] = np.repeat(np.arange(len(begin)), np.diff(np.append(begin, len(order))))
    low, high, total = _reduced(joined.low[order], joined.high[order], joined.total[order], begin)
    count = np.add.reduceat(joined.count[order], begin) if len(begin) else joined.count
    newest = order[np.append(begin[1:], len(order)) - 1] if len(begin) else order
    oldest = order[begin]
    lost = _lost(joined.first[order], joined.last[order], begin, joined.lost[order])
    return Rollup(
        ids[begin],
        slot[begin] * step,
        low,
        high,
        _exact(total, low, high, count),
        count,
        joined.last[newest],
        joined.last_t[newest],
        joined.first[oldest],
        joined.first_t[oldest],
        _exact(lost, low, high, count),
        sketches.merge(joined.sketch, cell, len(begin)),
    )


def concat(parts: list[Rollup]) -> Rollup:
    """Put the cells of parts (at least one) one after another, as they are."""
    columns = zip(*(part[:-1] for part in parts), strict=True)
    joined = (np.concatenate(column) for column in columns)
    return Rollup._make((*joined, sketches.concat([part.sketch for part in parts])))


def _lost(
    first: ValueArray, last: ValueArray, begin: _Index, inside: ValueArray | None = None
) -> ValueArray:
    """Add up, for each run that begins at ``begin``, what falls from one entry to the next.

    Entries are samples (``first`` is ``last``) or cells, which have lost something ``inside``.
    """
    if not len(begin):
        return np.empty(0)
    fallen = np.zeros(len(first))
    fallen[1:] = np.where(first[1:] < last[:-1], last[:-1], 0.0)
    fallen[begin] = 0.0
    if inside is not None:
        fallen += inside
    with np.errstate(invalid="ignore", over="ignore"):
        lost: ValueArray = np.add.reduceat(fallen, begin)
    return lost


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
