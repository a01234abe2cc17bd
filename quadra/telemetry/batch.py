"""Samples as columns: what intake hands over, and what the journal keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.telemetry.series import SeriesKey

_MAX_PLACE = 2**63
IdArray = npt.NDArray[np.uint32]
TimeArray = npt.NDArray[np.int64]
ValueArray = npt.NDArray[np.float64]
_Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought.

    ``keys`` are the distinct series; ``index[i]`` says to which of them sample *i* belongs,
    ``t[i]`` is its time in unix milliseconds, ``v[i]`` its value. All three have length n.
    ``places[k]`` says which item of the request brought ``keys[k]`` first, where that is known.
    """

    keys: tuple[SeriesKey, ...]
    index: IdArray
    t: TimeArray
    v: ValueArray
    source: str = "json"
    places: tuple[int, ...] = ()

    def __len__(self) -> int:
        """Give the number of samples."""
        return len(self.v)


@dataclass(frozen=True, slots=True)
class Columns:
    """Samples of known series: ``ids`` (uint32), ``t`` (unix ms, int64), ``v`` (float64).

    ``in_order`` says that they are known to be sorted by series and time, each place once.
    """

    ids: IdArray
    t: TimeArray
    v: ValueArray
    in_order: bool = False

    def __len__(self) -> int:
        """Give the number of samples."""
        return len(self.v)

    @classmethod
    def empty(cls) -> Columns:
        """Give columns without samples."""
        return cls(np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.float64))

    @classmethod
    def concat(cls, parts: list[Columns]) -> Columns:
        """Join parts in their order."""
        if len(parts) > 1:
            parts = [part for part in parts if len(part)]
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([p.ids for p in parts]),
            np.concatenate([p.t for p in parts]),
            np.concatenate([p.v for p in parts]),
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> Columns:
        """Keep the samples at which ``mask`` (bool, length n) is true."""
        return Columns(self.ids[mask], self.t[mask], self.v[mask], self.in_order)

    def of(self, low: int, high: int) -> Columns:
        """Give the samples of the series with low <= id < high; columns must be in order."""
        begin, stop = np.searchsorted(self.ids, (low, high)).tolist()
        some = slice(begin, stop)
        return Columns(self.ids[some], self.t[some], self.v[some], self.in_order)


def latest_of_each(columns: Columns) -> Columns:
    """Sort by series and time, and keep the last written of samples with the same place.

    The order of the input is the order of writing, so a sample that came again replaces
    its former self and changes nothing when it is the same.
    """
    if len(columns) == 0 or columns.in_order:
        return columns
    (place,) = _places(columns)
    if place is None:
        order = np.lexsort((columns.t, columns.ids))
    elif (place[1:] > place[:-1]).all():
        return replace(columns, in_order=True)
    else:
        # Stable, so that equal places stay in order of writing; quick on runs that are sorted.
        order = np.argsort(place, kind="stable")
    ids, t, v = columns.ids[order], columns.t[order], columns.v[order]
    keep = np.empty(len(ids), np.bool_)
    keep[-1] = True
    np.logical_or(ids[1:] != ids[:-1], t[1:] != t[:-1], out=keep[:-1])
    found = Columns(ids, t, v, in_order=True)
    return found if keep.all() else found.where(keep)


def overlaid(older: Columns, newer: Columns) -> Columns:
    """Give the samples of both in order; where both hold the same place, ``newer`` counts."""
    if not len(newer):
        return latest_of_each(older)
    if not len(older):
        return latest_of_each(newer)
    before, after = _places(older, newer)
    if before is None or after is None or not (older.in_order and newer.in_order):
        return latest_of_each(Columns.concat([older, newer]))
    place = np.searchsorted(before, after)
    taken = np.append(before, _MAX_PLACE - 1)[place] == after
    keep = np.ones(len(older), np.bool_)
    keep[place[taken]] = False
    if taken.any():
        older = older.where(keep)
        place -= np.cumsum(taken) - taken
    is_new = np.zeros(len(older) + len(newer), np.bool_)
    is_new[place + np.arange(len(newer))] = True
    return Columns(
        _woven(is_new, older.ids, newer.ids),
        _woven(is_new, older.t, newer.t),
        _woven(is_new, older.v, newer.v),
        in_order=True,
    )


def _woven(is_new: npt.NDArray[np.bool_], older: _Column, newer: _Column) -> _Column:
    both = np.empty(len(is_new), older.dtype)
    both[is_new] = newer
    both[~is_new] = older
    return both


def _places(*parts: Columns) -> list[npt.NDArray[np.int64] | None]:
    """Give a number for each sample that rises with series, then time; None where none would do."""
    first = min(int(part.t.min()) for part in parts)
    span = max(int(part.t.max()) for part in parts) - first + 1
    if max(int(part.ids.max()) for part in parts) * span >= _MAX_PLACE:
        return [None] * len(parts)
    return [part.ids.astype(np.int64) * span + (part.t - first) for part in parts]
