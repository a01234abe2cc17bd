"""The last hour of services' signals: rates, shares, quantiles and levels, out of raw samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quadra.services.reading import Reader, choose, quantile
from quadra.services.standing import Trouble, is_silent, judge, rank
from quadra.services.window import STEP_MS, Window
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import series_key

T0 = 1_800_000_000_000 // STEP_MS * STEP_MS


class House:
    """A window with a few series, each known by its name."""

    def __init__(self) -> None:
        self.window = Window()
        self.ids: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}

    def send(self, name: str, at_s: float, value: float, **labels: str) -> None:
        key = series_key(name, {"service_name": "chat", **labels})
        known = self.ids.get(key)
        if known is None:
            known = self.ids[key] = len(self.ids) + 1
            self.window.meet(known, key)
        t = T0 + round(at_s * 1000)
        self.add([known], [t], [value], t)

    def add(self, ids: list[int], t: list[int], v: list[float], now: int) -> None:
        columns = Columns(np.array(ids, np.uint32), np.array(t, np.int64), np.array(v, np.float64))
        self.window.add(columns, now)

    def line(self, signal: str, at_s: float, steps: int = 4) -> list[float]:
        now = T0 + round(at_s * 1000)
        self.window.advance(now)
        (choice,) = choose(self.window)
        lines = Reader(self.window).lines([choice], signal, steps)  # type: ignore[arg-type]
        return [round(float(v), 6) for v in lines[0]]


def nearly(expected: list[float], found: list[float]) -> bool:
    return np.allclose(expected, found, rtol=1e-4, equal_nan=True)


def test_a_counters_growth_becomes_a_rate_whatever_the_senders_rhythm() -> None:
    house = House()
    for second in range(0, 91, 15):
        house.send("http_requests_total", second, 2.0 * second, code="200")
    assert nearly([2.0, 2.0, 2.0, math.nan], house.line("traffic", 90))
    slow = House()
    for second in (7, 67, 127):  # a minute apart, and beside the steps' edges
        slow.send("http_requests_total", second, 2.0 * second, code="200")
    assert nearly([2.0, 2.0, 2.0, math.nan], slow.line("traffic", 130))


def test_a_step_is_told_as_far_as_it_has_come_and_not_at_all_while_it_is_young() -> None:
    house = House()
    for second in range(0, 46, 5):
        house.send("jobs_total", second, 4.0 * second)
    assert nearly([4.0, 4.0], house.line("traffic", 45)[2:])
    other = House()
    for second in range(0, 36, 5):
        other.send("jobs_total", second, 4.0 * second)
    assert nearly([4.0, math.nan], other.line("traffic", 35)[2:])


def test_an_instance_that_is_gone_does_not_halve_the_newest_step() -> None:
    house = House()
    for second in range(0, 31, 10):
        house.send("jobs_total", second, 1.0 * second, instance="old")
    for second in range(0, 221, 10):
        house.send("jobs_total", second, 2.0 * second, instance="new")
    assert nearly([2.0, 2.0, 2.0, 2.0], house.line("traffic", 220))


def test_a_counter_that_begins_anew_loses_nothing_that_it_tells() -> None:
    house = House()
    for second, value in ((0, 100.0), (10, 130.0), (20, 10.0), (30, 40.0)):
        house.send("jobs_total", second, value)
    assert nearly([math.nan, math.nan, 70 / 30, math.nan], house.line("traffic", 30.1))


def test_what_comes_late_or_twice_changes_nothing() -> None:
    house = House()
    for second in (0, 10, 20, 30):
        house.send("jobs_total", second, float(second))
    before = house.line("traffic", 31)
    house.add([1, 1, 1], [T0 + 30_000, T0 + 10_000, T0 + 30_000], [30.0, 10.0, 30.0], T0 + 31_000)
    assert nearly(before, house.line("traffic", 31))


def test_a_batch_may_bring_many_samples_of_a_series_in_any_order() -> None:
    one, other = House(), House()
    for second in range(0, 61, 10):
        one.send("jobs_total", second, second * 3.0)
    other.send("jobs_total", 0, 0.0)
    seconds = [40, 10, 60, 20, 50, 30]
    times = [T0 + s * 1000 for s in seconds]
    other.add([1] * 6, times, [s * 3.0 for s in seconds], T0 + 60_000)
    assert nearly(one.line("traffic", 60), other.line("traffic", 60))


def test_errors_are_the_share_of_what_was_done() -> None:
    house = House()
    for second in (0, 30, 60):
        house.send("http_requests_total", second, second * 3.0, code="200")
        house.send("http_requests_total", second, second * 1.0, code="500")
        house.send("http_requests_total", second, 0.0, code="502")
    assert nearly([math.nan, 25.0, 25.0, math.nan], house.line("errors", 60))
    (choice,) = choose(house.window)
    assert "%" == Reader(house.window).unit(choice, "errors")


def test_where_nothing_was_done_no_share_is_claimed() -> None:
    house = House()
    for second in (0, 30, 60):
        house.send("http_requests_total", second, 5.0, code="200")
    assert nearly([math.nan] * 4, house.line("errors", 60))
    assert nearly([math.nan, 0.0, 0.0, math.nan], house.line("traffic", 60))


def test_errors_without_traffic_are_told_a_second() -> None:
    house = House()
    for second in (0, 30, 60):
        house.send("chat_errors_total", second, second * 0.5)
    assert nearly([math.nan, 0.5, 0.5, math.nan], house.line("errors", 60))
    (choice,) = choose(house.window)
    assert "/s" == Reader(house.window).unit(choice, "errors")


def test_the_highest_of_all_instances_is_the_saturation() -> None:
    house = House()
    house.send("hw_gpu_utilization_ratio", 5, 0.5, gpu="0")
    house.send("hw_gpu_utilization_ratio", 6, 0.9, gpu="1")
    house.send("queue_depth", 6, 1000.0)
    assert nearly([math.nan, math.nan, math.nan, 90.0], house.line("saturation", 10))


def test_a_value_below_zero_is_the_highest_where_it_is_alone() -> None:
    house = House()
    house.send("queue_depth", 5, -3.0)
    assert nearly([math.nan, math.nan, math.nan, -3.0], house.line("saturation", 10))


def test_p95_is_estimated_from_buckets_of_all_instances() -> None:
    house = House()
    for second in (0, 30):
        for instance in ("a", "b"):
            for le, share in (("0.1", 0.5), ("0.5", 0.9), ("1", 1.0), ("+Inf", 1.0)):
                name = "http_server_request_duration_seconds_bucket"
                house.send(name, second, second * share, le=le, instance=instance)
    assert nearly([math.nan, math.nan, 0.75, math.nan], house.line("latency", 30))


def test_the_estimate_agrees_with_prometheus_on_its_edges() -> None:
    bounds = np.array([[0.1, 0.5, np.inf]])
    counts = np.array([[[0.0, 10.0, 0.0], [0.0, 10.0, 0.0], [0.0, 10.0, 5.0]]])
    found = quantile(counts, bounds, 0.95)[0]
    assert math.isnan(found[0])  # nothing was counted
    assert 0.095 == pytest.approx(found[1])  # all in the first bucket, which begins at 0
    assert 0.5 == found[2]  # all beyond the last bound: at least that


def test_a_service_that_has_sent_nothing_for_an_hour_is_forgotten() -> None:
    house = House()
    house.send("queue_depth", 0, 1.0)
    house.window.advance(T0 + 3_599_000)
    assert ["chat"] == [choice.subject.name for choice in choose(house.window)]
    house.window.advance(T0 + 3_631_000)
    assert [] == choose(house.window)


def test_what_is_dated_ahead_clears_nothing() -> None:
    house = House()
    house.send("queue_depth", 0, 1.0)
    house.add([1], [T0 + 86_400_000], [2.0], T0 + 1_000)
    assert nearly([math.nan, math.nan, math.nan, 1.0], house.line("saturation", 2))


def test_trouble_is_told_by_service_and_signal() -> None:
    labels = {"service_name": "chat", "code": "500"}
    found = judge(
        [
            Trouble("anomaly", 7, "high", "http_server_request_duration_seconds_bucket", labels),
            Trouble("alert", 1, "critical", "http_requests_total", labels),
            Trouble("alert", 2, "info", "queue_depth", labels),
            Trouble("anomaly", 8, "low", "queue_depth", {"service_name": "calm"}),
            Trouble("alert", 3, "warning", "host_cpu_busy_percent", {"host": "n"}),
        ]
    )
    assert {"chat"} == set(found)
    assert "critical" == found["chat"].standing
    assert 1 == getattr(found["chat"].cause, "id", None)
    assert {"errors": "critical", "latency": "warning"} == dict(found["chat"].signals) or {
        "errors": "critical"
    } == dict(found["chat"].signals)


def test_silence_is_told_by_the_senders_own_rhythm() -> None:
    assert not is_silent(9_000, 1_000)
    assert is_silent(11_000, 1_000)
    assert not is_silent(179_000, 60_000)
    assert is_silent(181_000, 60_000)
    assert not is_silent(10**9, 0)


def test_the_worst_stands_first_then_the_names_whatever_their_case() -> None:
    rows = [("ok", "b"), ("ok", "A"), ("unknown", "z"), ("critical", "m"), ("warning", "a")]
    expected = ["m", "a", "z", "A", "b"]
    assert expected == [name for _s, name in sorted(rows, key=lambda row: rank(*row))]  # type: ignore[arg-type]
