"""The feed over real databases: several processes write, each hears all, once and in order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from quadra.engine.catalog import Catalog
from quadra.engine.feed import Feed
from quadra.engine.journal import Journal
from quadra.engine.ports import Appended
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.series import SqlSeries
from tests.servers.process import wait_until
from tests.unit.fakes import NOW, SetClock, ThreadRuntime, batch

Connect = Callable[[], Database]


class Process:
    """One process on the database, with its threads."""

    def __init__(self, database: Database) -> None:
        self.store = SqlJournal(database, SetClock())
        self.catalog = Catalog(max_series=1_000)
        runtime = ThreadRuntime()
        self.feed = Feed(self.store, SqlSeries(database), self.catalog, runtime)
        self.journal = Journal(self.store, self.catalog, runtime, SetClock())
        self.journal.follow(self.feed.committed)
        self.rows: list[Appended] = []
        self.feed.restore(0)
        self.feed.follow(self.rows.append)
        self.journal.start()
        self.feed.start()

    def values(self) -> list[float]:
        return [value for row in self.rows for value in row.columns.v.tolist()]


def test_several_processes_hear_the_same_rows_in_the_same_order(
    database: Database, connect: Connect
) -> None:
    processes = [Process(database), Process(connect()), Process(connect())]
    with ThreadPoolExecutor(3) as pool:

        def write(n: int) -> None:
            for i in range(40):
                process = processes[n]
                process.journal.append(batch(f"m{i % 4 if i % 2 else n}", n * 100.0 + i))

        list(pool.map(write, range(3)))
    written = sorted(n * 100.0 + i for n in range(3) for i in range(40))
    for process in processes:
        assert wait_until(lambda p=process: len(p.values()) == 120, timeout=10)  # type: ignore[misc]
        assert written == sorted(process.values())
        seqs = [row.seq for row in process.rows]
        assert sorted(set(seqs)) == seqs
        assert processes[0].values() == process.values()
        told: set[int] = set()
        for row in process.rows:
            told |= {number for number, _key in row.met}
            assert set(row.columns.ids.tolist()) <= told
    times = {(p.catalog.info(1).first, p.catalog.info(1).last) for p in processes}
    assert {(round(NOW * 1000), round(NOW * 1000))} == times


def test_a_position_that_was_never_committed_holds_nobody_up(
    database: Database, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Process(database), Process(connect())
    one.journal.append(batch("a", 1.0))

    def fails(*_: object) -> None:
        raise sa.exc.DataError("", {}, Exception("cut"))

    with monkeypatch.context() as broken:
        broken.setattr("quadra.storage.journal.Appended", fails)  # after the row has its position
        with pytest.raises(Exception, match="refused"):
            other.journal.append(batch("a", 2.0))
    other.journal.append(batch("a", 3.0))
    for process in (one, other):
        assert wait_until(lambda p=process: p.values() == [1.0, 3.0], timeout=5)  # type: ignore[misc]


def test_a_process_that_starts_late_knows_all_and_hears_only_what_is_new(
    database: Database, connect: Connect
) -> None:
    first = Process(database)
    first.journal.append(batch("a", 1.0))
    late = Process(connect())
    assert 1 == len(late.catalog)
    first.journal.append(batch("b", 2.0))
    assert wait_until(lambda: late.values() == [2.0], timeout=5)
    assert ["b"] == [key[0] for row in late.rows for _number, key in row.met]
