"""A Postgres that hangs: one wait for all who write, and none of them is tried again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from quadra.errors import NoAnswerError
from quadra.storage.database import READERS, Database
from quadra.storage.patience import PatientConnection
from tests.servers.postgres import Postgres
from tests.servers.process import wait_until
from tests.servers.relay import Relay
from tests.timing import Stopwatch

PATIENCE_S = 1.0


@pytest.fixture
def relay(postgres: Postgres) -> Iterator[Relay]:
    with Relay(postgres.port) as running:
        yield running


@pytest.fixture
def far(
    relay: Relay, postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """A database behind a network that can be taken away, with little patience."""
    monkeypatch.setattr(PatientConnection, "WRITE_WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(PatientConnection, "READ_WITHIN_S", PATIENCE_S)
    made = Database(postgres_url.replace(f":{postgres.port}/", f":{relay.port}/"))
    for use in (made.write, made.read):
        use(_one)
    yield made
    relay.let_go()
    made.close()


def _one(connection: sa.Connection) -> int:
    found: int = connection.execute(sa.text("SELECT 1")).scalar_one()
    return found


def test_all_who_wait_to_write_are_told_at_once_and_later_ones_try_anew(
    far: Database, relay: Relay
) -> None:
    entered = threading.Event()

    def hang(connection: sa.Connection) -> int:
        entered.set()
        return _one(connection)

    relay.hold()
    with Stopwatch() as watch, ThreadPoolExecutor(6) as pool:
        first = pool.submit(far.write, hang)
        behind = [pool.submit(far.write, _one) for _ in range(5)]
        for one in (first, *behind):
            with pytest.raises(NoAnswerError):
                one.result(10)
    assert watch.seconds < 2 * PATIENCE_S
    relay.let_go()
    assert wait_until(lambda: _answers(far), timeout=10)


def _answers(database: Database) -> bool:
    try:
        return database.write(_one) == 1
    except NoAnswerError:
        return False


def test_a_question_that_got_no_answer_is_not_asked_again_by_itself(
    far: Database, relay: Relay
) -> None:
    connect_all_readers(far)  # each of them will be silent
    relay.hold()
    with Stopwatch() as watch, pytest.raises(NoAnswerError):
        far.read(_one)
    assert watch.seconds < 2 * PATIENCE_S


def test_who_waits_to_read_is_told_as_soon_as_it_is_known_that_nothing_answers(
    far: Database, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientConnection, "READ_WITHIN_S", 6.0)
    database = Database(far.url.render_as_string(hide_password=False))
    database.write(_one)
    connect_all_readers(database)
    relay.hold()
    with ThreadPoolExecutor(READERS + 1) as pool:
        hung = [pool.submit(database.read, _one) for _ in range(READERS)]
        assert wait_until(database._readers.empty, timeout=5)
        with Stopwatch() as watch:
            waits = pool.submit(database.read, _one)
            with pytest.raises(NoAnswerError):
                database.write(_one)
            with pytest.raises(NoAnswerError):
                waits.result(10)
        assert watch.seconds < 4
        relay.let_go()
        assert [1] * READERS == [one.result(10) for one in hung]
    database.close()


def connect_all_readers(database: Database) -> None:
    rendezvous = threading.Barrier(READERS)

    def meet(connection: sa.Connection) -> int:
        rendezvous.wait(10)
        return _one(connection)

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(lambda _: database.read(meet), range(READERS)))


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_server_that_answers_nobody_is_given_up_long_before_a_slow_statement(
    postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    monkeypatch.setattr(PatientConnection, "ASK_AFTER_S", 0.5)
    monkeypatch.setattr(PatientConnection, "WRITE_WITHIN_S", 25.0)
    database = Database(postgres_url)
    database.write(_one)
    connect_all_readers(database)
    ask = getattr(database, use)
    with Stopwatch() as watch, postgres.hung(), ThreadPoolExecutor(2) as pool:
        hung = [pool.submit(ask, _one) for _ in range(1 if use == "read" else 2)]
        for one in hung:  # the second one to write waits for its turn
            with pytest.raises(NoAnswerError):
                one.result(30)
    assert watch.seconds < 10
    assert 1 == ask(_one)
    database.close()


def test_a_slow_statement_of_a_server_that_answers_others_is_waited_for(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientConnection, "ASK_AFTER_S", 0.2)
    asked = []
    of_all = PatientConnection._ask_anew

    def ask_anew(connection: PatientConnection) -> None:
        asked.append(connection)
        of_all(connection)

    monkeypatch.setattr(PatientConnection, "_ask_anew", ask_anew)
    database = Database(postgres_url)
    slow = sa.text("SELECT 1 FROM pg_sleep(1.2)")
    assert 1 == database.read(lambda connection: connection.execute(slow).scalar_one())
    assert 1 == len(asked)
    database.close()


def test_a_connection_that_is_never_made_counts_as_no_answer(far: Database, relay: Relay) -> None:
    far.close()
    fresh = Database(far.url.render_as_string(hide_password=False) + "?connect_timeout=2")
    relay.hold()
    with pytest.raises(NoAnswerError):
        fresh.write(_one)
