"""Samples as columns: what intake hands over, and what the journal keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quadra.telemetry.series import SeriesKey

_MAX_PLACE = 2**63
IdArray = npt.NDArray[np.uint32]
TimeArray = npt.NDArray[np.int64]
ValueArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought.

    ``keys`` are the distinct series; ``index[i]`` says to which of them sample *i* belongs,
    ``t[i]`` is its time in unix milliseconds, ``v[i]`` its value. All three have length n.
    """

    keys: tuple[SeriesKey, ...]
    index: IdArray
    t: TimeArray
    v: ValueArray
    source: str = "json"

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
        return Columns(self.ids[mask], self.t[mask], self.v[mask])


def latest_of_each(columns: Columns) -> Columns:
    """Sort by series and time, and keep the last written of samples with the same place.

    The order of the input is the order of writing, so a sample that came again replaces
    its former self and changes nothing when it is the same.
    """
    if len(columns) == 0 or columns.in_order:
        return columns
    first = columns.t.min()
    span = columns.t.max() - first + 1
    if int(columns.ids.max()) * int(span) >= _MAX_PLACE:
        order = np.lexsort((columns.t, columns.ids))
    else:
        place = columns.ids.astype(np.int64) * span + (columns.t - first)
        if (place[1:] > place[:-1]).all():
            return columns
        # Stable, so that equal places stay in order of writing; quick on runs that are sorted.
        order = np.argsort(place, kind="stable")
    ids, t, v = columns.ids[order], columns.t[order], columns.v[order]
    keep = np.empty(len(ids), np.bool_)
    keep[-1] = True
    np.logical_or(ids[1:] != ids[:-1], t[1:] != t[:-1], out=keep[:-1])
    if keep.all():
        return Columns(ids, t, v)
    return Columns(ids[keep], t[keep], v[keep])
