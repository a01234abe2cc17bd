"""Tries of passwords for one name, counted over all addresses and processes."""

from __future__ import annotations

from contextlib import suppress

import pytest

from quadra.engine.access import Access
from quadra.engine.link import LinkState
from quadra.errors import StorageError, UnauthenticatedError
from quadra.web import account_limit, shared_counters
from quadra.web.account_limit import (
    FREE_TRIES,
    LONGEST_PAUSE_S,
    WINDOW_S,
    AccountLimit,
    AccountPauseError,
)
from quadra.web.own_counts import OwnCounts
from quadra.web.shared_counters import SharedCounters
from tests.unit.fakes import NOW, MemoryAccess, SetClock


class SharedMemory:
    """A link that counts for several processes by the same clock, and can be cut."""

    def __init__(self, clock: SetClock) -> None:
        self.state = LinkState("ok")
        self._clock = clock
        self._counts = OwnCounts()
        self.keys: set[str] = set()

    def start(self) -> None: ...

    def publish(self, topic: str, message: bytes) -> None: ...

    def follow(self, topic: str, follower: object) -> None: ...

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        if self.state.name != "ok":
            return None
        self.keys.add(key)
        now = self._clock()
        if window:
            self._counts.add(key, window, amount, now)
        return self._counts.get(key, now), self._counts.ends(key, now) - now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    clock = SetClock()
    for module in (account_limit, shared_counters):
        monkeypatch.setattr(module.time, "time", clock)
    return clock


@pytest.fixture
def link(clock: SetClock) -> SharedMemory:
    return SharedMemory(clock)


@pytest.fixture
def limit(link: SharedMemory, clock: SetClock) -> AccountLimit:
    return process(link, clock)


def process(link: SharedMemory, clock: SetClock, most: int = 100) -> AccountLimit:
    access = Access(MemoryAccess(), clock, b"secret key")
    return AccountLimit(SharedCounters(link=link, most=most), access, enabled=True)


def wrong(limit: AccountLimit, name: str = "mira", browser: str = "") -> float:
    """Try a wrong password; gives the seconds to wait, 0 when it was compared."""
    refused = pytest.raises((UnauthenticatedError, AccountPauseError))
    with refused as raised, limit.one_try(name, browser):
        raise UnauthenticatedError("wrong")
    error = raised.value
    return error.retry_after or 0.0 if isinstance(error, AccountPauseError) else 0.0


def right(limit: AccountLimit, name: str = "mira", browser: str = "") -> bool:
    with suppress(AccountPauseError), limit.one_try(name, browser):
        return True
    return False


def use_up(limit: AccountLimit, name: str = "mira", browser: str = "") -> None:
    assert [0.0] * (FREE_TRIES + 1) == [wrong(limit, name, browser) for _ in range(FREE_TRIES + 1)]


def test_after_some_wrong_ones_each_try_waits_longer_and_never_long(
    limit: AccountLimit, clock: SetClock
) -> None:
    use_up(limit)
    waited = []
    for _ in range(8):
        pause = wrong(limit)
        waited.append(pause)
        clock.now += pause - 0.01
        assert wrong(limit) > 0  # refused, and the pause does not begin anew by it
        clock.now += 0.01
        assert wrong(limit) == 0
    assert [1, 2, 4, 8, 16, 30, 30, 30] == pytest.approx(waited)
    assert max(waited) == pytest.approx(LONGEST_PAUSE_S)


def test_guesses_over_all_addresses_are_few(limit: AccountLimit, clock: SetClock) -> None:
    compared = 0
    while clock.now < NOW + 3_600:
        compared += wrong(limit) == 0
        clock.now += 0.5
    assert FREE_TRIES < compared < 200


def test_after_the_window_all_is_forgiven(limit: AccountLimit, clock: SetClock) -> None:
    use_up(limit)
    clock.now += WINDOW_S
    use_up(limit)


def test_names_count_by_themselves_however_they_are_written(limit: AccountLimit) -> None:
    use_up(limit, "Mira")
    assert wrong(limit, "\uff4dIR\uff41") > 0
    assert wrong(limit, "mira2") == 0


def test_who_is_right_spends_nothing(limit: AccountLimit) -> None:
    assert all(right(limit) for _ in range(5 * FREE_TRIES))
    use_up(limit)
    assert not right(limit)  # within a pause nothing is compared, so nobody learns that it was


def test_a_database_that_fails_spends_nothing(limit: AccountLimit) -> None:
    for _ in range(3 * FREE_TRIES):
        with pytest.raises(StorageError), limit.one_try("mira", ""):
            raise StorageError("away")
    use_up(limit)


def test_many_at_once_are_no_more_guesses(limit: AccountLimit) -> None:
    """All of them come in before any password is compared."""
    inside = []
    for _ in range(5 * FREE_TRIES):
        one = limit.one_try("mira", "")
        with suppress(AccountPauseError):
            one.__enter__()
            inside.append(one)
    assert FREE_TRIES + 1 == len(inside)


def test_a_browser_that_has_signed_in_waits_for_nobody_elses_guesses(
    limit: AccountLimit, clock: SetClock
) -> None:
    browser = limit.recognised("Mira")
    use_up(limit)
    assert right(limit, "mira", browser)
    use_up(limit, "mira", browser)  # it has a bound of its own
    assert not right(limit, "mira", browser)


@pytest.mark.parametrize("forged", ["", ".", "x", "x.y", "nonce." + "0" * 64, "ä.ö"])
def test_what_no_browser_was_given_is_worth_nothing(limit: AccountLimit, forged: str) -> None:
    use_up(limit)
    assert not right(limit, "mira", forged)


def test_a_browser_is_known_for_the_name_it_signed_in_with(limit: AccountLimit) -> None:
    use_up(limit)
    assert not right(limit, "mira", limit.recognised("somebody else"))
    nonce, _, mark = limit.recognised("mira").partition(".")
    assert not right(limit, "mira", f"{nonce}x.{mark}")


def test_processes_count_together(link: SharedMemory, clock: SetClock) -> None:
    one, other = process(link, clock), process(link, clock)
    assert [0.0] * FREE_TRIES == [wrong(one) for _ in range(FREE_TRIES)]
    assert [0.0, 1.0] == pytest.approx([wrong(other), wrong(other)])
    assert wrong(one) > 0
    assert right(other, browser=one.recognised("mira"))


def test_without_the_link_each_process_holds_by_itself(link: SharedMemory, clock: SetClock) -> None:
    one, other = process(link, clock), process(link, clock)
    link.state = LinkState("down")
    use_up(one)
    use_up(other)
    assert wrong(one) > 0
    assert wrong(other) > 0


def test_neither_memory_nor_redis_holds_what_was_typed(
    limit: AccountLimit, link: SharedMemory
) -> None:
    wrong(limit, "my-secret-password")
    assert link.keys
    assert "my-secret-password" not in repr(link.keys)


def test_names_are_kept_up_to_a_number_and_the_newest_stay(
    link: SharedMemory, clock: SetClock
) -> None:
    link.state = LinkState("off")
    limit = process(link, clock, most=50)
    counters = limit._counters
    assert isinstance(counters, SharedCounters)
    use_up(limit)
    for n in range(40):
        wrong(limit, f"somebody {n}")
    assert wrong(limit) > 0
    for n in range(200):
        wrong(limit, f"somebody else {n}")
    assert len(counters._local) == 50


def test_where_limits_are_off_nobody_waits(link: SharedMemory, clock: SetClock) -> None:
    access = Access(MemoryAccess(), clock, b"secret key")
    limit = AccountLimit(SharedCounters(link=link), access, enabled=False)
    assert [0.0] * 50 == [wrong(limit) for _ in range(50)]
    assert not link.keys
