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
_PLACE_BITS = 63


class Sketches(NamedTuple):
    """Sketches of one cell each: that of cell *i* is ``keys`` and ``counts[bounds[i]:bounds[i+1]]``.

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
    """Sketch the values of each cell: ``v`` (n,) without NaN, ``cells`` (n,) in 0..count-1."""
    places = (cells << _KEY_BITS) + (keys_of(v) + _KEY_OFFSET)
    places.sort()
    first = _firsts(places)
    return _gathered(places[first], np.diff(np.append(first, len(places))), count)


def merge(sketches: Sketches, cells: Ints, count: int) -> Sketches:
    """Add up sketches: ``cells`` (sketches,) says into which of ``count`` new ones each goes."""
    owner = np.repeat(cells, np.diff(sketches.bounds))
    places = (owner << _KEY_BITS) + (sketches.keys + _KEY_OFFSET)
    counts = sketches.counts
    bits = int(counts.max(initial=0)).bit_length()
    if bits + _KEY_BITS + count.bit_length() <= _PLACE_BITS:
        both = (places << bits) | counts  # sorting alone is several times as fast as by index
        both.sort()
        places, counts = both >> bits, both & ((1 << bits) - 1)
    else:
        order = np.argsort(places)
        places, counts = places[order], counts[order]
    first = _firsts(places)
    return _gathered(places[first], np.add.reduceat(counts, first) if len(first) else counts, count)


def concat(parts: list[Sketches]) -> Sketches:
    """Put sketches one after another."""
    sizes = [np.diff(part.bounds) for part in parts]
    return Sketches(
        np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


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


def _firsts(places: Ints) -> npt.NDArray[np.intp]:
    """Give where each run of equal places begins."""
    if not len(places):
        return np.empty(0, np.intp)
    return np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))


def _gathered(places: Ints, counts: Ints, count: int) -> Sketches:
    bounds = np.searchsorted(places, np.arange(count + 1, dtype=np.int64) << _KEY_BITS)
    keys = (places & ((1 << _KEY_BITS) - 1)) - _KEY_OFFSET
    return Sketches(bounds.astype(np.int64), keys, counts)
