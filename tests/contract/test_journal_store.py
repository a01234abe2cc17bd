"""What every JournalStore does, whatever it stands on."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from quadra.engine.ports import Appended, Entry
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.series import SqlSeries
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import series_key
from tests.unit.fakes import NOW, SetClock, batch, rows_of

T0 = int(NOW * 1000)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(database: Database, clock: SetClock) -> SqlJournal:
    return SqlJournal(database, clock)


def unknown(*batches: Batch) -> list[Entry]:
    """Make entries as a catalog does that knows no series yet."""
    return [Entry(one, [0] * len(one.keys)) for one in batches]


def ids_of(done: Appended) -> dict[str, int]:
    return {key[0]: number for number, key in done.met}


def test_an_empty_journal_begins_at_nought(store: SqlJournal) -> None:
    assert 0 == store.head()
    assert [] == store.since(0, 10)


def test_an_append_gives_its_position_its_samples_and_its_new_series(store: SqlJournal) -> None:
    done = store.append(unknown(batch("a", 1.0, 2.0), batch("b", 3.0, x="ä🦊")))
    assert 1 == done.seq == store.head()
    ids = ids_of(done)
    assert {("a", ()), ("b", (("x", "ä🦊"),))} == {key for _number, key in done.met}
    assert [(ids["a"], T0, 1.0), (ids["a"], T0 + 1000, 2.0), (ids["b"], T0, 3.0)] == rows_of(
        done.columns
    )


def test_positions_rise_by_one_with_every_append(store: SqlJournal) -> None:
    assert [1, 2, 3] == [store.append(unknown(batch("a", 1.0))).seq for _ in range(3)]


def test_a_series_that_is_named_twice_in_one_group_is_made_once(store: SqlJournal) -> None:
    done = store.append(unknown(*[batch("a", float(i)) for i in range(5)]))
    assert 1 == len(done.met)
    assert 1 == len(set(done.columns.ids.tolist()))


def test_a_series_that_is_there_already_keeps_its_id(store: SqlJournal) -> None:
    first = ids_of(store.append(unknown(batch("a", 1.0))))["a"]
    again = store.append(unknown(batch("a", 2.0), batch("b", 1.0)))
    assert first == ids_of(again)["a"]
    assert first != ids_of(again)["b"]
    known = store.append([Entry(batch("a", 3.0), [first])])
    assert ([], [first]) == (known.met, known.columns.ids.tolist())


def test_more_series_than_fit_into_a_statement_are_all_made(store: SqlJournal) -> None:
    names = [f"m{i}" for i in range(1234)]
    many = Batch(
        tuple(series_key(name, {}) for name in names),
        np.arange(1234, dtype=np.uint32),
        np.full(1234, T0, np.int64),
        np.arange(1234, dtype=np.float64),
    )
    done = store.append(unknown(many))
    assert set(names) == set(ids_of(done))
    assert 1234 == len(set(done.columns.ids.tolist()))


def test_rows_are_read_in_order_after_a_position_and_no_more_than_asked(
    store: SqlJournal, clock: SetClock
) -> None:
    for value in range(5):
        store.append(unknown(batch("a", float(value))))
        clock.forward(1)
    rows = store.since(1, 3)
    assert [(2, NOW + 1, [1.0]), (3, NOW + 2, [2.0]), (4, NOW + 3, [3.0])] == [
        (row.seq, row.committed_at, row.columns.v.tolist()) for row in rows
    ]
    assert [5] == [row.seq for row in store.since(4, 100)]
    assert [] == store.since(5, 100)
    assert [] == store.since(10**12, 100)


def test_values_and_times_are_kept_to_the_last_bit(store: SqlJournal) -> None:
    values = [0.1, -0.0, 1e308, 5e-324, -1.5]
    done = store.append(unknown(batch("a", *values, t=-5_000)))
    (row,) = store.since(0, 10)
    stored = row.columns
    assert np.array(values).tobytes() == stored.v.tobytes()
    assert done.columns.t.tolist() == stored.t.tolist() == [-5000, -4000, -3000, -2000, -1000]


def test_what_was_appended_is_there_for_a_new_connection(
    store: SqlJournal, connect: Callable[[], Database], clock: SetClock
) -> None:
    done = store.append(unknown(batch("a", 1.0)))
    other = SqlJournal(connect(), clock)
    assert (done.seq, [[1.0]]) == (
        other.head(),
        [row.columns.v.tolist() for row in other.since(0, 10)],
    )
    assert done.seq + 1 == other.append(unknown(batch("a", 2.0))).seq


def test_an_append_that_fails_leaves_nothing_and_the_next_one_works(store: SqlJournal) -> None:
    broken = Entry(batch("never", 1.0), [0])
    broken.batch.index[0] = 7  # a place that is none
    with pytest.raises(IndexError):
        store.append([*unknown(batch("a", 1.0)), broken])
    assert (0, []) == (store.head(), store.since(0, 10))
    done = store.append(unknown(batch("a", 2.0)))
    assert [[2.0]] == [row.columns.v.tolist() for row in store.since(0, 10)]
    assert {"a"} == set(ids_of(done))


# --- several writers at once


def test_threads_that_write_at_once_get_positions_of_their_own(
    database: Database, clock: SetClock
) -> None:
    store = SqlJournal(database, clock)
    found: list[int] = []
    gate = threading.Barrier(4)

    def write(number: int) -> None:
        gate.wait(10)
        for i in range(10):
            done = store.append(unknown(batch(f"m{i}", float(number))))
            found.append(done.seq)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert list(range(1, 41)) == sorted(found)


def _write_in_a_process(url: str, number: int, start: Any, out: Any) -> None:
    database = Database(url)
    store = SqlJournal(database, SetClock())
    start.wait(30)
    for i in range(15):
        done = store.append(
            unknown(batch(f"shared{i}", float(number)), batch("own", 1.0, process=str(number)))
        )
        out.put((number, done.seq, ids_of(done)[f"shared{i}"]))
    database.close()


def test_processes_that_write_at_once_agree_on_order_and_on_every_series(
    database: Database, database_url: str, clock: SetClock
) -> None:
    context = multiprocessing.get_context("spawn")
    start, out = context.Event(), context.Queue()
    processes = [
        context.Process(target=_write_in_a_process, args=(database_url, number, start, out))
        for number in range(3)
    ]
    for process in processes:
        process.start()
    # A reader that follows meanwhile must never see a later position before an earlier one.
    store = SqlJournal(database, clock)
    start.set()
    seen: list[int] = []
    told: list[tuple[int, int, int]] = []
    while len(told) < 45:
        told.append(out.get(timeout=60))
        seen += [row.seq for row in store.since(seen[-1] if seen else 0, 100)]
    for process in processes:
        process.join(60)
        assert 0 == process.exitcode
    seen += [row.seq for row in store.since(seen[-1] if seen else 0, 100)]
    assert sorted(seq for _number, seq, _id in told) == seen
    assert 45 == len(set(seen))
    for number in range(3):  # each writer's own positions rise
        own = [seq for writer, seq, _id in told if writer == number]
        assert sorted(own) == own
    known, _seq = SqlSeries(database).load(0)
    assert 15 + 3 == len(known) == len({series.key for series in known})
    ids = {series.key[0]: series.id for series in known}
    stored = {number for _writer, _seq, number in told}
    assert {ids[f"shared{i}"] for i in range(15)} == stored
    out.close()
    out.join_thread()


def test_nobody_gets_a_later_position_while_an_earlier_one_is_not_yet_to_be_seen(
    database: Database, connect: Callable[[], Database], clock: SetClock
) -> None:
    """Else a reader that follows the journal would pass over the earlier one for ever."""
    slow, other = SqlJournal(database, clock), SqlJournal(connect(), clock)
    written, go_on = threading.Event(), threading.Event()

    def append_and_wait(connection: sa.Connection) -> int:
        done = slow._append(connection, unknown(batch("slow", 1.0)))
        written.set()
        assert go_on.wait(20)
        return done.seq

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(database.write, append_and_wait)
        assert written.wait(20)
        second = pool.submit(other.append, unknown(batch("quick", 1.0)))
        with pytest.raises(TimeoutError):
            second.result(0.3)
        go_on.set()
        assert (1, 2) == (first.result(20), second.result(20).seq)
    assert [1, 2] == [row.seq for row in slow.since(0, 10)]


def test_a_commit_is_on_the_disk_also_when_the_power_fails(database: Database) -> None:
    """What no test can switch off; so at least what was asked of the database is held."""
    if not database.is_sqlite:
        asked = database.write(lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar())
        assert "on" == asked
        return

    def pragma(connection: sa.Connection, name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    assert (2, "wal", 1) == (
        database.write(pragma, "synchronous"),
        database.write(pragma, "journal_mode"),
        database.write(pragma, "foreign_keys"),
    )
