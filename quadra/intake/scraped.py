"""The series of one target from scrape to scrape: what came, what is gone, how the scrape went."""

from __future__ import annotations

import numpy as np

from quadra.engine.targets import Target
from quadra.intake.exposition import Page, PageReader, Slots
from quadra.intake.received import STALE
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesKey, SeriesRules, series_key

SOURCE = "scrape"
_REPORTS = ("up", "scrape_duration_seconds", "scrape_samples_scraped")
_SPARE = 1_000  # remembered spellings beyond twice those in use, before the rest is forgotten


class TargetSeries:
    """Makes the batches of one target.

    A series that the page before had and this one lacks gets a staleness marker, and all of them
    do when a scrape fails; those whose times come from the page do not, as in Prometheus. ``kept``
    must be called once a batch is stored: until then the former series count as being there.
    """

    def __init__(self, target: Target, rules: SeriesRules) -> None:
        """Begin without series."""
        self._reports = tuple(series_key(name, target.labels) for name in _REPORTS)
        self.reader = PageReader(
            rules,
            sample_limit=target.sample_limit,
            labels=target.labels,
            label_limit=target.label_limit,
            taken=frozenset(self._reports),
        )
        self._live: Slots = np.empty(0, np.int64)  # sorted, as all below but _usual
        self._next: Slots = self._live
        self._used: Slots = self._live  # by the last page that came
        self._usual: Slots = self._live  # slots of the page that _keys was made for
        self._keys: tuple[SeriesKey, ...] = ()

    def scraped(self, page: Page, t: int, duration: float) -> Batch:
        """Make the batch of a scrape that went well; ``t`` in unix ms, ``duration`` in s."""
        slots = page.slots
        self._used = np.unique(slots)
        self._next = self._used if page.stamped is None else np.unique(slots[~page.stamped])
        gone = np.setdiff1d(self._live, self._used, assume_unique=True)
        if np.array_equal(slots, self._usual):
            keys, index = self._keys, np.arange(len(slots), dtype=np.uint32)
        else:
            used, place = np.unique(slots, return_inverse=True)
            if len(used) == len(slots):
                keys, index = self._keys_at(slots), np.arange(len(slots), dtype=np.uint32)
                self._usual, self._keys = slots, keys
            else:
                keys, index = self._keys_at(used), place.astype(np.uint32)
        found = Batch(keys, index, page.t, page.v, SOURCE)
        return self._finished(found, gone, t, (1.0, duration, float(page.found)))

    def failed(self, t: int, duration: float) -> Batch:
        """Make the batch of a scrape that failed: every series ends, ``up`` is 0."""
        self._next = self._live[:0]
        return self._finished(_nothing(), self._live, t, (0.0, duration, 0.0))

    def ended(self, t: int) -> Batch:
        """Make the batch of a target that is scraped no more: even ``up`` ends."""
        self._next = self._live[:0]
        return self._finished(_nothing(), self._live, t, (STALE,) * len(_REPORTS))

    def kept(self, part: Batch | None = None) -> None:
        """Take note that the last batch was stored, or only the series of ``part``.

        Forgets what is not in use when it is much.
        """
        self._live = self._next
        if part is not None:
            known = set(part.keys)
            are_known = [key in known for key in self._keys_at(self._live)]
            self._live = self._live[np.array(are_known, np.bool_)]
        if self.reader.remembered > 2 * len(self._used) + _SPARE:
            self._live = np.searchsorted(self._used, self._live)
            self._used = self.reader.forget(self._used)
            self._usual, self._keys = self._used[:0], ()

    def _keys_at(self, slots: Slots) -> tuple[SeriesKey, ...]:
        return tuple(map(self.reader.keys.__getitem__, slots.tolist()))

    def _finished(self, found: Batch, gone: Slots, t: int, reports: tuple[float, ...]) -> Batch:
        """Add the staleness markers and the report on the scrape."""
        stale = np.full(len(gone), STALE)
        added = self._keys_at(gone) + self._reports
        first = len(found.keys)
        return Batch(
            found.keys + added,
            np.concatenate((found.index, np.arange(first, first + len(added), dtype=np.uint32))),
            np.concatenate((found.t, np.full(len(added), t, np.int64))),
            np.concatenate((found.v, stale, np.array(reports, np.float64))),
            SOURCE,
        )


def _nothing() -> Batch:
    return Batch((), np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.float64), SOURCE)
