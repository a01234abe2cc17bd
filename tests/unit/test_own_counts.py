"""The counts of one process in fixed windows."""

from __future__ import annotations

import pytest

from quadra.web import own_counts
from quadra.web.own_counts import OwnCounts


def test_a_window_begins_with_its_first_count_and_ends_by_itself() -> None:
    counts = OwnCounts()
    assert [1, 3] == [counts.add("a", 60, 1, 100.0), counts.add("a", 60, 2, 159.9)]
    assert (3, 160.0) == (counts.get("a", 159.9), counts.ends("a", 159.9))
    assert (0, 160.0) == (counts.get("a", 160.0), counts.ends("a", 160.0))
    assert 1 == counts.add("a", 60, 1, 160.0)
    assert 220.0 == counts.ends("a", 161.0)


def test_keys_count_by_themselves_and_can_be_forgotten() -> None:
    counts = OwnCounts()
    counts.add("a", 60, 1, 100.0)
    counts.add("b", 60, 5, 100.0)
    counts.clear("a")
    counts.clear("never there")
    assert (0, 5, 0) == tuple(counts.get(key, 101.0) for key in ("a", "b", "c"))
    assert 1 == counts.reset()
    assert (0, 101.0) == (counts.get("b", 101.0), counts.ends("b", 101.0))


def test_what_has_ended_is_dropped_and_what_has_not_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_counts, "LOOK_AT", 10)
    counts = OwnCounts()
    for n in range(9):
        counts.add(f"short {n}", 1, 1, 100.0)
    counts.add("long", 60, 7, 100.0)
    for n in range(200):
        counts.add(f"later {n}", 1, 1, 102.0 + n / 4)
    assert len(counts) <= 12
    assert 7 == counts.get("long", 159.0)


def test_of_too_many_those_that_were_counted_in_longest_ago_go() -> None:
    counts = OwnCounts(most=3)
    for key in ("a", "b", "c", "a", "d"):
        counts.add(key, 60, 1, 100.0)
    assert (2, 0, 1, 1) == tuple(counts.get(key, 101.0) for key in ("a", "b", "c", "d"))
    assert 3 == len(counts)
