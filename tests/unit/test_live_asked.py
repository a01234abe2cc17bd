"""How much one console has asked for."""

from __future__ import annotations

from quadra.web.live.asked import Asked


def test_a_second_begins_with_its_first_event() -> None:
    asked = Asked()
    assert [1, 2, 3, 1, 2] == [asked.again(now) for now in (10.9, 11.0, 11.8, 11.9, 12.1)]


def test_what_is_expensive_counts_for_a_whole_second() -> None:
    """It was forgotten at the turn of the clock's second, which could be at once."""
    asked = Asked()
    asked.again(10.99)
    asked.add(30)
    assert 32 == asked.again(11.01)
    assert 1 == asked.again(11.99)


def test_who_asks_steadily_has_what_a_second_gives() -> None:
    asked = Asked()
    assert 10 == max(asked.again(number / 10) for number in range(100))
