"""Data points as both encodings hand them over."""

from __future__ import annotations

from dataclasses import dataclass, field

NO_RECORDED_VALUE = 1


@dataclass(slots=True)
class Point:
    """What all kinds of points have.

    ``attributes`` are the raw bytes under which the series is remembered; times in unix
    nanoseconds, 0 where there is none.
    """

    attributes: bytes = b""
    start: int = 0
    time: int = 0
    flags: int = 0

    @property
    def is_gap(self) -> bool:
        """Say whether the point only ends its line."""
        return bool(self.flags & NO_RECORDED_VALUE)


@dataclass(slots=True)
class NumberPoint(Point):
    """A point of a gauge or sum; None has no value."""

    value: float | None = None


@dataclass(slots=True)
class HistogramPoint(Point):
    """``counts`` has one more than ``bounds``, or both are empty."""

    count: int = 0
    sum: float | None = None
    counts: tuple[int, ...] = ()
    bounds: tuple[float, ...] = ()


@dataclass(slots=True)
class Buckets:
    """Bucket ``offset + i`` of ``base = 2 ** 2 ** -scale`` has ``counts[i]``."""

    offset: int = 0
    counts: tuple[int, ...] = ()


@dataclass(slots=True)
class ExponentialPoint(Point):
    """A point of an exponential histogram."""

    count: int = 0
    sum: float | None = None
    scale: int = 0
    zero_count: int = 0
    zero_threshold: float = 0.0
    positive: Buckets = field(default_factory=Buckets)
    negative: Buckets = field(default_factory=Buckets)
    min: float | None = None
    max: float | None = None


@dataclass(slots=True)
class SummaryPoint(Point):
    """``quantiles`` are (quantile, value)."""

    count: int = 0
    sum: float = 0.0
    quantiles: tuple[tuple[float, float], ...] = ()
