"""Which samples a room is sent, in which form, and whether a gap can be filled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.ports import Row
from quadra.telemetry.batch import Columns
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import series_key
from quadra.web.live import REPLAY_ROWS, REPLAY_S, _covers
from quadra.web.subscriptions import Room, frame
from tests.unit.fakes import NOW, columns, rows_of


def room(*ids: int, capacity: int = 16) -> Room:
    made = Room("r", "json", (parse_selector("cpu"),), np.zeros(1, np.bool_))
    made.watch(ids, capacity)
    return made


def test_a_room_gets_its_own_series_and_no_other() -> None:
    found = room(1, 3).part_of(columns([(1, 1, 1.0), (2, 1, 2.0), (3, 1, 3.0)]))
    assert [(1, 1, 1.0), (3, 1, 3.0)] == rows_of(found)


def test_a_series_with_an_id_beyond_what_the_room_knows_is_not_its_own() -> None:
    assert [] == rows_of(room(0, 1, capacity=4).part_of(columns([(4, 1, 1.0), (10**9, 1, 1.0)])))


def test_series_that_join_later_are_watched_too_and_those_before_stay() -> None:
    made = room(1, capacity=4)
    made.watch([100], 128)
    found = made.part_of(columns([(1, 1, 1.0), (2, 1, 1.0), (100, 1, 1.0)]))
    assert [1, 100] == found.ids.tolist()


@given(st.sets(st.integers(0, 60)), st.lists(st.integers(0, 80), max_size=30))
def test_what_is_watched_agrees_with_a_plain_set(watched: set[int], sent: list[int]) -> None:
    found = room(*watched, capacity=61).part_of(columns([(i, i, float(i)) for i in sent]))
    assert [i for i in sent if i in watched] == found.ids.tolist()


def test_a_room_knows_which_new_series_belong_to_it() -> None:
    assert room().matches(series_key("cpu", {"host": "a"}))
    assert not room().matches(series_key("memory", {}))


SAMPLES = columns([(1, 1_750_000_000_123, 1.5), (4_000_000_000, 1_750_000_000_124, -2.0)])


def test_a_frame_in_json_has_columns_of_plain_numbers() -> None:
    assert {
        "seq": 9,
        "t": [1_750_000_000_123, 1_750_000_000_124],
        "id": [1, 4_000_000_000],
        "v": [1.5, -2.0],
    } == frame("json", 9, SAMPLES)


def test_a_frame_in_binary_has_the_same_as_float64_uint32_and_float64() -> None:
    made = frame("binary", 9, SAMPLES)
    assert (9, 16, 8, 16) == (made["seq"], len(made["t"]), len(made["id"]), len(made["v"]))
    assert frame("json", 9, SAMPLES) == {
        "seq": 9,
        "t": np.frombuffer(made["t"], "<f8").astype(np.int64).tolist(),
        "id": np.frombuffer(made["id"], "<u4").tolist(),
        "v": np.frombuffer(made["v"], "<f8").tolist(),
    }


# --- filling a gap

OLDEST = NOW - REPLAY_S


def rows(*positions: int, age: float = 1.0) -> list[Row]:
    return [Row(seq, NOW - age, Columns.empty()) for seq in positions]


@pytest.mark.parametrize(
    ("found", "since", "upto", "expected"),
    [
        (rows(), 5, 5, True),
        (rows(6, 7, 8), 5, 8, True),
        (rows(6, 8), 5, 8, True),  # positions may have holes, as in any sequence of a database
        (rows(6, 7, 8, 9, 10), 5, 8, True),  # what came meanwhile goes with the next frame
        (rows(), 5, 8, False),
        (rows(6, 7), 5, 8, False),
        (rows(), 9, 8, False),  # a position of another database, or of a later time
        (rows(6, 7, 8, age=REPLAY_S), 5, 8, True),
        (rows(6, 7, 8, age=REPLAY_S + 1), 5, 8, False),  # too old: history has it
        (rows(*range(6, 6 + REPLAY_ROWS)), 5, 5 + REPLAY_ROWS, False),  # too much, likewise
    ],
)
def test_a_gap_is_filled_whole_or_not_at_all(
    found: list[Row], since: int, upto: int, expected: bool
) -> None:
    assert expected is _covers(found, since, upto, OLDEST)
