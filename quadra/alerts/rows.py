"""The newest samples of many series, a row each, for windows that move with time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from quadra.alerts.windows import Places, Windows, first_after
from quadra.telemetry.batch import TimeArray, ValueArray

_FIRST_WIDTH = 16
_MANY_A_ROW = 64
MAX_CELLS = 4_000_000  # of 16 bytes, a rule
_WIDEST, _NARROWEST = 8_192, 64

Times = npt.NDArray[np.int64]


def widest_row(rows: int) -> int:
    """Give how many samples of a series are kept at most, so that a rule stays within bounds."""
    return int(np.clip(MAX_CELLS // max(rows, 1), _NARROWEST, _WIDEST))


class Rows:
    """Row *r* holds its samples in ``t[r, begin[r]:end[r]]``, rising in time, without doubles."""

    def __init__(self, window: int) -> None:
        """Begin without rows; ``window`` (ms) is how far back samples are needed."""
        self._window = window
        self._count = 0
        self.t: TimeArray = np.empty((0, _FIRST_WIDTH), np.int64)
        self.v: ValueArray = np.empty((0, _FIRST_WIDTH), np.float64)
        self.begin: Places = np.empty(0, np.int64)
        self.end: Places = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Give the number of rows."""
        return self._count

    @property
    def _width(self) -> int:
        return int(self.t.shape[1])

    def grow(self, count: int) -> None:
        """Add empty rows; there is room for more than are asked for, for series come one by one."""
        self._count += count
        if self._count <= len(self.begin):
            return
        count = max(self._count, 2 * len(self.begin)) - len(self.begin)
        self.t = np.concatenate((self.t, np.zeros((count, self._width), np.int64)))
        self.v = np.concatenate((self.v, np.zeros((count, self._width))))
        self.begin = np.concatenate((self.begin, np.zeros(count, np.int64)))
        self.end = np.concatenate((self.end, np.zeros(count, np.int64)))

    def append(self, rows: Places, t: TimeArray, v: ValueArray) -> Places:
        """Add samples that are later than all before in their rows; gives their flat places.

        ``rows`` is sorted and ``t`` rises within a row; all three have length n. What is older
        than the window, or beyond the bound on a row, is forgotten from the front.
        """
        first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        counts = np.diff(np.append(first, len(rows)))
        rank = np.arange(len(rows)) - np.repeat(first, counts)
        most = int((self.end[rows[first]] + counts).max())
        if most > self._width:
            self._make_room(rows[first], t[first], counts)
        column = self.end[rows] + rank
        self.t[rows, column], self.v[rows, column] = t, v
        self.end[rows[first]] += counts
        return rows * self._width + column

    def _make_room(self, rows: Places, first_t: TimeArray, counts: Places) -> None:
        """Move what is still needed to the front of each row, and widen where it must be."""
        self._forget(rows, first_t - self._window)
        kept = self.end - self.begin
        room = np.zeros(len(self.begin), np.int64)
        room[rows] = counts
        wanted = int((kept + room).max())
        widest = max(widest_row(len(self)), int(counts.max()))
        width = min(max(2 * wanted, _FIRST_WIDTH), widest)
        drop = np.maximum(kept + room - width, 0)
        self.begin += drop
        kept -= drop
        column = np.arange(max(int(kept.max()), 1))
        places = np.minimum(self.begin[:, None] + column, self._width - 1)
        t = np.zeros((len(self.begin), width), np.int64)
        v = np.zeros((len(self.begin), width))
        t[:, : len(column)] = np.take_along_axis(self.t, places, axis=1)
        v[:, : len(column)] = np.take_along_axis(self.v, places, axis=1)
        self.t, self.v = t, v
        self.begin = np.zeros(len(self.begin), np.int64)
        self.end = kept

    def _forget(self, rows: Places, until: TimeArray) -> None:
        """Let go of what is not later than a time."""
        base = rows * self._width
        place = first_after(self.t.ravel(), base + self.begin[rows], base + self.end[rows], until)
        self.begin[rows] = place - base

    def windows(self, rows: Places, high: Places, end: TimeArray) -> Windows:
        """Give the windows that end at times; ``high`` are flat places, as ``append`` gives + 1."""
        flat_t, flat_v = self.t.ravel(), self.v.ravel()
        start = end - self._window
        if len(rows) > _MANY_A_ROW * len(self):
            low = self._begins_of_many(rows, start)
        else:
            low = first_after(flat_t, rows * self._width + self.begin[rows], high, start)
        return Windows(flat_t, flat_v, low, high, start, end)

    def _begins_of_many(self, rows: Places, start: TimeArray) -> Places:
        """Give where windows begin; ``rows`` is sorted. Row by row, for those of a whole past."""
        low = np.empty(len(rows), np.int64)
        bounds = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1], True]).tolist()
        for first, end in pairwise(bounds):
            row = int(rows[first])
            begin = int(self.begin[row])
            line = self.t[row, begin : int(self.end[row])]
            low[first:end] = np.searchsorted(line, start[first:end], side="right") + (
                row * self._width + begin
            )
        return low

    def ends(self, rows: Places) -> Places:
        """Give the flat places behind the newest samples."""
        places: Places = rows * self._width + self.end[rows]
        return places

    def insert(self, row: int, t: TimeArray, v: ValueArray) -> None:
        """Put late samples, rising in time, where they belong; the last written counts."""
        begin, end = int(self.begin[row]), int(self.end[row])
        all_t = np.concatenate((self.t[row, begin:end], t))
        all_v = np.concatenate((self.v[row, begin:end], v))
        order = np.argsort(all_t, kind="stable")
        all_t, all_v = all_t[order], all_v[order]
        last = np.r_[all_t[1:] != all_t[:-1], True]
        all_t, all_v = all_t[last], all_v[last]
        self.begin[row] = self.end[row] = 0
        if len(all_t):
            whole = np.full(len(all_t), row, np.int64)
            recent = all_t > all_t[-1] - self._window
            self.append(whole[recent], all_t[recent], all_v[recent])

    def cut(self, row: int, after: int) -> None:
        """Forget the samples of a row that are later than a time."""
        begin, end = int(self.begin[row]), int(self.end[row])
        self.end[row] = begin + int(np.searchsorted(self.t[row, begin:end], after, side="right"))

    def interval(self, row: int, default: int) -> int:
        """Give the usual time between a row's samples in ms; ``default`` with fewer than two."""
        begin, end = int(self.begin[row]), int(self.end[row])
        if end - begin < 2:  # noqa: PLR2004 - one sample has no interval
            return default
        return int(self.t[row, end - 1] - self.t[row, begin]) // (end - begin - 1)
