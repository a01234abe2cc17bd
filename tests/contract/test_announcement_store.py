"""Announcements: every process hears each once, in one order, also those of a transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from quadra.engine.announcements import KEEP_S, Announcements
from quadra.engine.link import NoLink
from quadra.storage.announcements import SqlAnnouncements, announce
from quadra.storage.database import Database
from tests.unit.fakes import NOW, SetClock, ThreadRuntime

Connect = Callable[[], Database]


def test_they_come_in_order_and_only_those_after(database: Database) -> None:
    store = SqlAnnouncements(database)
    assert 0 == store.head()
    for n in range(5):
        store.say("alert", {"n": n, "text": "ä🦊"}, NOW)
    first = store.since(0, 2)
    assert [("alert", {"n": 0, "text": "ä🦊"}), ("alert", {"n": 1, "text": "ä🦊"})] == [
        (one.event, one.body) for one in first
    ]
    assert [2, 3, 4] == [one.body["n"] for one in store.since(first[-1].id, 100)]
    assert store.head() == store.since(0, 100)[-1].id


def test_the_old_are_dropped_when_something_new_is_said(database: Database) -> None:
    store = SqlAnnouncements(database)
    store.say("old", {}, NOW)
    store.say("new", {}, NOW + KEEP_S + 1)
    assert ["new"] == [one.event for one in store.since(0, 10)]


def test_a_transaction_that_fails_announces_nothing(database: Database) -> None:
    def fails(connection: sa.Connection) -> None:
        announce(connection, "alert", {}, NOW)
        raise KeyError

    with pytest.raises(KeyError):
        database.write(fails)
    assert [] == SqlAnnouncements(database).since(0, 10)


def test_whoever_reads_on_from_the_last_misses_none_of_many_writers(
    database: Database, connect: Connect
) -> None:
    writers = [SqlAnnouncements(connect()) for _ in range(4)]
    done = threading.Event()
    heard: list[int] = []

    def read() -> None:
        reader, last = SqlAnnouncements(database), 0
        while True:
            is_last = done.is_set()
            found = reader.since(last, 7)
            heard.extend(one.body for one in found)
            last = found[-1].id if found else last
            if is_last and not found:
                return

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(read)

        def say(n: int) -> None:
            for i in range(25):
                writers[n].say("n", n * 100 + i, NOW)

        said = [pool.submit(say, n) for n in range(4)]
        for one in said:
            one.result(30)
        done.set()
        reading.result(30)
    assert 100 == len(heard)
    assert sorted(n * 100 + i for n in range(4) for i in range(25)) == sorted(heard)


def test_every_process_hears_each_once_and_a_hearer_that_fails_stops_nobody(
    database: Database, connect: Connect
) -> None:
    processes = []
    for one in (database, connect()):
        made = Announcements(SqlAnnouncements(one), NoLink(), ThreadRuntime(SetClock()), SetClock())
        heard: list[tuple[str, Any]] = []

        def fails(_event: str, _body: Any) -> None:
            raise RuntimeError

        made.hear(fails)
        made.hear(lambda event, body, heard=heard: heard.append((event, body)), "alert")  # type: ignore[misc]
        processes.append((made, heard))
    processes[0][0].say("alert", {"id": 1})
    processes[1][0].say("anomaly", {"id": 2})
    processes[1][0].say("alert", {"id": 3})
    for made, heard in processes:
        made.look()
        made.look()
        assert [("alert", {"id": 1}), ("alert", {"id": 3})] == heard
