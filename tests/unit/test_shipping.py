"""The way of the journal to a store elsewhere: nothing lost, nothing counted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.ports import Entry
from quadra.engine.sealer import KEEP_UNJUDGED_ROWS_S, OvertakenError, Stretch
from quadra.engine.shipper import (
    LONGEST_PAUSE_S,
    MAX_REFUSALS_A_ROUND,
    SETTLED_AFTER_S,
    RefusedError,
    Shipped,
    Shipper,
)
from quadra.errors import StorageError
from quadra.telemetry.batch import Columns, TimeArray, latest_of_each
from tests.unit.fakes import NOW, MemoryJournal, SetClock, batch, rows_of

T0 = int(NOW * 1000)
Place = tuple[int, int]


@dataclass
class MemoryStores:
    """Chunks and shipments in memory."""

    journal: MemoryJournal
    newest_claim: int = 0
    here: dict[Place, float] = field(default_factory=dict)
    seq: int = 0
    sent: TimeArray = field(default_factory=lambda: np.empty(0, np.int64))
    refused: int = 0
    trouble: str = ""
    dropped: int = 0
    judge_at: int | None = None

    def claim(self) -> int:
        self.newest_claim += 1
        return self.newest_claim

    def _hold(self, claim: int) -> None:
        if claim != self.newest_claim:
            raise OvertakenError("overtaken")

    def sealed(self) -> int:
        return self.seq

    def tails(self, series: Sequence[int]) -> dict[int, Stretch]:
        return {}

    def put(self, claim: int, stretches: Sequence[Stretch]) -> None:
        self._hold(claim)
        for s in stretches:
            for t, v in zip(s.t.tolist(), s.v.tolist(), strict=True):
                self.here[s.series_id, t] = v

    def expire(self, before: int, limit: int) -> int:
        return 0

    def judged(self) -> int | None:
        return self.judge_at

    def load(self) -> Shipped:
        return Shipped(self.seq, self.sent.copy(), self.refused)

    def intend(self, claim: int, sent: TimeArray) -> None:
        self._hold(claim)
        self.sent = sent.copy()

    def finish(
        self, claim: int, seq: int, committed_before: float = 0.0, unjudged_before: float = 0.0
    ) -> int:
        self._hold(claim)
        self.seq = seq
        self.dropped = seq
        return 0

    def report(self, claim: int, refused: int, trouble: str, since: float | None) -> None:
        self._hold(claim)
        self.refused, self.trouble = refused, trouble


@dataclass
class FakeStore:
    """A store that keeps doubles, may lose what it took lately, refuse or be away."""

    on_disk: list[tuple[int, int, float]] = field(default_factory=list)
    in_memory: list[tuple[int, int, float]] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    refuses: set[int] = field(default_factory=set)
    requests: int = 0

    def reach(self) -> None:
        if self.plan and self.plan[0] == "unreachable":
            self.plan.pop(0)
            raise StorageError("unreachable")

    def takes(self, columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return columns.t > 0

    def send(self, columns: Columns) -> None:
        self.requests += 1
        step = self.plan.pop(0) if self.plan else "takes"
        if step == "forgets":
            self.in_memory.clear()
        if step in ("fails", "forgets"):
            raise StorageError("broken", retry_after=7)
        if self.refuses & set(columns.ids.tolist()):
            raise RefusedError("refused")
        self.in_memory += rows_of(columns)
        if step == "silent":
            raise StorageError("no answer")

    def flush(self) -> None:
        self.on_disk += self.in_memory
        self.in_memory.clear()


@dataclass
class World:
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: SetClock = field(default_factory=SetClock)
    store: FakeStore = field(default_factory=FakeStore)

    def __post_init__(self) -> None:
        self.kept = MemoryStores(self.journal)
        self.journal.clock = self.clock
        self.begin_again()

    def begin_again(self) -> None:
        self.shipper = self.another()

    def another(self) -> Shipper:
        return Shipper(
            self.journal, self.kept, self.kept, self.store, self.clock,
            keep_seconds=None, chance=lambda: 1.0,
        )  # fmt: skip

    def write(self, name: str, *values: float, t: int = T0) -> None:
        self.journal.append([Entry(batch(name, *values, t=t), [0])])

    def run(self) -> bool:
        try:
            self.shipper.run()
        except StorageError:
            return False
        return True

    def settle(self) -> None:
        assert self.run()
        self.store.flush()
        self.clock.forward(SETTLED_AFTER_S)
        assert self.run()
        assert self.kept.dropped == len(self.journal.rows)

    def held_to_be_exact(self) -> None:
        """Every sample is answered once, the last written; what the store counts it has once."""
        expected = {
            (i, t): v for i, t, v in rows_of(latest_of_each(self.journal.between(0, 1 << 60, _ALL)))
        }
        there = Counter((i, t) for i, t, _v in self.store.on_disk)
        values = {(i, t): v for i, t, v in self.store.on_disk} | self.kept.here
        assert expected == values
        assert {1} >= {n for place, n in there.items() if place not in self.kept.here}


_ALL = np.arange(100, dtype=np.uint32)


@pytest.fixture
def world() -> World:
    return World()


def test_rows_go_only_when_they_have_been_taken_for_a_while(world: World) -> None:
    world.write("a", 1.0, 2.0)
    assert 2 == world.shipper.run()
    assert 0 == world.kept.seq
    world.clock.forward(SETTLED_AFTER_S)
    world.shipper.run()
    assert (1, 1) == (world.kept.seq, world.kept.dropped)
    assert [(1, T0, 1.0), (1, T0 + 1000, 2.0)] == world.store.in_memory
    assert {} == world.kept.here


def test_rows_also_wait_for_a_judge_that_was_away_but_not_for_ever(world: World) -> None:
    world.write("a", 1.0)
    world.kept.judge_at = 0
    world.shipper.run()
    world.clock.forward(SETTLED_AFTER_S)
    world.shipper.run()
    assert 0 == world.kept.dropped
    world.clock.forward(KEEP_UNJUDGED_ROWS_S)
    world.shipper.run()
    assert 1 == world.kept.dropped


def test_after_a_failure_the_pause_grows_and_what_is_in_doubt_is_sent_again(world: World) -> None:
    world.write("a", 1.0)
    world.shipper.run()
    world.write("a", 2.0, t=T0 + 1000)
    world.store.plan = ["fails"] * 9
    tries: list[float] = []
    while not world.run() or world.store.plan:
        if world.store.requests > len(tries) + 1:
            tries.append(world.clock.now)
        world.clock.forward(1)
    pauses = np.diff([*tries, world.clock.now]).tolist()
    assert 7 == pauses[0]  # the store asked for that
    assert LONGEST_PAUSE_S == pauses[-1]
    assert sorted(pauses) == pauses
    world.settle()
    world.held_to_be_exact()
    assert "" == world.kept.trouble


def test_what_the_store_refuses_stays_here_and_the_rest_goes(world: World) -> None:
    for n in range(40):
        world.write(f"s{n}", 1.0, 2.0, 3.0)
    world.store.refuses = {7, 21}
    assert 120 == world.shipper.run()
    assert 6 == world.kept.refused
    assert {7, 21} == {number for number, _t in world.kept.here}
    assert 38 * 3 == len(world.store.in_memory)
    world.settle()
    world.held_to_be_exact()


def test_a_store_that_refuses_everything_is_not_asked_for_ever(world: World) -> None:
    for n in range(300):
        world.write(f"s{n}", 1.0)
    world.store.refuses = set(range(301))
    world.shipper.run()
    assert 300 == world.kept.refused == len(world.kept.here)
    assert 3 * MAX_REFUSALS_A_ROUND > world.store.requests


def test_of_two_shippers_the_later_wins_and_doubles_stay_known(world: World) -> None:
    world.write("a", 1.0)
    world.shipper.run()
    other = world.another()
    world.write("a", 2.0, t=T0 + 1000)
    assert 2 == other.run()
    world.write("a", 3.0, t=T0 + 2000)
    world.settle()
    world.held_to_be_exact()
    assert {(1, T0), (1, T0 + 1000)} >= set(world.kept.here)


MOVES = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 3), st.integers(0, 8)),
    st.tuples(st.sampled_from(["run", "flush", "again", "wait", "settle"]), st.just(0), st.just(0)),
    st.tuples(
        st.sampled_from(["unreachable", "fails", "silent", "forgets"]), st.just(0), st.just(0)
    ),
)


@given(moves=st.lists(MOVES, max_size=40))
def test_whatever_breaks_every_sample_is_answered_once_in_the_end(
    moves: list[tuple[str, int, int]],
) -> None:
    world = World()
    for value, (move, series, place) in enumerate(moves):
        if move == "write":
            world.write(f"s{series}", float(value), t=T0 + place * 1000)
        elif move == "run":
            world.run()
        elif move == "flush":
            world.store.flush()
        elif move == "again":
            world.begin_again()
        elif move == "wait":
            # As stores do: what was taken two minutes ago is on disk.
            world.clock.forward(SETTLED_AFTER_S)
            world.store.flush()
        elif move == "settle" and not world.store.plan and world.journal.rows:
            world.clock.forward(LONGEST_PAUSE_S)
            world.settle()
        else:
            world.store.plan.append(move)
    world.store.plan.clear()
    world.clock.forward(LONGEST_PAUSE_S)
    if world.journal.rows:
        world.settle()
    world.held_to_be_exact()
