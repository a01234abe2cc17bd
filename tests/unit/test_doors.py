"""Every door by which a stranger's bytes come in: an answer, whatever the bytes.

The long search, guided by coverage, is `make fuzz`.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.fuzzing.doors import Door, doors

DOORS = doors()
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 3)),
    max_size=6,
)


def changed(seed: bytes, changes: list[tuple[float, bytes, int]]) -> bytes:
    """Put bytes in, take bytes out: near to what is taken, and not it."""
    data = bytearray(seed)
    for place, more, fewer in changes:
        at = int(place * (len(data) + 1))
        data[at : at + fewer] = more
    return bytes(data)


@pytest.mark.parametrize("name", DOORS)
def test_what_is_taken_passes(name: str) -> None:
    for seed in DOORS[name].seeds:
        DOORS[name].enter(seed)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=15)
@given(data=st.data())
def test_any_bytes_get_an_answer(name: str, data: st.DataObject) -> None:
    door: Door = DOORS[name]
    door(data.draw(st.binary(max_size=300)))
    door(changed(data.draw(st.sampled_from(door.seeds)), data.draw(CHANGES)))
