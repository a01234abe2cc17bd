"""Anomaly detection for another program: give metrics, get those that are unusual.

detector = get_anomaly_detector()
for anomaly in detector.detect_anomalies({"response_time_ms": 350, "error_rate": 12.5}):
    print(anomaly.metric_name, anomaly.value, anomaly.expected_range, anomaly.severity)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from quadra.anomalies import classic
from quadra.anomalies.classic import AnomalyResult, Window
from quadra.anomalies.parameters import ALERT, WARM
from quadra.anomalies.single import SeriesDetector
from quadra.anomalies.wording import severity_of
from quadra.library import baselines
from quadra.library.baselines import Baseline

__all__ = [
    "AnomalyDetectionSystem",
    "AnomalyResult",
    "StatisticalAnomalyDetector",
    "TimeSeriesAnomalyDetector",
    "get_anomaly_detector",
]

Method = Literal["zscore", "iqr", "both"]
MOST_METRICS: Final = 10_000
_MAJORITY = 2
_CLEARLY = 1.5


class StatisticalAnomalyDetector:
    """Judges each value against the last ones of its metric, and then learns it."""

    def __init__(
        self,
        zscore_threshold: float = classic.SIGMA,
        iqr_multiplier: float = classic.FENCE,
        window_size: int = classic.WINDOW,
    ) -> None:
        """Set the bounds: standard deviations, interquartile ranges, and values remembered."""
        self.zscore_threshold = zscore_threshold
        self.iqr_multiplier = iqr_multiplier
        self.window_size = window_size
        self._windows: dict[str, Window] = {}

    def detect_zscore(self, metric_name: str, value: float) -> AnomalyResult:
        """Judge by mean and standard deviation."""
        window = self._window(metric_name)
        result = classic.zscore(metric_name, float(value), window, self.zscore_threshold)
        window.add(float(value))
        return result

    def detect_iqr(self, metric_name: str, value: float) -> AnomalyResult:
        """Judge by the quartiles, which single extremes don't move."""
        window = self._window(metric_name)
        result = classic.iqr(metric_name, float(value), window, self.iqr_multiplier)
        window.add(float(value))
        return result

    def detect(self, metric_name: str, value: float, method: Method = "both") -> AnomalyResult:
        """Judge by one method, or by both: then the one that finds more is heard.

        Raises:
            ValueError: There is no such method.
        """
        if method not in {"zscore", "iqr", "both"}:
            raise ValueError(f"method {method!r}: use zscore, iqr or both")
        window = self._window(metric_name)
        value = float(value)
        found = []
        if method != "iqr":
            found.append(classic.zscore(metric_name, value, window, self.zscore_threshold))
        if method != "zscore":
            found.append(classic.iqr(metric_name, value, window, self.iqr_multiplier))
        window.add(value)
        return max(found, key=lambda result: result.score)

    def learn(self, metric_name: str, value: float) -> None:
        """Take a value as usual, without judging it."""
        self._window(metric_name).add(float(value))

    def history(self, metric_name: str) -> list[float]:
        """Give the values that are remembered, oldest first."""
        window = self._windows.get(metric_name)
        return list(window.values) if window else []

    def set_history(self, metric_name: str, values: list[float]) -> None:
        """Remember these values instead."""
        self._windows[metric_name] = Window.of(values, self.window_size)

    def _window(self, name: str) -> Window:
        if name not in self._windows:
            _check_room(self._windows, name)
            self._windows[name] = Window(self.window_size)
        return self._windows[name]


class TimeSeriesAnomalyDetector:
    """Judges each value against the straight line through the last ones of its metric."""

    def __init__(
        self, threshold: float = classic.SIGMA, window_size: int = classic.TREND_WINDOW
    ) -> None:
        """Set the bound in standard errors, and how many values the line goes through."""
        self.threshold = threshold
        self.window_size = window_size
        self._points: dict[str, deque[tuple[float, float]]] = {}

    def detect_trend_deviation(
        self, metric_name: str, value: float, timestamp: float | None = None
    ) -> AnomalyResult:
        """Judge a value, and learn it.

        Without ``timestamp`` (seconds) values count as evenly apart. The confidence is the line's R
        squared.
        """
        if metric_name not in self._points:
            _check_room(self._points, metric_name)
            self._points[metric_name] = deque(maxlen=self.window_size)
        points = self._points[metric_name]
        at = points[-1][0] + 1.0 if points else 0.0
        at = at if timestamp is None else float(timestamp)
        result = classic.trend(metric_name, float(value), at, list(points), self.threshold)
        if classic.usable(float(value)):
            points.append((at, float(value)))
        return result

    def history(self, metric_name: str) -> list[tuple[float, float]]:
        """Give the (time, value) pairs that are remembered, oldest first."""
        return list(self._points.get(metric_name, ()))

    def set_history(self, metric_name: str, points: list[tuple[float, float]]) -> None:
        """Remember these (time, value) pairs instead."""
        self._points[metric_name] = deque(points, maxlen=self.window_size)


class AnomalyDetectionSystem:
    """All methods together, for many metrics; may be used from several threads.

    A value is reported when Quadra's own detector raises an alert. While that is still young, also
    when two of z-score, IQR and trend agree; later when all three do, and by half more than they
    ask. At most ``MOST_METRICS`` metrics are watched.
    """

    def __init__(self) -> None:
        """Begin without history."""
        self.statistical = StatisticalAnomalyDetector()
        self.time_series = TimeSeriesAnomalyDetector()
        self._own: dict[str, SeriesDetector] = {}
        self._lock = threading.Lock()

    @property
    def metrics(self) -> list[str]:
        """List the metrics that are watched."""
        return sorted(self._own)

    def detect_anomalies(
        self, metrics: Mapping[str, float], timestamp: float | None = None
    ) -> list[AnomalyResult]:
        """Judge the present values of metrics and learn them; give those that are unusual.

        ``timestamp`` in unix seconds, now when absent. The strongest comes first.
        """
        at = time.time() if timestamp is None else float(timestamp)
        with self._lock:
            found = [self._judge(name, float(value), at) for name, value in metrics.items()]
        return sorted((one for one in found if one), key=lambda one: -one.score)

    def save_baselines(self, filename: str | Path) -> None:
        """Write what was learned to a file, whole or not at all. Raises OSError."""
        with self._lock:
            learned = {
                name: Baseline(
                    self.statistical.history(name), self.time_series.history(name), own.state()
                )
                for name, own in self._own.items()
            }
        baselines.save(Path(filename), learned)

    def load_baselines(self, filename: str | Path) -> None:
        """Go on from what was saved, in place of what was learned.

        Raises:
            OSError: The file can't be read.
            ValueError: It is damaged, or no file of baselines, or of another version.
        """
        learned = baselines.load(Path(filename))
        own = {}
        for name, baseline in islice(learned.items(), MOST_METRICS):
            own[name] = SeriesDetector()
            own[name].restore(baseline.state)
        with self._lock:
            self._own = own
            self.statistical = StatisticalAnomalyDetector()
            self.time_series = TimeSeriesAnomalyDetector()
            for name in own:
                self.statistical.set_history(name, learned[name].values)
                self.time_series.set_history(name, learned[name].points)

    def _judge(self, name: str, value: float, at: float) -> AnomalyResult:
        if name not in self._own:
            _check_room(self._own, name)
            self._own[name] = SeriesDetector()
        judged = self._own[name].judge_one(round(at * 1000.0), value)
        window = self.statistical._window(name)  # noqa: SLF001 - of one house
        votes = [
            classic.zscore(name, value, window, self.statistical.zscore_threshold),
            classic.iqr(name, value, window, self.statistical.iqr_multiplier),
            self.time_series.detect_trend_deviation(name, value, at),
        ]
        window.add(value)
        young = self._own[name].rows <= WARM
        asked, needed = (1.0, _MAJORITY) if young else (_CLEARLY, len(votes))
        agreeing = [vote for vote in votes if vote.score >= asked]
        if judged.score >= ALERT:
            return AnomalyResult(
                name,
                value,
                (judged.low, judged.high),
                severity_of(judged.score),
                judged.confidence,
                judged.detector,
                judged.score,
                reason=f"{value:.6g}, expected {judged.low:.6g} to {judged.high:.6g}",
            )
        if len(agreeing) >= needed:
            return max(agreeing, key=lambda vote: vote.score)
        return AnomalyResult(name, value, votes[0].expected_range, "low", 0.0, is_anomaly=False)


@cache
def get_anomaly_detector() -> AnomalyDetectionSystem:
    """Give the one detection system of this process."""
    return AnomalyDetectionSystem()


def _check_room(watched: Mapping[str, object], name: str) -> None:
    if len(watched) >= MOST_METRICS:
        raise ValueError(f"metric {name[:80]!r}: {MOST_METRICS} metrics are watched already")
