"""What every HappeningStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quadra.engine.happenings import Happening, HappeningQuestion
from quadra.errors import NotFoundError
from quadra.storage.announcements import SqlAnnouncements
from quadra.storage.database import Database
from quadra.storage.happenings import SqlHappenings

NOW = 1_750_000_000.0


def mark(at: float, title: str, kind: str = "deploy", key: str = "") -> Happening:
    labels = {"service": "chat"}
    return Happening(at, kind, title, key or title, "4f2c91", labels=labels, by="Mira")


def titles(store: SqlHappenings, question: HappeningQuestion) -> list[str]:
    return [one.title for one in store.happenings(question).items]


def test_what_is_kept_is_given_back_newest_first_and_announced_once(database: Database) -> None:
    store, heard = SqlHappenings(database), SqlAnnouncements(database)
    first = store.add(mark(NOW, "one"), NOW)
    again = store.add(mark(NOW, "one"), NOW)
    store.add(mark(NOW - 60, "earlier"), NOW)
    assert first.id == again.id
    assert ["one", "earlier"] == titles(store, HappeningQuestion())
    kept = store.happenings(HappeningQuestion()).items[0]
    assert ("deploy", "4f2c91", {"service": "chat"}, "Mira") == (
        kept.kind,
        kept.text,
        kept.labels,
        kept.by,
    )
    said = [one.body["title"] for one in heard.since(0, 10) if one.event == "event"]
    assert ["one", "earlier"] == said


def test_pages_follow_each_other_without_hole_or_double(
    connect: Callable[[], Database], database: Database
) -> None:
    store = SqlHappenings(database)
    for n in range(7):
        store.add(mark(NOW - n // 2, f"m{n}"), NOW)  # some at the same moment
    seen: list[str] = []
    after = None
    while True:
        page = store.happenings(HappeningQuestion(after=after, limit=3))
        seen += [one.title for one in page.items]
        after = page.next
        if after is None:
            break
    assert ["m1", "m0", "m3", "m2", "m5", "m4", "m6"] == seen
    with pytest.raises(NotFoundError):
        store.happenings(HappeningQuestion(after=10**9))


def test_kinds_and_a_span_narrow_the_list(database: Database) -> None:
    store = SqlHappenings(database)
    for n, kind in enumerate(("deploy", "rule", "flag")):
        store.add(mark(NOW + n, kind, kind), NOW)
    assert ["flag", "deploy"] == titles(store, HappeningQuestion(kinds=("deploy", "flag")))
    assert ["rule"] == titles(store, HappeningQuestion(start=NOW + 0.5, end=NOW + 1.5))
