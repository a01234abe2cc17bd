"""Work that one process does among several: whose it is, and when another may take it.

A lease is a row. Its holder moves the row's ``beat`` on; whoever has watched a beat stand still
for ``TTL_S`` of its own monotonic time takes the lease with the next ``epoch``. No two machines'
clocks are ever compared. A holder trusts its lease no longer than ``TTL_S`` after it began its
last renewal, which is always before another may take it; and because a paused process can't know
that it was paused, the epoch is looked at again inside each transaction that it writes (``Fence``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from quadra.engine.ports import Clock
from quadra.errors import StorageError

log = logging.getLogger(__name__)

TTL_S = 3.0
RENEW_EVERY_S = 0.8
NOBODY = ""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease as it is kept. ``epoch`` grows with every new holder, ``beat`` with every renewal."""

    holder: str
    epoch: int
    beat: int


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one lease that holds only if its row is still ``before`` (None: not there)."""

    name: str
    before: LeaseRow | None
    after: LeaseRow


@dataclass(frozen=True, slots=True)
class Fence:
    """What a holder's transactions are checked against."""

    name: str
    epoch: int


class FencedError(StorageError):
    """The lease has gone to another process; nothing of this transaction was written."""

    code = "lease_lost"
    title = "Another process does this work now"


class LeaseStore(Protocol):
    """Where the leases are kept; blocking; raises StorageError."""

    def read(self, names: Sequence[str]) -> dict[str, LeaseRow]:
        """Give the rows that are there."""

    def swap(self, moves: Sequence[Move]) -> list[bool]:
        """Make each move whose row is as expected, in one transaction; says which were made."""


class Lease:
    """One lease as one process sees it: a state machine without any clock of its own."""

    def __init__(self, name: str, holder: str, *, wanted: bool = True) -> None:
        """Know nothing yet; one that is not ``wanted`` is only watched."""
        self.name = name
        self.wanted = wanted
        self._holder = holder
        self._row: LeaseRow | None = None
        self._seen_at: float | None = None
        self._epoch = 0
        self._until = float("-inf")

    @property
    def fence(self) -> Fence | None:
        """What our writes must be checked against; None while it was never ours."""
        return Fence(self.name, self._epoch) if self._epoch else None

    def is_held(self, now: float) -> bool:
        """Say whether the work is ours at this moment (monotonic seconds)."""
        return now < self._until

    def age(self, now: float) -> float | None:
        """Give the seconds since its holder was last seen alive, None when nobody holds it."""
        if self._row is None or self._row.holder == NOBODY or self._seen_at is None:
            return None
        return now - self._seen_at

    def decide(self, row: LeaseRow | None, now: float) -> Move | None:
        """Look at the row that had been read by ``now``, and say what to do about it."""
        if row != self._row or self._seen_at is None:
            self._row, self._seen_at = row, now
        if not self.wanted:
            return None
        if row is None:
            return Move(self.name, None, LeaseRow(self._holder, 1, 0))
        if row.holder == self._holder and row.epoch == self._epoch:
            return Move(self.name, row, replace(row, beat=row.beat + 1))
        self._until = float("-inf")
        is_free = row.holder == NOBODY or now - self._seen_at >= TTL_S
        return Move(self.name, row, LeaseRow(self._holder, row.epoch + 1, 0)) if is_free else None

    def done(self, move: Move, *, made: bool, began: float) -> None:
        """Take in how a move went that began to be written at ``began``."""
        if not made:
            self._until = float("-inf")
            return
        self._row, self._seen_at = move.after, began
        self._epoch = move.after.epoch
        self._until = began + TTL_S if move.after.holder == self._holder else float("-inf")

    def leave(self) -> Move | None:
        """Say how to give it back, when it is ours."""
        row = self._row
        if row is None or row.holder != self._holder or row.epoch != self._epoch:
            return None
        return Move(self.name, row, LeaseRow(NOBODY, row.epoch, row.beat + 1))


class Leases:
    """The leases of one process: read, renewed and taken together, in one small transaction.

    ``step`` blocks, so it runs on a native thread; the questions may be asked from anywhere.
    """

    def __init__(self, store: LeaseStore, holder: str, monotonic: Clock) -> None:
        """Wire; ``holder`` names this process among all, as no other or earlier one."""
        self._store = store
        self._holder = holder
        self._monotonic = monotonic
        self._leases: dict[str, Lease] = {}

    def want(self, name: str) -> Callable[[], bool]:
        """Compete for a lease from now on; gives what says whether it is ours now."""
        self._leases[name] = lease = Lease(name, self._holder)
        return lambda: lease.is_held(self._monotonic())

    def watch(self, name: str) -> Callable[[], float | None]:
        """Only look after another's lease; gives what tells its age in seconds."""
        self._leases[name] = lease = Lease(name, self._holder, wanted=False)
        return lambda: lease.age(self._monotonic())

    def fence(self, name: str) -> Fence | None:
        """Give what our writes for this lease are checked against."""
        return self._leases[name].fence

    def step(self) -> None:
        """Read, decide, write; raises StorageError, after which what is ours lapses by itself."""
        rows = self._store.read(list(self._leases))
        # Not before the read: what was seen in it may have been written at its very end.
        now = self._monotonic()
        moves: list[tuple[Lease, Move]] = []
        for name, lease in self._leases.items():
            move = lease.decide(rows.get(name), now)
            if move is not None:
                moves.append((lease, move))
        self._make(moves, now)

    def leave(self) -> None:
        """Give back what is ours, so that others need not wait; raises StorageError."""
        leaving = [(lease, lease.leave()) for lease in self._leases.values() if lease.wanted]
        moves = [(lease, move) for lease, move in leaving if move is not None]
        self._make(moves, self._monotonic())

    def free(self, name: str, of: str) -> None:
        """Free a lease for a process that is surely gone, so that nobody waits for it to lapse.

        ``of`` is how that process's name begins. Raises StorageError.
        """
        row = self._store.read([name]).get(name)
        if row is not None and row.holder.startswith(of):
            after = LeaseRow(NOBODY, row.epoch, row.beat + 1)
            self._store.swap([Move(name, row, after)])

    def _make(self, moves: Sequence[tuple[Lease, Move]], began: float) -> None:
        if not moves:
            return
        made = self._store.swap([move for _lease, move in moves])
        for (lease, move), is_made in zip(moves, made, strict=True):
            lease.done(move, made=is_made, began=began)


def keep(
    step: Callable[[], None], leave: Callable[[], None], wait: Callable[[float], bool]
) -> None:
    """Keep leases until ``wait(seconds)`` says that the end has come, then give them back.

    For a thread or task of its own: the renewals must go on whatever the process is busy with.
    """
    while True:
        try:
            step()
        except StorageError as error:
            log.debug("Leases can't be renewed now: %s", error.detail)
        except Exception:
            log.exception("Leases could not be renewed")
        if wait(RENEW_EVERY_S):
            break
    try:
        leave()
    except StorageError:
        log.debug("Leases could not be given back", exc_info=True)
