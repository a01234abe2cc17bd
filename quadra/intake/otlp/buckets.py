"""Histograms as cumulative buckets, and exponential ones brought onto a steady grid of bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from quadra.intake.otlp.points import Buckets, ExponentialPoint

MAX_BUCKETS = 500
"""Buckets that an explicit histogram may have."""
MAX_GRID = 40
"""Buckets into which an exponential histogram is merged, at most."""
FINEST_SCALE = 3
"""Bounds at most 2 ** (1/8) apart, that is 9 %."""
_COARSEST_SCALE = -10
_LARGEST_SCALE = 32

Counts = dict[int, int]


@dataclass(frozen=True, slots=True)
class Pile:
    """What a histogram has counted so far.

    ``scale`` is None for explicit ``bounds``, whose counts are ``counts`` by place; else bucket i
    of ``counts`` spans ``(base**i, base**(i+1)]``, and of ``negative`` the same below zero.
    """

    count: int = 0
    sum: float | None = None
    bounds: tuple[float, ...] = ()
    scale: int | None = None
    counts: Counts = field(default_factory=dict)
    negative: Counts = field(default_factory=dict)
    zero_count: int = 0
    zero_threshold: float = 0.0

    def fits(self, other: Pile) -> bool:
        """Say whether both count into the same kind of buckets."""
        return self.bounds == other.bounds and (self.scale is None) == (other.scale is None)

    def plus(self, other: Pile) -> Pile:
        """Add two that fit."""
        scale = None
        mine, theirs = self, other
        if self.scale is not None and other.scale is not None:
            scale = min(self.scale, other.scale)
            mine, theirs = self.at(scale), other.at(scale)
        joined = Pile(
            self.count + other.count,
            None if self.sum is None or other.sum is None else self.sum + other.sum,
            self.bounds,
            scale,
            _add(mine.counts, theirs.counts),
            _add(mine.negative, theirs.negative),
            self.zero_count + other.zero_count,
            max(self.zero_threshold, other.zero_threshold),
        )
        return joined if scale is None else joined.merged()

    def at(self, scale: int) -> Pile:
        """Bring exponential buckets to a coarser scale."""
        if self.scale is None or scale >= self.scale:
            return self
        down = self.scale - scale
        return Pile(
            self.count,
            self.sum,
            (),
            scale,
            _shift(self.counts, down),
            _shift(self.negative, down),
            self.zero_count,
            self.zero_threshold,
        )

    def merged(self) -> Pile:
        """Bring exponential buckets to the finest scale at which they are not too many."""
        if self.scale is None:
            return self
        pile = self.at(FINEST_SCALE)
        while _span(pile.counts) + _span(pile.negative) > MAX_GRID:
            pile = pile.at((pile.scale or 0) - 1)
        return pile

    def cumulative(self) -> tuple[tuple[float, ...], list[int]]:
        """Give the upper bounds, and how many are at or below each; the last, +Inf, has all."""
        if self.scale is None:
            bounds = self.bounds
            counts = [self.counts.get(i, 0) for i in range(len(bounds))]
            totals, total = [], 0
            for count in counts:
                total += count
                totals.append(total)
            return (*bounds, float("inf")), [*totals, self.count]
        return self._grid(self.scale)

    def _grid(self, scale: int) -> tuple[tuple[float, ...], list[int]]:
        steps = _Steps()
        if self.negative:
            low, high = min(self.negative), max(self.negative)
            steps.add(-_power(scale, high + 1), 0)
            for i in range(high, low - 1, -1):
                steps.add(-_power(scale, i), self.negative.get(i, 0))
        if self.zero_count or self.negative:
            steps.add(self.zero_threshold, self.zero_count)
        if self.counts:
            low, high = min(self.counts), max(self.counts)
            steps.add(_power(scale, low), 0)
            for i in range(low, high + 1):
                steps.add(_power(scale, i + 1), self.counts.get(i, 0))
        return (*steps.bounds, float("inf")), [*steps.totals, self.count]


class _Steps:
    """Bounds that rise; a count whose bound does not rise goes to the bound before."""

    def __init__(self) -> None:
        self.bounds: list[float] = []
        self.totals: list[int] = []

    def add(self, bound: float, count: int) -> None:
        total = count + (self.totals[-1] if self.totals else 0)
        if self.bounds and bound <= self.bounds[-1]:
            self.totals[-1] = total
        else:
            self.bounds.append(bound)
            self.totals.append(total)


def explicit(
    count: int, total: float | None, bounds: tuple[float, ...], counts: tuple[int, ...]
) -> Pile:
    """Make a pile of an explicit histogram's point; a last bound of +Inf says nothing new."""
    if bounds and bounds[-1] == float("inf"):
        bounds = bounds[:-1]
    return Pile(count, total, bounds, None, {i: n for i, n in enumerate(counts) if n})


def exponential(point: ExponentialPoint) -> Pile | None:
    """Make a pile of an exponential histogram's point; None when its bounds are not numbers."""
    if not _COARSEST_SCALE <= point.scale <= _LARGEST_SCALE:
        return None
    pile = Pile(
        point.count,
        point.sum,
        (),
        point.scale,
        _filled(point.positive),
        _filled(point.negative),
        point.zero_count,
        point.zero_threshold,
    ).merged()
    for i in _ends([*pile.counts, *pile.negative]):
        bound = _power(pile.scale or 0, i)
        if bound in (0.0, float("inf")):
            return None
    return pile


def _ends(places: list[int]) -> Iterable[int]:
    return (min(places), max(places) + 1) if places else ()


def _filled(buckets: Buckets) -> Counts:
    return {buckets.offset + i: n for i, n in enumerate(buckets.counts) if n}


def _power(scale: int, index: int) -> float:
    """Give base ** index, with base = 2 ** 2 ** -scale."""
    try:
        return float(2.0 ** (index * 2.0**-scale))
    except OverflowError:
        return float("inf")


def _span(counts: Counts) -> int:
    return max(counts) - min(counts) + 1 if counts else 0


def _shift(counts: Counts, down: int) -> Counts:
    out: Counts = {}
    for i, n in counts.items():
        out[i >> down] = out.get(i >> down, 0) + n
    return out


def _add(one: Counts, other: Counts) -> Counts:
    out = dict(one)
    for i, n in other.items():
        out[i] = out.get(i, 0) + n
    return out
