"""What every MemoStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from quadra.engine.ports import Entry
from quadra.errors import StorageError
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.memos import DROPPED_A_COMMIT, KEPT_S, SqlMemos
from quadra.telemetry.series import SeriesKey
from tests.unit.fakes import SetClock, batch


@dataclass(frozen=True)
class Note:
    key: bytes
    content: bytes
    series: SeriesKey = ("a", ())


class BrokenNote:
    key = b"broken"
    series: SeriesKey = ("a", ())

    @property
    def content(self) -> bytes:
        raise StorageError("broken")


def keys(*names: str) -> list[bytes]:
    return [name.encode() for name in names]


def test_memos_are_kept_with_their_samples_and_the_last_word_counts(
    database: Database, connect: Callable[[], Database]
) -> None:
    journal = SqlJournal(database, SetClock())
    wanted = [b"n" * 17, b"other", b"not there"]
    first = Entry(batch("a", 1.0), [0], memos=[Note(b"n" * 17, b"1"), Note(b"other", b"\0\xff")])
    journal.append([first, Entry(batch("a", 2.0), [0], memos=[Note(b"n" * 17, b"2")])])
    assert {b"n" * 17: b"2", b"other": b"\0\xff"} == SqlMemos(connect(), SetClock()).find(wanted)
    journal.append([Entry(batch("a", 3.0), [0], memos=[Note(b"n" * 17, b"3")])])
    assert {b"n" * 17: b"3", b"other": b"\0\xff"} == SqlMemos(connect(), SetClock()).find(wanted)
    assert {} == SqlMemos(connect(), SetClock()).find([])


def test_what_fails_keeps_neither_samples_nor_memos(database: Database) -> None:
    journal = SqlJournal(database, SetClock())
    broken = Entry(batch("a", 1.0), [0], memos=[Note(b"k", b"1"), BrokenNote()])
    with pytest.raises(StorageError):
        journal.append([broken])
    assert ({}, 0) == (SqlMemos(database, SetClock()).find(keys("k", "broken")), journal.head())


def test_many_memos_are_found_at_once(database: Database) -> None:
    names = [i.to_bytes(17, "big") for i in range(1_200)]
    notes = [Note(name, name) for name in names]
    SqlJournal(database, SetClock()).append([Entry(batch("a", 1.0), [0], memos=notes)])
    assert dict(zip(names, names, strict=True)) == SqlMemos(database, SetClock()).find(names)


def test_memos_too_old_to_matter_are_not_found_and_dropped_some_in_each_commit(
    database: Database,
) -> None:
    clock = SetClock()
    journal, store = SqlJournal(database, clock), SqlMemos(database, clock)
    old = [Note(b"%17d" % i, b"1") for i in range(DROPPED_A_COMMIT + 1)]
    journal.append([Entry(batch("a", 1.0), [0], memos=old)])
    clock.forward(KEPT_S / 2)
    journal.append([Entry(batch("a", 1.0), [0], memos=[Note(b"new", b"1")])])
    clock.forward(KEPT_S / 2 + 1)
    wanted = [b"new", *(note.key for note in old)]
    assert {b"new": b"1"} == store.find(wanted)
    counts = []
    for _ in range(2):
        journal.append([Entry(batch("a", 1.0), [0], memos=[Note(b"newer", b"1")])])
        clock.forward(-KEPT_S)
        counts.append(len(store.find(wanted)))
        clock.forward(KEPT_S)
    assert [2, 1] == counts
