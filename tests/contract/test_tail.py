"""What is kept of the journal answers as the journal itself would, whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy as sa

from quadra.engine.ports import Entry
from quadra.engine.sealer import KEEP_SEALED_ROWS_S, Sealer
from quadra.storage import tail
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.tail import Tail
from quadra.telemetry.batch import Batch, Columns, IdArray, latest_of_each
from quadra.telemetry.packing import unpack
from tests.unit.fakes import NOW, SetClock

T0 = int(NOW * 1000)
EVER = 1 << 45
SERIES = 5
TIMES = 40


class Written:
    """A journal, and beside it what was written, by place."""

    def __init__(self, database: Database) -> None:
        self.clock = SetClock()
        self.journal = SqlJournal(database, self.clock)
        self.sealer = Sealer(self.journal, SqlChunks(database), self.clock, None)
        self.ids = [0] * SERIES
        self.values: dict[tuple[int, int], float] = {}

    def write(self, rng: np.random.Generator, samples: int) -> None:
        """Append samples in no order, many of them for places written before."""
        keys = tuple((f"kept_{n}", ()) for n in range(SERIES))
        index = rng.integers(0, SERIES, samples).astype(np.uint32)
        t = T0 + rng.integers(0, TIMES, samples) * 1_000
        batch = Batch(keys, index, t, rng.normal(size=samples))
        done = self.journal.append([Entry(batch, self.ids)])
        found = {key: number for number, key in done.met}
        self.ids = [found.get(key, known) for key, known in zip(keys, self.ids, strict=True)]
        columns = done.columns
        rows = zip(columns.ids.tolist(), columns.t.tolist(), columns.v.tolist(), strict=True)
        self.values |= {(number, at): value for number, at, value in rows}

    def seal(self, *, drop: bool) -> None:
        """Seal everything; with ``drop``, what was sealed before then goes from the journal."""
        if drop:
            self.clock.forward(KEEP_SEALED_ROWS_S + 1)
        self.sealer.run(everything=True)

    def expected(self, wanted: list[int], start: int, end: int) -> list[tuple[int, int, float]]:
        return sorted(
            (number, at, value)
            for (number, at), value in self.values.items()
            if number in wanted and start <= at <= end
        )


def answer(history: SqlHistory, wanted: list[int], start: int, end: int) -> list[object]:
    found = latest_of_each(history.between(start, end, np.array(wanted, np.uint32)))
    return list(zip(found.ids.tolist(), found.t.tolist(), found.v.tolist(), strict=True))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "BLOCK_ROWS", 3)
    monkeypatch.setattr(tail, "BLOCK_SAMPLES", 40)
    monkeypatch.setattr(tail, "ROOM_SAMPLES", 150)


@pytest.mark.parametrize("seed", range(4))
def test_answers_stay_those_of_what_was_written(database: Database, seed: int) -> None:
    rng = np.random.default_rng(seed)
    written = Written(database)
    histories = [SqlHistory(database), SqlHistory(database, sealed_is_here=False)]
    for _ in range(40):
        deed = rng.integers(0, 12)
        if deed == 0:
            written.seal(drop=bool(rng.integers(0, 2)))
        else:
            written.write(rng, int(rng.integers(1, 30)))
        if deed in (1, 2):
            continue  # so that several rows come at once
        wanted = rng.permutation(written.ids)[: rng.integers(1, SERIES + 1)].tolist()
        start, end = (T0 + np.sort(rng.integers(0, TIMES, 2)) * 1_000).tolist()
        for history in histories:
            assert written.expected(wanted, start, end) == answer(history, wanted, start, end)
            assert written.expected(wanted, 0, EVER) == answer(history, wanted, 0, EVER)


def test_rows_are_read_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(database)
    for _ in range(7):
        written.write(np.random.default_rng(1), 5)
    history = SqlHistory(database)
    before = answer(history, written.ids, 0, EVER)
    unpacked: list[bytes] = []

    def counting(blob: bytes) -> Columns:
        unpacked.append(blob)
        return unpack(blob)

    monkeypatch.setattr(tail, "unpack", counting)
    assert before == answer(history, written.ids, 0, EVER)
    assert 1 == len(unpacked)  # the seventh: two blocks of three are kept


def test_what_is_kept_is_bounded(database: Database) -> None:
    written = Written(database)
    rng = np.random.default_rng(2)
    for _ in range(40):
        written.write(rng, 20)
    history = SqlHistory(database)
    for _ in range(2):
        assert written.expected(written.ids, 0, EVER) == answer(history, written.ids, 0, EVER)
    kept = history._tail._blocks  # the bound is what this is about
    assert 100 < sum(len(block.v) for block in kept) <= tail.ROOM_SAMPLES


def test_whoever_began_to_read_earlier_does_not_see_what_came_later(
    database: Database, connect: Callable[[], Database]
) -> None:
    written = Written(database)
    rng = np.random.default_rng(3)
    for _ in range(4):
        written.write(rng, 10)
    shared = Tail(sealed_is_here=True)
    wanted: IdArray = np.array(written.ids, np.uint32)
    other = connect()

    def ask(connection: sa.Connection) -> list[float]:
        found: list[float] = Columns.concat(shared.between(connection, 0, EVER, wanted)).v.tolist()
        return found

    def twice(connection: sa.Connection) -> tuple[list[float], int, list[float]]:
        first = ask(connection)
        for _ in range(8):
            written.write(rng, 10)
        later = len(other.read(ask))
        return first, later, ask(connection)

    first, later, again = database.read(twice)
    assert len(first) == 40
    assert later == 120
    if database.is_sqlite:  # Postgres reads what is committed, statement by statement
        assert sorted(first) == sorted(again)
    assert 120 == len(other.read(ask))


def test_times_far_apart_and_a_row_of_nothing(database: Database) -> None:
    written = Written(database)
    written.write(np.random.default_rng(4), 9)
    keys = (("far", ()),)
    times = np.array([0, T0 * 3, T0], np.int64)
    values = np.array([1.0, 2.0, 3.0])
    far = written.journal.append([Entry(Batch(keys, np.zeros(3, np.uint32), times, values), [0])])
    nothing = Batch((), np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0))
    written.journal.append([Entry(nothing, [])])
    number = far.met[0][0]
    history = SqlHistory(database)
    for _ in range(2):
        assert [(number, 0, 1.0), (number, T0, 3.0), (number, T0 * 3, 2.0)] == answer(
            history, [number], -1, EVER * 8
        )
