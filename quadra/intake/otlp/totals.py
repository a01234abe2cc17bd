"""Running totals of what senders report as differences (delta temporality)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from quadra.telemetry.series import SeriesKey

_REMEMBERED = 4

T = TypeVar("T")
PointId = tuple[int, int, object]
"""A point's start, time and value: the same again is the same point, sent again."""


@dataclass(slots=True)
class Total(Generic[T]):
    """The total of a series up to ``time`` (unix ms)."""

    time: int
    value: T
    last: list[tuple[PointId, int, T]] = field(default_factory=list)


class Totals(Generic[T]):
    """The totals of many series; those not heard of for longest make room for new ones.

    A sender that got no answer sends the same again, so the last points of each series are
    remembered with what they led to, and a repeated one leads to the same and adds nothing. A
    point that comes late is added too, and shows at the time of the newest: several processes
    may report the differences of one series.
    """

    def __init__(self, limit: int) -> None:
        """Remember at most ``limit`` series."""
        self._limit = limit
        self._totals: OrderedDict[SeriesKey, Total[T]] = OrderedDict()

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self._totals)

    def find(self, key: SeriesKey) -> Total[T] | None:
        """Give the total of a series, if there is one."""
        total = self._totals.get(key)
        if total is not None:
            self._totals.move_to_end(key)
        return total

    def repeated(self, key: SeriesKey, point: PointId) -> tuple[int, T] | None:
        """Give the time and total that this very point led to before."""
        total = self._totals.get(key)
        if total is not None:
            for seen, time, value in total.last:
                if seen == point:
                    return time, value
        return None

    def put(self, key: SeriesKey, point: PointId, time: int, value: T) -> tuple[int, T]:
        """Set the total to which a new point leads; gives it with the time where it shows."""
        total = self.find(key)
        if total is None:
            if len(self._totals) >= self._limit:
                self._totals.popitem(last=False)
            total = self._totals[key] = Total(time, value)
        total.time = max(total.time, time)
        total.value = value
        total.last = [*total.last[1 - _REMEMBERED :], (point, total.time, value)]
        return total.time, value
