"""Sealing changes where samples stand, and nothing of what history answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from quadra.alerts.ledger import Changes
from quadra.engine.alerting import Outcome
from quadra.engine.ports import Entry, Row
from quadra.engine.roller import Roller
from quadra.engine.sealer import (
    KEEP_SEALED_ROWS_S,
    KEEP_UNJUDGED_ROWS_S,
    SEAL_AFTER_S,
    OvertakenError,
    Sealer,
    Stretch,
)
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.judging import SqlJudge
from quadra.storage.rollups import SqlRollups
from quadra.telemetry.batch import Batch, Columns, latest_of_each
from tests.unit.fakes import NOW, SetClock

EVER = 1 << 45
T0 = int(NOW * 1000)
SERIES = 6


class House:
    """A journal, its chunks and its history on one database, with a clock that is set."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock()
        self.journal = SqlJournal(database, self.clock)
        self.chunks = SqlChunks(database)
        self.history = SqlHistory(database)
        self.ids = [0] * SERIES

    def sealer(self) -> Sealer:
        roller = Roller(SqlRollups(self.database), self.clock, None, None)
        return Sealer(self.journal, self.chunks, self.clock, None, roller)

    def write(self, rng: np.random.Generator, samples: int) -> None:
        """Append samples in no order, some of them again with other values."""
        keys = tuple((f"sealed_{n}", ()) for n in range(SERIES))
        index = rng.integers(0, SERIES, samples).astype(np.uint32)
        index[:SERIES] = np.arange(SERIES)
        t = T0 + rng.integers(0, 3_000, samples) * 1_000
        batch = Batch(keys, index, t, rng.normal(size=samples).round(3))
        done = self.journal.append([Entry(batch, self.ids)])
        found = {key: number for number, key in done.met}
        self.ids = [found.get(key, known) for key, known in zip(keys, self.ids, strict=True)]

    def past(self, start: int = 0, end: int = EVER) -> Columns:
        wanted = np.array(self.ids, np.uint32)
        return latest_of_each(self.history.between(start, end, wanted))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def same(first: Columns, second: Columns) -> bool:
    return (
        first.ids.tolist() == second.ids.tolist()
        and first.t.tolist() == second.t.tolist()
        and first.v.tobytes() == second.v.tobytes()
    )


def test_history_answers_the_same_before_between_and_after_sealing(house: House) -> None:
    rng = np.random.default_rng(5)
    for _ in range(6):
        for _ in range(4):
            house.write(rng, 700)
        before = house.past()
        assert 2_800 == house.sealer().run(everything=True)
        assert same(before, house.past())
        house.clock.forward(KEEP_SEALED_ROWS_S + 1)
        claim = house.chunks.claim()
        house.chunks.finish(claim, house.chunks.sealed(), house.clock())
        assert [] == house.journal.since(0, 10)
        assert same(before, house.past())
    part = house.past(T0 + 500_000, T0 + 900_000)
    assert 0 < len(part)
    assert T0 + 500_000 <= part.t.min()
    assert part.t.max() <= T0 + 900_000


def test_young_rows_wait_so_that_chunks_are_rewritten_seldom(house: House) -> None:
    house.write(np.random.default_rng(1), 50)
    assert 0 == house.sealer().run()
    house.clock.forward(SEAL_AFTER_S)
    assert 50 == house.sealer().run()
    assert 0 == house.sealer().run()


class UnreadJournal(SqlJournal):
    """One that must not be read."""

    def since(self, seq: int, limit: int, samples: int = 4_000_000) -> list[Row]:
        pytest.fail("what is not due yet was read")


def test_what_is_not_due_is_not_read(house: House) -> None:
    """It was, every five seconds, and took the more memory the more of it waited."""
    house.write(np.random.default_rng(1), 50)
    unread = UnreadJournal(house.database, house.clock)
    assert 0 == Sealer(unread, house.chunks, house.clock, None).run()


def test_sealed_rows_wait_for_a_judge_that_was_away(house: House) -> None:
    judge = SqlJudge(house.database)
    begun = judge.begin(house.clock(), 0.0)

    def judged(seq: int) -> None:
        judge.write(begun.epoch, Outcome(seq, 0, Changes()), house.clock())

    def left_after(seconds: float) -> list[int]:
        house.clock.forward(seconds)
        house.write(np.random.default_rng(1), 50)
        house.sealer().run(everything=True)
        return [row.seq for row in house.journal.since(0, 10)]

    judged(0)
    house.write(np.random.default_rng(1), 50)
    assert [1, 2] == left_after(KEEP_SEALED_ROWS_S + 1)
    judged(1)
    assert [2, 3] == left_after(KEEP_SEALED_ROWS_S + 1)
    assert [4] == left_after(KEEP_UNJUDGED_ROWS_S + 1)


def test_sealed_rows_stay_a_while_for_consoles_that_come_back(house: House) -> None:
    house.write(np.random.default_rng(1), 50)
    house.sealer().run(everything=True)
    assert 1 == len(house.journal.since(0, 10))
    house.clock.forward(KEEP_SEALED_ROWS_S + 1)
    house.write(np.random.default_rng(2), 50)
    house.sealer().run(everything=True)
    assert [2] == [row.seq for row in house.journal.since(0, 10)]


def test_a_sealer_that_was_overtaken_writes_nothing_more(house: House) -> None:
    house.write(np.random.default_rng(1), 50)
    before = house.past()
    first = house.chunks.claim()
    second = house.chunks.claim()
    foreign = Stretch(int(before.ids[0]), before.t[:1], np.array([99.0]))
    with pytest.raises(OvertakenError):
        house.chunks.put(first, [foreign])
    with pytest.raises(OvertakenError):
        house.chunks.finish(first, 1, house.clock())
    house.chunks.put(second, [foreign])
    assert 0 == house.chunks.sealed()
    assert same(before, house.past())  # what the journal still holds was written later


def test_a_sealer_killed_half_way_begins_again(house: House) -> None:
    house.write(np.random.default_rng(1), 2_000)
    before = house.past()
    sealer = house.sealer()
    samples = Columns.concat([row.columns for row in house.journal.since(0, 10)])
    sealer.seal(house.chunks.claim(), samples)  # and never finishes
    assert same(before, house.past())
    assert 2_000 == house.sealer().run(everything=True)
    assert same(before, house.past())


def test_a_round_takes_no_more_than_memory_bears(
    house: House, connect: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        house.write(rng, 100)
    assert [1, 2] == [row.seq for row in house.journal.since(0, 10, samples=250)]
    assert [1] == [row.seq for row in house.journal.since(0, 10, samples=1)]
    monkeypatch.setattr("quadra.engine.sealer.SAMPLES_A_ROUND", 250)
    before = house.past()
    assert 500 == house.sealer().run(everything=True)
    assert same(before, house.past())


def test_how_much_stands_behind_a_position_is_known_without_reading_it(house: House) -> None:
    assert (0, 0) == (house.journal.gap(0).rows, house.journal.gap(0).samples)
    for samples in (50, 60, 70):
        house.write(np.random.default_rng(1), samples)
        house.clock.forward(1)
    gap = house.journal.gap(1)
    assert (2, 130, NOW + 1) == (gap.rows, gap.samples, gap.oldest)
