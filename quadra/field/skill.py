"""Whether the field earns its place: its errors beside those of the simplest forecasts.

Beside it stand the last value, the value a day before, and an exponential average. All are held
against the same truths; errors are squared, over each series' variance, and fade alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.field.field import DAY_S, WARM_UP_STEPS, Forecast
from quadra.field.reservoir import Vector
from quadra.field.scales import Scales

MEMORY = 0.999
SMOOTHING = 0.3
METHODS = ("field", "last", "day_before", "average")
MAX_DAY_STEPS = 20_000
PROVEN_AFTER = 300
"""Truths after which a forecast may be called proven,"""
BETTER = 0.95
"""if its error is at most this share of the best plain one's."""

Mask = npt.NDArray[np.bool_]


class Compared(NamedTuple):
    """Root mean squared errors, in standard deviations of their series; NaN while unknown.

    Each is (horizons, methods): horizons are one step and ``ahead`` steps, methods ``METHODS``.
    ``counts`` tells on how many truths each horizon stands.
    """

    errors: Vector
    counts: Vector


class Skill:
    """Remembers what each method foretold until the truth has come."""

    def __init__(self, series: int, step: float, ahead: int) -> None:
        """Compare forecasts one step (``step`` seconds) and ``ahead`` steps on."""
        self.ahead = ahead
        self.iteration = 0
        day = min(max(round(DAY_S / step), ahead + 1), MAX_DAY_STEPS)
        self.day = np.full((day, series), np.nan, np.float32)
        self.average = np.full(series, np.nan)
        self.foretold = np.full((ahead, 2, len(METHODS), series), np.nan)
        self.squared = np.full((2, len(METHODS), series), np.nan)
        self.counts = np.zeros((2, series))

    def judge(self, values: Vector, scales: Scales) -> None:
        """Hold what was foretold for this step against its ``values`` (series)."""
        spread = scales.spread()
        for horizon, steps in enumerate((1, self.ahead)):
            if self.iteration < max(steps, WARM_UP_STEPS):
                continue
            told = self.foretold[(self.iteration - steps) % self.ahead, horizon]
            error = np.clip((told - values) / spread, -10.0, 10.0)
            # Only where the plain methods have a forecast too are they compared.
            came = np.isfinite(error[:2]).all(axis=0)
            if not came.any():
                continue
            self._remember(horizon, np.where(came, error, np.nan))

    def foretell(self, values: Vector, forecast: Forecast) -> None:
        """Keep what each method expects after this step's ``values``."""
        known = np.isfinite(values)
        fresh = np.where(np.isnan(self.average), values, self.average)
        self.average = np.where(known, fresh + SMOOTHING * (values - fresh), self.average)
        slot = self.iteration % self.ahead
        for horizon, steps in enumerate((1, self.ahead)):
            day_before = self.day[(self.iteration + steps) % len(self.day)]
            told = (forecast.value[horizon], values, day_before, self.average)
            self.foretold[slot, horizon] = np.stack(told)
        self.day[self.iteration % len(self.day)] = values
        self.iteration += 1

    def compared(self) -> Compared:
        """Give how the methods did, over all series."""
        known = np.isfinite(self.squared)
        counts = known.sum(axis=2)
        total = np.where(known, self.squared, 0.0).sum(axis=2)
        mean = np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)
        return Compared(np.sqrt(mean), self.counts.max(axis=1))

    def by_series(self) -> Vector:
        """Give how each method did: root mean squared errors (horizons, methods, series)."""
        errors: Vector = np.sqrt(self.squared)
        return errors

    def proven(self) -> Mask:
        """Say where the field is better than every plain forecast: (horizons, series)."""
        field, plain = self.squared[:, 0], self.squared[:, 1:]
        best = np.where(np.isfinite(plain), plain, np.inf).min(axis=1)
        proven: Mask = (self.counts >= PROVEN_AFTER) & (field < BETTER**2 * best)
        return proven

    def _remember(self, horizon: int, error: Vector) -> None:
        known = np.isfinite(error)
        squared = np.where(known, error, 0.0) ** 2
        came = known[0]
        self.counts[horizon] += came
        rate = np.maximum(1.0 - MEMORY, 1.0 / np.maximum(self.counts[horizon], 1.0))
        former = np.where(np.isnan(self.squared[horizon]), squared, self.squared[horizon])
        self.squared[horizon] = np.where(
            known, former + rate * (squared - former), self.squared[horizon]
        )
