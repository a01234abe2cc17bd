"""The one way in for samples: group commit, then everybody who follows the journal is told."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quadra.engine.catalog import Catalog
from quadra.engine.ports import (
    Appended,
    Clock,
    Entry,
    JournalStore,
    Memo,
    Owner,
    Runtime,
    Signal,
    payers,
)
from quadra.errors import NoAnswerError, QuadraError, StorageError, UnavailableError
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesKey

log = logging.getLogger(__name__)

MAX_WAITING_SAMPLES = 2_000_000
MAX_GROUP_SAMPLES = 200_000
COMMIT_TIMEOUT_S = 30.0
_MET_A_TURN = 500

Follower = Callable[[Appended], None]


@dataclass(slots=True)
class _Ticket:
    """A request that waits for its batch to be on disk."""

    entry: Entry
    done: Signal
    brings_series: bool = False
    error: QuadraError | None = None


class Journal:
    """Appends batches durably, many requests in one commit.

    While one commit is under way on its native thread, further batches gather and go together
    into the next: the busier the server, the larger the groups.
    """

    def __init__(
        self, store: JournalStore, catalog: Catalog, runtime: Runtime, clock: Clock
    ) -> None:
        """Wire the journal; ``start`` begins writing."""
        self._store = store
        self._catalog = catalog
        self._runtime = runtime
        self._clock = clock
        self._waiting: deque[_Ticket] = deque()
        self._waiting_samples = 0
        self._lock = threading.Lock()  # only ASYNC_MODE=threading ever waits for it
        self._wake = runtime.signal()
        self._idle = runtime.signal()
        self._idle.set()
        self._closing = False
        self._followers: list[Follower] = []
        self.seq = 0
        self.samples_total = 0
        self.last_commit_seconds = 0.0
        self.failing_since: float | None = None
        self._writing_since: float | None = None

    @property
    def silent_for(self) -> float:
        """Seconds for which the database has not answered the commit under way."""
        return 0.0 if self._writing_since is None else self._clock() - self._writing_since

    def follow(self, follower: Follower) -> None:
        """Tell ``follower`` of every commit, in order; it must not block."""
        self._followers.append(follower)

    def start(self) -> None:
        """Find the head of the journal and begin to write."""
        self.seq = self._runtime.offload(self._store.head)
        self._runtime.spawn(self._write_forever)

    def append(self, batch: Batch, owner: Owner | None = None, memos: Sequence[Memo] = ()) -> None:
        """Keep a batch, and in the same commit what its source notes; returns when it is on disk.

        Raises TooManySeriesError, or UnavailableError when it can't be kept now.
        """
        if self._closing:
            msg = "Quadra is stopping. Send this again in a moment."
            raise UnavailableError(msg, retry_after=2)
        if self._waiting_samples + len(batch) > MAX_WAITING_SAMPLES:
            msg = "Too many samples wait to be written. Send this again in a moment."
            raise UnavailableError(msg, code="overloaded", retry_after=1)
        ticket = _Ticket(self._catalog.entry_for(batch, owner, memos), self._runtime.signal())
        with self._lock:
            ticket.brings_series = self._catalog.expect(ticket.entry)
            self._waiting.append(ticket)
            self._waiting_samples += len(batch)
            self._idle.clear()
        self._wake.set()
        if not ticket.done.wait(COMMIT_TIMEOUT_S):
            msg = "The database did not answer in time; whether this was stored is not known."
            raise UnavailableError(msg, code="commit_timeout", retry_after=5)
        if ticket.error is not None:
            raise ticket.error

    def known_part(self, batch: Batch) -> Batch:
        """Give the part of a batch that a limit on series does not keep out."""
        return self._catalog.known_part(batch)

    def close(self, timeout: float) -> bool:
        """Take no more batches and finish the waiting ones; says whether all were written."""
        self._closing = True
        return self._idle.wait(timeout)

    def _write_forever(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._write_group(self._take_group())
            with self._lock:
                if not self._waiting:
                    self._idle.set()

    def _take_group(self) -> list[_Ticket]:
        group: list[_Ticket] = []
        size = 0
        while self._waiting and size < MAX_GROUP_SAMPLES:
            ticket = self._waiting.popleft()
            size += len(ticket.entry.batch)
            group.append(ticket)
        return group

    def _take_all(self) -> list[_Ticket]:
        taken: list[_Ticket] = []
        while self._waiting:
            taken.append(self._waiting.popleft())
        return taken

    def _write_group(self, group: list[_Ticket]) -> None:
        started = self._writing_since = self._clock()
        try:
            done = self._runtime.offload(self._store.append, [t.entry for t in group])
        except Exception as error:
            # Whatever it was: nobody's batch may be taken for kept, and the next group is tried.
            if self.failing_since is None:
                self.failing_since = started
                log.exception("The journal can't be written")
            if isinstance(error, NoAnswerError):
                # Who came meanwhile has waited as long: the next try is for those to come.
                group = group + self._take_all()
            for ticket in group:
                ticket.error = _as_ours(error)
        else:
            if self.failing_since is not None:
                log.warning("The journal is written again")
                self.failing_since = None
            self.last_commit_seconds = self._clock() - started
            self._tell(done, payers([t.entry for t in group]) if done.met else {})
        finally:
            self._writing_since = None
            with self._lock:
                self._waiting_samples -= sum(len(t.entry.batch) for t in group)
                for ticket in group:
                    if ticket.brings_series:
                        self._catalog.settle(ticket.entry)
            for ticket in group:
                ticket.done.set()

    def _tell(self, done: Appended, brought_by: dict[SeriesKey, int]) -> None:
        for count, (series_id, key) in enumerate(done.met, 1):
            self._catalog.add(series_id, key, brought_by.get(key, 0))
            if count % _MET_A_TURN == 0:
                self._runtime.sleep(0)  # a flood of new series must not hold the loop
        self._catalog.observe(done.columns)
        self.seq = done.seq
        self.samples_total += len(done.columns)
        for follower in self._followers:
            try:
                follower(done)
            except Exception:
                # A follower's fault must not cost an acknowledged sample its acknowledgement.
                log.exception("A follower of the journal failed")


def _as_ours(error: Exception) -> QuadraError:
    if isinstance(error, QuadraError):
        return error
    msg = "The samples could not be written; it is in the log. Nothing of this request was stored."
    return StorageError(msg, code="write_failed", retry_after=5)
