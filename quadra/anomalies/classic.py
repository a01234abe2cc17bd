"""The three textbook methods, each for one metric: z-score, interquartile range, linear trend.

They judge a value against those before it (a window of the last ones) and are simple to explain.
What Quadra itself watches with is the detector in ``single`` and ``columns``.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from quadra.anomalies.wording import Severity, severity_of

WINDOW: Final = 1_000
TREND_WINDOW: Final = 300
FEWEST: Final = 30
"""Values before anything is called unusual."""
SIGMA: Final = 3.0
FENCE: Final = 1.5
_LARGEST = 1_000.0  # scores of what has no scale: any change of a constant
_SIGMA_OF_IQR = 1.349  # the interquartile range of a normal distribution, in standard deviations
_LARGEST_VALUE = 1e150  # so that squares are finite
_LITTLE = 1e-6
_ROUNDING = 1e-9  # differences below this share of the values are rounding


@dataclass(frozen=True, slots=True)
class AnomalyResult:
    """What a method says of a value; true in a condition when the value is an anomaly.

    ``expected_range``: between these nothing is said. ``severity``: low, medium, high, critical.
    ``confidence``: 0 to 1. ``score``: 1 is the method's threshold.
    """

    metric_name: str
    value: float
    expected_range: tuple[float, float]
    severity: Severity
    confidence: float
    method: str = ""
    score: float = 1.0
    is_anomaly: bool = True
    reason: str = ""

    def __bool__(self) -> bool:
        return self.is_anomaly


@dataclass(slots=True)
class Window:
    """The last values of a metric, also in sorted order; not finite ones are left out.

    The sum of squares is kept along (Welford 1962, and back for what leaves). What that loses by
    rounding is mended by adding up anew once in a window's length, and when little is left of it.
    """

    size: int = WINDOW
    values: deque[float] = field(default_factory=deque)
    ordered: list[float] = field(default_factory=list)
    _mean: float = 0.0
    _squares: float = 0.0
    _most: float = 0.0
    _since: int = 0

    @classmethod
    def of(cls, values: Iterable[float], size: int = WINDOW) -> Window:
        """Make a window of the last ``size`` of ``values``."""
        window = cls(size)
        for value in values:
            window.add(value)
        return window

    def add(self, value: float) -> None:
        """Take a value; the oldest one goes when the window is full."""
        if not usable(value):
            return
        if len(self.values) == self.size:
            gone = self.values.popleft()
            del self.ordered[bisect_left(self.ordered, gone)]
            self._weigh(gone, -1.0, len(self.values))
        self.values.append(value)
        insort(self.ordered, value)
        self._weigh(value, 1.0, len(self.values))
        self._since += 1
        if self._since >= self.size or self._squares < _LITTLE * self._most:
            self._anew()

    def _weigh(self, value: float, sign: float, n: int) -> None:
        off = value - self._mean
        self._mean += sign * off / n if n else -self._mean
        self._squares = max(0.0, self._squares + sign * off * (value - self._mean))
        self._most = max(self._most, self._squares)

    def _anew(self) -> None:
        self._mean = math.fsum(self.values) / len(self.values)
        self._squares = math.fsum((value - self._mean) ** 2 for value in self.values)
        self._most, self._since = self._squares, 0

    def quantile(self, q: float) -> float:
        """Give a quantile, interpolated linearly (type 7 of Hyndman and Fan 1996)."""
        place = q * (len(self.ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(self.ordered) - 1)
        return self.ordered[low] + (place - low) * (self.ordered[high] - self.ordered[low])

    def moments(self) -> tuple[float, float]:
        """Give mean and sample standard deviation."""
        if self.ordered[0] == self.ordered[-1]:
            return self.ordered[0], 0.0
        return self._mean, math.sqrt(self._squares / (len(self.values) - 1))


def usable(value: float) -> bool:
    """Tell whether a value is a number that can be reckoned with."""
    return abs(value) <= _LARGEST_VALUE


def zscore(name: str, value: float, window: Window, sigma: float = SIGMA) -> AnomalyResult:
    """Compare with mean and standard deviation: unusual from ``sigma`` deviations on."""
    if len(window.values) < FEWEST or not usable(value):
        return _nothing(name, value, window, "zscore")
    mean, deviation = window.moments()
    z = _ratio(value - mean, deviation)
    reach = sigma * deviation
    return _result(
        name, value, (mean - reach, mean + reach), z / sigma, math.erf(z / math.sqrt(2)), "zscore"
    )


def iqr(name: str, value: float, window: Window, fence: float = FENCE) -> AnomalyResult:
    """Compare with the quartiles: unusual from ``fence`` interquartile ranges beyond (Tukey)."""
    if len(window.values) < FEWEST or not usable(value):
        return _nothing(name, value, window, "iqr")
    low, middle, high = (window.quantile(q) for q in (0.25, 0.5, 0.75))
    spread = high - low
    beyond = max(low - value, value - high, 0.0)
    z = _ratio(value - middle, spread / _SIGMA_OF_IQR)
    score = _ratio(beyond, spread) / fence
    expected = (low - fence * spread, high + fence * spread)
    return _result(name, value, expected, score, math.erf(z / math.sqrt(2)), "iqr")


def trend(
    name: str, value: float, at: float, history: list[tuple[float, float]], sigma: float = SIGMA
) -> AnomalyResult:
    """Compare with the straight line through ``history``, (time, value) each.

    Unusual from ``sigma`` standard errors of a single prediction on. The confidence is the line's
    R squared.
    """
    if len(history) < FEWEST or not usable(value):
        return _nothing(name, value, Window.of(v for _, v in history), "trend")
    n = len(history)
    x, y = np.array(history).T
    x_mean, y_mean = float(x.mean()), float(y.mean())
    x, y = x - x_mean, y - y_mean
    sxx, syy, sxy = float(x @ x), float(y @ y), float(x @ y)
    slope = sxy / sxx if sxx > 0.0 else 0.0
    off = y - slope * x
    rest = float(off @ off)
    forecast = y_mean + slope * (at - x_mean)
    ahead = (at - x_mean) ** 2 / sxx if sxx > 0.0 else 0.0
    error = math.sqrt(rest / max(1, n - 2) * (1.0 + 1.0 / n + ahead))
    rounding = _ROUNDING * abs(forecast)
    forecast = value if abs(value - forecast) <= rounding else forecast
    error = error if error > rounding else 0.0
    explained = min(1.0, max(0.0, 1.0 - rest / syy)) if syy > 0.0 else 1.0
    score = _ratio(value - forecast, error) / sigma
    reach = sigma * error
    return _result(name, value, (forecast - reach, forecast + reach), score, explained, "trend")


def _ratio(distance: float, scale: float) -> float:
    """Give the distance in scales, within bounds also where there is no scale."""
    distance = abs(distance)
    if distance == 0.0:
        return 0.0
    return min(_LARGEST, distance / scale) if scale > 0.0 else _LARGEST


def _result(
    name: str,
    value: float,
    expected: tuple[float, float],
    score: float,
    confidence: float,
    method: str,
) -> AnomalyResult:
    low, high = expected
    unusual = score >= 1.0
    side = "above" if value > high else "below"
    reason = f"{value:.6g} is {side} the expected {low:.6g} to {high:.6g}" if unusual else ""
    return AnomalyResult(
        name, value, expected, severity_of(score), confidence, method, score, unusual, reason
    )


def _nothing(name: str, value: float, window: Window, method: str) -> AnomalyResult:
    seen = (window.ordered[0], window.ordered[-1]) if window.ordered else (value, value)
    return AnomalyResult(name, value, seen, "low", 0.0, method, 0.0, is_anomaly=False)
