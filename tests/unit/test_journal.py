"""Group commit: what is acknowledged is stored, and what is not stored is told to who sent it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from quadra.engine.catalog import Catalog, TooManySeriesError
from quadra.engine.journal import Journal
from quadra.engine.ports import Appended
from quadra.errors import NoAnswerError, QuadraError, StorageError, UnavailableError
from quadra.telemetry.batch import Batch
from tests.servers.process import wait_until
from tests.unit.fakes import MemoryJournal, SetClock, ThreadRuntime, batch

Senders = Callable[[int], list[Future[None]]]


@pytest.fixture
def store() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(max_series=100)


@pytest.fixture
def journal(store: MemoryJournal, catalog: Catalog) -> Journal:
    made = Journal(store, catalog, ThreadRuntime(), SetClock())
    made.start()
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as threads:
        yield threads


@pytest.fixture
def send(journal: Journal, pool: ThreadPoolExecutor) -> Senders:
    """Give a function that sends batches at the same time and waits until all are queued."""

    def start(count: int) -> list[Future[None]]:
        before = len(journal._waiting)
        sent = [pool.submit(journal.append, batch(f"m{i}", float(i))) for i in range(count)]
        assert wait_until(lambda: len(journal._waiting) == before + count, timeout=10, every=0.001)
        return sent

    return start


@pytest.fixture
def busy(store: MemoryJournal, journal: Journal, pool: ThreadPoolExecutor) -> Future[None]:
    """A commit under way that ends when `store.go_on` is set."""
    store.go_on.clear()
    sent = pool.submit(journal.append, batch("first", 1.0))
    assert store.entered.wait(10)
    return sent


def test_an_append_returns_when_its_samples_are_stored(
    journal: Journal, store: MemoryJournal, catalog: Catalog
) -> None:
    journal.append(batch("a", 1.0, 2.0))
    assert [[1.0, 2.0]] == [row.columns.v.tolist() for row in store.rows]
    assert (1, 2, 1) == (journal.seq, journal.samples_total, len(catalog))


def test_nothing_is_acknowledged_before_its_commit_has_ended(
    busy: Future[None], store: MemoryJournal
) -> None:
    assert not busy.done()
    store.go_on.set()
    busy.result(10)
    assert 1 == len(store.rows)


def test_what_comes_during_a_commit_goes_together_into_the_next(
    busy: Future[None], store: MemoryJournal, send: Senders
) -> None:
    waiting = send(20)
    store.go_on.set()
    for one in [busy, *waiting]:
        one.result(10)
    assert [1, 20] == store.groups


def test_a_group_is_bounded_and_the_rest_follows(
    busy: Future[None], store: MemoryJournal, send: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.journal.MAX_GROUP_SAMPLES", 6)
    waiting = send(20)
    store.go_on.set()
    for one in [busy, *waiting]:
        one.result(10)
    assert [1, 6, 6, 6, 2] == store.groups


def test_when_the_store_fails_everybody_of_the_group_is_told(
    busy: Future[None], store: MemoryJournal, send: Senders, journal: Journal
) -> None:
    waiting = send(5)
    store.error = StorageError("disk full")
    store.go_on.set()
    for one in [busy, *waiting]:
        with pytest.raises(StorageError, match="disk full"):
            one.result(10)
    assert [] == store.rows
    assert journal.failing_since is not None


def test_after_a_failure_the_journal_recovers_by_itself(
    journal: Journal, store: MemoryJournal
) -> None:
    store.error = StorageError("gone")
    for _ in range(3):
        with pytest.raises(StorageError):
            journal.append(batch("a", 1.0))
    store.error = None
    journal.append(batch("a", 2.0))
    assert [[2.0]] == [row.columns.v.tolist() for row in store.rows]
    assert journal.failing_since is None


def test_who_waits_behind_a_commit_that_got_no_answer_is_told_with_it(
    busy: Future[None], store: MemoryJournal, send: Senders, journal: Journal
) -> None:
    waiting = send(5)
    store.error = NoAnswerError("silent")
    store.entered.clear()
    store.go_on.set()
    for one in [busy, *waiting]:
        with pytest.raises(NoAnswerError):
            one.result(10)
    assert not store.entered.is_set(), "the second group was not tried"
    store.error = None
    journal.append(batch("later", 2.0))
    assert [[2.0]] == [row.columns.v.tolist() for row in store.rows]


@pytest.mark.parametrize(
    "error", [OverflowError("too large"), KeyError("x"), MemoryError()], ids=repr
)
def test_an_error_that_nobody_foresaw_is_no_acknowledgement_and_does_not_end_the_journal(
    journal: Journal, store: MemoryJournal, error: Exception
) -> None:
    store.error = error
    with pytest.raises(QuadraError):
        journal.append(batch("a", 1.0))
    store.error = None
    journal.append(batch("a", 2.0))
    assert [[2.0]] == [row.columns.v.tolist() for row in store.rows]


def test_when_too_much_waits_more_is_refused_at_once(
    busy: Future[None],
    store: MemoryJournal,
    journal: Journal,
    send: Senders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quadra.engine.journal.MAX_WAITING_SAMPLES", 4)
    waiting = send(3)
    with pytest.raises(UnavailableError) as caught:
        journal.append(batch("one-more", 1.0))
    assert ("overloaded", 1) == (caught.value.code, caught.value.retry_after)
    store.go_on.set()
    for one in [busy, *waiting]:
        one.result(10)
    journal.append(batch("later", 1.0))
    assert 5 == journal.samples_total


def test_a_failed_group_frees_its_place_in_the_queue(
    journal: Journal, store: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.journal.MAX_WAITING_SAMPLES", 2)
    store.error = StorageError("gone")
    for _ in range(5):
        with pytest.raises(StorageError):
            journal.append(batch("a", 1.0, 2.0))


def test_a_commit_that_does_not_end_is_told_as_unknown(
    store: MemoryJournal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.journal.COMMIT_TIMEOUT_S", 0.01)
    store.go_on.clear()
    with pytest.raises(UnavailableError) as caught:
        journal.append(batch("a", 1.0))
    assert "commit_timeout" == caught.value.code
    store.go_on.set()


def test_a_closed_journal_takes_nothing_more_and_writes_what_waits(
    busy: Future[None],
    store: MemoryJournal,
    journal: Journal,
    send: Senders,
    pool: ThreadPoolExecutor,
) -> None:
    waiting = send(3)
    closed = pool.submit(journal.close, 10)
    assert wait_until(lambda: journal._closing, timeout=10, every=0.001)
    with pytest.raises(UnavailableError, match="stopping"):
        journal.append(batch("late", 1.0))
    assert not closed.done()
    store.go_on.set()
    assert closed.result(10)
    for one in [busy, *waiting]:
        one.result(10)
    assert 4 == journal.samples_total


def test_closing_says_when_not_all_could_be_written(
    busy: Future[None], store: MemoryJournal, journal: Journal
) -> None:
    assert not journal.close(0.01)
    store.go_on.set()
    busy.result(10)


def test_an_idle_journal_closes_at_once(journal: Journal) -> None:
    assert journal.close(0)


def test_followers_hear_of_every_commit_in_order_and_before_the_sender(
    journal: Journal, catalog: Catalog
) -> None:
    heard: list[Appended] = []
    journal.follow(heard.append)
    for value in range(5):
        journal.append(batch("a", float(value)))
        assert value + 1 == len(heard)
    assert [1, 2, 3, 4, 5] == [done.seq for done in heard]
    assert [[(1, ("a", ()))], [], [], [], []] == [done.met for done in heard]


def test_a_follower_that_fails_costs_nobody_anything(journal: Journal) -> None:
    heard: list[Appended] = []

    def broken(done: Appended) -> None:
        message = "follower"
        raise RuntimeError(message)

    journal.follow(broken)
    journal.follow(heard.append)
    journal.append(batch("a", 1.0))
    journal.append(batch("a", 2.0))
    assert 2 == len(heard)


def test_followers_hear_nothing_of_what_was_not_stored(
    journal: Journal, store: MemoryJournal, catalog: Catalog
) -> None:
    heard: list[Appended] = []
    journal.follow(heard.append)
    store.error = StorageError("gone")
    with pytest.raises(StorageError):
        journal.append(batch("a", 1.0))
    assert ([], 0, 0) == (heard, len(catalog), journal.samples_total)


def test_a_batch_with_too_many_series_is_refused_before_it_waits(store: MemoryJournal) -> None:
    journal = Journal(store, Catalog(max_series=0), ThreadRuntime(), SetClock())
    with pytest.raises(TooManySeriesError):
        journal.append(batch("a", 1.0))
    assert 0 == len(journal._waiting)


def test_the_journal_goes_on_from_the_position_that_was_kept(
    store: MemoryJournal, catalog: Catalog
) -> None:
    first = Journal(store, catalog, ThreadRuntime(), SetClock())
    first.start()
    first.append(batch("a", 1.0))
    second = Journal(store, catalog, ThreadRuntime(), SetClock())
    second.start()
    assert 1 == second.seq


def test_samples_of_many_senders_at_once_are_each_stored_once(
    journal: Journal, store: MemoryJournal, pool: ThreadPoolExecutor
) -> None:
    gate = threading.Barrier(16)

    def sender(number: int) -> None:
        gate.wait(10)
        for i in range(25):
            journal.append(batch("m", number * 1000.0 + i, host=str(number)))

    for one in [pool.submit(sender, number) for number in range(16)]:
        one.result(30)
    stored = sorted(v for row in store.rows for v in row.columns.v.tolist())
    assert sorted(n * 1000.0 + i for n in range(16) for i in range(25)) == stored
    assert 400 == journal.samples_total


def test_a_flood_of_new_series_lets_the_loop_go_on_in_between(store: MemoryJournal) -> None:
    class Turns(ThreadRuntime):
        turns = 0

        def sleep(self, seconds: float) -> None:
            assert seconds == 0
            self.turns += 1

    runtime, catalog = Turns(), Catalog(max_series=10_000)
    journal = Journal(store, catalog, runtime, SetClock())
    journal.start()
    keys = tuple((f"m{i}", ()) for i in range(2_100))
    index = np.arange(len(keys), dtype=np.uint32)
    journal.append(Batch(keys, index, np.ones(len(keys), np.int64), np.ones(len(keys))))
    assert (2_100, 4) == (len(catalog), runtime.turns)
