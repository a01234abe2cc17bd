"""Limits count for all processes together, and in each when the link is away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from quadra.engine.link import LinkState
from quadra.web.shared_counters import SharedCounters

LIMIT = parse("5 per minute")


class MemoryLink:
    """A link that counts in memory and can be cut, or come back empty."""

    def __init__(self) -> None:
        self.state = LinkState("ok")
        self.counts: dict[str, int] = {}
        self.asked = 0

    def start(self) -> None:
        raise NotImplementedError

    def publish(self, topic: str, message: bytes) -> None:
        raise NotImplementedError

    def follow(self, topic: str, follower: Callable[[bytes], None]) -> None:
        raise NotImplementedError

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        if self.state.name != "ok":
            return None
        self.asked += 1
        count = self.counts.get(key, 0) + amount
        if window:
            self.counts[key] = count
        return count, 60.0


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


def limiter(link: MemoryLink) -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(SharedCounters(link=link))


def hits(one: FixedWindowRateLimiter, times: int) -> list[bool]:
    return [one.hit(LIMIT, "who") for _ in range(times)]


def test_two_processes_share_one_allowance(link: MemoryLink) -> None:
    one, other = limiter(link), limiter(link)
    assert [True] * 3 == hits(one, 3)
    assert [True, True, False] == hits(other, 3)
    assert not one.hit(LIMIT, "who")
    assert one.hit(LIMIT, "somebody else")


def test_a_test_sees_what_others_have_counted(link: MemoryLink) -> None:
    one, other = limiter(link), limiter(link)
    assert one.test(LIMIT, "who")
    hits(other, 5)
    assert not one.test(LIMIT, "who")


def test_without_the_link_each_goes_on_from_its_own_count(link: MemoryLink) -> None:
    one, other = limiter(link), limiter(link)
    hits(one, 4)
    hits(other, 1)
    link.state = LinkState("down")
    assert [True, False] == hits(one, 2)
    assert [True] * 4 + [False] == hits(other, 5)


def test_a_link_that_comes_back_empty_forgives_nothing_counted_here(link: MemoryLink) -> None:
    one = limiter(link)
    hits(one, 5)
    link.counts.clear()
    assert not one.hit(LIMIT, "who")


def test_what_is_left_is_known_without_asking_again(link: MemoryLink) -> None:
    one = limiter(link)
    one.hit(LIMIT, "who")
    asked = link.asked
    reset, left = one.get_window_stats(LIMIT, "who")
    assert (4, asked) == (left, link.asked)
    assert reset > 0
    assert SharedCounters(link=link).check()


def test_keys_do_not_pile_up(link: MemoryLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadra.web.shared_counters._MOST_KEYS", 10)
    counters = SharedCounters(link=link)
    for n in range(100):
        counters.incr(f"k{n}", 60)
    assert len(counters._heard) <= 10
