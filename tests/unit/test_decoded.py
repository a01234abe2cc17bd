"""What was decoded is kept within its room, the last asked for longest."""

from __future__ import annotations

import numpy as np

from quadra.storage.decoded import Decoded

ROOM = 8_000  # ten chunks of a hundred values, five to each half


def filled(decoded: Decoded, first: int, end: int) -> None:
    for number in range(first, end):
        decoded.keep((number, 0), np.full(100, float(number)))


def test_what_is_kept_is_found_under_its_id_and_checksum_alone() -> None:
    decoded = Decoded(ROOM)
    filled(decoded, 1, 2)
    found = decoded.get((1, 0))
    assert found is not None
    assert 1.0 == found[0]
    assert decoded.get((1, 7)) is None
    assert decoded.get((2, 0)) is None


def test_never_more_than_the_room_is_kept() -> None:
    decoded = Decoded(ROOM)
    filled(decoded, 0, 1_000)
    there = [number for number in range(1_000) if decoded.get((number, 0)) is not None]
    assert 5 <= len(there) <= 10
    assert 999 == there[-1]


def test_what_is_asked_for_again_stays() -> None:
    decoded = Decoded(ROOM)
    filled(decoded, 0, 1)
    for number in range(1, 100):
        filled(decoded, number, number + 1)
        assert decoded.get((0, 0)) is not None
