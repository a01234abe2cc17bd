"""What has just changed: shifts of levels, counts and means; series that fall silent; company."""

from __future__ import annotations

import functools
import io
import itertools
from collections.abc import Callable
from math import comb
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from quadra.anomalies.events import EventChange
from quadra.anomalies.observer import Observer
from quadra.anomalies.readings import Reader, Readings
from quadra.anomalies.shift_rules import COUNT, LEVEL, MEAN, Base, exact
from quadra.anomalies.shifts import NUMBERS, ShiftDetector
from quadra.anomalies.traits import Trait

pytestmark = pytest.mark.unit

START = 1_767_225_600_000
SECOND = 1_000
Floats = npt.NDArray[np.float64]


class One(NamedTuple):
    """A series: what it reads each second, and of how many calls."""

    kind: int
    amount: Floats
    weight: Floats


def readings_of(*series: One) -> Readings:
    """Let all of them come together, a reading a second; they are numbered from 1 on."""
    n, m = len(series[0].amount), len(series)
    amount = np.stack([one.amount for one in series], axis=1).ravel()
    weight = np.stack([one.weight for one in series], axis=1).ravel()
    return Readings(
        np.tile(np.arange(1, m + 1), n),
        np.repeat(START + SECOND * np.arange(n), m),
        amount / weight,
        np.tile([one.kind for one in series], n),
        amount,
        weight,
    )


def judged(*series: One) -> list[Floats]:
    """Give what is said of each, row by row. Many at once take the time of one."""
    found = ShiftDetector(len(series)).learn(readings_of(*series)).evidence
    return list(found.reshape(-1, len(series)).T)


def evidence_of(kind: int, amount: Floats, weight: Floats | None = None) -> Floats:
    """Judge one series."""
    return judged(One(kind, amount, np.ones(len(amount)) if weight is None else weight))[0]


def noise(kind: int, n: int, seed: int) -> tuple[Floats, Floats]:
    """Give amounts and weights of a usual series."""
    rng = np.random.default_rng(seed)
    if kind == LEVEL:
        return 50 + rng.standard_normal(n), np.ones(n)
    if kind == COUNT:
        return rng.poisson(0.3, n).astype(float), np.ones(n)
    calls: Floats = 1.0 + rng.poisson(3.0, n).astype(np.float64)
    amount: Floats = calls * np.exp(0.6 / np.sqrt(calls) * rng.standard_normal(n))
    return amount, calls


def shifted(kind: int, amount: Floats, weight: Floats) -> Floats:
    """Let all that comes from row 400 on be unusual."""
    amount = amount.copy()
    amount[400:] = {LEVEL: amount[400:] + 5, COUNT: amount[400:] + 4, MEAN: 4 * amount[400:]}[kind]
    return amount


ALL = (LEVEL, COUNT, MEAN)
KINDS = pytest.mark.parametrize("kind", ALL)


@functools.cache
def shifts(rows: int) -> dict[tuple[int, int], Floats]:
    """Give what is said of shifted series, by kind and seed."""
    wanted = list(itertools.product(ALL, range(3)))
    many = [(kind, *noise(kind, rows, seed)) for kind, seed in wanted]
    found = judged(*(One(kind, shifted(kind, amount, w), w) for kind, amount, w in many))
    return dict(zip(wanted, found, strict=True))


@KINDS
@pytest.mark.parametrize("seed", range(3))
def test_a_shift_is_seen_within_five_rows(kind: int, seed: int) -> None:
    found = shifts(405)[kind, seed]
    assert found[:400].max() < 1 <= found[400:].max()


@functools.cache
def said_of_noise() -> Floats:
    """Give what is said of sixty usual series of each kind."""
    many = [One(kind, *noise(kind, 600, seed)) for kind in ALL for seed in range(60)]
    return np.reshape(judged(*many), (len(ALL), -1))


@KINDS
def test_noise_is_no_shift(kind: int) -> None:
    found = said_of_noise()[ALL.index(kind)]
    assert (found >= 1.3).sum() == 0, "ten hours of one series"
    assert (found >= 1).sum() <= 2


@functools.cache
def of_short_series() -> dict[str, Floats]:
    """Give what is said of series of 410 rows to which something happens at row 400."""
    i = np.arange(410)
    falls = np.random.default_rng(1).poisson(np.where(i < 400, 8.0, 0.8)).astype(float)
    one, several = np.zeros((2, 410))
    one[400] = 1
    several[400:408] = 1
    wanders = 20 + np.sin(i / 20) + 0.3 * ((i * 7919) % 13) / 13
    odd, leaps = wanders.copy(), wanders.copy()
    odd[400] += 40
    leaps[400:] += 40
    counts = {"falls": falls, "one error": one, "several errors": several}
    gauges = {"odd": odd, "leaps": leaps}
    found = judged(
        *(One(COUNT, amount, np.ones(410)) for amount in counts.values()),
        *(One(LEVEL, amount, np.ones(410)) for amount in gauges.values()),
    )
    return dict(zip([*counts, *gauges], found, strict=True))


def test_counts_that_fall_are_seen_too() -> None:
    assert of_short_series()["falls"][400:406].max() >= 1


def test_a_first_error_is_none_and_several_are() -> None:
    found = of_short_series()
    assert found["one error"].max() < 1 <= found["several errors"][400:408].max()


# --- events that come seldom


@pytest.mark.parametrize(("before", "since"), [(0, 112), (1, 112), (3, 1_500), (27, 3_840)])
@pytest.mark.parametrize("window", [1, 5, 8])
def test_the_chance_of_rare_events_is_exact(before: int, since: int, window: int) -> None:
    share = window / (window + since)
    for events in range(2, 8):
        n = events + before
        tail = sum(comb(n, k) * share**k * (1.0 - share) ** (n - k) for k in range(events, n + 1))
        if not 1e-14 < tail < 0.05:
            continue
        base = Base(np.array([float(before)]), np.array([float(since)]))
        found = exact(np.array([[float(events)]]), np.array([[float(window)]]), base)[0, 0]
        assert found == pytest.approx(-NormalDist().inv_cdf(tail), abs=0.06)


def test_fewer_events_than_usual_have_an_exact_chance_too() -> None:
    tail = sum(comb(244, k) * (8 / 248) ** k * (240 / 248) ** (244 - k) for k in range(1))
    base = Base(np.array([244.0]), np.array([240.0]))
    found = exact(np.array([[0.0]]), np.array([[8.0]]), base)[0, 0]
    assert found == pytest.approx(NormalDist().inv_cdf(tail), abs=0.06)


def many(amount: Floats) -> Floats:
    """Judge many series of counts, (rows, series), a reading of each a second."""
    rows, series = amount.shape
    t = np.repeat(START + SECOND * np.arange(rows), series)
    ids = np.tile(np.arange(series), rows)
    flat, one = amount.ravel(), np.ones(rows * series)
    found = ShiftDetector(series).learn(Readings(ids, t, flat, np.full(len(ids), COUNT), flat, one))
    evidence: Floats = np.where(found.lonely, 0.0, found.evidence).reshape(rows, series)
    return evidence


RATES = (0.003, 0.02, 0.1)


@functools.cache
def begun_by_chance() -> npt.NDArray[np.int64]:
    """Count the alerts of series that nothing happens to: by rate, twice 200,000 rows of each."""
    shape = (600, 2, 334)
    made = [np.random.default_rng([k, 17]).poisson(rate, shape) for k, rate in enumerate(RATES)]
    amount = np.stack(made, axis=1).astype(np.float64)  # rows, rates, seeds, series
    alerts = many(amount.reshape(len(amount), -1)) >= 1
    begun = alerts & ~np.vstack((np.zeros_like(alerts[:1]), alerts[:-1]))
    count: npt.NDArray[np.int64] = begun.reshape(amount.shape).sum(axis=(0, 3))
    return count


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seed", range(2))
def test_chance_makes_no_more_alerts_than_it_may(rate: float, seed: int) -> None:
    """Three in a million rows at most, and an alert lasts for some: of 200,000 there may be two."""
    assert begun_by_chance()[RATES.index(rate), seed] <= 2


@pytest.mark.parametrize("rows", [110, 700])
def test_a_burst_of_errors_needs_no_company(rows: int) -> None:
    amount = np.random.default_rng(21).poisson(0.004, (rows, 1)).astype(np.float64)
    amount[-8:] = np.array([1, 0, 2, 1, 1, 0, 1, 2])[:, None]
    found = many(amount)[:, 0]
    assert found[:-8].max() < 1
    assert found[-4:].max() >= 1


def test_two_errors_in_a_second_may_be_one_mishap() -> None:
    amount = np.zeros((610, 2))
    amount[600] = 2
    amount[601, 1] = 1
    two, three = many(amount).max(axis=0)
    assert two == 0
    assert three >= 1


def test_the_rate_of_rare_events_is_learned_from_each_of_them() -> None:
    rows, series = 800, 150
    amount = np.random.default_rng(25).poisson(0.003, (rows, series)).astype(np.float64)
    detector = ShiftDetector(series)
    t = np.repeat(START + SECOND * np.arange(rows), series)
    ids, flat, one = np.tile(np.arange(series), rows), amount.ravel(), np.ones(amount.size)
    detector.learn(Readings(ids, t, flat, np.full(len(ids), COUNT), flat, one))
    numbers = dict(zip(NUMBERS, detector.dump()["numbers"], strict=True))
    rate = float((numbers["amount"] / numbers["weight"]).mean())
    assert 0.0024 < rate < 0.0036


# --- means


def test_one_slow_call_is_no_shift_and_four_slow_rows_are() -> None:
    call, weight = noise(MEAN, 320, 4)
    rows = call.copy()
    call[300] *= 30
    rows[300:304] = 30 * weight[300:304]
    found = judged(One(MEAN, call, weight), One(MEAN, rows, weight))
    assert found[0].max() < 1 <= found[1][300:304].max()


def dear(observer: Observer, both: bool) -> list[int]:
    """Let calls cost ten times as much from row 160 on, in one mean or in two of one source."""
    parts = {
        1: Trait(counter=True, calls=2, source="a"),
        3: Trait(counter=True, calls=4, source="a"),
    }
    observer.describe(
        {**parts, 2: Trait(counter=True, source="a"), 4: Trait(counter=True, source="a")}
    )
    rng = np.random.default_rng(29)
    total, opened = np.zeros(4), []
    for i in range(168):
        if i % 2 == 0:  # no call, no mean
            calls = 1.0 + rng.poisson(2.5)
            dearer = np.array([10.0, 10.0 if both else 1.0]) if i >= 160 else np.ones(2)
            means = dearer * np.exp(0.5 / np.sqrt(calls) * rng.standard_normal(2))
            total += [calls * means[0], calls, calls * means[1], calls]
        t = np.full(4, START + SECOND * i)
        changes = observer.observe(np.arange(1, 5, dtype=np.uint32), t, total)
        opened += [i for one in changes if one.change == "opened" and one.event.series == 1]
    return opened


def test_two_dear_rows_of_two_means_are_a_shift_and_of_one_alone_it_takes_more() -> None:
    together, alone = dear(Observer(), both=True), dear(Observer(), both=False)
    assert together[0] < (alone or [168])[0]
    assert 162 <= together[0] <= 164


# --- gauges


@functools.cache
def of_long_gauges() -> dict[str, Floats]:
    """Give what is said of gauges with spikes, without and with a leap, and of shifts that last."""
    rng = np.random.default_rng(31)
    spikes = np.zeros(1_300)
    for at in range(40, 1_300, 60):
        spikes[at : at + 3] = rng.integers(2, 6, 3)
    leaps = spikes.copy()
    leaps[1_200:] += 40
    passes, _weight = noise(LEVEL, 1_300, 6)
    stays = passes.copy()
    passes[120:180] += 8
    stays[120:] += 8
    gauges = {"spikes": spikes, "leaps": leaps, "passes": passes, "stays": stays}
    found = judged(*(One(LEVEL, one, np.ones(1_300)) for one in gauges.values()))
    return dict(zip(gauges, found, strict=True))


def test_a_gauge_is_known_for_its_spikes() -> None:
    found = of_long_gauges()
    assert found["spikes"][600:].max() < 1
    assert found["leaps"][1_200:1_206].max() >= 1


def test_nothing_is_a_shift_in_the_first_seconds_however_often_a_series_is_read() -> None:
    rng = np.random.default_rng(33)
    amount = 50 + rng.standard_normal(400)
    amount[300:] += 20
    t = START + 200 * np.arange(400)
    one = np.ones(400, np.int64)
    young = ShiftDetector(1).learn(Readings(one, t, amount, LEVEL * one, amount, np.ones(400)))
    assert young.evidence.max() == 0
    assert evidence_of(LEVEL, amount).max() >= 1


def test_a_series_that_wanders_is_seen_to_leap() -> None:
    found = of_short_series()
    assert found["odd"].max() < 1, "one odd second is no news"
    assert found["leaps"][400:403].max() >= 1


def test_a_leak_is_seen_while_it_is_small() -> None:
    rng = np.random.default_rng(5)
    level = 900 + 9 * rng.standard_normal(420)
    level[320:] += 7.2 * np.arange(100)
    found = evidence_of(LEVEL, level)
    assert found[:320].max() < 1
    assert 1 <= np.argmax(found[320:] >= 1) <= 8


def alone(level: Floats) -> Floats:
    """Judge gauges, (rows, series), none of which has company; a reading of each a second."""
    rows, series = level.shape
    found = ShiftDetector(series).learn(
        readings_of(*(One(LEVEL, one, np.ones(rows)) for one in level.T))
    )
    evidence: Floats = np.where(found.lonely, 0.0, found.evidence).reshape(rows, series)
    return evidence


def test_a_leak_needs_no_company() -> None:
    level = 900 + np.random.default_rng(41).standard_normal((340, 80))
    level[320:, :40] += 1.2 * np.arange(1, 21)[:, None]
    level[320:, 40:] += 2.5 * np.arange(1, 21)[:, None]
    found = alone(level)
    assert found[:320].max() < 1
    assert (found[320:].max(axis=0) >= 1).all()
    seen = np.argmax(found[320:] >= 1, axis=0) + 1
    assert seen.min() >= 2, "one odd second is no news"
    assert np.quantile(seen[:40], 0.95) <= 6
    assert np.quantile(seen[40:], 0.95) <= 4


def test_three_rows_far_off_say_more_than_the_least_of_them() -> None:
    """People in a chat: they come and go by themselves within a minute, and then most are gone."""
    rng = np.random.default_rng(45)
    drift = np.zeros((500, 30))
    for i in range(1, 500):
        drift[i] = 0.98 * drift[i - 1] + 0.02 * rng.standard_normal(30)
    people = 62 * np.exp(drift)
    people[450:] *= 0.13
    found = np.stack(
        judged(*(One(LEVEL, one, np.ones(500)) for one in rng.poisson(people).T * 1.0))
    )
    assert (found[:, 450:453].max(axis=1) >= 1).mean() >= 0.9


def test_what_was_found_is_found_again_when_it_comes_again() -> None:
    level = 50 + np.random.default_rng(47).standard_normal((570, 40))
    level[200:260] += 3.6
    level[560:] += 3.6
    found = alone(level)
    first, second = (found[at : at + 10].max(axis=0) >= 1 for at in (200, 560))
    assert first.mean() >= 0.9
    assert second.mean() >= 0.75


def test_a_fault_does_not_bend_what_is_usual() -> None:
    level = 50 + np.random.default_rng(49).standard_normal((600, 20))
    level[400:500] += 80
    detector = ShiftDetector(20)
    detector.learn(readings_of(*(One(LEVEL, one, np.ones(520)) for one in level[:520].T)))
    numbers = dict(zip(NUMBERS, detector.dump()["numbers"], strict=True))
    usual = numbers["amount"] / numbers["weight"] + numbers["origin"]
    assert np.abs(usual - 50).max() < 0.4


def test_what_stays_is_the_new_usual_in_the_end_and_what_passes_is_not() -> None:
    found = of_long_gauges()
    assert found["passes"][195:320].max() < 1
    assert found["stays"][170:920].min() > 1 > found["stays"][1_200:].max()


@functools.cache
def in_units() -> dict[tuple[int, float], Floats]:
    """Give what is said of series in several units."""
    many = {}
    for kind in ALL:
        amount, weight = noise(kind, 420, 7)
        amount = shifted(kind, amount, weight)
        if kind == COUNT:
            amount += 0.25  # not whole: of whole numbers the unit is one
        offset = 1e4 if kind == LEVEL else 0.0
        many[kind, 1.0] = One(kind, amount, weight)
        for a in (1e-6, 1000.0):
            many[kind, a] = One(kind, a * amount + offset, weight)
    return dict(zip(many, judged(*many.values()), strict=True))


@KINDS
@pytest.mark.parametrize("a", [1e-6, 1000.0])
def test_the_unit_of_a_series_does_not_matter(kind: int, a: float) -> None:
    found = in_units()
    np.testing.assert_allclose(found[kind, a], found[kind, 1.0], rtol=1e-4)


def test_going_on_from_what_was_kept_is_as_if_nothing_had_been() -> None:
    many = [(kind, *noise(kind, 420, 8)) for kind in ALL]
    readings = readings_of(*(One(kind, shifted(kind, a, w), w) for kind, a, w in many))
    whole = ShiftDetector(10).learn(readings).evidence
    first, second = ShiftDetector(10), ShiftDetector(10)
    kept = 402 * len(ALL)

    def part_of(rows: slice) -> Readings:
        return Readings(**{name: part[rows] for name, part in readings._asdict().items()})

    before = first.learn(part_of(slice(kept))).evidence
    second.adopt(first.dump())
    after = second.learn(part_of(slice(kept, None))).evidence
    np.testing.assert_array_equal(whole, np.concatenate((before, after)))
    assert (whole.reshape(-1, len(ALL)).max(axis=0) >= 1).all()


def test_many_at_once_are_judged_as_one_by_one() -> None:
    many = [One(kind, *noise(kind, 200, seed)) for seed, kind in enumerate(ALL)]
    found = ShiftDetector(10).learn(readings_of(*many))
    for place, one in enumerate(many):
        alone = ShiftDetector(10).learn(readings_of(one))
        np.testing.assert_array_equal(alone.evidence, found.evidence[place :: len(many)])
        np.testing.assert_array_equal(alone.high, found.high[place :: len(many)])


SPOILS: dict[str, Callable[[Floats], Floats]] = {
    "NaN": lambda v: np.where(np.arange(len(v)) % 7 == 0, np.nan, v),
    "infinite": lambda v: np.where(np.arange(len(v)) == 200, np.inf, v),
    "huge": lambda v: np.where(np.arange(len(v)) == 200, 1e308, v),
    "hugely negative": lambda v: np.where(np.arange(len(v)) == 200, -1e308, v),
    "flat": lambda v: np.full(len(v), 5.0),
    "a step": lambda v: np.where(np.arange(len(v)) < 200, 5.0, 6.0),
    "tiny": lambda v: 1e-300 * v,
}


@functools.cache
def said_of_the_spoilt() -> dict[tuple[int, str], list[npt.NDArray[Any]]]:
    """Give all that is said of series with hostile values and a hole."""
    wanted = list(itertools.product(ALL, SPOILS))
    many = [(kind, SPOILS[name], *noise(kind, 400, 9)) for kind, name in wanted]
    readings = readings_of(*(One(kind, spoil(amount), w) for kind, spoil, amount, w in many))
    readings.t[300 * len(many) :] += 600 * SECOND
    found = ShiftDetector(len(many)).learn(readings._replace(v=readings.amount))
    return {
        key: [said.reshape(-1, len(many))[:, place] for said in found]
        for place, key in enumerate(wanted)
    }


@pytest.mark.parametrize("name", SPOILS)
@KINDS
def test_nothing_said_is_infinite_or_no_number(kind: int, name: str) -> None:
    for said in said_of_the_spoilt()[kind, name]:
        assert np.isfinite(said).all()


def test_more_series_than_allowed_are_left_out_and_silent_ones_forgotten() -> None:
    detector = ShiftDetector(2)
    ids = np.array([5, 6, 7])
    v = np.ones(3)
    detector.learn(Readings(ids, START + ids, v, 0 * ids, v, v))
    assert [5, 6] == detector.dump()["ids"].tolist()
    detector.forget(START + 6)
    assert [6] == detector.dump()["ids"].tolist()


# --- readings


def test_sums_and_calls_make_means_also_when_they_come_in_different_requests() -> None:
    reader = Reader()
    reader.describe({1: Trait(counter=True, calls=2), 2: Trait(counter=True), 3: Trait()})

    def read(ids: list[int], seconds: int, v: list[float]) -> list[tuple[int, float, float]]:
        t = np.full(len(ids), START + SECOND * seconds)
        found = reader.read(np.array(ids, np.uint32), t, np.array(v, np.float64))
        return list(zip(found.ids.tolist(), found.v.tolist(), found.weight.tolist(), strict=True))

    assert [(3, 7.0, 1.0)] == read([1, 2, 3], 0, [10, 4, 7])
    assert [(2, 1.0, 2.0), (1, 3.0, 2.0)] == read([1, 2], 2, [16, 6])
    assert [(2, 4.0, 1.0)] == read([2], 3, [10])
    assert [(1, 0.5, 4.0)] == read([1], 3, [18])
    assert [(2, 0.0, 1.0)] == read([1, 2], 4, [18, 10]), "no call, no mean"
    assert [] == read([1, 2], 5, [1, 2]), "a reset says nothing"


# --- what is expected


@pytest.mark.parametrize("lowest", [0.0, -3.0])
def test_what_was_never_below_zero_is_not_expected_there(lowest: float) -> None:
    level = lowest + np.abs(np.random.default_rng(37).standard_normal(170))
    level[150:] += 20
    observer, opened = Observer(), []
    for i, v in enumerate(level):
        t = np.full(1, START + SECOND * i)
        changes = observer.observe(np.ones(1, np.uint32), t, np.full(1, v))
        opened += [one.event for one in changes if one.change == "opened"]
    assert opened
    low, high = opened[0].expected_range
    assert (low == 0.0) == (lowest == 0.0)
    assert low < 0.5 < high


# --- silence


SILENCES: dict[str, Callable[[int, int], bool]] = {
    "two of ten": lambda k, i: k in {2, 3} and 200 <= i < 250,
    "the whole process": lambda k, i: k < 11 and i >= 200,
    "half": lambda k, i: k < 6 and i >= 200,  # what is deployed now has other series
    "nobody's": lambda k, i: k == 11 and i >= 200,  # nobody knows what it belongs to
    "young": lambda k, i: k == 2 and i >= 50,  # it has no rhythm yet
    "rhythm": lambda k, i: k == 2 and i % 3 != 0,
    "stays silent": lambda k, i: k == 2 and i >= 200,
}
"""Which of a process's series 1 to 10, and of 11, which belongs to none, are silent at second i."""
APART = 20  # numbers from one process's first series to the next one's


def heard(*processes: str) -> tuple[Observer, list[EventChange]]:
    """Let processes run beside each other for 300 s; give what was said of silences.

    What they send comes once in ten seconds.
    """
    observer = watching(*processes)
    rng = np.random.default_rng(3)
    changes = []
    for begin in range(0, 300, 10):
        ids, t = np.array(
            [
                (place * APART + k, START + SECOND * i)
                for i in range(begin, begin + 10)
                for place, name in enumerate(processes)
                for k in range(1, 12)
                if not SILENCES[name](k, i)
            ]
        ).T
        changes += observer.observe(ids.astype(np.uint32), t, 10 + rng.standard_normal(len(t)))
    return observer, [change for change in changes if change.event.detector == "silence"]


def watching(*processes: str) -> Observer:
    observer = Observer()
    for place, name in enumerate(processes):
        for k in range(1, 12):
            source = name if k < 11 else ""
            observer.describe({place * APART + k: Trait(f"m{k}", source=source)})
    return observer


@functools.cache
def of_silences() -> dict[str, list[EventChange]]:
    """Give what was said of each of them."""
    _observer, changes = heard(*SILENCES)
    return {
        name: [one for one in changes if one.event.series // APART == place]
        for place, name in enumerate(SILENCES)
    }


def test_who_falls_silent_while_its_source_goes_on_is_told_until_it_speaks_again() -> None:
    changes = of_silences()["two of ten"]
    assert [("opened", 2), ("opened", 3), ("closed", 2), ("closed", 3)] == [
        (one.change, one.event.series) for one in changes
    ]
    opened, closed = changes[0].event, changes[2].event
    assert START + 200 * SECOND == opened.started_at
    assert START + 250 * SECOND == closed.ended_at
    assert "m2 fell silent: no sample, where one comes every 1 s" == opened.reason
    assert opened.group == changes[1].event.group


@pytest.mark.parametrize("silence", ["the whole process", "half", "nobody's", "young", "rhythm"])
def test_other_silences_are_no_news(silence: str) -> None:
    assert [] == of_silences()[silence]


def test_a_silence_is_told_once_also_across_a_restart() -> None:
    observer, changes = heard("stays silent")
    assert ["opened"] == [one.change for one in changes]
    again = watching("stays silent")
    with io.BytesIO() as file:
        observer.keep(file)
        file.seek(0)
        again.restore(file)
    ids = np.array([1, 3], np.uint32)
    assert [] == again.observe(ids, np.full(2, START + 301 * SECOND), np.array([10.0, 10.0]))
    assert [2] == [event.series for event in again.tracker.open_events]


# --- company


def test_what_two_series_say_at_once_is_believed_sooner() -> None:
    """Two sources: of both a rate rises by little, and of one another rate with it."""
    observer = Observer()
    observer.describe({k: Trait(counter=True, source="aabb"[k - 1]) for k in (1, 2, 3, 4)})
    rng = np.random.default_rng(11)
    rate = np.full((420, 2), 10.0)
    rate[400:] += 7
    together = rng.poisson(rate)
    alone = np.stack((together[:, 0], rng.poisson(np.full(420, 10.0))), axis=1)
    totals = np.cumsum(np.hstack((together, alone)), axis=0, dtype=np.float64)
    ids, t = np.arange(1, 5, dtype=np.uint32), START + SECOND * np.arange(420)
    observer.observe(np.tile(ids, 390), np.repeat(t[:390], 4), totals[:390].ravel())
    opened: dict[int, int] = {}
    for i in range(390, 420):
        for one in observer.observe(ids, np.full(4, t[i]), totals[i]):
            if one.change == "opened":
                opened.setdefault(one.event.series, i)
    assert 400 <= opened[1] < opened.get(3, 420)
