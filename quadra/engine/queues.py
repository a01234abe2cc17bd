"""What waits within Quadra: for the judge, for the sealer, for people to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from quadra.engine.alerting import BeatStore
from quadra.engine.ports import Clock, Gap, Runtime
from quadra.engine.sealer import SEAL_AFTER_S
from quadra.errors import StorageError

LATE_S: Final = 30.0
"""Seconds behind from which on a part is called late."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits, how long the first has, and how far behind that is (s).

    ``lag`` is 0 where all goes as it should: what is meant to wait is not late.
    """

    waiting: int
    age: float | None
    lag: float
    late: bool

    def as_dict(self) -> dict[str, Any]:
        """Give it as the API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pages that nobody has yet: how many; when one was written, and due, first (unix s)."""

    pages: int
    oldest: float | None
    due: float | None


class _Journal(Protocol):
    def gap(self, seq: int) -> Gap:
        """Tell how much stands behind a position."""


class _Outbox(Protocol):
    def waiting(self) -> Waiting:
        """Tell what waits."""


class Queues:
    """Looks at every queue when asked."""

    def __init__(
        self,
        journal: _Journal,
        outbox: _Outbox,
        beats: BeatStore,
        kept: Callable[[], int],
        runtime: Runtime,
        clock: Clock,
        *,
        kept_after: float = SEAL_AFTER_S,
    ) -> None:
        """Wire the looks.

        ``kept`` gives the journal position up to which all is where it is to stay, sealed or sent
        to a store elsewhere, and ``kept_after`` how long samples are meant to wait for that (s).
        """
        self._journal = journal
        self._outbox = outbox
        self._beats = beats
        self._kept = kept
        self._runtime = runtime
        self._clock = clock
        self._kept_after = kept_after

    def look(self) -> dict[str, Queue] | None:
        """Give each queue by the name of who works it off; None while the database is away."""
        try:
            return self._runtime.offload(self._look)
        except StorageError:
            return None

    def _look(self) -> dict[str, Queue]:
        now = self._clock()
        judged = self._journal.gap(self._beats.beat().seq)
        unkept = self._journal.gap(self._kept())
        pages = self._outbox.waiting()
        return {
            "judge": _queue(judged.samples, judged.oldest or None, 0.0, now),
            "sealer": _queue(unkept.samples, unkept.oldest or None, self._kept_after, now),
            "notifications": Queue(
                pages.pages,
                _since(pages.oldest, now),
                lag := _since(pages.due, now) or 0.0,
                lag > LATE_S,
            ),
        }


def _queue(waiting: int, oldest: float | None, meant: float, now: float) -> Queue:
    age = _since(oldest, now)
    lag = max(0.0, (age or 0.0) - meant)
    return Queue(waiting, age, round(lag, 1), lag > max(LATE_S, meant))


def _since(then: float | None, now: float) -> float | None:
    return None if then is None else round(max(0.0, now - then), 1)
