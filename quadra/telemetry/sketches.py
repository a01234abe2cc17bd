"""Quantile sketches that merge: counts in buckets of equal relative width.

A float's own bits are its bucket: exponent and the top 6 bits of the mantissa, so 64 buckets to
a doubling, and no logarithm is taken. A quantile is answered with the middle of its bucket, at
most 1/128 = 0.8 % from the sample it stands for (the guarantee of DDSketch, Masson et al. 2019,
with the linear interpolation of its fast mapping). Values below 2.2e-308 count as zero, negative
ones have buckets of their own, infinities too; NaN, and with it Prometheus's staleness marker,
is no value.

Many sketches are held together, sparse: each a run of (bucket, count).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MANTISSA, _KEPT = 52, 6
_SHIFT = _MANTISSA - _KEPT
_SMALLEST = 1 << _KEPT  # below are the subnormal numbers
_INFINITE = 2047 << _KEPT
_KEY_BITS = 18  # of a bucket's key, made positive
_KEY_OFFSET = 1 << (_KEY_BITS - 1)
_TILE = 1 << 14  # samples or buckets that are counted together
_SPARSEST = 16  # counters in a table for each sample; sorting is quicker beyond
_FLOAT_LIMIT = 1 << 53


class Sketches(NamedTuple):
    """Sketches of many cells; cell *i* has the buckets ``bounds[i]:bounds[i + 1]``.

    ``bounds`` (cells + 1,), ``keys`` (buckets,) rising within a cell, ``counts`` (buckets,) > 0;
    all int64.
    """

    bounds: Ints
    keys: Ints
    counts: Ints

    def part(self, first: int, end: int) -> Sketches:
        """Give the cells ``first:end``."""
        begin, stop = int(self.bounds[first]), int(self.bounds[end])
        return Sketches(
            self.bounds[first : end + 1] - begin, self.keys[begin:stop], self.counts[begin:stop]
        )


def keys_of(v: Values) -> Ints:
    """Give the bucket of each value (no NaN): 0 for zero, the sign that of the value."""
    bits = v.view(np.int64)
    keys = (bits & np.int64(0x7FFFFFFFFFFFFFFF)) >> _SHIFT
    keys[keys < _SMALLEST] = 0
    return np.where(bits < 0, -keys, keys)


def middles(keys: Ints) -> Values:
    """Give the value that each bucket stands for."""
    size = np.abs(keys)
    bits = (size << _SHIFT) + np.where(size == _INFINITE, 0, 1 << (_SHIFT - 1))
    bits[size == 0] = 0
    return np.copysign(bits.view(np.float64), keys)


def build(v: Values, cells: Ints, count: int) -> Sketches:
    """Sketch the values of each cell.

    ``v`` (n,) holds no NaN, ``cells`` (n,) is sorted and in 0..count-1.
    """
    return _gathered(cells, keys_of(v), None, count)


def take(sketches: Sketches, order: npt.NDArray[np.intp]) -> Sketches:
    """Give the sketches at the places ``order``."""
    sizes = np.diff(sketches.bounds)[order]
    ends = np.cumsum(sizes)
    buckets = np.arange(int(ends[-1]) if len(ends) else 0)
    buckets += np.repeat(sketches.bounds[:-1][order] - ends + sizes, sizes)
    bounds = np.concatenate(([0], ends)).astype(np.int64)
    return Sketches(bounds, sketches.keys[buckets], sketches.counts[buckets])


def merge(sketches: Sketches, cells: Ints, count: int) -> Sketches:
    """Add up sketches: ``cells`` (sketches,) says into which of ``count`` new ones each goes."""
    ordered = take(sketches, np.argsort(cells, kind="stable"))
    return _gathered(
        np.repeat(np.sort(cells), np.diff(ordered.bounds)), ordered.keys, ordered.counts, count
    )


def concat(parts: list[Sketches]) -> Sketches:
    """Put sketches one after another."""
    sizes = [np.diff(part.bounds) for part in parts]
    return Sketches(
        np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def empty(count: int) -> Sketches:
    """Give ``count`` sketches of nothing."""
    return Sketches(np.zeros(count + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def where(sketches: Sketches, mask: npt.NDArray[np.bool_]) -> Sketches:
    """Give the sketches at which ``mask`` is true."""
    sizes = np.diff(sketches.bounds)
    buckets = np.repeat(mask, sizes)
    bounds = np.concatenate(([0], np.cumsum(sizes[mask]))).astype(np.int64)
    return Sketches(bounds, sketches.keys[buckets], sketches.counts[buckets])


def quantile(sketches: Sketches, q: float) -> Values:
    """Give the ``q`` quantile (0..1) of each cell, NaN for an empty one.

    The value is within 0.8 % of the sample of rank round(q (n - 1)).
    """
    if not 0 <= q <= 1:
        raise ValueError("a quantile lies between 0 and 1")
    upto = np.concatenate(([0], np.cumsum(sketches.counts)))
    before = upto[sketches.bounds[:-1]]
    n = upto[sketches.bounds[1:]] - before
    values = np.full(len(n), np.nan)
    some = n > 0
    rank = np.floor(q * (n[some] - 1) + 0.5).astype(np.int64)
    bucket = np.searchsorted(upto, before[some] + rank, side="right") - 1
    values[some] = middles(sketches.keys[bucket])
    return values


def _gathered(cells: Ints, keys: Ints, counts: Ints | None, count: int) -> Sketches:
    """Count equal keys of equal cells; ``cells`` is sorted, ``counts`` None stands for ones."""
    sizes = np.zeros(count, np.int64)
    found_keys, found_counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    begin = 0
    while begin < len(cells):
        end = len(cells)
        if begin + _TILE < end:  # whole cells, about a tile of them
            end = int(np.searchsorted(cells, cells[begin + _TILE], side="right"))
        rows = cells[begin:end] - cells[begin]
        weights = None if counts is None else counts[begin:end]
        row, key, number = _count(rows, keys[begin:end], weights)
        of_row = np.bincount(row)
        sizes[cells[begin] : cells[begin] + len(of_row)] = of_row
        found_keys.append(key)
        found_counts.append(number)
        begin = end
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    return Sketches(bounds, np.concatenate(found_keys), np.concatenate(found_counts))


def _count(rows: Ints, keys: Ints, counts: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Give row, key and number of each pair that occurs, sorted; ``rows`` is sorted from 0.

    Keys of a row mostly lie close together: then a table of counters from each row's least key
    takes a fraction of the time of sorting.
    """
    first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    least = np.zeros(int(rows[-1]) + 1, np.int64)
    least[rows[first]] = np.minimum.reduceat(keys, first)
    width = int((np.maximum.reduceat(keys, first) - least[rows[first]]).max()) + 1
    huge = counts is not None and int(counts.sum(dtype=np.float64)) >= _FLOAT_LIMIT
    if len(least) * width > _SPARSEST * len(keys) + _TILE or huge:
        return _count_by_sorting(rows, keys, counts)
    places = rows * width + (keys - least[rows])
    table = np.bincount(places, weights=counts)  # exact: floats hold whole numbers to 2^53
    places = np.flatnonzero(table > 0)  # of bools: several times as fast as of numbers
    row = places // width
    return row, places - row * width + least[row], table[places].astype(np.int64)


def _count_by_sorting(rows: Ints, keys: Ints, counts: Ints | None) -> tuple[Ints, Ints, Ints]:
    places = (rows << _KEY_BITS) + (keys + _KEY_OFFSET)
    if counts is None:
        places.sort()
    else:
        order = np.argsort(places)
        places, counts = places[order], counts[order]
    first = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    if counts is None:
        numbers = np.diff(np.append(first, len(places)))
    else:
        numbers = np.add.reduceat(counts, first)
    places = places[first]
    return places >> _KEY_BITS, (places & ((1 << _KEY_BITS) - 1)) - _KEY_OFFSET, numbers
