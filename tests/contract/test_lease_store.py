"""What every LeaseStore does, and how a fence keeps a former holder from writing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from quadra.engine.lease import FencedError, LeaseRow, Leases, Move
from quadra.storage.database import Database
from quadra.storage.leases import SqlLeases, guard
from quadra.storage.tables import positions
from tests.unit.fakes import SetClock

Connect = Callable[[], Database]
WORK = "work"


def taken(row: LeaseRow | None, holder: str) -> Move:
    return Move(WORK, row, LeaseRow(holder, 1 if row is None else row.epoch + 1, 0))


def test_a_move_is_made_only_from_the_row_that_was_seen(database: Database) -> None:
    store = SqlLeases(database)
    assert {} == store.read([WORK])
    assert [True] == store.swap([taken(None, "a")])
    assert [False] == store.swap([taken(None, "b")])
    seen = store.read([WORK, "other"])[WORK]
    assert LeaseRow("a", 1, 0) == seen
    renewed = Move(WORK, seen, LeaseRow("a", 1, 1))
    assert [True, True] == store.swap([renewed, Move("another", None, LeaseRow("a", 1, 0))])
    assert [False] == store.swap([taken(seen, "b")])
    assert LeaseRow("a", 1, 1) == store.read([WORK])[WORK]


def test_of_many_who_take_it_at_once_one_gets_it(database: Database, connect: Connect) -> None:
    stores = [SqlLeases(connect()) for _ in range(6)]
    row: LeaseRow | None = None
    for _ in range(5):
        start = threading.Barrier(len(stores))

        def take(n: int, row: LeaseRow | None = row, start: threading.Barrier = start) -> bool:
            start.wait(10)
            return stores[n].swap([taken(row, f"p{n}")])[0]

        with ThreadPoolExecutor(len(stores)) as pool:
            assert 1 == sum(pool.map(take, range(len(stores))))
        row = stores[0].read([WORK])[WORK]


@pytest.fixture
def note() -> sa.Executable:
    return positions.insert().values(follower="a note", seq=1)


def test_a_fenced_write_happens_only_for_the_newest_holder(
    database: Database, connect: Connect, database_url: str, note: sa.Insert
) -> None:
    clock = SetClock()
    first = Leases(SqlLeases(database), "first", clock)
    second = Leases(SqlLeases(connect()), "second", clock)
    fenced = Database(database_url, guard(lambda: first.fence(WORK)))
    for leases in (first, second):
        leases.want(WORK)

    def write(name: str) -> None:
        fenced.write(lambda connection: connection.execute(note.values(follower=name)))

    with pytest.raises(FencedError):
        write("before it is taken")
    first.step()
    write("held")
    second.step()
    clock.forward(60)  # the first is paused: it can't know
    second.step()
    with pytest.raises(FencedError):
        write("after it has gone")
    found = database.read(lambda connection: connection.execute(sa.select(positions)).all())
    assert ["held"] == [row.follower for row in found]
    fenced.close()


def test_nobody_takes_a_lease_while_a_fenced_write_is_under_way(
    database: Database, connect: Connect, database_url: str, note: sa.Insert
) -> None:
    clock = SetClock()
    first = Leases(SqlLeases(database), "first", clock)
    second = Leases(SqlLeases(connect()), "second", clock)
    held = [leases.want(WORK) for leases in (first, second)]
    first.step()
    second.step()
    clock.forward(60)
    fenced = Database(database_url, guard(lambda: first.fence(WORK)))
    inside, go_on = threading.Event(), threading.Event()

    def slowly(connection: sa.Connection) -> None:
        connection.execute(note)
        inside.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(fenced.write, slowly)
        assert inside.wait(10)
        taking = pool.submit(second.step)
        if not database.is_sqlite:
            first.step()  # a renewal does not wait for it
            clock.forward(60)
        assert not taking.done()
        go_on.set()
        writing.result(10)
        taking.result(10)
    if not database.is_sqlite:
        assert [False, False] == [is_held() for is_held in held]  # the renewal came first
    else:
        assert [False, True] == [is_held() for is_held in held]
    fenced.close()


def test_a_writer_that_is_paused_does_not_stop_the_others(
    postgres_url: str,
) -> None:
    database, other = Database(postgres_url), Database(postgres_url)
    make = "CREATE TABLE t (n integer)"
    database.write(lambda connection: connection.exec_driver_sql(make))
    inside, go_on = threading.Event(), threading.Event()

    def paused(connection: sa.Connection) -> None:
        connection.exec_driver_sql("LOCK TABLE t")
        inside.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(database.write, paused)
        assert inside.wait(10)
        other.write(lambda connection: connection.exec_driver_sql("INSERT INTO t VALUES (1)"))
        go_on.set()
        assert writing.exception(10) is not None
    for one in (database, other):
        one.close()
