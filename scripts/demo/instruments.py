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


Histogram = Explicit | Exponential


class Meter:
    """The state of all metrics of one service."""

    def __init__(self) -> None:
        self.numbers: dict[Instrument, dict[Attributes, float]] = {}
        self.histograms: dict[Instrument, dict[Attributes, Histogram]] = {}
        self._muted: tuple[str, str] | None = None

    def level(self, instrument: Instrument, value: float, attributes: Mapping[str, str]) -> None:
        """Set a gauge, or a sum that also falls."""
        self.numbers.setdefault(instrument, {})[_key(attributes)] = value

    def add(self, instrument: Instrument, amount: float, attributes: Mapping[str, str]) -> None:
        """Raise a sum."""
        numbers = self.numbers.setdefault(instrument, {})
        key = _key(attributes)
        numbers[key] = numbers.get(key, 0.0) + amount

    def record(self, instrument: Instrument, values: Floats, attributes: Mapping[str, str]) -> None:
        """Count values into a histogram; one that gets none begins to be there as well."""
        histograms = self.histograms.setdefault(instrument, {})
        key = _key(attributes)
        found = histograms.get(key)
        if found is None:
            found = histograms[key] = _histogram(instrument)
        if len(values):
            found.record(values)

    def mute(self, attribute: tuple[str, str] | None) -> None:
        """Let all series with this attribute fall silent, until another or none is named."""
        self._muted = attribute

    def is_muted(self, key: Attributes) -> bool:
        """Say whether a series is silent now."""
        return self._muted is not None and self._muted in key

    def collected(self) -> None:
        """Begin a new span for all differences."""
        for instrument, numbers in self.numbers.items():
            if instrument.kind == "delta":
                for key in numbers:
                    numbers[key] = 0.0


def _key(attributes: Mapping[str, str]) -> Attributes:
    return tuple(sorted(attributes.items()))


def _histogram(instrument: Instrument) -> Histogram:
    if instrument.kind == "exponential":
        return Exponential()
    bounds = np.array(instrument.bounds, np.float64)
    return Explicit(bounds, np.zeros(len(bounds) + 1, np.int64))
