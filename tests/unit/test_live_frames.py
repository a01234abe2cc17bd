"""Which samples a room is sent, and in which form."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType

from quadra.errors import InvalidError
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import series_key
from quadra.web.live.frames import event, samples
from quadra.web.live.pacing import Pace
from quadra.web.live.rooms import MAX_ROOMS, Room, Rooms
from quadra.web.subscriptions import Wish, read_wish
from tests.unit.fakes import columns, rows_of


def room(*ids: int, capacity: int = 16) -> Room:
    wish = read_wish({"series": ["cpu"]})
    made = Room(wish.room, wish.selectors, np.zeros(1, np.bool_), Pace(0), 0)
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


def test_no_more_rooms_than_allowed() -> None:
    rooms = Rooms()

    def enter(number: int) -> Room:
        wish = Wish((parse_selector(f"s{number}"),), frozenset(), "json", None)
        return rooms.make(wish, Pace(0), 16, seq=0, at=0)

    made = [enter(number) for number in range(MAX_ROOMS)]
    with pytest.raises(InvalidError) as caught:
        enter(MAX_ROOMS)
    assert "too_many_rooms" == caught.value.code
    rooms.drop_if_empty(made[0])
    assert MAX_ROOMS - 1 == len(rooms)
    enter(MAX_ROOMS)


SAMPLES = columns([(1, 1_750_000_000_123, 1.5), (4_000_000_000, 1_750_000_000_124, -2.0)])


def messages(data: bytes) -> list[str | bytes]:
    """Take websocket frames apart, as another implementation does."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    return [found.data for found in client.events()]  # type: ignore[attr-defined]


def body_of(text: str | bytes, begin: str) -> dict[str, object]:
    assert isinstance(text, str)
    assert text.startswith(begin)
    name, body = json.loads(text.removeprefix(begin))
    assert "samples" == name
    assert isinstance(body, dict)
    return body


def test_a_frame_in_json_has_columns_of_plain_numbers() -> None:
    (text,) = messages(samples("json", 9, SAMPLES).data)
    assert {
        "seq": 9,
        "t": [1_750_000_000_123, 1_750_000_000_124],
        "id": [1, 4_000_000_000],
        "v": [1.5, -2.0],
    } == body_of(text, "42")


def test_a_frame_in_binary_has_the_same_as_float64_uint32_and_float64() -> None:
    text, t, ids, v = messages(samples("binary", 9, SAMPLES).data)
    body = body_of(text, "453-")
    assert 9 == body.pop("seq")
    places = [{"_placeholder": True, "num": n} for n in range(3)]
    assert dict(zip(("t", "id", "v"), places, strict=True)) == body
    assert [1_750_000_000_123.0, 1_750_000_000_124.0] == np.frombuffer(bytes(t), "<f8").tolist()  # type: ignore[arg-type]
    assert [1, 4_000_000_000] == np.frombuffer(bytes(ids), "<u4").tolist()  # type: ignore[arg-type]
    assert [1.5, -2.0] == np.frombuffer(bytes(v), "<f8").tolist()  # type: ignore[arg-type]


def test_what_json_has_no_word_for_becomes_null() -> None:
    odd = columns([(1, 1, math.nan), (2, 1, math.inf)])
    (text,) = messages(samples("json", 1, odd).data)
    assert [None, None] == body_of(text, "42")["v"]


@pytest.mark.parametrize("size", [1, 200, 70_000])
def test_an_event_of_any_size_is_one_message(size: int) -> None:
    parts = messages(event("system", {"message": "x" * size}))
    whole = "".join(str(part) for part in parts)
    assert ["system", {"message": "x" * size}] == json.loads(whole.removeprefix("42"))
