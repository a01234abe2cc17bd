"""Leases: never two holders, moved in time, and a former holder writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from quadra.engine.lease import NOBODY, RENEW_EVERY_S, TTL_S, LeaseRow, Leases, Move, keep
from quadra.errors import StorageError
from tests.unit.fakes import SetClock

WORK = "work"


@dataclass
class MemoryLeases:
    """Rows in memory; ``lost`` lets a swap happen whose answer never comes."""

    rows: dict[str, LeaseRow] = field(default_factory=dict)
    is_away: bool = False
    is_lost: bool = False

    def read(self, names: Sequence[str]) -> dict[str, LeaseRow]:
        if self.is_away:
            raise StorageError("away")
        return {name: row for name, row in self.rows.items() if name in names}

    def swap(self, moves: Sequence[Move]) -> list[bool]:
        made = []
        for move in moves:
            made.append(self.rows.get(move.name) == move.before)
            if made[-1]:
                self.rows[move.name] = move.after
        if self.is_lost:
            raise StorageError("lost")
        return made


class Process:
    """A process with a monotonic clock of its own."""

    def __init__(self, store: MemoryLeases, name: str, ahead: float, world: SetClock) -> None:
        self.name = f"{name}:"
        self.leases = Leases(store, self.name, lambda: world.now + ahead)
        self.holds = self.leases.want(WORK)


def two(store: MemoryLeases, world: SetClock) -> tuple[Process, Process]:
    return Process(store, "a", 0.0, world), Process(store, "b", 5_000.0, world)


def test_the_first_takes_it_and_the_second_waits() -> None:
    a, b = two(MemoryLeases(), SetClock())
    a.leases.step()
    b.leases.step()
    assert (True, False) == (a.holds(), b.holds())


def test_a_holder_that_renews_keeps_it_for_ever() -> None:
    world = SetClock()
    a, b = two(MemoryLeases(), world)
    for _ in range(50):
        a.leases.step()
        b.leases.step()
        world.forward(RENEW_EVERY_S)
        assert (True, False) == (a.holds(), b.holds())


def test_a_silent_holder_is_replaced_within_five_seconds_and_knows_it() -> None:
    world = SetClock()
    store = MemoryLeases()
    a, b = two(store, world)
    a.leases.step()
    silent_since = world.now
    while not b.holds():
        b.leases.step()
        world.forward(RENEW_EVERY_S)
    assert 5 >= world.now - silent_since
    assert not a.holds()
    a.leases.step()
    assert not a.holds()
    assert (1, 2) == (a.leases.fence(WORK).epoch, b.leases.fence(WORK).epoch)  # type: ignore[union-attr]


def test_one_that_leaves_is_followed_at_once() -> None:
    store = MemoryLeases()
    a, b = two(store, SetClock())
    a.leases.step()
    a.leases.leave()
    assert NOBODY == store.rows[WORK].holder
    b.leases.step()
    assert (False, True) == (a.holds(), b.holds())


def test_without_the_store_a_lease_lapses_and_comes_back_with_its_epoch() -> None:
    world = SetClock()
    store = MemoryLeases()
    a, _ = two(store, world)
    a.leases.step()
    store.is_away = True
    rounds = iter([False, True])
    keep(a.leases.step, lambda: None, lambda _seconds: next(rounds))
    world.forward(TTL_S)
    assert not a.holds()
    store.is_away = False
    a.leases.step()
    assert a.holds()
    assert 1 == a.leases.fence(WORK).epoch  # type: ignore[union-attr]


def test_who_only_watches_learns_how_long_the_holder_is_silent() -> None:
    world = SetClock()
    store = MemoryLeases()
    a, _ = two(store, world)
    looking = Leases(store, "c", world)
    age = looking.watch(WORK)
    looking.step()
    assert age() is None
    a.leases.step()
    looking.step()
    assert 0 == age()
    world.forward(7)
    looking.step()
    assert 7 == age()
    a.leases.step()
    looking.step()
    assert 0 == age()


def test_the_lease_of_one_that_is_gone_is_free_at_once_and_no_other_is() -> None:
    store, world = MemoryLeases(), SetClock()
    a, b = two(store, world)
    a.leases.step()
    b.leases.free(WORK, "c:")
    b.leases.free("unknown", "a:")
    b.leases.step()
    assert (True, False) == (a.holds(), b.holds())
    b.leases.free(WORK, "a:")
    b.leases.step()
    assert b.holds()
    assert LeaseRow("b:", 2, 0) == store.rows[WORK]


class ManyProcesses(RuleBasedStateMachine):
    """Processes that are paused, killed and cut off from the store at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.world = SetClock()
        self.store = MemoryLeases()
        self.made = 0
        self.processes = [self._new() for _ in range(3)]
        self.written: list[int] = []

    def _new(self) -> Process:
        self.made += 1
        return Process(self.store, f"p{self.made}", self.made * 977.0, self.world)

    @rule(n=st.integers(0, 2))
    def step(self, n: int) -> None:
        self.processes[n].leases.step()

    @rule(n=st.integers(0, 2))
    def step_whose_answer_is_lost(self, n: int) -> None:
        self.store.is_lost = True
        try:
            self.processes[n].leases.step()
        except StorageError:
            pass
        finally:
            self.store.is_lost = False

    @rule(n=st.integers(0, 2))
    def kill_and_start_again(self, n: int) -> None:
        self.processes[n] = self._new()

    @rule(n=st.integers(0, 2), other=st.integers(0, 2))
    def kill_and_free(self, n: int, other: int) -> None:
        """A parent knows that its child is gone, and nobody need wait for its lease to lapse."""
        killed = self.processes[n]
        self.processes[n] = self._new()
        self.processes[other].leases.free(WORK, killed.name)

    @rule(n=st.integers(0, 2))
    def leave(self, n: int) -> None:
        self.processes[n].leases.leave()

    @rule(seconds=st.sampled_from([0.1, RENEW_EVERY_S, TTL_S - 0.1, TTL_S, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.forward(seconds)

    @rule(n=st.integers(0, 2))
    def write(self, n: int) -> None:
        """Write as a fenced transaction does: also when it only believes to hold the lease."""
        fence = self.processes[n].leases.fence(WORK)
        row = self.store.rows.get(WORK)
        if fence is not None and row is not None and row.epoch == fence.epoch:
            self.written.append(fence.epoch)

    @invariant()
    def one_holder_at_most(self) -> None:
        holders = [p for p in self.processes if p.holds()]
        assert len(holders) <= 1
        for process in holders:
            fence = process.leases.fence(WORK)
            assert fence is not None
            assert fence.epoch == self.store.rows[WORK].epoch

    @invariant()
    def writes_come_from_newer_and_newer_holders(self) -> None:
        assert sorted(self.written) == self.written


ManyProcesses.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestManyProcesses = ManyProcesses.TestCase
