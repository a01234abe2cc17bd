"""The journal as this process hears it: the rows of all processes, each once, in order.

The database is the truth. What comes sooner, this process's own commits and what others send
through Redis, is used when it is the very next row; on any gap, and every ``LOOK_EVERY_S``
anyway, the store is read from the last row delivered. So a message that is lost, or a Redis that
is away, costs a fraction of a second and never a row.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import numpy as np

from quadra.engine.catalog import Catalog
from quadra.engine.ports import Appended, JournalStore, KnownSeries, Row, Runtime, SeriesStore
from quadra.errors import StorageError
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
WAIT_FOR_OTHERS_S = 0.004
ROWS_A_READ = 500
SAMPLES_A_READ = 1_000_000
MOST_EARLY = 1_000
_ROWS_A_TURN = 20

Follower = Callable[[Appended], None]


class Feed:
    """Delivers the journal to its followers. Used from the loop; followers must not block."""

    def __init__(
        self, store: JournalStore, series: SeriesStore, catalog: Catalog, runtime: Runtime
    ) -> None:
        """Wire; ``restore`` finds the beginning and ``start`` begins to look."""
        self._store = store
        self._series = series
        self._catalog = catalog
        self._runtime = runtime
        self._followers: list[Follower] = []
        self._early: dict[int, tuple[Columns, bool]] = {}
        self._told = 0
        self._wake = runtime.signal()
        self._sure_until = float("-inf")
        self._lock = threading.RLock()  # only ASYNC_MODE=threading ever waits for it
        self.seq = 0
        self.from_others = 0  # rows that other processes have written, as far as they were met

    def follow(self, follower: Follower) -> None:
        """Tell ``follower`` of every row, in order, and of each series before its first row."""
        self._followers.append(follower)

    def restore(self, seq: int) -> None:
        """Take in what stands behind a position up to the head; raises StorageError."""
        self.seq = seq
        while self._read_on():
            pass

    def start(self) -> None:
        """Begin to look for what other processes have written."""
        self._told = len(self._catalog)
        self._runtime.spawn(self._look_forever)

    def committed(self, done: Appended) -> None:
        """Take in a commit of this process, whose journal has shown it to the catalog."""
        with self._lock:
            if done.seq == self.seq + 1:
                # No other process had written anything up to now: as good as a look.
                self._sure_until = time.monotonic() + LOOK_EVERY_S
            self._take(done.seq, done.columns, is_ours=True)

    def arrived(self, seq: int, columns: Columns) -> None:
        """Take in a row that another process says it has committed."""
        with self._lock:
            if len(self._unknown(columns)):
                self._wake.set()  # its series stand in the store
            else:
                self._take(seq, columns, is_ours=False)

    def behind(self, seq: int) -> None:
        """Hear that there is a row of this position, or that this can't be known (0)."""
        if seq == 0 or seq > self.seq:
            self._wake.set()

    def spared(self, now: float) -> float:
        """Give the seconds for which no look is needed yet (``now`` in monotonic seconds)."""
        return max(self._sure_until - now, 0.0)

    def _take(self, seq: int, columns: Columns, *, is_ours: bool) -> None:
        if seq <= self.seq:
            return
        if len(self._early) < MOST_EARLY:
            self._early[seq] = (columns, is_ours)
        self._deliver_early()
        if seq > self.seq:
            self._wake.set()

    def _deliver_early(self) -> None:
        while (early := self._early.pop(self.seq + 1, None)) is not None:
            self._deliver(self.seq + 1, *early)

    def _deliver(self, seq: int, columns: Columns, is_ours: bool) -> None:  # noqa: FBT001 - a row's
        self.seq = seq
        if not is_ours:
            self.from_others += 1
            self._catalog.observe(columns)
        met: list[tuple[int, SeriesKey]] = []
        if len(self._catalog) > self._told:
            met = self._catalog.met_after(self._told)
            self._told += len(met)
        row = Appended(seq, columns, met)
        for follower in self._followers:
            try:
                follower(row)
            except Exception:
                # A follower's fault must not cost the others a row, nor a sender its answer.
                log.exception("A follower of the journal failed")

    def _look_forever(self) -> None:
        while True:
            self._wake.wait(LOOK_EVERY_S)
            while (left := self.spared(time.monotonic())) and not self._wake.is_set():
                self._wake.wait(left)
            try:
                self._look()
            except StorageError:
                # Who writes reports the outage; the next look reads on from here.
                log.debug("The journal could not be read", exc_info=True)
                self._runtime.sleep(LOOK_EVERY_S)
            except Exception:
                log.exception("The journal could not be followed")
                self._runtime.sleep(LOOK_EVERY_S)

    def _look(self) -> None:
        was_woken = self._wake.is_set()
        self._wake.clear()
        if not was_woken and self._runtime.offload(self._store.head) <= self.seq:
            return
        # What is missing is mostly under way already, from another process or from our own
        # commit, and costs nothing then.
        self._runtime.sleep(WAIT_FOR_OTHERS_S)
        if self._early or self._runtime.offload(self._store.head) > self.seq:
            while self._read_on():
                pass

    def _read_on(self) -> bool:
        """Read one portion and deliver it; says whether there may be more."""
        rows, known = self._runtime.offload(self._read, self.seq)
        for at in range(0, len(rows), _ROWS_A_TURN):
            with self._lock:
                self._catalog.load(s for s in known if not self._catalog.knows(s.id))
                known = []
                for row in rows[at : at + _ROWS_A_TURN]:
                    if row.seq > self.seq:
                        self._deliver(row.seq, row.columns, is_ours=False)
                self._forget_old()
            self._runtime.sleep(0)
        if not rows:
            with self._lock:
                self._forget_old()
        return bool(rows)

    def _forget_old(self) -> None:
        for seq in [seq for seq in self._early if seq <= self.seq]:
            del self._early[seq]
        self._deliver_early()

    def _read(self, seq: int) -> tuple[list[Row], list[KnownSeries]]:
        """Read rows and the series in them that are not known here; on a native thread."""
        rows = self._store.since(seq, ROWS_A_READ, SAMPLES_A_READ)
        unknown = {number for row in rows for number in self._unknown(row.columns)}
        return rows, self._series.named(sorted(unknown)) if unknown else []

    def _unknown(self, columns: Columns) -> list[int]:
        return [n for n in np.unique(columns.ids).tolist() if not self._catalog.knows(n)]
