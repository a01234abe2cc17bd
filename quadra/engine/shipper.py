"""Ships the journal to a store elsewhere; what that store can't be trusted with stays here.

The journal is the spool: rows are dropped only some time after their samples were taken there.
Stores acknowledge from memory, so after any doubt (a broken connection, a server error, a new
start) the last two minutes are sent again. That can leave a sample there twice, as can senders that
send again; and a sample with a new value for its time can't replace the former one there. So
every sample that may have been there before is put into chunks here as well, and what stands
here counts when history is read: each sample once, the last written one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from quadra.engine.ports import Clock, JournalStore
from quadra.engine.sealer import (
    KEEP_SEALED_ROWS_S,
    KEEP_UNJUDGED_ROWS_S,
    ChunkStore,
    OvertakenError,
    Sealer,
)
from quadra.errors import InvalidError, StorageError
from quadra.telemetry.batch import Columns, TimeArray, latest_of_each

log = logging.getLogger(__name__)

ROWS_A_ROUND = 2_000
SAMPLES_A_ROUND = 200_000
SAMPLES_A_REQUEST = 20_000
SETTLED_AFTER_S = KEEP_SEALED_ROWS_S
"""By then a store has long written down what it took, and finds it when asked."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
MAX_REFUSALS_A_ROUND = 64

_NEVER = np.iinfo(np.int64).min
_STALE = np.uint64(0x7FF0_0000_0000_0002)  # Prometheus's staleness marker
_BEYOND, _TINY = 2.0**63, 1e-100
_Mask = npt.NDArray[np.bool_]


class RefusedError(InvalidError):
    """The store will never take this request as it is."""

    code = "history_store_refused"
    title = "The history store refused a request"


class RemoteStore(Protocol):
    """A store elsewhere; blocking."""

    def reach(self) -> None:
        """See to it that it can be sent to; raises StorageError."""

    def takes(self, columns: Columns) -> _Mask:
        """Say which samples can be sent at all."""

    def send(self, columns: Columns) -> None:
        """Send samples sorted by series and time, once; raises RefusedError, StorageError."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """How far it is: the position behind which rows may go, and each series' newest time sent.

    ``sent[id]`` is in unix ms, the least int64 for series without; ``refused`` counts samples.
    """

    seq: int
    sent: TimeArray
    refused: int


@dataclass(frozen=True, slots=True)
class ShipmentReport:
    """How shipping goes: the position, samples refused, what stands in the way, since when."""

    seq: int
    refused: int
    trouble: str
    trouble_since: float | None


class ShipmentStore(Protocol):
    """Where the state of shipping is kept; all but ``load`` raise OvertakenError; StorageError."""

    def load(self) -> Shipped:
        """Give what is kept."""

    def intend(self, claim: int, sent: TimeArray) -> None:
        """Keep the newest times, before anything of them is sent."""

    def finish(self, claim: int, seq: int) -> int:
        """Keep the position and drop the rows up to it; gives how many."""

    def judged(self) -> int | None:
        """Give the position up to which samples have been judged, None where nobody judges."""

    def report(self, claim: int, refused: int, trouble: str, since: float | None) -> None:
        """Keep, for whoever asks how it goes, the refused samples and what stands in the way."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Up to ``seq`` everything was taken at a time (unix seconds)."""

    seq: int
    at: float


class Shipper:
    """Reads the journal in order and sends it. Blocking.

    Should two run, the one that began a round last wins, and the other begins anew.
    """

    def __init__(
        self,
        journal: JournalStore,
        chunks: ChunkStore,
        shipments: ShipmentStore,
        remote: RemoteStore,
        clock: Clock,
        *,
        keep_seconds: float | None,
        chance: Callable[[], float],
    ) -> None:
        """Wire; ``keep_seconds`` as of ``Sealer``, ``chance`` gives 0 to 1 to spread retries."""
        self._journal = journal
        self._chunks = chunks
        self._shipments = shipments
        self._remote = remote
        self._clock = clock
        self._chance = chance
        self._sealer = Sealer(journal, chunks, clock, keep_seconds)
        self._trouble: StorageError | None = None
        self._trouble_since: float | None = None
        self._not_before = 0.0
        self._pause = FIRST_PAUSE_S
        self._reset()

    def _reset(self) -> None:
        self._claim = -1
        self._settled = self._taken = self._kept_here = 0
        self._marks: deque[_Mark] = deque()
        self._sent: TimeArray = np.empty(0, np.int64)
        self._refused = 0

    def run(self) -> int:
        """Send what waits; gives the number of samples sent.

        Raises StorageError when that can't be done now; calls before the pause is over raise it
        again and do nothing.
        """
        if self._trouble is not None and self._clock() < self._not_before:
            raise self._trouble
        total = 0
        try:
            while sent := self._round():
                total += sent
        except OvertakenError:
            self._reset()
            raise
        return total

    def expire(self) -> int:
        """Drop a portion of what stands here and is older than it is kept; gives the chunks."""
        return self._sealer.expire()

    def _round(self) -> int:
        if self._claim > 0 and not self._is_due():
            return 0
        claim = self._begin()
        self._settle(claim)
        rows = self._journal.since(self._taken, ROWS_A_ROUND, SAMPLES_A_ROUND)
        if not rows:
            return 0
        last = rows[-1].seq
        columns = latest_of_each(Columns.concat([row.columns for row in rows]))
        try:
            self._remote.reach()
        except StorageError as error:
            self._put_off(claim, error)
            raise
        again = self._prepare(claim, columns, last)
        try:
            self._send(claim, columns, again)
        except OvertakenError:
            raise
        except StorageError as error:
            self._put_off(claim, error)
            raise
        self._taken = last
        self._marks.append(_Mark(last, self._clock()))
        self._recover(claim)
        return len(columns)

    def _is_due(self) -> bool:
        return self._is_settling() or self._journal.head() > self._taken

    def _is_settling(self) -> bool:
        return bool(self._marks) and self._marks[0].at <= self._clock() - SETTLED_AFTER_S

    def _begin(self) -> int:
        """Begin a round; where another has had one since, take up what it left."""
        claim = self._chunks.claim()
        if claim != self._claim + 1:
            kept = self._shipments.load()
            self._reset()
            self._settled = self._taken = kept.seq
            self._sent, self._refused = kept.sent, kept.refused
        self._claim = claim
        return claim

    def _settle(self, claim: int) -> None:
        """Let the rows go that were taken long enough ago."""
        if not self._is_settling():
            return
        reached = self._settled
        judged = self._shipments.judged()
        long_ago = self._clock() - KEEP_UNJUDGED_ROWS_S
        while self._is_settling():
            mark = self._marks[0]
            if judged is not None and mark.seq > judged and mark.at > long_ago:
                break  # the journal is all that a judge who was away can learn it from
            reached = self._marks.popleft().seq
        if reached == self._settled:
            return
        self._shipments.finish(claim, reached)
        self._settled = reached

    def _prepare(self, claim: int, columns: Columns, last: int) -> _Mask:
        """Keep here what the store can't be trusted with; say what may be there already."""
        newest = int(columns.ids.max()) if len(columns) else 0
        if newest >= len(self._sent):
            more = np.full(newest + 1 + newest // 8 - len(self._sent), _NEVER)
            self._sent = np.concatenate((self._sent, more))
        again: _Mask = columns.t <= self._sent[columns.ids]
        if last > self._kept_here:
            mask = again | _is_odd(columns) | ~self._remote.takes(columns)
            if mask.any():
                self._sealer.seal(claim, columns.where(mask))
            if again.all():
                self._kept_here = last  # an attempt after this one finds them here
        if not again.all():
            np.maximum.at(self._sent, columns.ids, columns.t)
            self._shipments.intend(claim, self._sent)
        return again

    def _send(self, claim: int, columns: Columns, again: _Mask) -> None:
        able = self._remote.takes(columns) & _is_sendable(columns)
        refused = self._send_parts(columns.where(able & ~again))
        lost = len(refused)
        if lost:
            self._sealer.seal(claim, refused)
        # These stand here already, so it does not matter if the store will not have them.
        lost += len(self._send_parts(columns.where(able & again)))
        if lost:
            self._refused += lost
            log.warning("The history store refused %d samples for good; they are kept here", lost)
            self._report(claim)

    def _send_parts(self, columns: Columns) -> Columns:
        """Send in requests; a refused one in halves, to find what is at fault. Gives that."""
        refused: list[Columns] = []
        tries = MAX_REFUSALS_A_ROUND
        waiting = deque(_parts(columns, SAMPLES_A_REQUEST))
        while waiting:
            part = waiting.popleft()
            try:
                self._remote.send(part)
            except RefusedError as error:
                tries -= 1
                if len(part) == 1 or tries < 0:
                    if not refused:
                        log.warning("%s", error.detail)
                    refused.append(part)
                else:
                    waiting.extendleft(reversed(_parts(part, (len(part) + 1) // 2)))
        return latest_of_each(Columns.concat(refused))

    def _put_off(self, claim: int, error: StorageError) -> None:
        """Wait before the next try, and then send again what is in doubt."""
        now = self._clock()
        before, self._trouble = self._trouble, error
        asked = min(error.retry_after or 0.0, LONGEST_PAUSE_S * 5)
        pause = self._pause * (0.5 + self._chance() / 2)
        self._not_before = now + max(pause, asked)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
        self._taken = self._settled
        self._marks.clear()
        if before is None:
            self._trouble_since = now
        if before is None or before.detail != error.detail:
            self._report(claim)

    def _recover(self, claim: int) -> None:
        self._pause = FIRST_PAUSE_S
        if self._trouble is not None:
            self._trouble = self._trouble_since = None
            log.info("The history store takes samples again")
            self._report(claim)

    def _report(self, claim: int) -> None:
        trouble = "" if self._trouble is None else self._trouble.detail
        self._shipments.report(claim, self._refused, trouble, self._trouble_since)


def _parts(columns: Columns, size: int) -> list[Columns]:
    return [
        Columns(columns.ids[at : at + size], columns.t[at : at + size], columns.v[at : at + size])
        for at in range(0, len(columns), size)
    ]


def _is_odd(columns: Columns) -> _Mask:
    """Say which values a store may give back as others.

    VictoriaMetrics keeps no NaN and rounds to decimals, so that nothing is left of tiny values.
    """
    size = np.abs(columns.v)
    odd: _Mask = ~np.isfinite(columns.v) | (size >= _BEYOND) | ((size < _TINY) & (size > 0))
    return odd


def _is_sendable(columns: Columns) -> _Mask:
    """Say which values do no harm there: one huge one would take the digits of its neighbours.

    Staleness markers are sent, for others who read that store.
    """
    bits = np.ascontiguousarray(columns.v).view(np.uint64)
    mask: _Mask = (np.abs(columns.v) < _BEYOND) | (bits == _STALE)
    return mask
