"""What waits to be sent: a bounded queue of samples, and what is summed up between two rounds."""

from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass, field
from itertools import islice

from quadra.client.series import BadSeriesError, SeriesKey

Sample = tuple[SeriesKey, int, float]
"""A series, unix milliseconds, a value."""

REPEAT_MS = 10_000
"""A counter that stands still is sent again this often, so that its rate reads 0, not nothing."""
KEPT_A_ROUND = 100
"""Observations of a series that one round sends one by one."""
_AHEAD_MS = 1_000


@dataclass(slots=True)
class _Counter:
    value: float = 0.0
    sent: float = 0.0
    sent_ms: int = 0


@dataclass(slots=True)
class _Observed:
    """A fair choice of what was observed since the last round; count and sum are exact."""

    count: _Counter
    sum: _Counter
    seen: int = 0
    kept: list[tuple[int, float]] = field(default_factory=list)
    newest: int = 0


class Buffer:
    """Takes samples from any thread and gives them back in order, the oldest first.

    Holds at most ``max_samples`` samples: beyond that the oldest are dropped and counted. At
    most ``max_series`` counters are remembered (an observed series has two). Nothing here waits
    for anything but the short lock, which a signal handler may take again in the same thread.
    """

    def __init__(self, *, max_samples: int, max_series: int, rng: random.Random) -> None:
        """Start empty."""
        self._max_samples = max_samples
        self._max_series = max_series
        self._rng = rng
        self._lock = threading.RLock()
        self._counters: dict[SeriesKey, _Counter] = {}
        self._observed: dict[SeriesKey, _Observed] = {}
        self._queue: deque[Sample] = deque()
        self._head = 0  # how many have left the queue, one way or the other
        self._overflowed = 0
        self._refused = 0

    # --- taking

    def gauge(self, key: SeriesKey, ms: int, value: float) -> None:
        """Add a sample."""
        with self._lock:
            self._put(key, ms, value)

    def count(self, key: SeriesKey, ms: int, amount: float) -> None:
        """Raise a counter; raises BadSeriesError for one series too many."""
        with self._lock:
            self._counter(key, ms).value += amount

    def observe(self, key: SeriesKey, ms: int, value: float) -> None:
        """Add an observation; raises BadSeriesError for one series too many."""
        with self._lock:
            observed = self._observed.get(key)
            if observed is None:
                name, labels = key
                observed = self._observed[key] = _Observed(
                    self._counter((f"{name}_count", labels), ms),
                    self._counter((f"{name}_sum", labels), ms),
                )
            observed.count.value += 1
            observed.sum.value += value
            observed.seen += 1
            # Algorithm R: each observation of the round is as likely as any other to be kept.
            if len(observed.kept) < KEPT_A_ROUND:
                observed.kept.append((ms, value))
            elif (place := self._rng.randrange(observed.seen)) < KEPT_A_ROUND:
                observed.kept[place] = (ms, value)

    def _counter(self, key: SeriesKey, ms: int) -> _Counter:
        counter = self._counters.get(key)
        if counter is None:
            if len(self._counters) >= self._max_series:
                msg = f"more than {self._max_series} counters; fewer label values, please"
                raise BadSeriesError(msg)
            counter = self._counters[key] = _Counter()
            # It begins at zero, so that the first step up is seen as one.
            self._put(key, ms - 1, 0.0)
        return counter

    def _put(self, key: SeriesKey, ms: int, value: float) -> None:
        self._queue.append((key, ms, value))
        if len(self._queue) > self._max_samples:
            self._queue.popleft()
            self._head += 1
            self._overflowed += 1

    # --- giving

    def roll(self, ms: int) -> int:
        """Queue what counters and observations have come to; gives the end of the queue.

        All that was taken before is sent or dropped once ``head`` has reached that end.
        """
        with self._lock:
            for key, observed in self._observed.items():
                self._roll_observed(key, observed, ms)
            for key, counter in self._counters.items():
                if counter.value != counter.sent or ms - counter.sent_ms >= REPEAT_MS:
                    self._put(key, ms, counter.value)
                    counter.sent, counter.sent_ms = counter.value, ms
            return self._head + len(self._queue)

    def _roll_observed(self, key: SeriesKey, observed: _Observed, now: int) -> None:
        # A series has one value a millisecond: what shares one with another goes into the next.
        for at, value in sorted(observed.kept):
            ms = max(at, observed.newest + 1)
            if ms <= now + _AHEAD_MS:
                self._put(key, ms, value)
                observed.newest = ms
        observed.seen = 0
        observed.kept.clear()

    def peek(self, most: int) -> tuple[int, list[Sample]]:
        """Give the oldest samples, and the place in the queue after them; they stay in it."""
        with self._lock:
            samples = list(islice(self._queue, most))
            return self._head + len(samples), samples

    def done(self, end: int, refused: int = 0) -> None:
        """Take off what stands before ``end``; ``refused`` of it count as dropped."""
        with self._lock:
            while self._head < end and self._queue:
                self._queue.popleft()
                self._head += 1
            self._refused += refused

    @property
    def head(self) -> int:
        """How many samples have left the queue so far."""
        return self._head

    @property
    def overflowed(self) -> int:
        """How many samples had to make room for newer ones."""
        return self._overflowed

    @property
    def dropped(self) -> int:
        """How many samples were given up, for lack of room or because they were refused."""
        return self._overflowed + self._refused

    @property
    def pending(self) -> int:
        """How many samples wait."""
        return len(self._queue)

    def reset_after_fork(self) -> None:
        """Forget all: what waited is the parent's to send, and its counters go on there."""
        self._lock = threading.RLock()
        self._counters, self._observed, self._queue = {}, {}, deque()
        self._head = self._overflowed = self._refused = 0
