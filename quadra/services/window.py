"""The last hour of every subject's signals, in steps, kept up with each sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quadra.services.slots import FLOW, LEVEL, Slots
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey

STEP_MS = 30_000
STEPS = 120
"""Shown; the ring keeps some more, so that none is cleared while it is read."""
LONGEST_MS = 600_000
"""Between two samples of a counter; across more than that nothing is claimed."""
_RING = 128

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float32]


class Window:
    """Rings of ``_RING`` steps: sums of what counters grew by, the highest of each level."""

    def __init__(self, step_ms: int = STEP_MS) -> None:
        """Begin empty; steps are multiples of ``step_ms``."""
        self.step_ms = step_ms
        self.slots = Slots()
        self.head = 0  # number of the newest step
        self.sums: Sums = np.zeros((256, _RING), np.float32)
        self.seen: npt.NDArray[np.bool_] = np.zeros((256, _RING), np.bool_)
        self.newest: Ints = np.zeros(256, np.int64)  # by subject, unix ms

    def meet(self, series_id: int, key: SeriesKey) -> bool:
        """Learn a series; says whether it tells anything."""
        tells = self.slots.meet(series_id, key)
        while self.slots.rows > len(self.sums):
            self.sums = np.concatenate((self.sums, np.zeros_like(self.sums)))
            self.seen = np.concatenate((self.seen, np.zeros_like(self.seen)))
        while len(self.slots.subjects) > len(self.newest):
            self.newest = np.concatenate((self.newest, np.zeros_like(self.newest)))
        return tells

    def add(self, columns: Columns, now_ms: int) -> None:
        """Take samples in, those of one series in any order; late and repeated ones change nothing.

        ``now_ms`` (unix ms): what is dated later than a step after it is left out.
        """
        for lanes in self.slots.lanes_of(columns.ids):
            keep = (lanes >= 0) & ~np.isnan(columns.v) & (columns.t <= now_ms + self.step_ms)
            if keep.any():
                self._take(lanes[keep], columns.t[keep], columns.v[keep])
        self.advance(now_ms)

    def advance(self, now_ms: int) -> None:
        """Let time go on: steps that begin are empty."""
        self._to(now_ms // self.step_ms)

    def _to(self, head: int) -> None:
        gone = min(head - self.head, _RING)
        if gone <= 0:
            return
        places = np.arange(head - gone + 1, head + 1) % _RING
        self.sums[:, places] = 0
        self.seen[:, places] = False
        self.head = head

    def _take(self, lane: npt.NDArray[np.int32], t: Ints, v: Floats) -> None:
        slots = self.slots
        newer = t > slots.last_t[lane]
        order = np.lexsort((t[newer], lane[newer]))
        lane, t, v = lane[newer][order], t[newer][order], v[newer][order]
        if not len(lane):
            return
        follows = np.concatenate(([False], lane[1:] == lane[:-1]))
        twice = np.concatenate((follows[1:] & (t[1:] == t[:-1]), [False]))
        lane, t, v = lane[~twice], t[~twice], v[~twice]
        follows = np.concatenate(([False], lane[1:] == lane[:-1]))
        before_t = np.where(follows, np.roll(t, 1), slots.last_t[lane])
        before_v = np.where(follows, np.roll(v, 1), slots.last_v[lane])
        self._to(int(t.max()) // self.step_ms)
        how = slots.how[lane]
        levels = how == LEVEL
        if levels.any():
            self._raise(slots.slot[lane[levels]], t[levels], v[levels] * slots.scale[lane[levels]])
        span = t - before_t
        spans = ~levels & (before_t > 0) & (span <= LONGEST_MS)
        if spans.any():
            grown = np.where(v >= before_v, v - before_v, v)  # a counter that began anew
            amount = np.where(how == FLOW, v * span / 1000.0, grown) * slots.scale[lane]
            self._spread(slots.slot[lane[spans]], before_t[spans], t[spans], amount[spans])
        last = np.concatenate((~follows[1:], [True]))
        slots.last_t[lane[last]] = t[last]
        slots.last_v[lane[last]] = v[last]
        timed = last & (before_t > 0)
        slots.every[lane[timed]] = span[timed]
        np.maximum.at(self.newest, slots.subject[lane], t)

    def _raise(self, row: npt.NDArray[np.int32], t: Ints, v: Floats) -> None:
        step = t // self.step_ms
        fits = step > self.head - _RING
        place = row[fits].astype(np.int64) * _RING + step[fits] % _RING
        seen, sums = self.seen.reshape(-1), self.sums.reshape(-1)
        fresh = place[~seen[place]]
        sums[fresh] = -np.inf
        seen[place] = True
        np.maximum.at(sums, place, v[fits].astype(np.float32))

    def _spread(self, row: npt.NDArray[np.int32], begin: Ints, end: Ints, amount: Floats) -> None:
        """Share out what grew between two samples among the steps that lie between them."""
        first, last = begin // self.step_ms, (end - 1) // self.step_ms
        seen, sums = self.seen.reshape(-1), self.sums.reshape(-1)
        for n in range(int((last - first).max()) + 1):
            step = first + n
            fits = (step <= last) & (step > self.head - _RING)
            low = np.maximum(begin, step * self.step_ms)
            high = np.minimum(end, (step + 1) * self.step_ms)
            part = amount * (high - low) / (end - begin)
            place = row[fits].astype(np.int64) * _RING + step[fits] % _RING
            np.add.at(sums, place, part[fits].astype(np.float32))
            seen[place] = True

    def places(self, steps: int = STEPS) -> Ints:
        """Give where the last so many steps stand in the rings, the oldest first."""
        return np.arange(self.head - steps + 1, self.head + 1) % _RING

    def rhythm(self) -> Ints:
        """Give, by subject, ms between the samples of its quickest series; 0 when not known."""
        count = self.slots.lanes
        every = self.slots.every[:count]
        found = np.full(len(self.slots.subjects), np.iinfo(np.int64).max)
        known = every > 0
        np.minimum.at(found, self.slots.subject[:count][known], every[known])
        return np.where(found == np.iinfo(np.int64).max, 0, found)
