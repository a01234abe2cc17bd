"""Turns the journal's past into compressed chunks, one series at a time.

Sealing only ever repeats safely: a sample that stands in a chunk and still in the journal is read
once, so a sealer that is killed half way begins again at the position it had last finished.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from quadra.engine.ports import Clock, JournalStore
from quadra.engine.roller import Roller
from quadra.errors import StorageError
from quadra.telemetry.batch import Columns, TimeArray, ValueArray, latest_of_each
from quadra.telemetry.tiers import Marks

log = logging.getLogger(__name__)

CHUNK_SAMPLES = 512
LONG_CHUNK_SAMPLES = 1_024  # of a series that brings many samples a round, and once put together
LONG_FROM = 128  # samples a round; with fewer, a long chunk would be written anew too often
SEAL_AFTER_S = 300.0
KEEP_SEALED_ROWS_S = 120.0
KEEP_UNJUDGED_ROWS_S = 86_400.0  # a judge that was away finds what it missed, for a day at most
ROWS_A_ROUND = 2_000
SAMPLES_A_ROUND = 2_000_000
SERIES_A_TRANSACTION = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of one series in order; ``replaces`` is the chunk that holds their beginning."""

    series_id: int
    t: TimeArray
    v: ValueArray
    replaces: int | None = None


class ChunkStore(Protocol):
    """Where sealed chunks are kept; all blocking; raises StorageError."""

    def claim(self) -> int:
        """Begin a round: gives its number. What earlier rounds still want to write is refused."""

    def sealed(self) -> int:
        """Give the journal position up to which everything stands in chunks."""

    def tails(self, series: Sequence[int]) -> dict[int, Stretch]:
        """Give the newest chunk of each series that has one."""

    def put(self, claim: int, stretches: Sequence[Stretch]) -> None:
        """Write each as a chunk, in one short transaction; raises OvertakenError."""

    def finish(
        self, claim: int, seq: int, committed_before: float, unjudged_before: float = math.inf
    ) -> int:
        """Keep the position reached and drop sealed rows that old; gives how many.

        Those that the judge has not reached only when they are from before ``unjudged_before``.
        Raises OvertakenError.
        """

    def expire(self, before: int, limit: int) -> int:
        """Drop at most ``limit`` chunks that ended before a time (unix ms); gives how many."""


class OvertakenError(StorageError):
    """Another sealer has begun a round; this one's is void."""

    code = "sealer_overtaken"
    title = "Another process seals this history"


class Sealer:
    """Reads the journal in order and seals it. Blocking.

    Should two run, the one that began last wins and the other's round comes to nothing.
    """

    def __init__(
        self,
        journal: JournalStore,
        chunks: ChunkStore,
        clock: Clock,
        keep_seconds: float | None,
        roller: Roller | None = None,
    ) -> None:
        """Wire the sealer.

        ``keep_seconds`` is the age at which samples end, None for never; ``roller`` mends the
        rollups that late samples lie in, where there are any.
        """
        self._journal = journal
        self._chunks = chunks
        self._clock = clock
        self._keep = keep_seconds
        self._roller = roller

    def run(self, *, everything: bool = False) -> int:
        """Seal what is due; gives the number of samples sealed.

        The oldest row decides: it waits until it is ``SEAL_AFTER_S`` old, so that chunks are
        rewritten seldom, or until many rows wait. ``everything`` seals without waiting.
        """
        total = 0
        while True:
            seq = self._chunks.sealed()
            # Not read before it is due: it may be a million samples, and this comes often.
            waiting = self._journal.gap(seq)
            is_full = waiting.rows >= ROWS_A_ROUND or waiting.samples >= SAMPLES_A_ROUND // 2
            is_due = waiting.oldest <= self._clock() - SEAL_AFTER_S
            if not waiting.rows or not (everything or is_full or is_due):
                return total
            samples, last = self._read(seq)
            claim = self._chunks.claim()
            if self._chunks.sealed() != seq:
                return total  # somebody else has sealed meanwhile; look again next time
            self.seal(claim, samples)
            now = self._clock()
            self._chunks.finish(claim, last, now - KEEP_SEALED_ROWS_S, now - KEEP_UNJUDGED_ROWS_S)
            total += len(samples)
            if not is_full:
                return total

    def _read(self, seq: int) -> tuple[Columns, int]:
        """Read a round's samples behind a position; gives the position of the last too."""
        rows = self._journal.since(seq, ROWS_A_ROUND, SAMPLES_A_ROUND)
        last = rows[-1].seq if rows else seq
        return Columns.concat([row.columns for row in rows]), last

    def sealed_before(self) -> float:
        """Give the unix time before which everything committed is sealed."""
        waiting = self._journal.gap(self._chunks.sealed())
        return waiting.oldest if waiting.rows else self._clock()

    def seal(self, claim: int, columns: Columns) -> None:
        """Put samples, in the order written, into chunks, and mend the rollups of their times.

        Samples from before the age at which samples end are not kept.
        """
        marks = Marks() if self._roller is None else self._roller.marks()
        kept = latest_of_each(columns.where(columns.t >= marks.raw_from))
        lines = list(_by_series(kept))
        for at in range(0, len(lines), SERIES_A_TRANSACTION):
            part = lines[at : at + SERIES_A_TRANSACTION]
            tails = self._chunks.tails([series_id for series_id, _t, _v in part])
            stretches: list[Stretch] = []
            for series_id, t, v in part:
                stretches += extend(tails.get(series_id), series_id, t, v)
            self._chunks.put(claim, stretches)
        if self._roller and len(kept) and int(kept.t.min()) < marks.rolled_until:
            self._roller.mend(claim, kept)

    def expire(self) -> int:
        """Drop a portion of what is older than it is kept; gives the number of chunks."""
        if self._keep is None:
            return 0
        before = round((self._clock() - self._keep) * 1000)
        return self._chunks.expire(before, SERIES_A_TRANSACTION * 5)


class RollingSealer:
    """Seals, rolls up and ends what is too old: all that a history in the database needs."""

    def __init__(self, sealer: Sealer, roller: Roller) -> None:
        """Wire both; the sealer must know the roller."""
        self._sealer = sealer
        self._roller = roller

    def run(self) -> int:
        """Seal and roll up what is due; gives the number of samples sealed."""
        sealed = self._sealer.run()
        self._roller.run(self._sealer.sealed_before())
        return sealed

    def expire(self) -> int:
        """Drop a portion of what is too old; gives the number of chunks and blocks."""
        return self._roller.end_samples() + self._roller.end_rollups()


def extend(tail: Stretch | None, series_id: int, t: TimeArray, v: ValueArray) -> Iterable[Stretch]:
    """Say which chunks new samples of a series make; ``t`` rises strictly.

    What is not older than the series' newest chunk goes into it and, where it is full, into
    further ones. What is older makes a chunk of its own, which reading merges.
    """
    if tail is None:
        yield from _pieces(series_id, t, v, None)
        return
    late = int(np.searchsorted(t, tail.t[0]))
    if late:
        yield from _pieces(series_id, t[:late], v[:late], None)
    if late == len(t):
        return
    if len(tail.t) >= _most(t) and t[late] > tail.t[-1]:
        yield from _pieces(series_id, t[late:], v[late:], None)
        return
    ids = np.zeros(len(tail.t) + len(t) - late, np.uint32)
    both = Columns(ids, np.concatenate((tail.t, t[late:])), np.concatenate((tail.v, v[late:])))
    merged = latest_of_each(both)
    yield from _pieces(series_id, merged.t, merged.v, tail.replaces)


def _most(t: TimeArray) -> int:
    """Say how many samples a chunk may hold that samples at ``t`` go into."""
    return LONG_CHUNK_SAMPLES if len(t) >= LONG_FROM else CHUNK_SAMPLES


def _pieces(series_id: int, t: TimeArray, v: ValueArray, replaces: int | None) -> Iterable[Stretch]:
    most = _most(t)
    for at in range(0, len(t), most):
        end = at + most
        yield Stretch(series_id, t[at:end], v[at:end], replaces if at == 0 else None)


def _by_series(columns: Columns) -> Iterable[tuple[int, TimeArray, ValueArray]]:
    if len(columns) == 0:
        return
    bounds = np.flatnonzero(np.r_[True, columns.ids[1:] != columns.ids[:-1], True]).tolist()
    for low, high in pairwise(bounds):
        yield int(columns.ids[low]), columns.t[low:high], columns.v[low:high]
