"""What an instrumented program keeps: gauges, sums and histograms by their attributes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Attributes = tuple[tuple[str, str], ...]
Kind = Literal["gauge", "counter", "delta", "up_down", "histogram", "exponential"]

SCALE = 3
"""Of exponential histograms: bucket bounds are 2 ** (1/8) apart."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One metric; ``shown`` is its name in Quadra, of a histogram without _bucket, _count, _sum."""

    name: str
    unit: str
    kind: Kind
    shown: str
    description: str
    bounds: tuple[float, ...] = ()


@dataclass(slots=True)
class Explicit:
    """A histogram with explicit upper bounds; the last bucket has none."""

    bounds: Floats
    counts: npt.NDArray[np.int64]
    count: int = 0
    sum: float = 0.0

    def record(self, values: Floats) -> None:
        """Count values in."""
        places = np.searchsorted(self.bounds, values, side="left")
        self.counts += np.bincount(places, minlength=len(self.counts))
        self.count += len(values)
        self.sum += float(values.sum())


@dataclass(slots=True)
class Exponential:
    """A base-2 exponential histogram of values above zero."""

    counts: Counter[int] = field(default_factory=Counter)
    count: int = 0
    sum: float = 0.0
    min: float = math.inf
    max: float = 0.0

    def record(self, values: Floats) -> None:
        """Count values in: bucket i spans ``(base**i, base**(i+1)]``, base = 2 ** 2**-SCALE."""
        places = np.ceil(np.log2(values) * (1 << SCALE)).astype(int) - 1
        self.counts.update(places.tolist())
        self.count += len(values)
        self.sum += float(values.sum())
        self.min = min(self.min, float(values.min()))
        self.max = max(self.max, float(values.max()))

    def dense(self) -> tuple[int, list[int]]:
        """Give the first bucket's number, and the counts from there on without gaps."""
        low, high = min(self.counts), max(self.counts)
        return low, [self.counts[i] for i in range(low, high + 1)]


State = float | Explicit | Exponential


class Meter:
    """The state of all metrics of one service."""

    def __init__(self) -> None:
        self.states: dict[Instrument, dict[Attributes, State]] = {}
        self._muted: set[tuple[str, str]] = set()

    def set(self, instrument: Instrument, value: float, **_named: str) -> None:
        """Set a gauge, or the level of a sum that also falls."""
        self._put(instrument, {}, value)

    def level(self, instrument: Instrument, attributes: Mapping[str, str], value: float) -> None:
        """Set a gauge, or the level of a sum that also falls."""
        self._put(instrument, attributes, value)

    def add(self, instrument: Instrument, attributes: Mapping[str, str], amount: float) -> None:
        """Raise a sum."""
        before = self.states.get(instrument, {}).get(_attributes(attributes), 0.0)
        self._put(instrument, attributes, amount + (before if isinstance(before, float) else 0.0))
