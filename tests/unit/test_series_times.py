"""First and last times of series outlive a restart, orderly or not."""

from collections.abc import Sequence

import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.feed import Feed
from quadra.engine.journal import Journal
from quadra.engine.ports import KnownSeries
from quadra.engine.times import SeriesTimes
from quadra.errors import StorageError
from tests.unit.fakes import NOW, MemoryJournal, SetClock, ThreadRuntime, batch

T0 = int(NOW * 1000)


class MemorySeries:
    """A series store in memory that can be made to fail."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.times: dict[int, tuple[int, int]] = {}
        self.seq = 0
        self.error: Exception | None = None
        self._journal = journal

    def load(self, since: int) -> tuple[list[KnownSeries], int]:
        return [one for one in self._all() if one.last >= since], self.seq

    def named(self, ids: Sequence[int]) -> list[KnownSeries]:
        return [one for one in self._all() if one.id in ids]

    def _all(self) -> list[KnownSeries]:
        return [
            KnownSeries(number, key, *self.times.get(number, (T0, T0)))
            for key, number in self._journal.ids.items()
        ]

    def keep_times(self, times: Sequence[tuple[int, int, int]], seq: int) -> None:
        if self.error is not None:
            raise self.error
        self.times |= {number: (first, last) for number, first, last in times}
        self.seq = seq


@pytest.fixture
def store() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def series(store: MemoryJournal) -> MemorySeries:
    return MemorySeries(store)


def house(
    store: MemoryJournal, series: MemorySeries, ends_after_s: float | None = None
) -> tuple[Journal, SeriesTimes, Catalog]:
    catalog = Catalog(max_series=10)
    journal = Journal(store, catalog, ThreadRuntime(), SetClock())
    feed = Feed(store, series, catalog, ThreadRuntime())
    journal.follow(feed.committed)
    times = SeriesTimes(catalog, series, feed, ThreadRuntime(), lambda: NOW, ends_after_s)
    times.restore()
    journal.start()
    return journal, times, catalog


def test_times_that_were_kept_are_there_after_a_restart(
    store: MemoryJournal, series: MemorySeries
) -> None:
    journal, times, _catalog = house(store, series)
    journal.append(batch("a", 1.0, 2.0, t=T0 - 5000))
    times.keep()
    store.rows.clear()
    _journal, _times, catalog = house(store, series)
    assert (T0 - 5000, T0 - 4000) == (catalog.info(1).first, catalog.info(1).last)


def test_after_a_crash_the_rest_is_read_off_the_journal(
    store: MemoryJournal, series: MemorySeries
) -> None:
    journal, times, _catalog = house(store, series)
    journal.append(batch("a", 1.0))
    times.keep()
    journal.append(batch("a", 1.0, t=T0 - 9000))
    journal.append(batch("a", 1.0, t=T0 + 9000))
    _journal, _times, catalog = house(store, series)
    assert (T0 - 9000, T0 + 9000) == (catalog.info(1).first, catalog.info(1).last)


def test_more_rows_than_are_read_at_once_are_all_read(
    store: MemoryJournal, series: MemorySeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.feed.ROWS_A_READ", 3)
    journal, _times, _catalog = house(store, series)
    for i in range(10):
        journal.append(batch("a", 1.0, t=T0 + i))
    _journal, _times, catalog = house(store, series)
    assert T0 + 9 == catalog.info(1).last


def test_times_that_could_not_be_kept_are_kept_the_next_time(
    store: MemoryJournal, series: MemorySeries
) -> None:
    journal, times, _catalog = house(store, series)
    journal.append(batch("a", 1.0))
    series.error = StorageError("gone")
    with pytest.raises(StorageError):
        times.keep()
    assert (0, {}) == (series.seq, series.times)
    series.error = None
    times.keep()
    assert (1, {1: (T0, T0)}) == (series.seq, series.times)


def test_many_series_are_kept_in_portions_and_the_position_with_the_last(
    store: MemoryJournal, series: MemorySeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.times._SERIES_A_WRITE", 2)
    journal, times, _ = house(store, series)
    journal.append(batch("a", *range(5)))
    positions: list[int] = []
    keep = series.keep_times

    def noting(kept: Sequence[tuple[int, int, int]], seq: int) -> None:
        positions.append(seq)
        keep(kept, seq)

    monkeypatch.setattr(series, "keep_times", noting)
    for number in range(4):
        journal.append(batch(f"b{number}", 1.0))
    times.keep()
    assert [0, 0, journal.seq] == positions
    assert 5 == len(series.times)
    times.keep()
    assert journal.seq == positions[-1]


def test_a_series_of_which_nothing_is_left_makes_room_until_it_sends_again(
    store: MemoryJournal, series: MemorySeries
) -> None:
    journal, times, _ = house(store, series)
    journal.append(batch("old", 1.0, t=T0 - 100_000))
    journal.append(batch("young", 1.0))
    times.keep()
    store.rows.clear()
    journal, _times, catalog = house(store, series, ends_after_s=60.0)
    assert (1, False, True) == (len(catalog), catalog.knows(1), catalog.knows(2))
    journal.append(batch("old", 2.0, t=T0 + 1))
    assert (2, True) == (len(catalog), catalog.knows(1))
    assert "old" == catalog.key(1)[0]
