"""What every HistoryStore answers, whatever it stands on."""

from __future__ import annotations

import struct

import numpy as np

from quadra.telemetry.aggregate import AGGREGATES, into_steps
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import MAX_LABEL_VALUE_LENGTH
from tests.contract.houses import EVER, House
from tests.unit.fakes import NOW, columns, rows_of

T0 = int(NOW * 1000)
HOUR = 3_600_000
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def bits(points: list[tuple[int, float]]) -> list[tuple[int, str]]:
    """Make values comparable to the last bit, NaN with their payloads too."""
    return [(t, struct.pack(">d", v).hex()) for t, v in points]


def test_of_an_empty_journal_there_is_no_past(house: House) -> None:
    assert 0 == len(house.past(*range(1, 200)))
    assert 0 == len(house.past())


def test_the_wanted_series_are_read_with_both_ends_of_the_span(house: House) -> None:
    a = house.write("a", [(T0, 1.0), (T0 + 1000, 2.0), (T0 + 2000, 3.0)])
    b = house.write("b", [(T0, 9.0)])
    for settled in (False, True):
        if settled:
            house.settle()
        assert [(T0, 1.0), (T0 + 1000, 2.0), (T0 + 2000, 3.0)] == house.points(a, T0, T0 + 2000)
        assert [(T0 + 1000, 2.0)] == house.points(a, T0 + 1000, T0 + 1000)
        assert [] == house.points(a, T0 + 2001, T0 + 9999)
        assert [] == house.points(a, 0, T0 - 1)
        assert {a, b} == set(house.past(a, b).ids.tolist())


def test_the_size_grows_with_what_is_kept(house: House) -> None:
    house.write("a", [(T0, 1.0)])
    before = house.history.size()
    for n in range(20):
        house.write("a", [(T0 + i, float(i + n)) for i in range(5000)])
    assert before + 20 * 5000 * 8 < house.history.size()


def test_a_sample_sent_again_is_there_once_and_the_last_written_counts(house: House) -> None:
    a = house.write("a", [(T0, 1.0), (T0 + 1000, 2.0)])
    house.write("a", [(T0, 1.0), (T0 + 1000, 20.0)])
    house.settle()
    assert [(T0, 1.0), (T0 + 1000, 20.0)] == house.points(a)
    house.write("a", [(T0, 10.0)])
    assert [(T0, 10.0), (T0 + 1000, 20.0)] == house.points(a)
    house.settle()
    assert [(T0, 10.0), (T0 + 1000, 20.0)] == house.points(a)
    assert [(T0, 2.0)] == house.steps(a, T0, T0 + 1999, 2000, "count")


def test_late_samples_find_their_place(house: House) -> None:
    a = house.write("a", [(T0 + 5000, 5.0)])
    house.settle()
    house.write("a", [(T0 + 1000, 1.0), (T0 + 9000, 9.0)])
    house.write("a", [(T0 + 3000, 3.0)])
    house.settle()
    assert [(T0 + n * 1000, float(n)) for n in (1, 3, 5, 9)] == house.points(a)


def test_special_values_come_back_to_the_bit_and_harm_no_neighbour(house: House) -> None:
    specials = [float("nan"), STALE, float("inf"), -float("inf"), 5e-324, 1e300, -1.7e308, 2.0**63]
    values = [v for special in specials for v in (1.25, special)] + [1e15, 3.5]
    points = [(T0 + i * 1000, v) for i, v in enumerate(values)]
    a = house.write("a", points)
    house.settle()
    assert bits(points) == bits(house.points(a))
    part = house.steps(a, T0, T0 + 17_999, 2000, "sum")
    assert [(T0, 1.25), (T0 + 2000, 1.25), (T0 + 4000, float("inf"))] == part[:3]


def test_values_keep_their_digits(house: House) -> None:
    values = np.random.default_rng(7).normal(100, 30, 300)
    a = house.write("a", [(T0 + i * 1000, v) for i, v in enumerate(values.tolist())])
    house.settle()
    found = np.array([v for _t, v in house.points(a)])
    if house.keeps_full_precision:
        assert values.tolist() == found.tolist()
    else:
        np.testing.assert_allclose(found, values, rtol=1e-12)


def test_two_series_never_become_one(house: House) -> None:
    many = {f"l{n:02}": "x" for n in range(32)}
    long = "y" * MAX_LABEL_VALUE_LENGTH
    lots: list[dict[str, str]] = [
        {},
        {"l": "1"},
        {"L": "1"},
        {"l": '1"'},
        {"l": "1\n"},
        {"l": "1\\"},
        {"l": '{"metric":{},"values":[[1,"1"]]}'},
        {"l": "ü😀"},
        {"quadra_series": "0" * 32},
        many,
        {**many, "l31": "z"},
        {"l": long},
        {"l": long[:-1] + "z"},
    ]
    ids = [house.write("odd", [(T0, float(n))], labels) for n, labels in enumerate(lots)]
    house.settle()
    found = house.past(*ids)
    assert {number: float(n) for n, number in enumerate(ids)} == dict(
        zip(found.ids.tolist(), found.v.tolist(), strict=True)
    )
    assert len(ids) == len(found)


def test_the_past_is_the_same_before_between_and_after_it_is_settled(house: House) -> None:
    rng = np.random.default_rng(11)
    keys = [house.key("again", {"n": str(n)}) for n in range(4)]
    ids: list[int] = []
    before: list[tuple[int, int, float]] = []
    for _ in range(3):
        for _ in range(2):  # in no order, and some places again with other values
            index = rng.integers(0, 4, 300).astype(np.uint32)
            index[:4] = np.arange(4)
            t = T0 + rng.integers(0, 900, 300) * 1_000
            house.write_columns(keys, index, t, rng.normal(0, 9, 300).round(3) + 0.0)
        ids = [house.ids[key] for key in keys]
        before = rows_of(house.past(*ids))
        house.send()
        assert before == rows_of(house.past(*ids))
        house.settle()
        assert before == rows_of(house.past(*ids))
    part = house.past(*ids, start=T0 + 300_000, end=T0 + 600_000)
    assert [row for row in before if T0 + 300_000 <= row[1] <= T0 + 600_000] == rows_of(part)


def _jittered(seed: int) -> tuple[Columns, Columns]:
    """Make samples of one series, some on the edges of steps, and those that come late."""
    rng = np.random.default_rng(seed)
    t = np.unique(T0 + np.cumsum(rng.integers(1, 9_000, 900)))
    t = np.unique(np.concatenate((t, t[::9] // 60_000 * 60_000, t[::11] // 60_000 * 60_000 - 1)))
    v = rng.normal(50, 20, len(t)).round(3)
    late = rng.random(len(t)) < 0.02
    everything = Columns(np.ones(len(t), np.uint32), t, v)
    return everything.where(~late), everything.where(late)


def test_steps_are_those_of_the_samples(house: House) -> None:
    first, late = _jittered(5)
    key = [house.key("a", {})]
    a = 0
    for part in (first, late):
        a = house.write_columns(key, np.zeros(len(part), np.uint32), part.t, part.v)
        house.settle()
    house.write("a", [(int(first.t[-1]) + 500, 1.0)])  # this one stands in the journal
    everything = house.past(a)
    house.clock.now = first.t[-1] / 1000 + 600
    for start, end, step in (
        (T0, EVER, 60_000),
        (T0 + 61_234, int(first.t[-1]) - 31_007, 60_000),
        (T0 + 600_000, T0 + 1_199_999, 1_000),
    ):
        inside = (everything.t >= start) & (everything.t <= end)
        for agg in AGGREGATES:
            expected = into_steps(everything.where(inside), step, agg)
            found = house.steps(a, start, min(end, int(first.t[-1]) + 10_000), step, agg)
            assert expected.t.tolist() == [t for t, _v in found]
            np.testing.assert_allclose([v for _t, v in found], expected.v, rtol=1e-9, atol=1e-12)


def test_a_counter_rises_alike_wherever_it_is_read(house: House) -> None:
    rng = np.random.default_rng(8)
    t = T0 + np.arange(900, dtype=np.int64) * 7_000
    rise = rng.integers(0, 9, len(t)).astype(np.float64)
    v = np.cumsum(rise)
    for at in (311, 640):  # it begins again, once at the edge of a step
        v[at:] -= v[at - 1]
    v[:20] = 0.0
    a = house.write_columns([house.key("c", {})], np.zeros(len(t), np.uint32), t, v)
    house.settle()
    house.clock.now = t[-1] / 1000 + 600
    samples = Columns(np.ones(len(t), np.uint32), t, v)
    for start, step in ((T0, 60_000), (T0 + 61_234, 70_000), (T0 + 600_000, 300_000)):
        expected = into_steps(samples.where(t >= start), step, "rate")
        found = house.steps(a, start, int(t[-1]), step, "rate")
        assert expected.t.tolist() == [at for at, _v in found]
        np.testing.assert_allclose([v for _t, v in found], expected.v, rtol=1e-9, atol=1e-12)


def test_a_worker_that_dies_before_it_has_settled_changes_nothing(house: House) -> None:
    points = [(T0 + i * 1000, float(i)) for i in range(500)]
    a = house.write("a", points[:300])
    house.settle()
    house.write("a", points[300:])
    house.send()
    house.begin_again()
    house.settle()
    assert points == house.points(a)
    house.clock.forward(3_600)
    counts = house.steps(a, T0 // 10_000 * 10_000, T0 + HOUR, 10_000, "count")
    assert 500.0 == sum(v for _t, v in counts)


def test_many_series_and_long_spans_come_whole(house: House) -> None:
    keys = [house.key("wide", {"n": str(n)}) for n in range(230)]
    index = np.repeat(np.arange(230, dtype=np.uint32), 40)
    t = np.tile(T0 + np.arange(40, dtype=np.int64) * 90_000, 230)
    house.write_columns(keys, index, t, (index * 100 + np.tile(np.arange(40), 230)).astype(float))
    house.settle()
    ids = [house.ids[key] for key in keys]
    found = house.past(*ids)
    expected = columns(
        (ids[i], int(when), float(i * 100 + n))
        for i, when, n in zip(index.tolist(), t.tolist(), np.tile(np.arange(40), 230), strict=True)
    )
    order = np.lexsort((expected.t, expected.ids))
    assert expected.t[order].tolist() == found.t.tolist()
    assert expected.v[order].tolist() == found.v.tolist()
