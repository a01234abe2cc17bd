"""Running totals of what senders report as differences (delta temporality)."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from quadra.telemetry.series import SeriesKey, digest

MAX_CELLS = 1_000_000
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


class Form(Protocol[T]):
    """How totals of a kind are written down; ``mark`` (one byte) tells the kinds apart."""

    mark: bytes

    def cells(self, value: T) -> int:
        """Give how many numbers a total of many parts holds."""

    def pack(self, total: Total[T]) -> bytes:
        """Write a total down."""

    def unpack(self, raw: bytes) -> Total[T]:
        """Read what ``pack`` wrote; raises ValueError."""


@dataclass(frozen=True, slots=True)
class TotalMemo(Generic[T]):
    """A total as it is after a request (``engine.ports.Memo``)."""

    form: Form[T]
    series: SeriesKey
    total: Total[T]

    @property
    def key(self) -> bytes:
        """Name the series."""
        return self.form.mark + digest(self.series)

    @property
    def content(self) -> bytes:
        """Give the total as bytes."""
        return self.form.pack(self.total)


class Totals(Generic[T]):
    """The totals of many series; those not heard of for longest make room for new ones.

    A sender that got no answer sends the same again, so the last points of each series are
    remembered with what they led to, and a repeated one leads to the same and adds nothing. A
    point that comes late is added too, and shows at the time of the newest: several processes
    may report the differences of one series.

    What ``memo`` gives is kept with the samples, and ``restore`` takes it up after a restart: so a
    point that was stored, but whose answer was lost with the process, is known again too.
    """

    def __init__(self, limit: int, form: Form[T], max_cells: int = MAX_CELLS) -> None:
        """Remember at most ``limit`` series, and ``max_cells`` numbers in them."""
        self._limit = limit
        self._max_cells = max_cells
        self._cells = 0
        self._form = form
        self._totals: OrderedDict[SeriesKey, Total[T]] = OrderedDict()
        self._kept: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self._totals)

    def find(self, key: SeriesKey) -> Total[T] | None:
        """Give the total of a series, if there is one."""
        total = self._get(key)
        if total is not None:
            self._totals.move_to_end(key)
        return total

    def restore(self, kept: dict[bytes, bytes]) -> None:
        """Take over the memos of an earlier process; each is read when its series comes."""
        self._kept = {key: raw for key, raw in kept.items() if key[:1] == self._form.mark}

    def memo(self, key: SeriesKey) -> TotalMemo[T]:
        """Give what must be kept of a series that has a total."""
        total = self._totals[key]
        return TotalMemo(self._form, key, Total(total.time, total.value, total.last))

    def _get(self, key: SeriesKey) -> Total[T] | None:
        total = self._totals.get(key)
        if total is None and self._kept:
            raw = self._kept.pop(self._form.mark + digest(key), None)
            if raw is not None:
                with suppress(ValueError):
                    total = self._add(key, self._form.unpack(raw))
        return total

    def _add(self, key: SeriesKey, total: Total[T]) -> Total[T]:
        self._totals[key] = total
        self._cells += self._cells_of(total)
        if len(self._totals) > self._limit:
            self._forget_oldest()
        return total

    def _cells_of(self, total: Total[T]) -> int:
        cells = self._form.cells
        return cells(total.value) + sum(cells(value) for _point, _time, value in total.last)

    def _forget_oldest(self) -> None:
        _key, total = self._totals.popitem(last=False)
        self._cells -= self._cells_of(total)

    def repeated(self, key: SeriesKey, point: PointId) -> tuple[int, T] | None:
        """Give the time and total that this very point led to before."""
        total = self._get(key)
        if total is not None:
            for seen, time, value in total.last:
                if seen == point:
                    return time, value
        return None

    def put(self, key: SeriesKey, point: PointId, time: int, value: T) -> tuple[int, T]:
        """Set the total to which a new point leads; gives it with the time where it shows."""
        total = self.find(key)
        if total is None:
            total = self._add(key, Total(time, value))
        self._cells -= self._cells_of(total)
        total.time = max(total.time, time)
        total.value = value
        total.last = [*total.last[1 - _REMEMBERED :], (point, total.time, value)]
        self._cells += self._cells_of(total)
        while self._cells > self._max_cells and len(self._totals) > 1:
            self._forget_oldest()
        return total.time, value
