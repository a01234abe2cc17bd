"""Running totals of what senders report as differences (delta temporality)."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from quadra.engine.ports import Memo
from quadra.telemetry.series import SeriesKey

MAX_BYTES = 48 << 20
"""What the totals of a kind take in memory, about: some 50,000 histograms of 15 buckets."""
_OVERHEAD = 250  # what a total takes beside its content: its key, and its place in a dictionary
_REMEMBERED = 4

T = TypeVar("T")
PointId = tuple[int, int, object]
"""A point's start, time and value: the same again is the same point, sent again."""

Find = Callable[[Sequence[bytes]], Mapping[bytes, bytes]]
"""Gives what is kept under these keys, as far as there is anything."""


@dataclass(slots=True)
class Total(Generic[T]):
    """The total of a series up to ``time`` (unix ms)."""

    time: int
    value: T
    last: list[tuple[PointId, int, T]] = field(default_factory=list)


class Form(Protocol[T]):
    """How totals of a kind are written down; ``mark`` (one byte) tells the kinds apart."""

    mark: bytes

    def pack(self, total: Total[T]) -> bytes:
        """Write a total down."""

    def unpack(self, raw: bytes) -> Total[T]:
        """Read what ``pack`` wrote; raises ValueError."""


@dataclass(frozen=True, slots=True)
class TotalMemo:
    """A total as it is after a request (``engine.ports.Memo``)."""

    series: SeriesKey
    key: bytes
    content: bytes


class Totals(Generic[T]):
    """The totals of many series by their digests, as they are kept; those in use are in memory.

    A sender that got no answer sends the same again, so the last points of each series are
    remembered with what they led to, and a repeated one leads to the same and adds nothing. A
    point that comes late is added too, and shows at the time of the newest: several processes
    may report the differences of one series.

    What ``memo`` gives is kept with the samples it led to, and ``bring`` reads it again when it is
    not in memory: after a restart, when another process went on with a series, or when those in
    use take more than ``max_bytes``. So none is ever forgotten, and a point that was stored, but
    whose answer was lost with the process, is known again too.

    A total that waits to be kept is in memory until ``settle`` says how that ended: what could not
    be kept is dropped, so that it counts for nothing.
    """

    def __init__(self, form: Form[T], max_bytes: int = MAX_BYTES) -> None:
        """Begin with nothing in memory."""
        self._form = form
        self._max_bytes = max_bytes
        self._bytes = 0
        self._packed: OrderedDict[bytes, bytes] = OrderedDict()
        self._waiting: Counter[bytes] = Counter()

    def __len__(self) -> int:
        """Give the number of totals in memory."""
        return len(self._packed)

    def bring(self, names: Iterable[bytes], find: Find) -> None:
        """Have the totals of these series in memory, as far as there are any."""
        keys = dict.fromkeys(map(self._key, names))
        missing = [key for key in keys if key not in self._packed]
        if missing:
            for key, raw in find(missing).items():
                self._set(key, raw)

    def add(
        self, name: bytes, point: PointId, time: int, join: Callable[[T | None], T]
    ) -> tuple[int, T]:
        """Add a point that is not known yet; gives the time where it shows, and the total then.

        ``join`` makes the new total of the former one, None where there is none.
        """
        key = self._key(name)
        total = self._get(key)
        if total is None:
            total = Total(time, join(None))
        else:
            for seen, shown, value in total.last:
                if seen == point:
                    return shown, value
            total.time = max(total.time, time)
            total.value = join(total.value)
        total.last = [*total.last[1 - _REMEMBERED :], (point, total.time, total.value)]
        self._set(key, self._form.pack(total))
        return total.time, total.value

    def memo(self, name: bytes, series: SeriesKey) -> TotalMemo:
        """Give what must be kept of a series that has a total; ``settle`` must follow."""
        key = self._key(name)
        self._waiting[key] += 1
        return TotalMemo(series, key, self._packed[key])

    def settle(self, memos: Iterable[Memo], kept: Collection[bytes]) -> None:
        """Hear the keys of those memos that are kept; the others never will be."""
        for memo in memos:
            if memo.key[:1] != self._form.mark:
                continue
            self._waiting[memo.key] -= 1
            if self._waiting[memo.key] > 0:
                continue
            del self._waiting[memo.key]
            if memo.key not in kept:
                self._drop(memo.key)
        self._make_room()

    def as_they_are(self, names: Iterable[bytes]) -> dict[bytes, bytes | None]:
        """Give what is in memory of these series, for ``put_back``."""
        return {key: self._packed.get(key) for key in map(self._key, names)}

    def put_back(self, before: Mapping[bytes, bytes | None]) -> None:
        """Undo what was put for a request that is refused after all."""
        for key, raw in before.items():
            if raw is None:
                self._drop(key)
            else:
                self._set(key, raw)

    def forget(self) -> None:
        """Drop from memory all that does not wait to be kept."""
        for key in [key for key in self._packed if key not in self._waiting]:
            self._drop(key)

    def _key(self, name: bytes) -> bytes:
        return self._form.mark + name

    def _get(self, key: bytes) -> Total[T] | None:
        raw = self._packed.get(key)
        if raw is not None:
            with suppress(ValueError):
                return self._form.unpack(raw)
        return None

    def _set(self, key: bytes, raw: bytes) -> None:
        self._drop(key)
        self._packed[key] = raw
        self._bytes += len(raw) + _OVERHEAD

    def _drop(self, key: bytes) -> None:
        raw = self._packed.pop(key, None)
        if raw is not None:
            self._bytes -= len(raw) + _OVERHEAD

    def _make_room(self) -> None:
        """Drop those not in use for longest."""
        if self._bytes <= self._max_bytes:
            return
        for key in [key for key in self._packed if key not in self._waiting]:
            self._drop(key)
            if self._bytes <= self._max_bytes * 3 // 4:
                return
