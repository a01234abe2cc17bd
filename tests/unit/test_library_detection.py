"""Detection for other programs: the documented calls, the textbook methods, baselines in files."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.anomalies.classic import Window
from quadra.library import (
    AnomalyDetectionSystem,
    AnomalyResult,
    StatisticalAnomalyDetector,
    TimeSeriesAnomalyDetector,
    get_anomaly_detector,
)

pytestmark = pytest.mark.unit

USAGE = """
from monitoring.anomaly_detector import get_anomaly_detector

# Get detector
detector = get_anomaly_detector()

# Detect anomalies
metrics = {
    "response_time_ms": 350,
    "error_rate": 12.5,
    "cost_per_request": 0.025
}

anomalies = detector.detect_anomalies(metrics)

for anomaly in anomalies:
    print(f"🚨 Anomaly: {anomaly.metric_name}")
    print(f"   Value: {anomaly.value}")
    print(f"   Expected: {anomaly.expected_range}")
    print(f"   Severity: {anomaly.severity}")
    print(f"   Confidence: {anomaly.confidence:.1%}")
"""
START = 1_767_225_600.0


def used(system: AnomalyDetectionSystem, n: int = 200, start: float = START) -> None:
    rng = np.random.default_rng(3)
    for i in range(n):
        usual = {
            "response_time_ms": 120 + 10 * rng.standard_normal(),
            "error_rate": 1 + 0.2 * rng.standard_normal(),
            "cost_per_request": 0.01 + 0.0005 * rng.standard_normal(),
        }
        system.detect_anomalies(usual, start + 60 * i)


def test_the_documented_calls_run_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    get_anomaly_detector.cache_clear()
    try:
        program = USAGE.replace("monitoring.anomaly_detector", "quadra.library")
        exec(program, {})  # noqa: S102 - the text that users are shown
        assert "" == capsys.readouterr().out
        get_anomaly_detector.cache_clear()
        used(get_anomaly_detector(), start=time.time() - 200 * 60)
        exec(program, {})  # noqa: S102 - the same
        said = capsys.readouterr().out
    finally:
        get_anomaly_detector.cache_clear()
    assert {"response_time_ms", "error_rate", "cost_per_request"} == {
        line.split()[-1] for line in said.splitlines() if "Anomaly:" in line
    }
    assert "   Severity: critical" in said.splitlines()


def test_usual_values_are_not_reported() -> None:
    system = AnomalyDetectionSystem()
    rng = np.random.default_rng(7)
    found = [
        bool(system.detect_anomalies({"m": float(rng.normal(50, 5))}, START + 60 * i))
        for i in range(600)
    ]
    assert sum(found) <= 6


@pytest.mark.parametrize("method", ["zscore", "iqr", "both"])
def test_statistical_methods(method: str) -> None:
    detector = StatisticalAnomalyDetector()
    rng = np.random.default_rng(2)
    for value in rng.normal(100, 10, 300):
        detector.learn("m", value)
    calls: dict[str, Callable[[str, float], AnomalyResult]] = {
        "zscore": detector.detect_zscore,
        "iqr": detector.detect_iqr,
        "both": detector.detect,
    }
    low, high = calls[method]("m", 104.0).expected_range
    assert 55 < low < 85
    assert 115 < high < 145
    assert not calls[method]("m", 104.0)
    unusual = calls[method]("m", 200.0)
    assert unusual
    assert unusual.severity in {"high", "critical"}
    assert 0.99 < unusual.confidence <= 1


def test_z_scores_are_those_of_the_textbook() -> None:
    detector = StatisticalAnomalyDetector()
    values = [float(v) for v in np.random.default_rng(1).normal(5, 2, 40)]
    for value in values:
        detector.learn("m", value)
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    result = detector.detect_zscore("m", mean + 2.5 * deviation)
    assert pytest.approx(2.5 / 3) == result.score
    assert pytest.approx((mean - 3 * deviation, mean + 3 * deviation)) == result.expected_range
    assert not result


def test_quartiles_are_those_of_the_textbook() -> None:
    detector = StatisticalAnomalyDetector()
    values = [float(v) for v in np.random.default_rng(1).normal(5, 2, 41)]
    for value in values:
        detector.learn("m", value)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    fence = 1.5 * (high - low)
    result = detector.detect_iqr("m", high + fence * 1.001)
    assert pytest.approx((low - fence, high + fence)) == result.expected_range
    assert result


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="zscore, iqr or both"):
        StatisticalAnomalyDetector().detect("m", 1.0, method="sigma")  # type: ignore[arg-type]


@given(
    values=st.lists(
        st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1e6, 0.1, float("nan"), 1e200]),
        min_size=2,
        max_size=60,
    ),
    size=st.integers(2, 20),
)
def test_a_window_has_the_moments_of_its_values(values: list[float], size: int) -> None:
    window = Window.of(values, size)
    kept = [value for value in values if abs(value) <= 1e6][-size:]
    assert kept == list(window.values)
    assert sorted(kept) == window.ordered
    if len(kept) > 1:
        mean, deviation = window.moments()
        assert pytest.approx(statistics.fmean(kept), abs=1e-6) == mean
        assert pytest.approx(statistics.stdev(kept), rel=1e-2, abs=1e-1) == deviation


def test_trends_are_followed_and_what_leaves_them_is_found() -> None:
    detector = TimeSeriesAnomalyDetector()
    rng = np.random.default_rng(3)
    for i in range(100):
        detector.detect_trend_deviation("m", 2.0 * i + rng.normal(0, 0.5), START + 60 * i)
    on_course = detector.detect_trend_deviation("m", 200.0, START + 6_000)
    assert not on_course
    assert on_course.confidence > 0.99
    low, high = on_course.expected_range
    assert 197 < low < 200 < high < 203
    assert detector.detect_trend_deviation("m", 190.0, START + 6_060)


@pytest.mark.parametrize("constant", [0.0, 0.1, -3e6])
def test_constant_metrics_divide_by_nothing(constant: float) -> None:
    statistical, series = StatisticalAnomalyDetector(), TimeSeriesAnomalyDetector()
    calls = (
        statistical.detect_zscore,
        statistical.detect_iqr,
        statistical.detect,
        series.detect_trend_deviation,
    )
    for _ in range(60):
        for call in calls:
            assert not call("m", constant)
    for call in calls:
        result = call("m", constant + 1.0)
        assert result
        assert np.isfinite([result.score, result.confidence, *result.expected_range]).all()
    assert not statistical.detect("m", float("nan"))


def test_baselines_go_to_a_file_and_back(tmp_path: Path) -> None:
    system, other = AnomalyDetectionSystem(), AnomalyDetectionSystem()
    used(system)
    path = tmp_path / "deep" / "baselines.json"
    system.save_baselines(path)
    other.load_baselines(str(path))
    assert system.metrics == other.metrics
    now = {"response_time_ms": 350.0, "error_rate": 1.0, "cost_per_request": 0.011}
    later = START + 200 * 60
    assert system.detect_anomalies(now, later) == other.detect_anomalies(now, later)
    assert [path] == list(path.parent.iterdir())


def test_damaged_and_foreign_baselines_are_refused(tmp_path: Path) -> None:
    system = AnomalyDetectionSystem()
    used(system, 40)
    path = tmp_path / "baselines.json"
    system.save_baselines(path)
    good = json.loads(path.read_text())
    worse = json.loads(path.read_text())
    worse["metrics"]["error_rate"]["values"][0] += 1
    for said, why in (
        ("{", "not JSON"),
        ("[]", "not a file of baselines"),
        (json.dumps(good | {"version": 2}), "version 2"),
        (json.dumps(worse), "damaged"),
    ):
        path.write_text(said)
        with pytest.raises(ValueError, match=why):
            AnomalyDetectionSystem().load_baselines(path)
    with pytest.raises(FileNotFoundError):
        system.load_baselines(tmp_path / "none.json")


def test_a_result_can_be_made_by_hand() -> None:
    result = AnomalyResult("m", 5.0, (1.0, 2.0), "high", 0.9)
    assert result
    assert ("m", 5.0, (1.0, 2.0), "high", 0.9) == (
        result.metric_name,
        result.value,
        result.expected_range,
        result.severity,
        result.confidence,
    )
