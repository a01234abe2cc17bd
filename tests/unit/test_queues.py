"""What waits within Quadra, and whether it waits for too long."""

from __future__ import annotations

import pytest

from quadra.engine.alerting import Beat
from quadra.engine.ports import Gap
from quadra.engine.queues import Queue, Queues, Waiting
from quadra.engine.sealer import SEAL_AFTER_S
from quadra.errors import StorageError
from tests.unit.fakes import SetClock, ThreadRuntime

pytestmark = pytest.mark.unit

NOTHING = Queue(0, None, 0.0, late=False)


class Kept:
    """A journal of one row, a beat and an outbox, all in memory."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.head, self.judged, self.sealed = 1, 1, 1
        self.committed = clock()
        self.pages = Waiting(0, None, None)
        self.away = False

    def gap(self, seq: int) -> Gap:
        if self.away:
            raise StorageError("away")
        return Gap(1, 5, self.committed) if seq < self.head else Gap(0, 0, 0.0)

    def beat(self) -> Beat:
        return Beat(self.clock(), self.judged, self.head)

    def claim(self, what: str, mark: int) -> bool:
        raise NotImplementedError(what, mark)

    def waiting(self) -> Waiting:
        return self.pages


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def kept(clock: SetClock) -> Kept:
    return Kept(clock)


@pytest.fixture
def queues(kept: Kept, clock: SetClock) -> Queues:
    return Queues(kept, kept, kept, lambda: kept.sealed, ThreadRuntime(clock), clock)


def test_where_nothing_waits_nothing_is_late(queues: Queues) -> None:
    assert dict.fromkeys(("judge", "sealer", "notifications"), NOTHING) == queues.look()


def test_samples_wait_for_the_judge_and_are_late_after_half_a_minute(
    queues: Queues, kept: Kept, clock: SetClock
) -> None:
    kept.judged = 0
    clock.forward(2.0)
    found = queues.look()
    assert found is not None
    assert Queue(5, 2.0, 2.0, late=False) == found["judge"]
    clock.forward(30.0)
    found = queues.look()
    assert found is not None
    assert Queue(5, 32.0, 32.0, late=True) == found["judge"]
    assert NOTHING == found["sealer"]


def test_samples_are_meant_to_wait_for_the_sealer_for_a_while(
    queues: Queues, kept: Kept, clock: SetClock
) -> None:
    kept.sealed = 0
    clock.forward(SEAL_AFTER_S - 1)
    found = queues.look()
    assert found is not None
    assert Queue(5, SEAL_AFTER_S - 1, 0.0, late=False) == found["sealer"]
    clock.forward(SEAL_AFTER_S + 2)
    found = queues.look()
    assert found is not None
    assert Queue(5, 2 * SEAL_AFTER_S + 1, SEAL_AFTER_S + 1, late=True) == found["sealer"]


def test_a_page_that_is_tried_again_later_waits_and_one_that_nobody_takes_is_late(
    queues: Queues, kept: Kept, clock: SetClock
) -> None:
    kept.pages = Waiting(3, clock() - 100, clock() + 60)
    found = queues.look()
    assert found is not None
    assert Queue(3, 100.0, 0.0, late=False) == found["notifications"]
    clock.forward(91.0)
    found = queues.look()
    assert found is not None
    assert Queue(3, 191.0, 31.0, late=True) == found["notifications"]


def test_nothing_is_said_while_the_database_is_away(queues: Queues, kept: Kept) -> None:
    kept.away = True
    assert queues.look() is None
