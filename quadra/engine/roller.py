"""Makes rollups of what is sealed, and ends what is older than it is kept.

Rollups are always made of all samples of their span anew and put in place of those before, so
that a round that was killed is simply done again, and a late sample leaves the cells that the
samples of its time give. Nothing below ``Marks.rolled_until`` is sealed without its cells being
mended before the position in the journal moves on.

Cells of hours are made of every series. Cells of minutes take about as many bytes as ten
compressed samples, so series get them that send more often than that pays; of the others the
samples answer as quickly, and their minutes are rolled when the samples are about to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from quadra.engine.ports import Clock
from quadra.errors import InvalidError
from quadra.telemetry.batch import Columns, IdArray, latest_of_each
from quadra.telemetry.rollups import HOUR, MINUTE, Rollup, roll
from quadra.telemetry.tiers import NEVER, Marks, Span

STRIDE = 6 * HOUR  # what is rolled in one go: whole windows of minutes, each written once
SHORT_STRIDE = HOUR  # where samples are kept so shortly that they could not wait for the long one
_SHORT_KEPT_S = 48 * 3_600.0
SERIES_A_PORTION = 100
DENSE = 20  # samples a minute from which on a series has cells of minutes
_MINUTES_AN_HOUR = HOUR // MINUTE


class Portion(NamedTuple):
    """Some series over a span of time."""

    ids: IdArray
    span: Span


class RollupStore(Protocol):
    """Where rollups are kept, beside the samples that they are made of.

    All blocking; raises StorageError, and OvertakenError where a later round has begun.
    """

    def claim(self) -> int:
        """Begin a round: gives its number. What earlier rounds still want to write is refused."""

    def marks(self) -> Marks:
        """Tell how far samples and rollups reach."""

    def mark(self, claim: int, marks: Marks) -> None:
        """Keep how far samples and rollups reach."""

    def oldest(self) -> int | None:
        """Give the time of the oldest sealed sample (unix ms)."""

    def series(self) -> list[int]:
        """List the ids of all series."""

    def samples(self, span: Span, ids: IdArray) -> Columns:
        """Read what is sealed of these series within the span; InvalidError when it is too much."""

    def put_together(self, claim: int, portion: Portion) -> None:
        """Put chunks together that lie within the portion and are shorter than they may be."""

    def minutes_since(self, ids: IdArray) -> dict[int, int]:
        """Tell from when on (unix ms) series have cells of minutes, for those that have."""

    def keep_minutes(self, claim: int, ids: list[int], since: int) -> None:
        """Note that series have cells of minutes from a time on."""

    def put(self, claim: int, step: int, cells: Rollup, portion: Portion) -> None:
        """Make these the cells of the portion, instead of those before."""

    def drop_samples(self, claim: int, before: int, ids: IdArray) -> int:
        """Drop the chunks of these series that ended before a time; gives how many."""

    def drop_rollups(self, claim: int, before: int) -> int:
        """Drop a portion of the cells that ended before a time; gives the number of rows."""


class Roller:
    """Rolls up, mends and ends. Blocking."""

    def __init__(
        self,
        store: RollupStore,
        clock: Clock,
        keep_samples: float | None,
        keep_rollups: float | None,
    ) -> None:
        """Wire the roller; both ages are in seconds, None for never."""
        self._store = store
        self._clock = clock
        self._keep_samples = keep_samples
        self._keep_rollups = keep_rollups
        short = keep_samples is not None and keep_samples < _SHORT_KEPT_S
        self._stride = SHORT_STRIDE if short else STRIDE
        self._looked_for_oldest = NEVER
        self._dropped_before = NEVER

    def marks(self) -> Marks:
        """Tell how far samples and rollups reach."""
        return self._store.marks()

    def run(self, sealed_before: float) -> bool:
        """Roll up the next stride of time; says whether there was one.

        ``sealed_before`` is the unix time up to which everything committed is sealed.
        """
        marks = self._store.marks()
        start = marks.rolled_until
        if start == NEVER:
            oldest = self._store.oldest()
            if oldest is None:
                return False
            start = oldest // self._stride * self._stride
        end = (start // self._stride + 1) * self._stride
        if end > sealed_before * 1000:
            return False
        claim = self._store.claim()
        if self._store.marks() != marks:
            return False  # somebody else has rolled meanwhile; look again next time
        for ids in self._portions():
            self._roll(claim, Portion(ids, (start, end)), is_new=True)
            # From a stride before: what reached over its end lies within by now.
            self._store.put_together(claim, Portion(ids, (start - self._stride, end)))
        self._store.mark(claim, marks._replace(rolled_until=end))
        return True

    def mend(self, claim: int, samples: Columns) -> None:
        """Roll anew what late samples (sorted, just sealed) lie in."""
        marks = self._store.marks()
        late = samples.where((samples.t < marks.rolled_until) & (samples.t >= marks.raw_from))
        stride = late.t // STRIDE * STRIDE
        for start in np.unique(stride).tolist():
            span = (max(start, marks.raw_from), min(start + STRIDE, marks.rolled_until))
            ids = np.unique(late.ids[stride == start])
            for at in range(0, len(ids), SERIES_A_PORTION):
                self._roll(claim, Portion(ids[at : at + SERIES_A_PORTION], span), is_new=False)

    def _roll(self, claim: int, whole: Portion, *, is_new: bool) -> None:
        """Make the cells of all samples of a portion."""
        for portion, samples in self._samples(whole):
            if not len(samples) and is_new:
                continue
            ids, span = portion
            hours = roll(samples.ids, samples.t, samples.v, HOUR)
            self._store.put(claim, HOUR, hours, portion)
            known = self._store.minutes_since(ids)
            dense = [number for number in _dense(hours) if number not in known] if is_new else []
            if dense:
                self._store.keep_minutes(claim, dense, span[0])
            having = [number for number, since in known.items() if since < span[1]]
            if having or dense:
                some = np.array(having + dense, np.uint32)
                self._roll_minutes(claim, samples, Portion(some, span))

    def _samples(self, portion: Portion) -> Iterator[tuple[Portion, Columns]]:
        """Read a portion, in halves where it holds more than may be read at once."""
        try:
            samples = latest_of_each(self._store.samples(portion.span, portion.ids))
        except InvalidError:
            half = len(portion.ids) // 2
            if not half:
                raise
            for ids in (portion.ids[:half], portion.ids[half:]):
                yield from self._samples(portion._replace(ids=ids))
            return
        yield portion, samples

    def _roll_minutes(self, claim: int, samples: Columns, portion: Portion) -> None:
        some = samples.where(np.isin(samples.ids, portion.ids))
        self._store.put(claim, MINUTE, roll(some.ids, some.t, some.v, MINUTE), portion)

    def end_samples(self) -> int:
        """End a stride of the samples that are too old; gives the number of chunks dropped.

        First the series that have no cells of minutes get them; then samples below the mark
        count no more, whether they are dropped already or not.
        """
        if self._keep_samples is None:
            return 0
        now = self._clock()
        marks = self._store.marks()
        until = min(_hour(now - self._keep_samples), marks.rolled_until)
        start = self._first_sample(marks, until)
        if start is None or until <= start:
            return 0
        span = (start, min(until, start + STRIDE))
        outlive = self._keep_rollups is None or span[1] > _hour(now - self._keep_rollups)
        claim = self._store.claim()
        if self._store.marks() != marks:
            return 0
        for ids in self._portions() if outlive else ():
            known = self._store.minutes_since(ids)
            rest = np.array([i for i in ids.tolist() if known.get(i, span[1]) > start], np.uint32)
            for portion, samples in self._samples(Portion(rest, span)):
                if len(samples):
                    self._roll_minutes(claim, samples, portion)
        self._store.mark(claim, marks._replace(raw_from=span[1]))
        return sum(self._store.drop_samples(claim, span[1], ids) for ids in self._portions())

    def _first_sample(self, marks: Marks, until: int) -> int | None:
        """Give the hour of the oldest sample kept; looks for it once an hour at most."""
        if marks.raw_from != NEVER:
            return marks.raw_from
        if self._looked_for_oldest == until:
            return None
        self._looked_for_oldest = until
        oldest = self._store.oldest()
        return None if oldest is None else oldest // HOUR * HOUR

    def end_rollups(self) -> int:
        """Drop a portion of the cells that are too old; gives the number of rows."""
        if self._keep_rollups is None:
            return 0
        marks = self._store.marks()
        before = max(_hour(self._clock() - self._keep_rollups), marks.rollups_from)
        if marks.rolled_until == NEVER or before == self._dropped_before:
            return 0
        claim = self._store.claim()
        if self._store.marks() != marks:
            return 0
        if before > marks.rollups_from:  # first, so that nobody counts on what is half gone
            self._store.mark(claim, marks._replace(rollups_from=before))
        dropped = self._store.drop_rollups(claim, before)
        if not dropped:
            self._dropped_before = before
        return dropped

    def _portions(self) -> Iterator[IdArray]:
        ids = np.array(self._store.series(), np.uint32)
        for at in range(0, len(ids), SERIES_A_PORTION):
            yield ids[at : at + SERIES_A_PORTION]


def _hour(seconds: float) -> int:
    return round(seconds * 1000) // HOUR * HOUR


def _dense(hours: Rollup) -> list[int]:
    """Give the series whose minutes held many samples."""
    ids, place = np.unique(hours.ids, return_inverse=True)
    samples = np.bincount(place, weights=hours.count)
    minutes = np.bincount(place) * _MINUTES_AN_HOUR
    found: list[int] = ids[samples >= DENSE * minutes].tolist()
    return found
