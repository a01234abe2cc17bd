"""What the worker counts: kept in the database, shown by every serving process on ``/metrics``.

The worker serves nothing, and the next one may run on another machine. So what is counted is kept
as one state that the next worker goes on from: the counts of an installation never go back.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from quadra.engine.ports import Clock
from quadra.errors import QuadraError

log = logging.getLogger(__name__)

BOUNDS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds (s) of the buckets of every time."""
MAX_OF_A_NAME = 200
OTHER = "other"
KEEP_EVERY_S = 5.0

Key = tuple[str, tuple[str, ...]]
State = dict[str, Any]


class Figures:
    """Counts and times that only grow, by the names that ``utils.declared_metrics`` has.

    For any native thread. Of one name at most ``MAX_OF_A_NAME`` label values are told apart; what
    comes beyond counts as ``other``.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._counts: dict[Key, float] = {}
        self._times: dict[Key, tuple[list[int], float]] = {}
        self._known: dict[str, int] = {}
        self._changed = False

    def count(self, name: str, *labels: str, amount: float = 1.0) -> None:
        """Count something that happened."""
        with self._lock:
            key = self._key(name, labels, self._counts)
            self._counts[key] = self._counts.get(key, 0.0) + amount
            self._changed = True

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Take note of how long something took."""
        with self._lock:
            key = self._key(name, labels, self._times)
            counts, total = self._times.get(key, ([0] * (len(BOUNDS) + 1), 0.0))
            counts[bisect_left(BOUNDS, seconds)] += 1
            self._times[key] = (counts, total + seconds)
            self._changed = True

    def as_state(self) -> State:
        """Give everything as JSON can hold it."""
        with self._lock:
            return {
                "bounds": list(BOUNDS),
                "counts": [[name, list(labels), n] for (name, labels), n in self._counts.items()],
                "times": [
                    [name, list(labels), list(counts), total]
                    for (name, labels), (counts, total) in self._times.items()
                ],
            }

    def begin_from(self, state: State) -> None:
        """Go on from what an earlier worker has counted; times in other buckets are dropped."""
        times = state.get("times", ()) if state.get("bounds") == list(BOUNDS) else ()
        with self._lock:
            self._known, self._changed = {}, True
            self._counts, self._times = {}, {}
            for name, labels, number in state.get("counts", ()):
                self._counts[self._key(name, labels, self._counts)] = number
            for name, labels, counts, seconds in times:
                self._times[self._key(name, labels, self._times)] = (list(counts), seconds)

    def take_change(self) -> bool:
        """Say whether anything has changed since this was last asked."""
        changed, self._changed = self._changed, False
        return changed

    def _key(self, name: str, labels: Sequence[str], known: dict[Key, Any]) -> Key:
        key = (name, tuple(labels))
        if key in known or not labels:
            return key
        if self._known.get(name, 0) >= MAX_OF_A_NAME:
            return (name, (OTHER,) * len(labels))
        self._known[name] = self._known.get(name, 0) + 1
        return key


class FigureStore(Protocol):
    """Where figures are kept; blocking; raises StorageError."""

    def keep(self, state: State, now: float) -> None:
        """Keep the newest state; ``now`` in unix seconds."""

    def kept(self) -> State:
        """Give what was kept, empty before the first."""


class FigureKeeper:
    """Keeps the figures of the process that works; begins with those of the one before it."""

    def __init__(self, figures: Figures, store: FigureStore, clock: Clock) -> None:
        """Wire the keeper."""
        self._figures = figures
        self._store = store
        self._clock = clock
        self._has_begun = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Keep them until ``wait(seconds)`` says that the end has come, and once more then."""
        over = False
        while not over:
            over = wait(KEEP_EVERY_S if self._has_begun else 0.0)
            self.round()

    def round(self) -> None:
        """Keep what has changed; what can't be kept now is kept with the next."""
        try:
            if not self._has_begun:
                self._figures.begin_from(self._store.kept())
                self._has_begun = True
            if self._figures.take_change():
                self._store.keep(self._figures.as_state(), self._clock())
        except QuadraError as error:
            log.debug("Figures can't be kept now: %s", error.detail)


class ErrorCounter(logging.Handler):
    """Counts what is logged as an error: what was raised, and in which part."""

    def __init__(self, figures: Figures) -> None:
        """Count into ``figures``."""
        super().__init__(logging.ERROR)
        self._figures = figures

    def emit(self, record: logging.LogRecord) -> None:
        """Count one; logger names are those of our modules, so there are not many."""
        raised = record.exc_info[0] if record.exc_info else None
        kind = "logged" if raised is None else raised.__name__
        self._figures.count("errors_total", kind, record.name.rpartition(".")[2])
