"""From samples as they come to steps of equal length, as the field takes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from quadra.field.reservoir import Vector
from quadra.telemetry.batch import Columns, IdArray

GRACE_S = 2.0
MAX_EMPTY_STEPS = 3


class Grid:
    """Gathers the samples of the watched series, step by step, in event time.

    A step of a gauge is the mean of its samples; of a counter its increase a second, where a fall
    means that it began again at zero. A step ends when a sample comes that is ``GRACE_S`` later
    than its end; what comes for an ended step is left out.
    """

    def __init__(self, ids: IdArray, is_counter: npt.NDArray[np.bool_], step: float) -> None:
        """Watch ``ids`` (distinct); ``step`` is in seconds."""
        order = np.argsort(ids)
        self._sorted, self._place = ids[order], order
        self._is_counter = is_counter
        self._step_ms = round(step * 1000)
        self._open: int | None = None  # number of the oldest step that is still gathered
        self._newest = 0  # unix ms
        self._sums: dict[int, tuple[Vector, Vector]] = {}
        self._raw = np.full(len(ids), np.nan)
        self._raw_t = np.zeros(len(ids), np.int64)

    def add(self, columns: Columns) -> Iterator[tuple[float, Vector]]:
        """Take samples in; gives each step that ended: its end (unix s) and a value a series.

        NaN stands where a series had none. After a gap the empty steps are left out, but for the
        first few.
        """
        places, t, v = self._watched(columns)
        if len(t) == 0:
            return
        rows = self._as_gauges(places, t, v)
        for number in np.unique(t // self._step_ms).tolist():
            self._gather(number, rows, t // self._step_ms == number)
        self._newest = max(self._newest, int(t.max()))
        upto = (self._newest - round(GRACE_S * 1000)) // self._step_ms
        yield from self._ended(upto)

    def _watched(self, columns: Columns) -> tuple[npt.NDArray[np.intp], IdArray, Vector]:
        at = np.searchsorted(self._sorted, columns.ids)
        at[at == len(self._sorted)] = 0
        mine = (self._sorted[at] == columns.ids) & np.isfinite(columns.v)
        order = np.argsort(columns.t[mine], kind="stable")
        return self._place[at[mine]][order], columns.t[mine][order], columns.v[mine][order]

    def _as_gauges(
        self, places: npt.NDArray[np.intp], t: IdArray, v: Vector
    ) -> tuple[npt.NDArray[np.intp], Vector]:
        """Turn counters' values into increases a second; the others stay."""
        if not self._is_counter.any():
            return places, v
        out = v.copy()
        for place in np.unique(places[self._is_counter[places]]).tolist():
            mine = np.flatnonzero(places == place)
            times = np.concatenate(([self._raw_t[place]], t[mine]))
            values = np.concatenate(([self._raw[place]], v[mine]))
            rise = np.diff(values)
            rise = np.where(rise < 0, values[1:], rise)
            span = np.diff(times) / 1000.0
            out[mine] = np.divide(rise, span, out=np.full(len(mine), np.nan), where=span > 0)
            if times[-1] >= self._raw_t[place]:
                self._raw_t[place], self._raw[place] = times[-1], values[-1]
        return places, out

    def _gather(
        self, number: int, rows: tuple[npt.NDArray[np.intp], Vector], mask: npt.NDArray[np.bool_]
    ) -> None:
        if self._open is None:
            self._open = number
        if number < self._open:
            return
        n = len(self._sorted)
        sums, counts = self._sums.setdefault(number, (np.zeros(n), np.zeros(n)))
        places, v = rows[0][mask], rows[1][mask]
        known = np.isfinite(v)
        sums += np.bincount(places[known], weights=v[known], minlength=n)
        counts += np.bincount(places[known], minlength=n)

    def _ended(self, upto: int) -> Iterator[tuple[float, Vector]]:
        """Give the steps before the number ``upto``."""
        if self._open is None:
            return
        for number in sorted(n for n in self._sums if n < upto):
            for empty in range(self._open, min(number, self._open + MAX_EMPTY_STEPS)):
                yield (empty + 1) * self._step_ms / 1000.0, np.full(len(self._sorted), np.nan)
            sums, counts = self._sums.pop(number)
            values = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
            self._open = number + 1
            yield self._open * self._step_ms / 1000.0, values
