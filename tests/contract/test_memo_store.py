"""What every MemoStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from quadra.engine.ports import Entry
from quadra.errors import StorageError
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.memos import KEPT_S, SqlMemos
from tests.unit.fakes import SetClock, batch


@dataclass(frozen=True)
class Note:
    key: bytes
    content: bytes


class BrokenNote:
    key = b"broken"

    @property
    def content(self) -> bytes:
        raise StorageError("broken")


def test_memos_are_kept_with_their_samples_and_the_last_word_counts(
    database: Database, connect: Callable[[], Database]
) -> None:
    journal = SqlJournal(database, SetClock())
    first = Entry(batch("a", 1.0), [0], memos=[Note(b"n" * 17, b"1"), Note(b"other", b"\0\xff")])
    journal.append([first, Entry(batch("a", 2.0), [0], memos=[Note(b"n" * 17, b"2")])])
    assert {b"n" * 17: b"2", b"other": b"\0\xff"} == SqlMemos(connect(), SetClock()).load()
    journal.append([Entry(batch("a", 3.0), [0], memos=[Note(b"n" * 17, b"3")])])
    assert {b"n" * 17: b"3", b"other": b"\0\xff"} == SqlMemos(connect(), SetClock()).load()


def test_what_fails_keeps_neither_samples_nor_memos(database: Database) -> None:
    journal = SqlJournal(database, SetClock())
    broken = Entry(batch("a", 1.0), [0], memos=[Note(b"k", b"1"), BrokenNote()])
    with pytest.raises(StorageError):
        journal.append([broken])
    assert ({}, 0) == (SqlMemos(database, SetClock()).load(), journal.head())


def test_memos_too_old_to_matter_are_dropped(database: Database) -> None:
    clock = SetClock()
    journal = SqlJournal(database, clock)
    journal.append([Entry(batch("a", 1.0), [0], memos=[Note(b"old", b"1")])])
    clock.forward(KEPT_S / 2)
    journal.append([Entry(batch("a", 1.0), [0], memos=[Note(b"new", b"1")])])
    clock.forward(KEPT_S / 2 + 1)
    assert {b"new": b"1"} == SqlMemos(database, clock).load()
    clock.forward(-KEPT_S)
    assert {b"new": b"1"} == SqlMemos(database, clock).load()
