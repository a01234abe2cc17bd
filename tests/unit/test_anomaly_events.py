"""Events open once, may worsen, close when all is quiet, and survive a restart."""

from __future__ import annotations

import functools
import io

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quadra.anomalies import events
from quadra.anomalies.events import AnomalyEvent, EventChange, EventTracker, Sighting
from quadra.anomalies.groups import Grouping, ranked
from quadra.anomalies.observer import Observer
from quadra.anomalies.rates import Growth
from quadra.anomalies.traits import PLAIN, Trait
from quadra.anomalies.wording import SEVERITIES, quantity, reason, severity_of, span
from quadra.engine.anomaly_watch import trait_of

pytestmark = pytest.mark.unit

START = 1_767_225_600_000
SECOND, MINUTE = 1_000, 60_000


def seen(series: int, t: int, v: float, evidence: float = 0.0) -> Sighting:
    return Sighting(series, t, v, evidence, 8.0, 12.0, 0.5, 10.0, 7.0, 13.0, 30.0, "jump")


class Following(RuleBasedStateMachine):
    """Any order of usual, odd, outlying and missing samples of three series."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = EventTracker()
        self.now = START
        self.changes: list[EventChange] = []

    def take(self, change: EventChange | None) -> None:
        if change is not None:
            self.changes.append(change)

    @rule(
        series=st.integers(1, 3),
        after=st.sampled_from([0, SECOND, 7 * SECOND, MINUTE, 10 * MINUTE]),
        v=st.sampled_from([9.0, 10.0, 11.0, 20.0, -5.0]),
        evidence=st.sampled_from([0.0, 0.4, 0.99, 1.0, 1.7, 3.0, 9.0]),
        muted=st.sampled_from([False, False, False, True]),
        sensitivity=st.sampled_from([0.5, 1.0, 2.0]),
    )
    def sample(
        self, series: int, after: int, v: float, evidence: float, muted: bool, sensitivity: float
    ) -> None:
        self.now += after
        was = series in self.tracker.open_series
        trait = Trait("m", sensitivity=sensitivity, muted=muted)
        change = self.tracker.see(seen(series, self.now, v, evidence), trait, "")
        self.take(change)
        opens = not was and not muted and evidence * sensitivity >= 1
        assert opens == (change is not None and change.change == "opened")
        if was and muted:
            assert change is not None
            assert "closed" == change.change

    @rule(after=st.sampled_from([SECOND, events.SILENT_MS]))
    def silence(self, after: int) -> None:
        self.now += after
        for change in self.tracker.expire(self.now):
            self.take(change)

    @rule()
    def restart(self) -> None:
        fresh = EventTracker()
        fresh.adopt(self.tracker.dump())
        self.tracker = fresh

    @invariant()
    def each_event_opens_once_and_closes_once(self) -> None:
        open_now: dict[int, AnomalyEvent] = {}
        for one in self.changes:
            event = one.event
            if one.change == "opened":
                assert event.series not in open_now
                open_now[event.series] = event
            else:
                assert open_now[event.series].key == event.key
                worse = SEVERITIES.index(event.severity), event.evidence
                assert worse >= (SEVERITIES.index(open_now[event.series].severity), 0)
                open_now[event.series] = event
            if one.change == "closed":
                assert event.ended_at is not None
                assert event.started_at <= event.ended_at <= self.now
                del open_now[event.series]
            else:
                assert event.ended_at is None
        assert set(open_now) == self.tracker.open_series
        assert all(self.now - e.started_at < 10**9 for e in self.tracker.open_events)

    @invariant()
    def severity_is_that_of_the_evidence(self) -> None:
        for event in self.tracker.open_events:
            assert severity_of(event.evidence) == event.severity
            assert event.evidence >= 1


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)


def test_a_shift_of_level_is_one_event_from_its_beginning_to_its_end() -> None:
    tracker = EventTracker()
    levels = [10.0] * 3 + [30.0] * 60 + [10.0] * 60
    changes = []
    for i, level in enumerate(levels):
        strength = 2.0 if i == 3 else 0.1
        change = tracker.see(seen(1, START + i * SECOND, level, strength), PLAIN, "")
        if change:
            changes.append(change)
    assert ["opened", "closed"] == [one.change for one in changes]
    closed = changes[-1].event
    assert (START + 3 * SECOND, START + 63 * SECOND) == (closed.started_at, closed.ended_at)
    assert 30.0 == closed.peak


def test_what_lasts_becomes_the_new_usual() -> None:
    tracker = EventTracker()
    tracker.see(seen(1, START, 30.0, 2.0), PLAIN, "")
    assert tracker.see(seen(1, START + events.LONGEST_MS - 1, 30.0), PLAIN, "") is None
    change = tracker.see(seen(1, START + events.LONGEST_MS, 30.0), PLAIN, "")
    assert change is not None
    assert "closed" == change.change


def test_the_number_of_open_events_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_OPEN", 2)
    tracker = EventTracker()
    for series in range(5):
        tracker.see(seen(series, START, 30.0, 2.0), PLAIN, "")
    assert ({0, 1}, 3) == (tracker.open_series, tracker.dropped)


def test_events_that_begin_together_are_one_group_with_the_likely_cause_first() -> None:
    tracker, grouping = EventTracker(), Grouping()
    for series, after, strength in ((5, 0, 1.2), (6, 2, 8.0), (7, 50, 9.0), (8, 400, 3.0)):
        at = START + after * SECOND
        change = tracker.see(seen(series, at, 30.0, strength), PLAIN, grouping.of(at))
        assert change is not None
        grouping.joined(change.event)
    groups = [event.group for event in tracker.open_events]
    assert [f"5-{START}"] * 3 + [f"8-{START + 400 * SECOND}"] == groups
    assert [6, 5, 7] == [event.series for event in ranked(tracker.open_events[:3])]


def play(observer: Observer, first: int, last: int) -> list[EventChange]:
    """Let four series run, of which 2 and 3 go wrong at the 400th minute, 4 is a counter.

    What they send comes once in ten minutes.
    """
    i = np.arange(600)
    noise = np.random.default_rng(5).standard_normal((600, 4))
    v = 10 + noise
    v[:, 3] = 60.0 * (i * 5 + noise[:, 3] * 0.1)
    v[400:430, 1:3] += 25.0
    ids, t = np.tile(np.arange(1, 5, dtype=np.uint32), 10), np.repeat(START + i * MINUTE, 4)
    changes = []
    for begin in range(first, last, 10):
        rows = slice(4 * begin, 4 * begin + 40)
        changes += observer.observe(ids, t[rows], v.ravel()[rows])
    return changes


@functools.cache
def all_played() -> list[EventChange]:
    return play(named(), 0, 450)


def named() -> Observer:
    observer = Observer()
    observer.describe(
        {2: Trait("p95 latency", "s"), 3: Trait("errors", muted=True), 4: Trait("n", counter=True)}
    )
    return observer


def test_an_observer_tells_what_went_wrong_in_words_and_no_mute_series() -> None:
    changes = [one for one in all_played() if one.event.started_at > START + 390 * MINUTE]
    assert [("opened", 2), ("closed", 2)] == [(one.change, one.event.series) for one in changes]
    event = changes[1].event
    assert START + 400 * MINUTE == event.started_at
    assert START + 429 * MINUTE <= (event.ended_at or 0) <= START + 432 * MINUTE
    assert event.reason.startswith("p95 latency 3")
    assert "s, never above 1" in event.reason
    assert event.reason.endswith(" in 7 hours")
    low, high = event.expected_range
    assert low < 10 < high < event.peak
    assert event.confidence > 0.5


def restart(one: Observer, another: Observer) -> None:
    with io.BytesIO() as file:
        file.write(b"what stands before")
        begin = file.tell()
        one.keep(file)
        file.seek(begin)
        another.restore(file)


def test_an_observer_goes_on_after_a_restart_as_if_nothing_had_been() -> None:
    first = named()
    before = play(first, 0, 410)
    second = named()
    restart(first, second)
    assert first.tracker.open_events == second.tracker.open_events
    assert all_played() == before + play(second, 410, 450)


def test_a_damaged_state_is_refused() -> None:
    kept = io.BytesIO()
    Observer().keep(kept)
    state = kept.getvalue()
    with pytest.raises(ValueError, match="damaged"):
        Observer().restore(io.BytesIO(state[:-9] + b"123456789"))


def test_a_more_sensitive_series_alerts_earlier() -> None:
    observer = Observer()
    observer.describe({1: Trait(sensitivity=3.0), 3: Trait(sensitivity=0.2)})
    same = 10 + np.random.default_rng(5).standard_normal((600, 4))[:400, 0]
    ids, t = np.arange(1, 4, dtype=np.uint32), START + MINUTE * np.arange(400)
    changes = observer.observe(np.tile(ids, 400), np.repeat(t, 3), np.repeat(same, 3))
    opened = [one.event.series for one in changes if one.change == "opened"]
    eager, usual, dull = (opened.count(series) for series in (1, 2, 3))
    assert eager > usual >= dull == 0


def test_what_has_to_settle_is_learned_in_silence_at_first() -> None:
    observer = Observer()
    observer.describe({1: Trait(settles_h=4.0), 2: Trait()})
    same = 10 + np.random.default_rng(5).standard_normal(330)
    same[[200, 300]] += (40, 400)
    ids, t = np.arange(1, 3, dtype=np.uint32), START + MINUTE * np.arange(330)
    changes = observer.observe(np.tile(ids, 330), np.repeat(t, 2), np.repeat(same, 2))
    opened = [
        ((one.event.started_at - START) // MINUTE, one.event.series)
        for one in changes
        if one.change == "opened"
    ]
    assert [at for at, series in opened if series == 2 and at in {200, 300}] == [200, 300]
    assert [(300, 1)] == [one for one in opened if one[1] == 1]


def test_what_quadra_says_of_itself_settles_first() -> None:
    young = {name: trait_of((name, ()), {}, {}).settles_h for name in ("host_x", "quadra_x", "x")}
    assert young == {"host_x": 1.0, "quadra_x": 1.0, "x": 0.0}


def test_growth_is_that_since_the_last_sample_and_a_reset_has_none() -> None:
    totals = Growth()
    ids = np.array([1, 2, 1, 1, 2], np.uint32)
    t = np.array([0, 0, 2_000, 4_000, 10_000]) + START
    grown, seconds = totals.learn(ids, t, np.array([10.0, 5.0, 30.0, 7.0, 105.0]))
    np.testing.assert_array_equal(grown, [np.nan, np.nan, 20.0, np.nan, 100.0])
    assert [2.0, 10.0] == seconds[[2, 4]].tolist()
    grown, seconds = totals.learn(
        ids[:2], np.array([5_000, 20_000]) + START, np.array([8.0, np.nan])
    )
    np.testing.assert_array_equal(grown / seconds, [1.0, np.nan])
    totals.forget(START + 6_000)
    assert [2] == totals.ids.tolist()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.3, "s", "2.3 s"),
        (0.0123, "seconds", "12.3 ms"),
        (7_500, "ms", "7.5 s"),
        (5_400, "s", "1.5 h"),
        (3.2e-7, "s", "0.32 µs"),
        (0.0, "s", "0 s"),
        (536_870_912, "By", "512 MiB"),
        (12.345, "%", "12.3 %"),
        (0.0421, "1", "0.0421"),
        (48_250.0, "", "48.2k"),
        (1_234.0, "", "1234"),
        (12_000, "{request}", "12k"),
        (21.5, "Cel", "21.5 Cel"),
        (-3.0, "h", "-3 h"),
        (float("inf"), "s", "inf s"),
    ],
)
def test_quantities_read_well(value: float, unit: str, text: str) -> None:
    assert text == quantity(value, unit)


def test_spans_read_well() -> None:
    assert ["1 minute", "12 minutes", "5 hours", "6 days"] == [span(h) for h in (0, 0.2, 5, 145)]


@pytest.mark.parametrize(
    ("detector", "value", "text"),
    [
        ("novelty", 2.3, "p95 latency 2.3 s, never above 900 ms in 6 days"),
        ("jump", 0.01, "p95 latency 10 ms, never below 100 ms in 6 days"),
        ("jump", 0.8, "p95 latency went from 400 ms to 800 ms in one step"),
        ("season", 0.8, "p95 latency 800 ms, where 400 ms is usual at this time"),
        ("drift", 0.8, "p95 latency has risen to 800 ms, from 400 ms"),
        ("novelty", 0.3, "p95 latency 300 ms, a value not seen in 6 days"),
    ],
)
def test_reasons_are_sentences(detector: str, value: float, text: str) -> None:
    trait = Trait("p95 latency", "s")
    said = reason(trait, detector, value=value, usual=0.4, seen=(0.1, 0.9), age_h=144.0)
    assert text == said


@pytest.mark.parametrize(
    ("trait", "text"),
    [
        (Trait("memory_bytes"), "memory_bytes 2 KiB, 1 KiB before"),
        (Trait("net_bytes_total", counter=True), "net_bytes_total 2 KiB/s, 1 KiB/s before"),
        (Trait("net_bytes_per_second"), "net_bytes_per_second 2 KiB/s, 1 KiB/s before"),
        (Trait("calls_total", "1", counter=True), "calls_total 2048/s, 1024/s before"),
        (Trait("load"), "load 2048, 1024 before"),
    ],
)
def test_a_name_tells_the_unit_where_no_sender_did(trait: Trait, text: str) -> None:
    said = reason(trait, "shift", value=2048.0, usual=1024.0, seen=(0.0, 5e3), age_h=1.0)
    assert text == said


def test_a_ratio_reads_as_a_share() -> None:
    said = reason(
        Trait("gpu_usage_ratio"), "drift", value=0.493, usual=0.459, seen=(0.0, 1.0), age_h=1.0
    )
    assert "gpu_usage_ratio has risen to 49.3 %, from 45.9 %" == said
