"""What is usual for each series: running centre and spread, by which all is standardised."""

from __future__ import annotations

import numpy as np

from quadra.field.reservoir import Vector

HALF_LIFE_STEPS = 2_000
_RATE = 1.0 - 0.5 ** (1.0 / HALF_LIFE_STEPS)
_SMALLEST = 1e-12


class Scales:
    """Mean and variance (series) of what was observed, the recent past weighing more."""

    def __init__(self, series: int) -> None:
        """Begin without knowledge."""
        self.count = np.zeros(series)
        self.mean = np.zeros(series)
        self.variance = np.zeros(series)

    def observe(self, values: Vector) -> None:
        """Take in one value a series; NaN says nothing."""
        known = np.isfinite(values)
        self.count += known
        # The first values weigh alike, as in a plain mean; later ones fade.
        rate = np.maximum(_RATE, 1.0 / np.maximum(self.count, 1.0)) * known
        away = np.where(known, values - self.mean, 0.0)
        self.mean += rate * away
        self.variance += rate * ((1.0 - rate) * away * away - self.variance)

    def spread(self) -> Vector:
        """Give the standard deviation (series), never zero."""
        floor = _SMALLEST + 1e-9 * np.abs(self.mean)
        return np.maximum(np.sqrt(self.variance), floor)
