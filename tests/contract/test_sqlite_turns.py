"""Two processes on one SQLite file: a writer waits for the other, shortly and not for ever."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from quadra.errors import NoAnswerError
from quadra.storage import database
from quadra.storage.database import Database


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    made = tuple(Database(f"sqlite:///{tmp_path}/turns.db") for _ in range(2))
    made[0].write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER)"))
    yield made[0], made[1]
    for one in made:
        one.close()


def _add(connection: sa.Connection) -> None:
    connection.exec_driver_sql("INSERT INTO t VALUES (1)")


def _count(connection: sa.Connection) -> int:
    found: int = connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one()
    return found


SOON_S = 0.015


class Holder:
    """Is within a transaction that writes until it is let go."""

    def __init__(self, held: Database) -> None:
        self._entered, self._go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=held.write, args=(self._hold,))
        self._thread.start()
        assert self._entered.wait(10)

    def _hold(self, connection: sa.Connection) -> None:
        _add(connection)
        self._entered.set()
        assert self._go_on.wait(20)

    def let_go(self) -> None:
        self._go_on.set()
        self._thread.join(10)


def test_a_writer_takes_its_turn_soon_after_the_other(two: tuple[Database, Database]) -> None:
    """A busy machine may hold up one or the other; SQLite's own waiting would be late each time."""
    late: list[float] = []
    while sum(one < SOON_S for one in late) < 3 and len(late) < 40:
        holder = Holder(two[0])
        wrote = threading.Thread(target=two[1].write, args=(_add,))
        wrote.start()
        time.sleep(0.06)  # SQLite's own waiting would look again only after 25 ms by now
        began = time.perf_counter()
        holder.let_go()
        wrote.join(10)
        late.append(time.perf_counter() - began)
    assert 2 * len(late) == two[0].read(_count)
    assert sorted(late)[2] < SOON_S


def test_who_waits_too_long_is_told_and_can_write_later(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_MS", 50)
    holder = Holder(two[0])
    with pytest.raises(NoAnswerError, match="let it go on or end it"):
        two[1].write(_add)
    assert 0 == two[1].read(_count)  # reading waits for nobody
    holder.let_go()
    two[1].write(_add)
    assert 2 == two[1].read(_count)


@pytest.mark.parametrize("way", ["signals", "queue"])
def test_every_pause_ends(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A thread may be off its core for all of it: the sooner, the shorter it is."""
    if way == "queue":
        monkeypatch.delattr(signal, "sigtimedwait", raising=False)

    def pause_often() -> None:
        for _ in range(15_000):
            for seconds in (1e-6, 2e-6, 3e-6):
                database._pause_natively(seconds)

    pausing = threading.Thread(target=pause_often, daemon=True)
    pausing.start()
    pausing.join(60)
    assert not pausing.is_alive()


def test_a_pause_takes_its_time() -> None:
    began = time.monotonic()
    database._pause_natively(0.05)
    assert time.monotonic() - began >= 0.05
