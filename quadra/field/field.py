"""The field: reservoir and readout together, one step of time after the other.

All values are raw, in the unit of their series; NaN is "no value came". A step is a fixed
length of time that the caller keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadra.field.readout import Readout
from quadra.field.reservoir import DEFAULT_SIZE, Matrix, Vector, make_reservoir
from quadra.field.scales import Scales

DAY_S = 86_400.0
Z_LIMIT = 6.0
ERROR_LIMIT = 6.0
LOSS_LIMIT = 10.0
SMOOTHING = 0.3
ERROR_MEMORY = 0.998
LOSS_MEMORY = 0.99
WARM_UP_STEPS = 30
DIVERGED_LOSS = 50.0
DIVERGED_STEPS = 20
BAND = 1.2816  # standard deviations that hold 80 % of a normal distribution
"""How many standard deviations the drawn band reaches to either side."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field is made of.

    ``series``: how many it watches; ``size``: its units; ``ahead``: steps of the far horizon.
    """

    series: int
    size: int = DEFAULT_SIZE
    seed: int = 0
    ahead: int = 30


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of training showed.

    ``loss`` is the squared one-step error over each series' variance, averaged over the series
    that had a value (NaN when none had, or all are new); ``reward`` is 1/(1+loss); ``variance``
    that of the field's state. ``residual`` (series) is the one-step error in units of its usual
    size, NaN where nothing was foretold or nothing came.
    """

    loss: float
    reward: float
    variance: float
    residual: Vector


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected value and its band, each (2, series): in one step, and ``ahead`` steps on."""

    value: Matrix
    low: Matrix
    high: Matrix


class Field:
    """A forecaster of ``shape.series`` series that trains while it watches."""

    def __init__(self, shape: Shape) -> None:
        """Make a field that knows nothing; the same shape gives the same field."""
        self.shape = shape
        n = shape.series
        self.reservoir = make_reservoir(shape.size, 2 * n + 2, shape.seed)
        features = shape.size + 3 * n + 3
        self.readout = Readout(features, n, 2)
        self.scales = Scales(n)
        self.state: Vector = np.zeros(shape.size)
        self.iteration = 0
        self.last = np.full(n, np.nan)
        self.smooth = np.full(n, np.nan)
        self.loss = np.nan
        self.wild = 0
        # Of each of the last `ahead` steps: features, gain, values. A ring, so that a step costs
        # the same whatever the horizon.
        self.past_z = np.zeros((shape.ahead, features))
        self.past_gain = np.zeros((shape.ahead, features))
        self.past_values = np.full((shape.ahead, n), np.nan)
        self.error_variance = np.full((2, n), np.nan)

    @property
    def diverged(self) -> bool:
        """Say whether the training has run away and should begin anew."""
        return self.wild >= DIVERGED_STEPS or not np.isfinite(self.readout.weights).all()

    def train(self, seconds: float, values: Vector) -> Step:
        """Learn from what came in one step that ended at ``seconds`` (unix s)."""
        values = np.where(np.isfinite(values), values, np.nan)
        residual, loss = self._learn(values)
        self._observe(seconds, values)
        self.iteration += 1
        if np.isfinite(loss):
            self.loss = loss if np.isnan(self.loss) else LOSS_MEMORY * self.loss + 0.01 * loss
        return Step(loss, 1.0 / (1.0 + loss), float(np.var(self.state)), residual)

    def interrupt(self) -> None:
        """Forget what came last: after a gap nothing is to be learned from before it."""
        self.past_values[:] = np.nan

    def forecast(self) -> Forecast:
        """Say what is expected next, from what came so far; changes nothing."""
        z = self.past_z[(self.iteration - 1) % self.shape.ahead]
        spread = self.scales.spread()
        value = self.last + spread * self.readout.predict(z)
        margin = BAND * spread * np.sqrt(self.error_variance)
        return Forecast(value, value - margin, value + margin)

    def _learn(self, values: Vector) -> tuple[Vector, float]:
        """Correct both horizons by what came; gives the one-step residuals and loss."""
        spread = self.scales.spread()
        residual = np.full(len(values), np.nan)
        loss = np.nan
        for horizon, steps in enumerate((1, self.shape.ahead)):
            if self.iteration < max(steps, WARM_UP_STEPS):
                continue
            slot = (self.iteration - steps) % self.shape.ahead
            rise = (values - self.past_values[slot]) / spread
            error = rise - self.readout.weights[horizon] @ self.past_z[slot]
            came = np.isfinite(error)
            if not came.any():
                continue
            if horizon == 0:
                # One series that leaps after long rest must not outshout all others.
                loss = float(np.mean(np.clip(error[came], -LOSS_LIMIT, LOSS_LIMIT) ** 2))
                residual = error / np.sqrt(np.fmax(self.error_variance[0], 1e-12))
                self.wild = self.wild + 1 if loss > DIVERGED_LOSS else 0
            bounded = np.clip(np.where(came, error, 0.0), -ERROR_LIMIT, ERROR_LIMIT)
            self.readout.learn(horizon, bounded, self.past_gain[slot])
            self._remember_error(horizon, error, came)
        return residual, loss

    def _remember_error(self, horizon: int, error: Vector, came: Vector) -> None:
        known = self.error_variance[horizon]
        squared = np.minimum(error * error, ERROR_LIMIT**2)
        mixed = np.where(
            np.isnan(known), squared, ERROR_MEMORY * known + (1.0 - ERROR_MEMORY) * squared
        )
        self.error_variance[horizon] = np.where(came, mixed, known)

    def _observe(self, seconds: float, values: Vector) -> None:
        """Let the state move on and keep what the next errors will be held against."""
        self.scales.observe(values)
        filled = np.where(np.isnan(values), self.last, values)
        spread = self.scales.spread()
        z = np.nan_to_num((filled - self.scales.mean) / spread, nan=0.0)
        change = np.nan_to_num((filled - self.last) / spread, nan=0.0)
        angle = 2.0 * np.pi * (seconds % DAY_S) / DAY_S
        inputs = np.concatenate((z, change, [np.sin(angle), np.cos(angle)]))
        np.clip(inputs, -Z_LIMIT, Z_LIMIT, out=inputs)
        self.state = self.reservoir.step(self.state, inputs)
        # What is noise and what is change: the smoothed past beside the newest value lets the
        # readout be at least an exponential average.
        self.smooth = np.where(
            np.isnan(self.smooth), filled, self.smooth + SMOOTHING * (filled - self.smooth)
        )
        lag = np.clip(np.nan_to_num((self.smooth - filled) / spread), -Z_LIMIT, Z_LIMIT)
        features = np.concatenate(([1.0], inputs, lag, self.state))
        slot = self.iteration % self.shape.ahead
        self.past_z[slot] = features
        self.past_gain[slot] = self.readout.gain(features)
        self.past_values[slot] = filled
        self.last = filled
