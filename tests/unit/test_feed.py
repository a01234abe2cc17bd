"""The feed: every row of every process once, in order, whatever comes early, late or never."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.catalog import Catalog
from quadra.engine.feed import LOOK_EVERY_S, Feed
from quadra.engine.journal import Journal
from quadra.engine.ports import Appended, KnownSeries
from quadra.errors import StorageError
from tests.unit.fakes import NOW, MemoryJournal, SetClock, ThreadRuntime, batch

T0 = int(NOW * 1000)


class MemorySeries:
    """All series that the journal has met."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    def load(self, since: int) -> tuple[list[KnownSeries], int]:
        return [one for one in self._all() if one.last >= since], 0

    def named(self, ids: Sequence[int]) -> list[KnownSeries]:
        return [one for one in self._all() if one.id in ids]

    def _all(self) -> list[KnownSeries]:
        return [KnownSeries(n, key, T0, T0) for key, n in self._journal.ids.items()]

    def keep_times(self, times: Sequence[tuple[int, int, int]], seq: int) -> None:
        raise NotImplementedError


class Process:
    """One of several processes on the same journal."""

    def __init__(self, store: MemoryJournal) -> None:
        self.catalog = Catalog(max_series=1_000)
        self.feed = Feed(store, MemorySeries(store), self.catalog, ThreadRuntime())
        self.journal = Journal(store, self.catalog, ThreadRuntime(), SetClock())
        self.journal.follow(self.feed.committed)
        self.rows: list[Appended] = []
        self.feed.restore(0)
        self.feed._told = len(self.catalog)
        self.feed.follow(self.rows.append)

    def commit(self, name: str) -> Appended:
        """Write a row whose news reach nobody yet, not even this process's own feed."""
        made = batch(name, 1.0)
        done = self.journal._store.append([self.catalog.entry_for(made)])
        for number, key in done.met:
            self.catalog.add(number, key)
        self.catalog.observe(done.columns)
        return done

    def catch_up(self) -> None:
        self.feed.behind(0)
        self.feed._look()

    def seen(self) -> list[int]:
        return [row.seq for row in self.rows]


@pytest.fixture
def store() -> MemoryJournal:
    return MemoryJournal()


def test_own_commits_go_straight_in(store: MemoryJournal) -> None:
    one = Process(store)
    for name in "aba":
        one.feed.committed(one.commit(name))
    assert [1, 2, 3] == one.seen()
    assert [["a"], ["b"], []] == [[key[0] for _n, key in row.met] for row in one.rows]


def test_rows_of_another_process_are_read_from_the_store(store: MemoryJournal) -> None:
    one, other = Process(store), Process(store)
    other.commit("a")
    own = one.commit("b")
    one.feed.committed(own)
    assert [] == one.seen()
    one.catch_up()
    assert [1, 2] == one.seen()
    assert [(1, ("a", ()))] == [met for met in one.rows[0].met if met[1][0] == "a"]
    assert {"a", "b"} == {one.catalog.key(n)[0] for n in (1, 2)}


def test_without_any_message_a_look_finds_what_others_have_written(store: MemoryJournal) -> None:
    one, other = Process(store), Process(store)
    other.commit("a")
    one.feed._look()
    assert [1] == one.seen()


def test_an_own_commit_that_comes_next_is_as_good_as_a_look_and_no_other_is(
    store: MemoryJournal,
) -> None:
    one, other = Process(store), Process(store)
    assert 0 == one.feed.spared(time.monotonic())
    one.feed.committed(one.commit("a"))
    now = time.monotonic()
    assert LOOK_EVERY_S / 2 < one.feed.spared(now) <= LOOK_EVERY_S
    assert 0 == one.feed.spared(now + LOOK_EVERY_S)
    behind = Process(store)
    other.commit("a")
    behind.feed.committed(behind.commit("a"))
    assert 0 == behind.feed.spared(time.monotonic())


def test_what_another_process_sends_spares_the_reading(
    store: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Process(store), Process(store)
    first = other.commit("a")
    one.feed.arrived(first.seq, first.columns)
    assert [] == one.seen()  # a series that is not known here must be read
    one.catch_up()
    monkeypatch.setattr(store, "since", None)
    later = [other.commit("a") for _ in range(3)]
    for done in reversed(later):
        one.feed.arrived(done.seq, done.columns)
    assert [1, 2, 3, 4] == one.seen()
    assert T0 == one.catalog.info(1).last


def test_a_series_is_told_before_its_first_row_also_when_two_processes_meet_it_at_once(
    store: MemoryJournal,
) -> None:
    one, other = Process(store), Process(store)
    other.commit("a")
    own = one.commit("a")
    one.feed.committed(own)  # the catalog knows the series, the followers do not
    one.catch_up()
    assert [1, 2] == one.seen()
    assert [["a"], []] == [[key[0] for _n, key in row.met] for row in one.rows]


def test_a_store_that_fails_for_a_while_loses_nothing(
    store: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Process(store), Process(store)
    other.commit("a")

    def fails(*_: object) -> None:
        raise StorageError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(store, "since", fails)
        with pytest.raises(StorageError):
            one.catch_up()
    one.catch_up()
    assert [1] == one.seen()


def test_a_follower_that_fails_stops_nobody(store: MemoryJournal) -> None:
    one = Process(store)

    def fails(_row: Appended) -> None:
        raise RuntimeError

    one.feed._followers.insert(0, fails)
    one.feed.committed(one.commit("a"))
    assert [1] == one.seen()


def test_more_than_one_portion_is_read_to_the_end(
    store: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.feed.ROWS_A_READ", 3)
    one, other = Process(store), Process(store)
    for _ in range(10):
        other.commit("a")
    one.catch_up()
    assert list(range(1, 11)) == one.seen()


@given(st.data())
def test_in_any_order_of_events_each_row_comes_once_and_in_order(data: st.DataObject) -> None:
    store = MemoryJournal()
    processes = [Process(store) for _ in range(3)]
    under_way: list[tuple[int, Appended]] = []
    for _ in range(data.draw(st.integers(1, 40))):
        event = data.draw(st.sampled_from(["commit", "commit", "arrive", "lose", "look"]))
        n = data.draw(st.integers(0, 2))
        if event == "commit":
            done = processes[n].commit(data.draw(st.sampled_from("abcdef")))
            under_way += [(to, done) for to in range(3)]
        elif under_way and event in ("arrive", "lose"):
            to, done = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            if event == "arrive":
                processes[to].feed.arrived(done.seq, done.columns)
        elif event == "look":
            processes[n].catch_up()
    for process in processes:
        process.catch_up()
        assert list(range(1, len(store.rows) + 1)) == process.seen()
        told: set[int] = set()
        for row in process.rows:
            told |= {number for number, _key in row.met}
            assert set(row.columns.ids.tolist()) <= told
        assert [] == [*process.feed._early]
