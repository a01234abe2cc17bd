"""What ends goes in portions, so that a backlog of any size keeps no sender waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from quadra.engine.ports import Entry
from quadra.engine.sealer import KEEP_SEALED_ROWS_S, Sealer
from quadra.storage import chunks as chunk_store
from quadra.storage import database as storage
from quadra.storage import rollups as rollup_store
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.rollups import SqlRollups
from quadra.storage.shipments import SqlShipments
from quadra.storage.tables import chunks, journal
from quadra.telemetry.batch import Batch
from tests.unit.fakes import SetClock

T0 = 1_790_000_000_000
ROWS = 23
ROWS_A_PORTION = 5
SAMPLES_A_PORTION = 3_000


class Backlog:
    """A journal with a past, the transactions that drop it, and a sender that comes meanwhile."""

    def __init__(self, worker: Database, intake: Database) -> None:
        self.worker = worker
        self.clock = SetClock(T0 / 1000)
        self.journal = SqlJournal(intake, self.clock)
        self.portions: list[int] = []
        self.came = 0
        event.listen(worker.engine, "after_cursor_execute", self._note)

    def _note(self, *told: Any) -> None:
        cursor, statement = told[1], told[2]
        if statement.startswith(("DELETE FROM journal", "DELETE FROM chunks")):
            self.portions.append(cursor.rowcount)

    def write(self, samples: int, at: int = 0) -> None:
        t = T0 + 60_000 * at + np.arange(samples)
        index = np.zeros(samples, np.uint32)
        batch = Batch((("backlog", ()),), index, t, np.arange(samples, dtype=np.float64))
        self.journal.append([Entry(batch, [0])])

    def somebody_sends(self, _seconds: float) -> None:
        """Commit through another process's connection; fails when the worker holds the lock."""
        self.came += 1
        self.write(1, at=10_000)

    def rows(self, table: sa.Table) -> int:
        counted = sa.select(sa.func.count()).select_from(table)
        return self.worker.read(lambda connection: connection.execute(counted).scalar_one())


@pytest.fixture
def backlog(
    database: Database, connect: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> Backlog:
    made = Backlog(database, connect())
    monkeypatch.setattr(chunk_store, "ROWS_A_DROP", ROWS_A_PORTION)
    monkeypatch.setattr(chunk_store, "SAMPLES_A_DROP", SAMPLES_A_PORTION)
    monkeypatch.setattr(rollup_store, "ROWS_A_PORTION", ROWS_A_PORTION)
    return made


def seal(backlog: Backlog) -> None:
    sealer = Sealer(backlog.journal, SqlChunks(backlog.worker), backlog.clock, None)
    sealer.run(everything=True)
    backlog.clock.forward(KEEP_SEALED_ROWS_S + 1)


def while_others_send(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_pause_natively", backlog.somebody_sends)


def test_rows_of_the_journal_that_are_sealed(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(ROWS):
        backlog.write(10, at)
    seal(backlog)
    while_others_send(backlog, monkeypatch)
    store = SqlChunks(backlog.worker)
    assert ROWS == store.finish(store.claim(), store.sealed(), backlog.clock())
    assert [5, 5, 5, 5, 3] == backlog.portions
    assert (backlog.came, backlog.came) == (5, backlog.rows(journal)), "what came meanwhile stays"


def test_large_rows_of_the_journal_go_fewer_at_a_time(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, samples in enumerate((1_000, 1_000, 1_000, 1_000, 9_000, 9_000, 1)):
        backlog.write(samples, at)
    seal(backlog)
    while_others_send(backlog, monkeypatch)
    store = SqlChunks(backlog.worker)
    assert 7 == store.finish(store.claim(), store.sealed(), backlog.clock())
    assert [3, 1, 1, 1, 1] == backlog.portions


def test_rows_of_the_journal_that_are_shipped(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(ROWS):
        backlog.write(10, at)
    while_others_send(backlog, monkeypatch)
    store, claim = SqlShipments(backlog.worker), SqlChunks(backlog.worker).claim()
    assert ROWS == store.finish(claim, backlog.journal.head())
    assert [5, 5, 5, 5, 3] == backlog.portions
    assert 5 == backlog.rows(journal)
    assert T0 + 60_000 * (ROWS - 1) + 9 == store.newest_dropped()


def test_chunks_whose_time_has_ended(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(12):
        backlog.write(1_100, at)
        seal(backlog)
    there = backlog.rows(chunks)
    assert there >= 12
    while_others_send(backlog, monkeypatch)
    backlog.portions.clear()
    store = SqlRollups(backlog.worker)
    dropped = store.drop_samples(store.claim(), T0 + 60_000 * 11, np.array([1], np.uint32))
    assert (dropped, there - dropped) == (sum(backlog.portions), backlog.rows(chunks))
    assert 0 < there - dropped < 5
    assert len(backlog.portions) == backlog.came + 1
    assert ROWS_A_PORTION == max(backlog.portions)
