"""A rule over its series: whatever the portions in which samples come, the outcome is the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.alerts.absence import AbsenceWatch
from quadra.alerts.states import Phase, State
from quadra.alerts.watch import Happened
from quadra.telemetry.batch import Columns
from tests.unit.alert_makers import line, rule, told, watch

SAMPLES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([1, 1_000, 20_000, 400_000]), st.integers(0, 20)),
    min_size=1,
    max_size=80,
)
FIELDS = st.fixed_dictionaries(
    {
        "aggregate": st.sampled_from(["last", "avg", "max", "count", "rate", "p90"]),
        "window": st.sampled_from(["1s", "30s", "10m"]),
        "hold": st.sampled_from([0, "2s", "3m"]),
        "keep_firing_for": st.sampled_from([0, "5s"]),
        "clear_threshold": st.sampled_from([None, 5]),
        "no_data": st.sampled_from(["ok", "alert", "keep"]),
    }
)


def in_time(samples: list[tuple[int, int, int]]) -> Columns:
    now: dict[int, int] = {}
    ids, t, v = [], [], []
    for series, later, value in samples:
        now[series] = now.get(series, 0) + later
        ids.append(series)
        t.append(now[series])
        v.append(float(value))
    return Columns(np.array(ids, np.uint32), np.array(t, np.int64), np.array(v))


def by_series(happened: list[Happened]) -> dict[int, list[tuple[str, int, str, str]]]:
    found: dict[int, list[tuple[str, int, str, str]]] = {}
    for series, one in happened:
        found.setdefault(series, []).append(
            (one.change.value, one.at, f"{one.value:.6f}", f"{one.worst:.6f}")
        )
    return found


@settings(max_examples=25)
@given(SAMPLES, FIELDS, st.lists(st.integers(0, 80), max_size=8))
def test_portions_do_not_matter(
    samples: list[tuple[int, int, int]], fields: dict[str, Any], cuts: list[int]
) -> None:
    """One by one, cut anywhere, or all at once as a back-test does."""
    whole = in_time(samples)
    n = len(whole)
    outcomes = []
    for bounds in ([0, n], sorted({0, n, *(min(c, n) for c in cuts)}), list(range(n + 1))):
        one = watch(rule(**fields), 1, 2, 3)
        happened: list[Happened] = []
        for low, high in pairwise(bounds):
            part = Columns(whole.ids[low:high], whole.t[low:high], whole.v[low:high])
            happened += one.take(part, None)
        outcomes.append(by_series(happened))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] == outcomes[2]


@pytest.mark.parametrize(
    ("fields", "values", "worst"),
    [
        ({}, (0, 11, 40, 12, 3, 13, 2), {"resolved": [40, 13]}),
        ({"hold": "2s"}, (12, 90, 12, 12, 2), {"firing": [90], "resolved": [90]}),
        ({"keep_firing_for": "2s"}, (11, 5, 30, 1, 1, 1), {"resolved": [30]}),
        ({"clear_threshold": 5}, (11, 20, 7, 2), {"resolved": [20]}),
        ({"op": "<"}, (9, -3, 8, 11), {"resolved": [-3]}),
        ({"op": "!="}, (10, 12, 3, 11, 10), {"resolved": [3]}),
    ],
)
def test_an_alert_knows_its_worst_value_at_its_end(
    fields: dict[str, Any], values: tuple[float, ...], worst: dict[str, list[float]]
) -> None:
    for portions in (False, True):
        one = watch(rule(**fields), 1, 2)
        parts = [line(v, begin=n * 1_000) for n, v in enumerate(values)]
        beside = line(*[99.0] * len(values), series=2)  # another series' values are its own
        happened = one.take(beside, None)
        happened = (
            [change for part in parts for change in one.take(part, None)]
            if portions
            else one.take(line(*values), None)
        )
        for kind, expected in worst.items():
            ends = [change.worst for _series, change in happened if change.change.value == kind]
            assert expected == ends
        assert worst["resolved"][-1] == one.worst_of(1)


def test_only_the_series_that_are_watched_count_and_nan_is_no_value() -> None:
    one = watch(rule(), 4, 9)
    assert [] == one.take(line(99, series=5), 0)
    assert [] == one.take(line(float("nan"), series=4), 0)
    assert [("firing", 0)] == told(one.take(line(99, series=9), 0))


def test_a_timer_runs_out_although_nothing_comes() -> None:
    one = watch(rule(hold="10s"))
    assert [("pending", 0)] == told(one.take(line(99), 50_000))
    assert [] == one.tick(59_999)
    assert [("firing", 10_000)] == told(one.tick(60_000))
    assert [] == one.tick(61_000)


@pytest.mark.parametrize(
    ("no_data", "expected"),
    [("ok", ["firing", "resolved"]), ("keep", ["firing"]), ("alert", ["firing"])],
)
def test_a_series_that_falls_silent(no_data: str, expected: list[str]) -> None:
    one = watch(rule(no_data=no_data))
    happened = one.take(line(99), 0)
    for now in range(0, 900_000, 1_000):
        happened += one.tick(now)
    assert expected == [kind for kind, _at in told(happened)]


def test_silence_alerts_where_the_rule_says_so_with_its_timer() -> None:
    one = watch(rule(no_data="alert", hold="1m"))
    happened = one.take(line(1), 0)
    for now in range(0, 900_000, 1_000):
        happened += one.tick(now)
    assert [("pending", 300_001), ("firing", 360_001)] == told(happened)
    happened = one.take(line(1, begin=900_000), 900_000)
    assert [("resolved", 900_000)] == told(happened)


def test_a_gap_within_a_portion_is_a_silence_too() -> None:
    one = watch(rule(no_data="alert", hold="1m"))
    quiet = line(1, 1, every=3_600_000)
    assert [("pending", 300_001), ("firing", 360_001), ("resolved", 3_600_000)] == told(
        one.take(quiet, None)
    )


def test_a_count_falls_while_nothing_comes() -> None:
    one = watch(rule(aggregate="count", op="<", threshold=3, window="10s"))
    assert [("firing", 0), ("resolved", 2_000)] == told(one.take(line(1, 1, 1, 1, 1), 4_000))
    happened: list[Happened] = []
    for now in range(4_000, 30_000, 500):
        happened += one.tick(now)
    assert ["firing"] == [kind for kind, _at in told(happened)]


def test_an_old_sample_that_comes_late_moves_no_time() -> None:
    one = watch(rule(aggregate="max", window="30s", hold="5s"))
    one.take(line(1, 1, 1, begin=100_000), 102_000)
    assert [("pending", 102_000)] == told(one.take(line(99, begin=101_500), 102_500))
    assert [] == one.take(line(99, begin=1_000), 103_000)
    assert [("firing", 107_000)] == told(one.take(line(1, begin=107_000), 107_000))


def test_a_clock_that_is_set_back_an_hour_holds_up_no_alert() -> None:
    one = watch(rule(hold="5s"))
    hour = 3_600_000
    one.take(line(*[1] * 30, begin=hour), hour + 29_000)
    # The sender's clock and this one go back together.
    happened = one.take(line(99, 99, begin=30_000), 31_000)
    happened += one.take(line(*[99] * 8, begin=32_000), 39_000)
    assert ["pending", "firing"] == [kind for kind, _at in told(happened)]
    assert told(happened)[1][1] < hour


def test_a_clock_that_is_set_back_resets_no_timer_that_runs() -> None:
    one = watch(rule(hold="20s"))
    hour = 3_600_000
    happened = one.take(line(*[99] * 11, begin=hour), hour + 10_000)
    for second in range(11, 31):
        happened += one.take(line(99, begin=second * 1_000), second * 1_000)
    assert ["pending", "firing"] == [kind for kind, _at in told(happened)]
    assert 19_000 <= told(happened)[1][1] <= 22_000


def test_a_clock_that_is_set_forward_pages_nobody_a_second_time() -> None:
    one = watch(rule(no_data="keep"))
    happened = one.take(line(99, 99), 1_000)
    happened += one.take(line(99, 99, begin=3_600_000), 2_000)
    assert [("firing", 0)] == told(happened)


def test_what_was_kept_goes_on_where_it_stood() -> None:
    one = watch(rule(hold="10s"))
    one.restore(1, State(Phase.PENDING, since=5_000, seen=8_000))
    assert [("firing", 15_000)] == told(one.take(line(99, begin=15_000), 15_000))


def test_windows_are_filled_without_judging_and_then_looked_at_once() -> None:
    one = watch(rule(aggregate="sum", window="1m"), 1, 2)
    one.load(line(6, 6, 6), 2_000)
    assert Phase.INACTIVE is one.state_of(1).phase
    assert [("firing", 2_000)] == told(one.look(2_000))
    assert [] == one.look(2_000 + 400_000), "what has been silent for long is not looked at"


# -- absence ---------------------------------------------------------------------------------


def absence(**fields: Any) -> AbsenceWatch:
    one = AbsenceWatch(rule(aggregate="absent", op=">", threshold=0, **fields))
    one.follow([1, 2])
    return one


def test_absence_ends_with_any_series() -> None:
    one = absence(window="30s", hold="10s")
    assert [("pending", 0)] == told(one.tick(0)), "nothing has ever come"
    assert [("cancelled", 1_000)] == told(one.take(line(1, begin=1_000, series=2), 1_000))
    assert [] == one.tick(30_999)
    assert [("pending", 31_000)] == told(one.tick(31_000))
    assert [("firing", 41_000)] == told(one.tick(50_000))
    assert [("resolved", 60_000)] == told(one.take(line(1, begin=60_000), 60_000))


def test_absence_within_a_portion_is_seen() -> None:
    one = absence(window="30s", hold="10s")
    both = Columns.concat([line(1, 1, every=100_000), line(1, 1, every=20_000, series=2)])
    assert [("pending", 50_000), ("firing", 60_000), ("resolved", 100_000)] == told(
        one.take(both, None)
    )


def test_other_series_do_not_end_an_absence() -> None:
    one = absence(window="30s")
    assert [("firing", 0)] == told(one.tick(0))
    assert [] == one.take(line(1, series=7), 0)


def test_what_breaches_again_after_a_long_silence_is_another_alert() -> None:
    one = watch(rule())
    both = line(99, 99, every=3_600_000)
    expected = [("firing", 0), ("resolved", 300_001), ("firing", 3_600_000)]
    assert expected == told(one.take(both, None))
    two = watch(rule())
    happened = two.take(line(99), 0)
    assert expected == told(happened + two.take(line(99, begin=3_600_000), 3_600_000))
