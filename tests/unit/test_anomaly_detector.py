"""The default detector: both ways of running it agree, and neither depends on what it must not."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.anomalies import parameters as p
from quadra.anomalies.columns import ColumnDetector, Judgements
from quadra.anomalies.single import Judgement, SeriesDetector

pytestmark = pytest.mark.unit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
IdColumn = npt.NDArray[np.uint32]

HOUR, DAY = 3_600_000, 86_400_000
START = 1_767_225_600_000
KINDS = (
    "noise",
    "daily",
    "walk",
    "flat",
    "counter",
    "sparse",
    "huge",
    "tiny",
    "broken",
    "shift",
    "cents",
)


def series(kind: str, n: int, step_ms: int, seed: int) -> tuple[Ints, Floats]:
    """Make a series of a kind that real metrics are of."""
    rng = np.random.default_rng(seed)
    t = START + step_ms * np.arange(n, dtype=np.int64)
    noise = rng.standard_normal(n)
    shapes = {
        "noise": 10 + noise,
        "daily": 50 + 20 * np.sin(2 * np.pi * (t % DAY) / DAY) + noise,
        "walk": np.cumsum(noise),
        "flat": np.full(n, 7.0),
        "counter": np.cumsum(rng.integers(0, 5, n)) % 200.0,  # resets now and then
        "sparse": np.where(rng.random(n) < 0.03, np.exp(noise), 0.0),
        "huge": 1e300 * noise,
        "tiny": 1e-310 * noise,
        "broken": np.where(rng.random(n) < 0.1, rng.choice([np.nan, np.inf, -np.inf], n), noise),
        "cents": np.round(np.exp(2 * noise), 2),
        "shift": np.where(np.arange(n) < n // 2, 5.0, 9.0) + 0.1 * np.round(noise),
    }
    return t, shapes[kind].astype(np.float64)


def scores(t: Ints, v: Floats) -> list[float]:
    detector = SeriesDetector()
    return [detector.learn_one(at, value) for at, value in zip(t.tolist(), v.tolist(), strict=True)]


def said(found: Judgements, i: int) -> Judgement:
    score, evidence, low, high, sure = (
        float(column[i])
        for column in (found.score, found.evidence, found.low, found.high, found.confidence)
    )
    return Judgement(score, evidence, low, high, sure, p.DETECTORS[found.detector[i]])


@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    step_ms=st.sampled_from([1_000, 60_000, 300_000, 1_800_000, HOUR, 7 * HOUR]),
    pieces=st.integers(1, 7),
)
def test_many_at_once_and_one_by_one_say_the_same(seed: int, step_ms: int, pieces: int) -> None:
    n = 230
    made = [series(kind, n, step_ms, seed + i) for i, kind in enumerate(KINDS)]
    ids = np.tile(np.arange(len(KINDS), dtype=np.uint32) * 7 + 3, n)
    t = np.stack([one[0] for one in made], axis=1).ravel()
    v = np.stack([one[1] for one in made], axis=1).ravel()
    columns, singles = ColumnDetector(), [SeriesDetector() for _ in KINDS]
    for part in np.array_split(np.arange(len(v)), pieces):
        found = columns.learn(ids[part], t[part], v[part])
        for place, i in enumerate(part.tolist()):
            expected = singles[i % len(KINDS)].judge_one(int(t[i]), float(v[i]))
            assert expected == said(found, place)


def test_many_at_once_and_one_by_one_agree_on_weeks() -> None:
    t, v = series("daily", 24 * 7 * 6, HOUR, 1)
    v += np.where((t // DAY) % 7 < 2, -15.0, 0.0)  # a quiet weekend
    v[-50:-40] += 40.0
    found = ColumnDetector().learn(np.zeros(len(v), np.uint32), t, v)
    assert scores(t, v) == found.score.tolist()
    assert (found.score[-50:] >= 1).any()
    assert found.score[-200:-50].max() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_future_changes_nothing_of_the_past(kind: str) -> None:
    t, v = series(kind, 300, 60_000, 5)
    assert scores(t, v)[:200] == scores(t[:200], v[:200])


@pytest.mark.parametrize("kind", ["noise", "daily", "walk", "sparse", "shift", "counter", "cents"])
def test_scale_and_offset_change_nothing(kind: str) -> None:
    t, v = series(kind, 600, 300_000, 9)
    v[400] += 25.0
    usual = scores(t, v)
    for a, b in ((3.7, -120.0), (1e-6, 5.0), (1e9, 1e9)):
        np.testing.assert_allclose(scores(t, a * v + b), usual, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", [1, 2])
def test_which_of_equal_gaps_gives_way_does_not_hang_on_a_last_bit(seed: int) -> None:
    rows = np.arange(1_600)
    noise = np.random.default_rng(seed).standard_normal(len(rows))
    v = np.round(noise * (1 + rows / 100), 1)  # ever wider, so that the landmarks are used up
    t = START + 300_000 * rows
    np.testing.assert_allclose(scores(t, 1e-3 * v - 7.0), scores(t, v), rtol=1e-5, atol=1e-5)


def together(n: int, step_ms: int, seed: int) -> tuple[IdColumn, Ints, Floats]:
    """Make a series of every kind, side by side, in the order of time."""
    made = [series(kind, n, step_ms, seed) for kind in KINDS]
    ids = np.tile(np.arange(len(KINDS), dtype=np.uint32), n)
    t = np.stack([one[0] for one in made], axis=1).ravel()
    v = np.stack([one[1] for one in made], axis=1).ravel()
    return ids, t, v


def test_going_on_from_a_state_is_as_if_nothing_had_been_between() -> None:
    ids, t, v = together(400, 300_000, 11)
    cut = 250 * len(KINDS)
    columns, more = ColumnDetector(), ColumnDetector()
    columns.learn(ids[:cut], t[:cut], v[:cut])
    more.restore(columns.state())
    later = more.learn(ids[cut:], t[cut:], v[cut:]).score
    for i, kind in enumerate(KINDS):
        at, value = t[ids == i].tolist(), v[ids == i].tolist()
        detector, again = SeriesDetector(), SeriesDetector()
        first = [detector.learn_one(*one) for one in zip(at[:250], value[:250], strict=True)]
        again.restore(detector.state())
        rest = [again.learn_one(*one) for one in zip(at[250:], value[250:], strict=True)]
        assert scores(t[ids == i], v[ids == i]) == first + rest, kind
        assert rest == later[ids[cut:] == i].tolist(), kind


def test_nothing_said_is_infinite_or_no_number() -> None:
    ids, t, v = together(500, 60_000, 13)
    with np.errstate(over="ignore"):
        v[300 * len(KINDS) :] *= 1e8  # a leap, too
    t[400 * len(KINDS) :] += 40 * DAY  # and a gap
    found = ColumnDetector().learn(ids, t, v)
    for name, column in found._asdict().items():
        wrong = {KINDS[i] for i in ids[~np.isfinite(column)]}
        assert set() == wrong, name
    assert (found.low <= found.high).all()


def test_a_flat_series_says_nothing_and_its_first_step_is_an_alert() -> None:
    t, v = series("flat", 2_000, 60_000, 1)
    assert scores(t, v) == [0.0] * 2_000
    v[1_500:] = 7.5
    found = scores(t, v)
    assert found[:1_500] == [0.0] * 1_500
    assert found[1_500] >= 1


def test_a_step_that_each_day_brings_is_no_anomaly_at_its_hour_and_one_at_another() -> None:
    rng = np.random.default_rng(3)
    t = START + 300_000 * np.arange(288 * 8, dtype=np.int64)
    busy = (t % DAY >= 9 * HOUR) & (t % DAY < 18 * HOUR)
    v = np.where(busy, 80.0, 20.0) + rng.standard_normal(len(t))
    usual = np.array(scores(t, v))
    assert (usual[288 * 2 :] >= 1).sum() == 0
    night = 288 * 7 + 24  # two in the morning of the last day
    v[night : night + 12] += 60.0
    assert max(scores(t, v)[night : night + 2]) >= 1


def calm_days(days: int) -> tuple[Ints, Floats]:
    """Make a series that is read each five minutes and whose days are all alike."""
    t = START + 300_000 * np.arange(288 * days, dtype=np.int64)
    return t, 50 + np.random.default_rng(5).standard_normal(len(t))


THREE = 36
"""Row of a day: three in the morning."""


def test_what_happened_once_does_not_hide_what_happens_at_that_time_of_another_day() -> None:
    t, v = calm_days(6)
    first, second = 288 * 3 + THREE, 288 * 4 + THREE
    v[first : first + 4] += 14.0
    v[second : second + 4] += 14.0
    found = np.array(scores(t, v))
    assert found[first] >= 1
    assert found[second] >= 1


def test_what_comes_daily_is_a_habit_after_some_days() -> None:
    t, v = calm_days(12)
    begins = 288 * np.arange(4, 12) + THREE
    for row in begins:
        v[row : row + 4] += 14.0
    found = np.array(scores(t, v))[begins] >= 1
    assert found[0]
    assert not found[4:].any()


def test_an_alert_is_given_once_at_its_onset() -> None:
    t, v = series("noise", 1_000, 60_000, 21)
    v[800:804] = 60.0
    found = np.array(scores(t, v))
    assert [800] == (700 + np.flatnonzero(found[700:] >= 1)).tolist()


def test_no_value_teaches_nothing() -> None:
    t, v = series("noise", 300, 60_000, 2)
    holes = v.copy()
    holes[::3] = np.nan
    there = ~np.isnan(holes)
    found = np.array(scores(t, holes))
    assert found[~there].tolist() == [0.0] * int((~there).sum())
    assert found[there].tolist() == scores(t[there], v[there])


def test_score_one_learns_nothing() -> None:
    t, v = series("noise", 200, 60_000, 4)
    detector = SeriesDetector()
    for at, value in zip(t.tolist(), v.tolist(), strict=True):
        detector.learn_one(at, value)
    before = detector.state()
    would = detector.score_one(int(t[-1]) + 60_000, 99.0)
    assert before == detector.state()
    assert would == detector.judge_one(int(t[-1]) + 60_000, 99.0)
    assert would.score >= 1
    assert would.low < 10 < would.high < 99
    assert 0.5 < would.confidence < 1


def test_the_band_ends_where_alerts_begin() -> None:
    t, v = series("daily", 288 * 6, 300_000, 6)
    detector = SeriesDetector()
    for at, value in zip(t.tolist(), v.tolist(), strict=True):
        detector.learn_one(at, value)
    after = int(t[-1]) + 300_000
    judged = detector.score_one(after, float(v[-1]))
    assert judged.low < v[-1] < judged.high
    width = judged.high - judged.low
    assert detector.score_one(after, judged.high - width * 1e-3).evidence < 1
    assert detector.score_one(after, judged.high + width * 1e-3).evidence >= 1
    assert detector.score_one(after, judged.low - width * 1e-3).evidence >= 1


def test_memory_is_bounded_and_more_series_than_allowed_are_left_out() -> None:
    detector = ColumnDetector(most=100)
    ids = np.arange(150, dtype=np.uint32)[::-1].copy()
    found = Judgements.none(0)
    for minute in range(200):
        found = detector.learn(ids, np.full(150, START + minute * 60_000), np.sqrt(ids) + minute)
    assert len(detector) == 100
    assert detector.ignored == 200 * 50
    assert (found.high[50:] != 0).all()
    assert not found.high[:50].any()
    assert detector.nbytes / 100 < 8_000


def test_series_that_fell_silent_can_be_forgotten() -> None:
    detector = ColumnDetector()
    both = np.array([9, 4], np.uint32)
    detector.learn(both, np.array([START, START]), np.array([1.0, 2.0]))
    detector.learn(both[:1], np.array([START + HOUR]), np.array([1.5]))
    assert detector.forget(START + 1) == 1
    assert len(detector) == 1
    alone = ColumnDetector()
    alone.learn(both[:1], np.array([START]), np.array([1.0]))
    alone.learn(both[:1], np.array([START + HOUR]), np.array([1.5]))
    assert alone.state() == detector.state()


@pytest.mark.parametrize("make", [SeriesDetector, ColumnDetector])
def test_damaged_and_foreign_states_are_refused(
    make: type[SeriesDetector | ColumnDetector],
) -> None:
    detector = make()
    good = detector.state()
    for bad in (
        b"",
        good[:-1],
        good + b"x",
        b"PK" + good,
        good[:60] + bytes([good[60] ^ 1]) + good[61:],
    ):
        with pytest.raises(ValueError, match=r"state|detector|damaged"):
            make().restore(bad)
    with pytest.raises(ValueError, match=r"length|begin"):
        make().restore((SeriesDetector if make is ColumnDetector else ColumnDetector)().state())


def test_drifts_are_seen_although_no_step_is_large() -> None:
    t, v = series("noise", 1_200, 60_000, 8)
    v[1_000:] += np.minimum(np.arange(200) * 0.2, 6.0)
    found = ColumnDetector().learn(np.zeros(len(v), np.uint32), t, v)
    drifting = (found.evidence >= 1) & (found.detector == p.DETECTORS.index("drift"))
    assert not drifting[:1_000].any()
    assert drifting[1_000:1_040].any()


def test_a_detector_is_not_misled_by_a_clock_that_stands_or_goes_back() -> None:
    detector = SeriesDetector()
    rng = np.random.default_rng(1)
    for i in range(400):
        at = START if i % 3 else START + int(rng.integers(-HOUR, HOUR))
        assert math.isfinite(detector.learn_one(at, float(rng.standard_normal())))
