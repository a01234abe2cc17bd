"""What every HistoryStore does, whatever it stands on."""

from __future__ import annotations

import numpy as np
import pytest

from quadra.engine.ports import Entry
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from tests.unit.fakes import NOW, SetClock, batch, rows_of

T0 = int(NOW * 1000)
ALL = np.arange(1, 10_000, dtype=np.uint32)


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    return SqlJournal(database, SetClock())


@pytest.fixture
def store(database: Database) -> SqlHistory:
    return SqlHistory(database)


def test_of_an_empty_journal_there_is_no_past(store: SqlHistory) -> None:
    assert [] == rows_of(store.between(0, 1 << 60, ALL))


def test_between_reads_the_wanted_series_with_both_ends_and_in_order_of_writing(
    store: SqlHistory, journal: SqlJournal
) -> None:
    done = journal.append([Entry(batch("a", 1.0, 2.0, 3.0), [0]), Entry(batch("b", 9.0), [0])])
    (a,) = [number for number, key in done.met if key[0] == "a"]
    journal.append([Entry(batch("a", 20.0, t=T0 + 1000), [a])])
    wanted = np.array([a], np.uint32)
    assert [1.0, 2.0, 3.0, 20.0] == store.between(T0, T0 + 2000, wanted).v.tolist()
    assert [2.0, 20.0] == store.between(T0 + 1000, T0 + 1000, wanted).v.tolist()
    assert [] == store.between(T0 + 2001, T0 + 9999, wanted).v.tolist()
    assert [] == store.between(0, T0 - 1, wanted).v.tolist()
    assert [] == store.between(T0, T0, np.empty(0, np.uint32)).v.tolist()


def test_the_size_grows_with_what_is_kept(store: SqlHistory, journal: SqlJournal) -> None:
    journal.append([Entry(batch("a", 1.0), [0])])
    before = store.size()
    for _ in range(20):
        journal.append([Entry(batch("a", *range(5000)), [0])])
    assert before + 20 * 5000 * 8 < store.size()
