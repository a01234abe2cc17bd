"""Rollups answer what the samples would have answered, whatever came late, twice, or in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from quadra.engine.catalog import Catalog
from quadra.engine.disk import Disk
from quadra.engine.history import Ask, History, Line
from quadra.engine.ports import Entry
from quadra.engine.roller import SHORT_STRIDE, STRIDE, Roller
from quadra.engine.sealer import OvertakenError, RollingSealer, Sealer
from quadra.engine.upkeep import Upkeep
from quadra.errors import DamagedError
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.rollups import SqlRollups
from quadra.storage.tables import chunks, rollups
from quadra.telemetry.aggregate import AGGREGATES, into_steps
from quadra.telemetry.batch import Batch, Columns, TimeArray, ValueArray, latest_of_each
from quadra.telemetry.rollups import HOUR, MINUTE
from quadra.telemetry.selector import parse_selector
from tests.unit.fakes import SetClock, ThreadRuntime

T0 = 1_749_988_800_000  # a full stride
KEYS = tuple((f"tier_{n}", ()) for n in range(4))
ALL = parse_selector('{__name__=~"tier_.*"}')
DENSE, COUNTER, GAUGE, SILENT = range(4)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


class KilledError(Exception):
    """The process ended here."""


class House:
    """Everything that keeps the past, on one database, and the truth in memory."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock(T0 / 1000)
        self.journal = SqlJournal(database, self.clock)
        self.ids = [0] * len(KEYS)
        self.catalog = Catalog(max_series=100)
        self.written: list[Columns] = []
        self.history = History(SqlHistory(database), self.catalog, ThreadRuntime())
        self.keep: tuple[float | None, float | None] = (None, None)

    def roller(self) -> Roller:
        return Roller(SqlRollups(self.database), self.clock, *self.keep)

    def upkeep(self) -> Upkeep:
        """Give the worker's round as a new process would."""
        roller = self.roller()
        chunk_store = SqlChunks(self.database)
        disk = Disk("95%", Path("/"), lambda: 0)
        sealer = Sealer(self.journal, chunk_store, self.clock, None, roller)
        return Upkeep(RollingSealer(sealer, roller), disk)

    def settle(self) -> None:
        """Let the worker do all there is to do."""
        before = None
        while before != (now := (SqlChunks(self.database).sealed(), marks(self))):
            before = now
            self.upkeep().round()

    def write(self, series: int, t: TimeArray, v: ValueArray) -> None:
        """Append samples of one series, and remember them."""
        index = np.full(len(t), series, np.uint32)
        done = self.journal.append([Entry(Batch(KEYS, index, t, v), self.ids)])
        for number, key in done.met:
            self.ids[KEYS.index(key)] = number
            self.catalog.add(number, key)
        self.written.append(done.columns)

    def hours(self, rng: np.random.Generator, begin: float, length: float) -> None:
        """Write some hours of all series, and let the clock come to their end."""
        start, end = int(T0 + begin * HOUR), int(T0 + (begin + length) * HOUR)
        t = np.arange(start, end, 1_000, dtype=np.int64)
        self.write(DENSE, t, rng.normal(50, 5, len(t)).round(2))
        t = np.arange(start + 3_000, end, 15_000, dtype=np.int64)
        v = np.cumsum(rng.integers(0, 9, len(t))).astype(np.float64)
        v -= v[len(v) // 3] * (np.arange(len(v)) > len(v) // 3)  # it began again
        self.write(COUNTER, t, v)
        t = np.unique(rng.integers(start, end, len(t) // 2))
        v = rng.lognormal(-3, 1, len(t))
        v[rng.random(len(t)) < 0.05] = np.nan
        self.write(GAUGE, t, v)
        self.clock.now = end / 1000

    def truth(self, start: int = 0) -> Columns:
        """Give all samples as they count."""
        every = Columns.concat(self.written)
        return latest_of_each(every.where(every.t >= start))

    def ask(self, start: int, end: int, step: int | None, *aggs: str) -> list[Line]:
        first, others = self.history.pieces(Ask([ALL], start, end, step, aggs), lambda lines: lines)
        return [line for piece in (first, *others) for line in piece]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def check(house: House, start: int, end: int, step: int, aggs: tuple[str, ...]) -> None:
    """Hold the answers against those from all samples."""
    samples = house.truth()
    samples = samples.where((samples.t >= start) & (samples.t <= end) & ~np.isnan(samples.v))
    found = house.ask(start, end, step, *aggs)
    for agg in aggs:
        lines = {line.info.id: line for line in found if line.agg == agg}
        expected = into_steps(samples, step, agg)
        assert sorted(set(expected.ids.tolist())) == sorted(lines)
        for number, line in lines.items():
            mine = expected.where(expected.ids == number)
            assert mine.t.tolist() == line.t.tolist()
            if agg in QUANTILES:
                own = samples.where(samples.ids == number)
                check_quantiles(own, mine, line.v, step, QUANTILES[agg])
            elif agg in ("min", "max", "count", "last"):
                assert mine.v.tolist() == line.v.tolist()
            else:
                np.testing.assert_allclose(line.v, mine.v, rtol=1e-9, atol=1e-9)


def check_quantiles(
    samples: Columns, exact: Columns, found: ValueArray, step: int, q: float
) -> None:
    """Every quantile is exact, or within the sketch's 0.8 % of the sample of its rank."""
    slots = samples.t // step
    for t, value, blend in zip(exact.t.tolist(), found.tolist(), exact.v.tolist(), strict=True):
        ordered = np.sort(samples.v[slots == t // step])
        ranked = ordered[int(np.floor(q * (len(ordered) - 1) + 0.5))]
        assert value == blend or abs(value - ranked) <= abs(ranked) / 128 + 1e-12


def check_many(house: House, rng: np.random.Generator, hours: int) -> None:
    """Ask in all kinds of steps over all kinds of spans."""
    end = T0 + hours * HOUR
    steps = (MINUTE, 5 * MINUTE, 7 * MINUTE, HOUR, 3 * HOUR, 90 * MINUTE, 10_000, 11 * HOUR + 7_001)
    for step in steps:
        low, high = np.sort(rng.integers(T0, end, 2)).tolist()
        aggs = tuple(rng.choice(AGGREGATES, 3, replace=False).tolist())
        check(house, low, high, step, aggs)
        check(house, T0, end, step, ("avg", "rate"))


def marks(house: House) -> Any:
    return SqlRollups(house.database).marks()


@pytest.mark.parametrize("seed", range(2))
def test_every_aggregate_over_every_span_is_that_of_the_samples(house: House, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for begin in (0, 7, 14):
        house.hours(rng, begin, 7)
        house.clock.forward(400)
        house.settle()
    assert T0 + 3 * STRIDE == marks(house).rolled_until
    check_many(house, rng, 21)
    for agg in AGGREGATES:
        check(house, T0, T0 + 21 * HOUR, HOUR, (agg,))
        check(house, T0 + 1, T0 + 8 * HOUR, 5 * MINUTE, (agg,))


def test_late_and_repeated_samples_correct_the_cells_they_lie_in(house: House) -> None:
    rng = np.random.default_rng(7)
    house.hours(rng, 0, 13)
    house.clock.forward(400)
    house.settle()
    assert T0 + 2 * STRIDE == marks(house).rolled_until
    late = np.sort(rng.choice(12 * 3600, 300, replace=False)) * 1_000 + T0
    for series in (DENSE, COUNTER, GAUGE, SILENT):
        house.write(series, late, rng.normal(900, 1, 300).round(1))  # some again, some new
    house.write(DENSE, late[:50], np.full(50, np.nan))
    check_many(house, rng, 13)  # as long as the journal alone has them
    house.clock.forward(400)
    house.settle()
    check_many(house, rng, 13)
    with house.database.engine.connect() as connection:
        steps = sa.select(rollups.c.step).where(rollups.c.series_id == house.ids[SILENT])
        assert {HOUR} == set(connection.execute(steps).scalars())
        steps = sa.select(rollups.c.step).where(rollups.c.series_id == house.ids[DENSE])
        assert {HOUR, MINUTE} == set(connection.execute(steps).scalars())


def test_killed_between_any_two_steps_it_repeats_nothing_and_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    house.keep = (3_600 * 2, None)
    house.hours(rng, 0, 4)
    write = Database.write
    left = 0

    def count_down(self: Database, work: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KilledError
        return write(self, work, *args, **kwargs)

    def round_until(steps: int) -> bool:
        """Run a round that dies after some writes; says whether it came to its end."""
        nonlocal left
        with monkeypatch.context() as patched:
            patched.setattr(Database, "write", count_down)
            left = steps
            roller = house.roller()
            sealer = Sealer(house.journal, SqlChunks(house.database), house.clock, None, roller)
            try:
                sealer.run()
                roller.run(sealer.sealed_before())
                roller.end_samples()
                roller.end_rollups()
            except KilledError:
                return False
        return True

    house.clock.forward(400)
    for pass_ in range(3):
        steps = 0
        while not round_until(steps):
            steps += 1
            check(house, T0, T0 + 5 * HOUR, HOUR, ("sum", "count", "rate"))
            check(house, T0, T0 + 5 * HOUR, MINUTE, ("sum", "count", "last"))
        if pass_ == 0:  # now with late samples, which mend
            house.write(DENSE, T0 + 1_000 * np.arange(9_000, 9_400, 7), np.full(58, 1.0))
            house.write(GAUGE, T0 + 3 * HOUR + np.arange(4, dtype=np.int64), np.arange(4.0))
            house.clock.forward(400)
    house.settle()
    assert T0 + 2 * HOUR <= marks(house).raw_from
    check(house, T0, T0 + 5 * HOUR, HOUR, ("sum", "count", "rate"))
    check(house, T0, T0 + 5 * HOUR, MINUTE, ("sum", "count", "last"))


def test_where_samples_have_ended_rollups_answer_for_them(house: House) -> None:
    rng = np.random.default_rng(11)
    house.hours(rng, 0, 30)
    house.clock.forward(400)
    house.settle()
    before = house.truth()
    house.keep = (3_600 * 10, None)
    house.settle()
    assert T0 + 20 * HOUR == marks(house).raw_from
    left = house.ask(0, T0 + 40 * HOUR, None)
    assert T0 + 20 * HOUR > min(int(line.t[0]) for line in left)  # in chunks that go on beyond
    assert T0 + 15 * HOUR < min(int(line.t[0]) for line in left)
    for step in (HOUR, MINUTE, 10 * MINUTE):
        check(house, T0, T0 + 30 * HOUR, step, ("avg", "min", "rate", "p95", "count"))
        check(house, T0 + 3 * HOUR, T0 + 25 * HOUR - 1, step, ("max", "sum", "last"))
    # Finer than a minute there are the minutes.
    fine = house.ask(T0, T0 + 2 * HOUR - 1, 10_000, "count")
    assert 2 * 3_600 == sum(line.v.sum() for line in fine if line.info.id == house.ids[DENSE])
    # A sample from a time whose samples have ended is not kept, and changes nothing.
    house.write(DENSE, np.array([T0 + HOUR]), np.array([1e9]))
    house.written.pop()
    house.clock.forward(400)
    house.settle()
    check(house, T0, T0 + 30 * HOUR, HOUR, ("max", "count"))
    assert len(before) == len(house.truth())


def test_rollups_end_too(house: House) -> None:
    rng = np.random.default_rng(12)
    house.hours(rng, 0, 30)
    house.clock.forward(400)
    house.settle()
    house.keep = (None, 3_600 * 10)
    house.settle()
    assert T0 + 20 * HOUR == marks(house).rollups_from
    with house.database.engine.connect() as connection:
        kept = sa.select(sa.func.min(rollups.c.first_t)).where(rollups.c.step == MINUTE)
        assert T0 + 20 * HOUR == connection.execute(kept).scalar()
    check(house, T0, T0 + 30 * HOUR, MINUTE, ("avg", "rate"))  # from the samples, which go on
    house.keep = (3_600 * 10, 3_600 * 10)
    house.settle()
    lines = house.ask(T0, T0 + 30 * HOUR, MINUTE, "count")
    assert T0 + 20 * HOUR <= min(int(line.t[0]) for line in lines)


def test_short_lived_samples_are_rolled_up_before_they_end(house: House) -> None:
    house.keep = (3_600.0, None)
    rng = np.random.default_rng(4)
    for begin in range(4):
        house.hours(rng, begin, 1)
        house.clock.forward(400)
        house.settle()
    assert T0 + 3 * HOUR == marks(house).raw_from
    assert T0 + 4 * SHORT_STRIDE == marks(house).rolled_until
    check(house, T0, T0 + 4 * HOUR, MINUTE, ("avg", "p50", "rate"))


def test_what_is_too_much_to_read_at_once_is_rolled_up_in_parts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.hours(np.random.default_rng(4), 0, 7)
    house.clock.forward(400)
    with monkeypatch.context() as patched:
        patched.setattr(
            "quadra.storage.sealed.MAX_SAMPLES_A_READ", 23_700
        )  # a dense series, its ends
        house.settle()
    assert T0 + STRIDE == marks(house).rolled_until
    check(house, T0, T0 + 6 * HOUR, HOUR, ("avg", "count"))


def test_a_roller_that_was_overtaken_writes_nothing_more(house: House) -> None:
    house.hours(np.random.default_rng(1), 0, 7)
    house.clock.forward(400)
    house.settle()
    store = SqlRollups(house.database)
    first = store.claim()
    store.claim()
    before = store.marks()
    with pytest.raises(OvertakenError):
        store.mark(first, before._replace(rolled_until=0))
    with pytest.raises(OvertakenError):
        store.drop_rollups(first, T0 + 40 * HOUR)
    assert before == store.marks()


def flip(database: Database, column: sa.Column[Any], bit: int) -> None:
    """Flip one bit of one stored blob."""
    table = column.table
    with database.engine.begin() as connection:
        row = connection.execute(sa.select(*table.primary_key, column)).first()
        assert row is not None
        blob = bytearray(row[-1])
        blob[bit // 8 % len(blob)] ^= 1 << bit % 8
        where = [key == value for key, value in zip(table.primary_key, row[:-1], strict=True)]
        connection.execute(sa.update(table).where(*where).values({column: bytes(blob)}))


@pytest.mark.parametrize("bit", [3, 333, 2_001])
def test_a_flipped_bit_is_never_read_as_a_value(house: House, bit: int) -> None:
    house.hours(np.random.default_rng(1), 0, 7)
    house.clock.forward(400)
    house.settle()
    flip(house.database, rollups.c.data, bit)
    with pytest.raises(DamagedError, match="damaged"):
        house.ask(T0, T0 + 6 * HOUR - 1, HOUR, "avg")
    flip(house.database, chunks.c["values"], bit)
    with pytest.raises(DamagedError, match="damaged"):
        house.ask(T0, T0 + 6 * HOUR, None)
    # The worker goes on, with what is whole.
    house.clock.forward(400)
    house.write(DENSE, np.array([T0 + HOUR, T0 + 8 * HOUR]), np.array([1.0, 2.0]))
    house.clock.forward(400)
    house.settle()
    assert 0 == house.journal.gap(SqlChunks(house.database).sealed()).rows


def test_long_questions_are_answered_in_pieces(
    house: House, monkeypatch: pytest.MonkeyPatch, connect: Callable[[], Database]
) -> None:
    house.hours(np.random.default_rng(1), 0, 2)
    house.clock.forward(400)
    house.settle()
    whole = house.ask(T0, T0 + 2 * HOUR, 10_000, "avg")
    monkeypatch.setattr("quadra.engine.history.SAMPLES_A_PORTION", 500)
    ask = Ask([ALL], T0, T0 + 2 * HOUR, 10_000, ("avg",))
    first, others = house.history.pieces(
        ask, lambda lines: [(x.t.tolist(), x.v.tolist()) for x in lines]
    )
    pieces = [first, *others]
    assert 1 < len(pieces)
    assert [(x.t.tolist(), x.v.tolist()) for x in whole] == [x for piece in pieces for x in piece]


def test_short_chunks_are_put_together_and_nothing_else_changes(house: House) -> None:
    rng = np.random.default_rng(11)
    sealer = Sealer(house.journal, SqlChunks(house.database), house.clock, None)
    for hour in range(13):  # each sealed by itself, as a series is that sends now and then
        t = np.arange(T0 + hour * HOUR, T0 + (hour + 1) * HOUR, 30_000, dtype=np.int64)
        house.write(GAUGE, t, rng.normal(50, 5, len(t)).round(2))
        house.write(SILENT, t[:1], np.array([1.0]))
        house.clock.now = (T0 + (hour + 1) * HOUR) / 1000 + 400
        sealer.run(everything=True)
    before = lengths_of_chunks(house)
    house.settle()
    after = lengths_of_chunks(house)
    assert len(before) > len(after)
    assert (sum(before), 1_200) == (sum(after), max(after))
    check_many(house, rng, 13)


def lengths_of_chunks(house: House) -> list[int]:
    return house.database.read(
        lambda c: list(c.execute(sa.select(chunks.c["count"]).order_by(chunks.c.id)).scalars())
    )
