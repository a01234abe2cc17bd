"""Back-tests."""

from __future__ import annotations

import numpy as np
import pytest

from quadra.alerts.replay import Curve, Replay, at_limit
from quadra.alerts.rules import Rule
from quadra.telemetry.batch import Columns
from tests.unit.alert_makers import line, rule

WEEK = 7 * 86_400_000


def replayed(made: Rule, columns: Columns, end: int, start: int = 0) -> dict[str, object]:
    replay = Replay(made, start, end)
    ids = sorted({int(i) for i in columns.ids})
    replay.take({i: ("x", (("n", str(i)),)) for i in ids}, columns)
    return replay.as_dict()


def spikes(count: int, every: int = 3_600, length: int = 120) -> Columns:
    """Make a series that is bad for ``length`` seconds every hour; a sample each 10 s."""
    values = [99.0 if n * 10 % every < length else 1.0 for n in range(count * every // 10)]
    return line(*values, every=10_000)


def test_every_fire_clear_and_page_is_listed() -> None:
    found = replayed(rule(cooldown="0s", hold="30s"), spikes(5), 5 * 3_600_000)
    assert {"pending": 5, "fires": 5, "clears": 5, "pages": 5} == found["counts"]
    fires = found["fires"]
    assert isinstance(fires, list)
    assert [(30.0, 120.0), (3_630.0, 3_720.0)] == [
        (fire["fired_at"], fire["resolved_at"]) for fire in fires[:2]
    ]
    assert {"n": "1"} == fires[0]["labels"]
    events = found["events"]
    assert isinstance(events, list)
    assert ["pending", "firing", "paged", "resolved", "resolved_told"] == [
        event["kind"] for event in events[:5]
    ]


def test_pages_a_week_follow_the_cooldown() -> None:
    hours = 7 * 24
    every = replayed(rule(cooldown="0s"), spikes(hours), WEEK)
    assert float(hours) == every["pages_per_week"]
    seldom = replayed(rule(cooldown="150m"), spikes(hours), WEEK)
    pages = seldom["pages_per_week"]
    assert isinstance(pages, float)
    assert hours / 3 - 1 <= pages <= hours / 3 + 1


def test_what_lies_before_the_span_only_fills_windows() -> None:
    made = rule(aggregate="sum", window="5m", threshold=100)
    found = replayed(made, line(*[30.0] * 10, every=60_000), 600_000, start=240_000)
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert 1 == counts["fires"]
    assert 240_000 / 1000 == found["fires"][0]["fired_at"]  # type: ignore[index]


def test_what_still_fires_at_the_end_has_no_end_and_repeats() -> None:
    found = replayed(rule(repeat_interval="1h"), line(*[99.0] * 1_000, every=10_000), 9_990_000)
    assert [{"first", "repeat"}] == [{page["kind"] for page in found["pages"]}]  # type: ignore[attr-defined]
    assert found["fires"][0]["resolved_at"] is None  # type: ignore[index]


def test_absence_is_replayed_over_all_series_together() -> None:
    made = rule(aggregate="absent", op=">", threshold=0, window="1m", cooldown="0s")
    both = Columns.concat([line(1, 1, every=600_000), line(1, every=1, begin=300_000, series=2)])
    found = replayed(made, both, 600_000)
    assert 2 == len(found["fires"])  # type: ignore[arg-type]


def test_many_series_and_samples_are_judged_together() -> None:
    count, samples = 20, 5_760
    t = np.tile(np.arange(samples, dtype=np.int64) * 15_000, count)
    v = np.tile(np.where(np.arange(samples) % 1_440 < 40, 99.0, 1.0), count)
    ids = np.repeat(np.arange(1, count + 1, dtype=np.uint32), samples)
    made = rule(aggregate="avg", window="5m", hold="1m")
    found = replayed(made, Columns(ids, t, v), samples * 15_000)
    assert count * 4 == found["counts"]["fires"]  # type: ignore[index]


@pytest.mark.parametrize("agg", ["sum", "p95"])
def test_too_many_samples_in_a_window_are_judged_less_often(
    agg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.alerts.replay.CELLS_A_SERIES", 10_000)
    made = rule(aggregate=agg, window="1h", threshold=3, cooldown="0s")
    found = replayed(made, line(*[1.0] * 500, *[9.0] * 500, every=10_000), 9_990_000)
    assert 1 < found["judged_every"]  # type: ignore[operator]
    assert 1 == len(found["fires"])  # type: ignore[arg-type]


def test_a_curve_says_at_each_limit_what_a_replay_of_its_own_says() -> None:
    samples = line(*[n % 50 for n in range(400)])
    made = rule(cooldown="0s", clear_threshold=5)
    limits = [8.0, 20.0, 48.5, 60.0]
    curve = Curve(made, limits, 0, 400_000)
    curve.take({1: ("x", ())}, samples)
    expected = []
    for limit in limits:
        alone = Replay(at_limit(made, limit), 0, 400_000)
        alone.take({1: ("x", ())}, samples)
        expected.append({"limit": limit, "pages": len(alone.verdict().pages)})
    assert expected == curve.as_list()
    assert [8, 8, 8, 0] == [point["pages"] for point in expected]
