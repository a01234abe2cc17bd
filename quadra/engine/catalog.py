"""All series in memory: their ids, what a selector means, when they last came."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from quadra.engine.ports import Clock, Entry, KnownSeries, Memo, Owner
from quadra.errors import InvalidError
from quadra.telemetry.batch import Batch, Columns
from quadra.telemetry.label_index import NAME, LabelIndex, Mask, Tick
from quadra.telemetry.selector import Selector
from quadra.telemetry.series import SeriesKey

SELECT_WITHIN_S = 1.0
_NEVER_FIRST = np.iinfo(np.int64).max
_NEVER_LAST = np.iinfo(np.int64).min


class TooManySeriesError(InvalidError):
    """The batch would bring more series than MAX_SERIES allows."""

    code = "too_many_series"
    title = "The limit on series is reached"


class SeriesQuotaError(TooManySeriesError):
    """The batch would bring more series than MAX_SERIES_PER_TOKEN allows its token."""

    code = "series_quota"
    title = "The token's limit on series is reached"


class CostlyError(InvalidError):
    """Finding the series takes longer than one question may."""

    code = "selector_too_costly"
    title = "The selector takes too long"


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """A series as people see it; times in unix ms."""

    id: int
    name: str
    labels: dict[str, str]
    first: int
    last: int


class Catalog:
    """The series of this installation. Changed from the loop only; never blocks."""

    def __init__(
        self,
        *,
        max_series: int,
        max_of_owner: int | None = None,
        worked: Clock = time.thread_time,
    ) -> None:
        """Begin empty; both limits bound what ``entry_for`` lets in, ``max_of_owner`` a token.

        ``worked`` counts the seconds that this thread has worked: a machine that is busy with other
        things must not make a question look costly.
        """
        self.max_series = max_series
        self.max_of_owner = max_series if max_of_owner is None else max_of_owner
        self._owned: Counter[int] = Counter()
        # New series that wait to be written: in how many batches they come, and who pays.
        self._coming: dict[SeriesKey, tuple[int, int]] = {}
        self._worked = worked
        self._ids: dict[SeriesKey, int] = {}
        self._keys: list[SeriesKey | None] = [None] * 1024  # by id
        self._index = LabelIndex()
        self._first: npt.NDArray[np.int64] = np.full(1024, _NEVER_FIRST)
        self._last: npt.NDArray[np.int64] = np.full(1024, _NEVER_LAST)
        self._dirty: Mask = np.zeros(1024, np.bool_)
        self._known: Mask = np.zeros(1024, np.bool_)

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self._ids)

    @property
    def capacity(self) -> int:
        """Give one more than the largest id that masks over ids must hold."""
        return len(self._first)

    def load(self, known: Iterable[KnownSeries]) -> None:
        """Take over what the store has kept."""
        for series in known:
            self.add(series.id, series.key, series.owner)
            self._first[series.id] = series.first
            self._last[series.id] = series.last

    def add(self, series_id: int, key: SeriesKey, owner: int = 0) -> bool:
        """Learn a series, and whose token brought it; says whether it is new here."""
        if key in self._ids:
            return False
        if owner:
            self._owned[owner] += 1
        while series_id >= len(self._first):
            grown = len(self._first)
            self._first = np.concatenate((self._first, np.full(grown, _NEVER_FIRST)))
            self._last = np.concatenate((self._last, np.full(grown, _NEVER_LAST)))
            self._dirty = np.concatenate((self._dirty, np.zeros(grown, np.bool_)))
            self._known = np.concatenate((self._known, np.zeros(grown, np.bool_)))
            self._keys += [None] * grown
        self._ids[key] = series_id
        self._keys[series_id] = key
        self._index.add(series_id, key)
        self._known[series_id] = True
        return True

    def entry_for(
        self, batch: Batch, owner: Owner | None = None, memos: Sequence[Memo] = ()
    ) -> Entry:
        """Give a batch the ids that are known; raises TooManySeriesError, SeriesQuotaError."""
        known = self._ids
        ids = [known.get(key, 0) for key in batch.keys]
        if 0 in ids:
            new = sum(1 for key in _fresh(batch.keys, ids) if key not in self._coming)
            self._refuse_beyond(new, owner)
        return Entry(batch, ids, owner, memos)

    def expect(self, entry: Entry) -> bool:
        """Count the new series of an entry as there while it waits; ``settle`` must end that.

        Says whether there are any.
        """
        if 0 not in entry.ids:
            return False
        own = entry.owner.id if entry.owner else 0
        for key in _fresh(entry.batch.keys, entry.ids):
            times, payer = self._coming.get(key, (0, own))
            self._coming[key] = (times + 1, payer)
            if not times:
                self._owned[payer] += 1
        return True

    def settle(self, entry: Entry) -> None:
        """Note that an entry that was expected is written, or failed."""
        for key in _fresh(entry.batch.keys, entry.ids):
            times, payer = self._coming.pop(key)
            if times > 1:
                self._coming[key] = (times - 1, payer)
            else:
                self._owned[payer] -= 1

    def new_in(self, batch: Batch) -> list[int]:
        """Give the places among the batch's keys of series that are not known, nor coming."""
        known, coming = self._ids, self._coming
        return [n for n, key in enumerate(batch.keys) if key not in known and key not in coming]

    def known_part(self, batch: Batch) -> Batch:
        """Give the part of a batch whose series are known, or come with another batch.

        Of new series all or none are let in, so that no histogram is kept by half.
        """
        stays = np.array([key in self._ids or key in self._coming for key in batch.keys], np.bool_)
        mask = stays[batch.index]
        places = (np.cumsum(stays) - 1).astype(np.uint32)
        keys = tuple(key for key, stay in zip(batch.keys, stays.tolist(), strict=True) if stay)
        index = places[batch.index[mask]]
        return Batch(keys, index, batch.t[mask], batch.v[mask], batch.source)

    def _room(self) -> int:
        return self.max_series - len(self._ids) - len(self._coming)

    def _room_of(self, owner: Owner | None) -> int:
        return self.max_series if owner is None else self.max_of_owner - self._owned[owner.id]

    def _refuse_beyond(self, new: int, owner: Owner | None) -> None:
        if not new:
            return
        if new > self._room():
            msg = f"{new} new series would exceed the limit of {self.max_series} (MAX_SERIES)."
            raise TooManySeriesError(f"{msg} Nothing of this request was stored.")
        if owner is not None and new > self._room_of(owner):
            msg = (
                f"{new} new series would exceed the limit of {self.max_of_owner} that the token "
                f"“{owner.name}” may bring (MAX_SERIES_PER_TOKEN). Nothing of this request was "
                "stored."
            )
            raise SeriesQuotaError(msg)

    def observe(self, columns: Columns) -> None:
        """Note the times of committed samples."""
        if len(columns):
            np.minimum.at(self._first, columns.ids, columns.t)
            np.maximum.at(self._last, columns.ids, columns.t)
            self._dirty[columns.ids] = True

    def take_changed(self) -> npt.NDArray[np.int64]:
        """Give the ids of the series observed since the last call, sorted."""
        ids = np.flatnonzero(self._dirty)
        self._dirty[ids] = False
        return ids

    def times_of(self, ids: npt.NDArray[np.int64]) -> list[tuple[int, int, int]]:
        """Give (id, first, last) of known series, times in unix ms."""
        first, last = self._first[ids].tolist(), self._last[ids].tolist()
        return list(zip(ids.tolist(), first, last, strict=True))

    def mark_changed(self, ids: npt.NDArray[np.int64]) -> None:
        """Note that the times of these series are still to be kept."""
        self._dirty[ids] = True

    def knows(self, series_id: int) -> bool:
        """Say whether a series of this id is known."""
        return 0 <= series_id < len(self._known) and bool(self._known[series_id])

    def key(self, series_id: int) -> SeriesKey:
        """Give the key of a known id; raises KeyError."""
        found = self._keys[series_id] if 0 <= series_id < len(self._keys) else None
        if found is None:
            raise KeyError(series_id)
        return found

    def info(self, series_id: int) -> SeriesInfo:
        """Describe a known series; raises KeyError."""
        name, labels = self.key(series_id)
        return SeriesInfo(
            series_id,
            name,
            dict(labels),
            int(self._first[series_id]),
            int(self._last[series_id]),
        )

    def select(self, selectors: Sequence[Selector]) -> list[int]:
        """Give the ids that any of the selectors means, sorted.

        May take long over many series, so run it off the loop. Raises CostlyError when it takes
        longer than a visitor may ask for.
        """
        if not selectors:
            return []
        found = self._selected(selectors, _Meter(self._worked).look)
        ids: list[int] = np.flatnonzero(found).tolist()
        return ids

    def _selected(self, selectors: Sequence[Selector], tick: Tick) -> Mask:
        """Mark the series that any of the selectors means; all, where there is none."""
        known = self._known
        if not selectors:
            return known
        found = np.zeros(len(known), np.bool_)
        for selector in selectors:
            found |= self._index.select(selector, known, self.key, tick)
        return found

    def search(self, words: Sequence[str]) -> list[int]:
        """Give the ids whose name or label values hold every word, whatever the case, sorted.

        Off the loop and with CostlyError, as ``select``.
        """
        tick = _Meter(self._worked).look
        ids: list[int] = np.flatnonzero(self._index.search(words, self._known, tick)).tolist()
        return ids

    def labels(self, selectors: Sequence[Selector]) -> list[tuple[str, int]]:
        """Give each label of the series selected, of all without a selector, and how many values.

        Off the loop and with CostlyError, as ``select``; so are the next two.
        """
        tick = _Meter(self._worked).look
        mask = self._selected(selectors, tick)
        found = (
            (label, len(self._index.count(label, mask, tick))) for label in self._index.labels()
        )
        return [(label, values) for label, values in found if values]

    def values(self, label: str, selectors: Sequence[Selector]) -> list[tuple[str, int]]:
        """Give each value that a label has among the series selected, and how many have it."""
        tick = _Meter(self._worked).look
        return sorted(self._index.count(label, self._selected(selectors, tick), tick))

    def names(self, selectors: Sequence[Selector]) -> list[tuple[str, int]]:
        """Give each name of the series selected, and how many bear it."""
        return self.values(NAME, selectors)

    def has_name(self, name: str) -> bool:
        """Say whether any series bears a name."""
        return self._index.has(NAME, name)

    def met_after(self, count: int) -> list[tuple[int, SeriesKey]]:
        """Give the series beyond the first ``count`` that were met, in that order."""
        return [(self._ids[key], key) for key in islice(self._ids, count, None)]


def _fresh(keys: Sequence[SeriesKey], ids: Sequence[int]) -> Iterable[SeriesKey]:
    """Give the keys that have no id yet."""
    return (key for key, series_id in zip(keys, ids, strict=True) if series_id == 0)


class _Meter:
    """Ends a walk over many series that takes too long."""

    def __init__(self, worked: Clock) -> None:
        self._worked = worked
        self._until = worked() + SELECT_WITHIN_S

    def look(self) -> None:
        """Raise CostlyError when the time is over."""
        if self._worked() > self._until:
            msg = (
                "Finding the series takes too long. Give the metric's name, or simpler "
                "regular expressions."
            )
            raise CostlyError(msg)
