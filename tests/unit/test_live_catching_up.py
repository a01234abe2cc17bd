"""What a console that comes back is sent: all of the gap once, or word that it can't be."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.ports import Row
from quadra.telemetry.batch import Columns
from quadra.web.live.catching_up import Missed, missed_by, read_window
from quadra.web.live.frames import Frame, resync
from quadra.web.live.pacing import Pace
from quadra.web.live.rooms import Room
from quadra.web.live.window import KEPT_S, MAX_ROWS, MAX_SAMPLES, Window
from quadra.web.subscriptions import read_wish
from tests.unit.fakes import NOW, MemoryJournal, columns


def row(seq: int, *ids: int, age: float = 1.0) -> Row:
    return Row(seq, NOW - age, columns([(i, seq, float(seq)) for i in ids or (1,)]))


def window(*rows: Row, floor: int = 0) -> Window:
    made = Window(floor)
    for one in rows:
        made.add(one, NOW)
    return made


def room(*ids: int, seq: int = 0) -> Room:
    wish = read_wish({"series": ["cpu"]})
    made = Room(wish.room, wish.selectors, np.zeros(1, np.bool_), Pace(0), seq)
    made.watch(ids, 16)
    return made


def got(missed: Missed) -> list[tuple[int, int]]:
    """Give (id, position it came with) of all samples that are sent."""
    found = []
    for one in missed.frames:
        assert isinstance(one, Frame)
        body = json.loads(one.data[one.data.index(b"[") :])[1]
        found += [(i, int(v)) for i, v in zip(body["id"], body["v"], strict=True)]
    return found


FULL = window(*(row(seq, 1, 2, 3) for seq in (6, 7, 9)), floor=5)


@pytest.mark.parametrize(
    ("since", "upto", "expected"),
    [
        (5, 9, [6, 7, 9]),  # positions may have holes, as in any sequence of a database
        (6, 9, [7, 9]),
        (5, 7, [6, 7]),  # what came meanwhile goes with the next frame
        (9, 9, []),
        (8, 9, [9]),
    ],
)
def test_the_gap_is_filled_whole_and_once(since: int, upto: int, expected: list[int]) -> None:
    missed = missed_by(since, room(1), None, upto, FULL)
    assert ([(1, seq) for seq in expected], False) == (got(missed), missed.is_lost)


@pytest.mark.parametrize(
    ("since", "upto"),
    [
        (4, 9),  # more has gone than is here
        (0, 9),
        (10, 9),  # a position of another database, or of a later time
    ],
)
def test_where_it_cannot_be_filled_that_is_said(since: int, upto: int) -> None:
    missed = missed_by(since, room(1), None, upto, FULL)
    assert ([resync(upto, "too_long")], True) == (missed.frames, missed.is_lost)


def test_who_watches_nothing_misses_nothing() -> None:
    assert [] == missed_by(5, None, None, 9, FULL).frames


def test_what_the_room_before_has_sent_is_not_sent_again() -> None:
    before = room(1, 2, seq=7)
    missed = missed_by(5, room(2, 3), before, 9, FULL)
    assert [(3, 6), (3, 7), (2, 9), (3, 9)] == got(missed)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.floats(0, 100)), min_size=1, max_size=30),
    st.integers(0, 40),
)
def test_a_window_gives_all_rows_of_a_gap_or_none(
    steps: list[tuple[int, float]], since: int
) -> None:
    made, rows, seq, now = Window(), [], 0, NOW
    for step, pause in steps:
        seq, now = seq + step, now + pause
        rows.append(Row(seq, now, Columns.empty()))
        made.add(rows[-1], now)
    found = made.after(since, seq)
    gap = [one for one in rows if one.seq > since]
    if found is None:
        assert any(one.committed_at < now - KEPT_S for one in gap)
    else:
        assert gap == found
    assert made.after(made.floor, seq) is not None


def test_a_window_is_bounded_in_samples_and_in_rows() -> None:
    half = MAX_SAMPLES // 2 + 1
    large = Columns(np.zeros(half, np.uint32), np.zeros(half, np.int64), np.zeros(half))
    made = window(Row(1, NOW, large), Row(2, NOW, large))
    assert (1, [2]) == (made.floor, [one.seq for one in made.after(1, 2) or []])
    made = window(*(Row(seq, NOW, Columns.empty()) for seq in range(1, MAX_ROWS + 3)))
    assert 2 == made.floor


# --- after a restart


def journal(*rows: Row) -> MemoryJournal:
    made = MemoryJournal()
    made.rows = list(rows)
    return made


def test_the_last_minute_is_read_when_quadra_starts() -> None:
    rows = [row(1, age=KEPT_S + 5), row(2), row(4), row(5)]
    made = read_window(journal(*rows), 5, NOW)
    assert [2, 4, 5] == [one.seq for one in made.after(1, 5) or []]
    assert made.after(0, 5) is None


def test_rows_that_were_sealed_and_dropped_are_not_taken_for_never_there() -> None:
    made = read_window(journal(row(8), row(9)), 9, NOW)
    assert 7 == made.floor
    assert made.after(6, 9) is None


def test_an_empty_journal_gives_an_empty_window() -> None:
    made = read_window(journal(), 0, NOW)
    assert [] == made.after(0, 0)
    assert read_window(journal(), 7, NOW).after(6, 7) is None
