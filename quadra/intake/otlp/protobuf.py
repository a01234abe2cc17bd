"""OTLP metrics as protobuf, scanned by hand.

A number usually stands as ``[11 start] 19 time 21|31 value`` and then its attributes, whose raw
bytes, once parsed, name the series from then on; times and values of all points of a request
are then gathered by numpy. Whatever stands otherwise is read field by field.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.intake.bounds import MAX_SAMPLES_A_REQUEST
from quadra.intake.otlp import names
from quadra.intake.otlp.attributes import Attributes, from_protobuf, text
from quadra.intake.otlp.buckets import MAX_BUCKETS
from quadra.intake.otlp.points import (
    Buckets,
    ExponentialPoint,
    HistogramPoint,
    NumberPoint,
    Point,
    SummaryPoint,
)
from quadra.intake.otlp.state import BAD, Context, Stream
from quadra.intake.otlp.translate import (
    DELTA,
    DIFFERENCES,
    PLAIN,
    RISING,
    RISING_DELTA,
    Reader,
)
from quadra.intake.wire import damaged, fields, signed, unzigzag, varint

_FIRST = 0x0A  # field 1, where the parts of nearly all messages stand
_RESOURCE, _SCOPES = 0x0A, 0x12
_SCOPE, _METRICS = 0x0A, 0x12
_SCOPE_NAME, _SCOPE_VERSION, _SCOPE_ATTRIBUTES = 0x0A, 0x12, 0x1A
_NAME, _DESCRIPTION, _UNIT = 0x0A, 0x12, 0x1A
_GAUGE, _SUM, _HISTOGRAM, _EXPONENTIAL, _SUMMARY = 0x2A, 0x3A, 0x4A, 0x52, 0x5A
_KINDS = (_GAUGE, _SUM, _HISTOGRAM, _EXPONENTIAL, _SUMMARY)
_TEMPORALITY, _MONOTONIC = 0x10, 0x18

_START, _TIME, _DOUBLE, _INT = 0x11, 0x19, 0x21, 0x31
_NUMBER_VALUES = (_DOUBLE, _INT)
_NUMBER_ATTRIBUTES, _NUMBER_FLAGS = 0x3A, 0x40  # of summaries too

_DISTRIBUTION_COUNT, _DISTRIBUTION_SUM = 0x21, 0x29
_HISTOGRAM_COUNTS, _HISTOGRAM_BOUNDS = (0x32, 0x31), (0x3A, 0x39)  # packed, or one by one
_HISTOGRAM_ATTRIBUTES, _HISTOGRAM_FLAGS = 0x4A, 0x50
_EXPONENTIAL_ATTRIBUTES, _SCALE, _EXPONENTIAL_FLAGS = 0x0A, 0x30, 0x50
_POSITIVE, _NEGATIVE = 0x42, 0x4A
_EXPONENTIAL_DOUBLES = {0x29: "sum", 0x61: "min", 0x69: "max", 0x71: "zero_threshold"}
_EXPONENTIAL_COUNTS = {0x21: "count", 0x39: "zero_count"}
_OFFSET, _COUNT, _COUNTS = 0x08, 0x10, 0x12
_QUANTILE, _QUANTILE_AT, _QUANTILE_VALUE = 0x32, 0x09, 0x11

_MOST_COUNTS = 2 * MAX_BUCKETS

_Message = tuple[int, int]
"""Where a message begins and ends."""


def read_protobuf(data: bytes, reader: Reader) -> None:
    """Read an ExportMetricsServiceRequest."""
    try:
        _Scan(data, reader).request()
    except IndexError:
        raise damaged("it is cut short") from None


class _Scan:
    def __init__(self, data: bytes, reader: Reader) -> None:
        self.data = data
        self.reader = reader
        # Of usual numbers: the place of their time's tag, and whether a start stands before it.
        self.places: list[int] = []
        self.started: list[bool] = []
        self.slots: list[int] = []
        self.kinds: list[int] = []

    def request(self) -> None:
        for tag, _, begin, end in fields(self.data, 0, len(self.data)):
            if tag == _FIRST:
                self.reader.count(1)
                self._resource(begin, end)
        self._gather()

    def _resource(self, begin: int, end: int) -> None:
        data, resource, scopes = self.data, [], []
        for tag, _, start, stop in fields(data, begin, end):
            if tag == _RESOURCE:
                resource.append(data[start:stop])
            elif tag == _SCOPES:
                scopes.append((start, stop))
        self.reader.count(len(scopes))
        for start, stop in scopes:
            self._scope(b"".join(resource), start, stop)

    def _scope(self, resource: bytes, begin: int, end: int) -> None:
        data, scopes, metrics = self.data, [], []
        for tag, _, start, stop in fields(data, begin, end):
            if tag == _SCOPE:
                scopes.append(data[start:stop])
            elif tag == _METRICS:
                metrics.append((start, stop))
        self.reader.count(len(metrics))
        scope = b"".join(scopes)
        context = self.reader.state.context(resource, scope, from_protobuf)
        if context is None:
            parts = _attributes(resource, _FIRST), _scope_parts(scope)
            context = self.reader.context((resource, scope), from_protobuf, parts)
        for start, stop in metrics:
            self._metric(context, start, stop)

    def _metric(self, context: Context, begin: int, end: int) -> None:
        data, kind, body = self.data, 0, (0, 0)
        name = description = unit = b""
        for tag, _, start, stop in fields(data, begin, end):
            if tag == _NAME:
                name = data[start:stop]
            elif tag == _DESCRIPTION:
                description = data[start:stop]
            elif tag == _UNIT:
                unit = data[start:stop]
            elif tag in _KINDS:
                kind, body = tag, (start, stop)
        if not kind:
            return
        points, temporality, monotonic = self._points(*body)
        kind_name = _kind_name(kind, monotonic=monotonic)
        stream = self.reader.stream(context, text(name), text(unit), kind_name)
        if points:
            self.reader.describe(stream, text(description))
            self._read(kind, stream, points, temporality, monotonic=monotonic)

    def _points(self, begin: int, end: int) -> tuple[list[_Message], int, bool]:
        data = self.data
        points: list[_Message] = []
        temporality, monotonic, pos = 0, False, begin
        # As all do, save for what stands behind them; too many are counted before more are read.
        while pos < end and data[pos] == _FIRST and len(points) <= MAX_SAMPLES_A_REQUEST:
            size = data[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                size, pos = varint(data, pos - 1)
            points.append((pos, pos + size))
            pos += size
        self.reader.count(len(points))
        before = len(points)
        for tag, _, value, stop in fields(data, pos, end):
            if tag == _FIRST:
                points.append((value, stop))
            elif tag == _TEMPORALITY:
                temporality = value
            elif tag == _MONOTONIC:
                monotonic = bool(value)
        if pos > end:
            raise damaged("a part is longer than what holds it")
        self.reader.count(len(points) - before)
        return points, temporality, monotonic

    def _read(
        self, tag: int, stream: Stream, points: list[_Message], temporality: int, *, monotonic: bool
    ) -> None:
        reader = self.reader
        if tag in (_GAUGE, _SUM):
            kind = RISING if monotonic else PLAIN
            if tag == _SUM and temporality == DIFFERENCES:
                kind = RISING_DELTA if monotonic else DELTA
            self._numbers(stream, kind if tag == _SUM else PLAIN, points)
        elif tag == _HISTOGRAM:
            for point in points:
                reader.add_histogram(stream, temporality, self._histogram(*point))
        elif tag == _EXPONENTIAL:
            for point in points:
                reader.add_exponential(stream, temporality, self._exponential(*point))
        else:
            for point in points:
                reader.add_summary(stream, self._summary(*point))

    # --- numbers

    def _numbers(self, stream: Stream, kind: int, points: list[_Message]) -> None:
        data, known = self.data, stream.slots.get
        before = len(self.slots)
        for begin, end in points:
            time = begin + 9 if end > begin and data[begin] == _START else begin
            value = time + 9
            if value + 9 <= end and data[time] == _TIME and data[value] in _NUMBER_VALUES:
                slot = known(data[value + 9 : end])
                if slot is None:
                    slot = self._new(stream, value + 9, end)
                if slot is not None:
                    self.slots.append(slot)
                    self.places.append(time)
                    self.started.append(time != begin)
                    continue
            self.reader.rank = len(self.slots)
            self.reader.add_number(stream, kind, self._number(begin, end))
        self.kinds += [kind] * (len(self.slots) - before)

    def _new(self, stream: Stream, begin: int, end: int) -> int | None:
        """Find the series of attributes not seen before; None when more stands there."""
        for tag, _, _, _ in fields(self.data, begin, end):
            if tag != _NUMBER_ATTRIBUTES:
                return None
        slot = self.reader.number_slot(stream, self.data[begin:end])
        return None if slot == BAD else slot

    def _number(self, begin: int, end: int) -> NumberPoint:
        data, point, attributes = self.data, NumberPoint(), []
        for tag, start, value, stop in fields(data, begin, end):
            if tag == _NUMBER_ATTRIBUTES:
                attributes.append(data[start:stop])
            elif tag == _DOUBLE:
                point.value = _double(data, value)
            elif tag == _INT:
                point.value = float(signed(_fixed(data, value)))
            elif tag == _NUMBER_FLAGS:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
        point.attributes = b"".join(attributes)
        return point

    def _gather(self) -> None:
        """Read times and values of the numbers in the usual place, all at once."""
        if not self.slots:
            return
        places, started = np.array(self.places, np.int64), np.array(self.started, np.bool_)
        raw = np.frombuffer(self.data, np.uint8)
        rows = _windows(raw, 18)[places]
        size = rows.dtype.itemsize
        count = len(rows)
        times = np.ndarray((count,), "<u8", rows, 1, (size,)).copy()
        tags = np.ndarray((count,), np.uint8, rows, 9, (size,))
        values = np.ndarray((count,), "<f8", rows, 10, (size,)).copy()
        whole = tags == _INT
        if whole.any():
            values[whole] = np.ndarray((count,), "<i8", rows, 10, (size,))[whole]
        starts = np.zeros(count, np.uint64)
        if started.any():
            starts[started] = _windows(raw, 8)[places[started] - 8].view("<u8")
        self.reader.add_numbers(self.slots, self.kinds, starts, times, values)

    # --- histograms and summaries

    def _histogram(self, begin: int, end: int) -> HistogramPoint:
        data, point = self.data, HistogramPoint()
        attributes: list[bytes] = []
        counts: list[int] = []
        bounds: list[float] = []
        for tag, start, value, stop in fields(data, begin, end):
            if tag == _DISTRIBUTION_COUNT:
                point.count = _fixed(data, value)
            elif tag == _DISTRIBUTION_SUM:
                point.sum = _double(data, value)
            elif tag in _HISTOGRAM_COUNTS:
                counts += _packed(data, value, stop, "<u8")
            elif tag in _HISTOGRAM_BOUNDS:
                bounds += _packed(data, value, stop, "<f8")
            elif tag == _HISTOGRAM_ATTRIBUTES:
                attributes.append(data[start:stop])
            elif tag == _HISTOGRAM_FLAGS:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
        point.attributes = b"".join(attributes)
        point.counts, point.bounds = tuple(counts), tuple(bounds)
        return point

    def _exponential(self, begin: int, end: int) -> ExponentialPoint:
        data, point = self.data, ExponentialPoint()
        attributes = []
        for tag, start, value, stop in fields(data, begin, end):
            if tag == _EXPONENTIAL_ATTRIBUTES:
                attributes.append(data[start:stop])
            elif tag == _POSITIVE:
                point.positive = self._buckets(value, stop, point.positive)
            elif tag == _NEGATIVE:
                point.negative = self._buckets(value, stop, point.negative)
            elif tag in _EXPONENTIAL_DOUBLES:
                setattr(point, _EXPONENTIAL_DOUBLES[tag], _double(data, value))
            elif tag in _EXPONENTIAL_COUNTS:
                setattr(point, _EXPONENTIAL_COUNTS[tag], _fixed(data, value))
            elif tag == _SCALE:
                point.scale = unzigzag(value)
            elif tag == _EXPONENTIAL_FLAGS:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
        point.attributes = b"".join(attributes)
        return point

    def _buckets(self, begin: int, end: int, before: Buckets) -> Buckets:
        """Read buckets; of counts beyond what is accepted, only as many as show it."""
        offset, counts = before.offset, list(before.counts)
        for tag, _, value, stop in fields(self.data, begin, end):
            if tag == _OFFSET:
                offset = unzigzag(value)
            elif tag == _COUNT:
                counts.append(value)
            elif tag == _COUNTS:
                pos = value
                while pos < stop and len(counts) <= _MOST_COUNTS:
                    count, pos = varint(self.data, pos)
                    counts.append(count)
                if pos > stop:
                    raise damaged("a part is longer than what holds it")
            del counts[_MOST_COUNTS + 1 :]
        return Buckets(offset, tuple(counts))

    def _summary(self, begin: int, end: int) -> SummaryPoint:
        data, point = self.data, SummaryPoint()
        attributes: list[bytes] = []
        quantiles: list[tuple[float, float]] = []
        for tag, start, value, stop in fields(data, begin, end):
            if tag == _DISTRIBUTION_COUNT:
                point.count = _fixed(data, value)
            elif tag == _DISTRIBUTION_SUM:
                point.sum = _double(data, value)
            elif tag == _QUANTILE:
                if len(quantiles) < MAX_BUCKETS:
                    quantiles.append(_pair(data, value, stop))
            elif tag == _NUMBER_ATTRIBUTES:
                attributes.append(data[start:stop])
            elif tag == _NUMBER_FLAGS:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
        point.attributes = b"".join(attributes)
        point.quantiles = tuple(quantiles)
        return point


# --- small parts


def _kind_name(tag: int, *, monotonic: bool) -> str:
    if tag == _SUM:
        return names.COUNTER if monotonic else names.UP_DOWN
    return {_GAUGE: names.GAUGE, _SUMMARY: names.SUMMARY}.get(tag, names.HISTOGRAM)


def _attributes(data: bytes, wanted: int) -> Attributes:
    run = [data[start:stop] for tag, start, _, stop in fields(data, 0, len(data)) if tag == wanted]
    return from_protobuf(b"".join(run))


def _scope_parts(data: bytes) -> tuple[str, str, Attributes]:
    name = version = b""
    for tag, _, start, stop in fields(data, 0, len(data)):
        if tag == _SCOPE_NAME:
            name = data[start:stop]
        elif tag == _SCOPE_VERSION:
            version = data[start:stop]
    return text(name), text(version), _attributes(data, _SCOPE_ATTRIBUTES)


def _take_time(point: Point, data: bytes, tag: int, value: int) -> None:
    if tag == _TIME:
        point.time = _fixed(data, value)
    elif tag == _START:
        point.start = _fixed(data, value)


def _pair(data: bytes, begin: int, end: int) -> tuple[float, float]:
    quantile = number = 0.0
    for tag, _, value, _ in fields(data, begin, end):
        if tag == _QUANTILE_AT:
            quantile = _double(data, value)
        elif tag == _QUANTILE_VALUE:
            number = _double(data, value)
    return quantile, number


def _fixed(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 8], "little")


def _double(data: bytes, place: int) -> float:
    return float(np.frombuffer(data, "<f8", 1, place)[0])


def _packed(data: bytes, begin: int, end: int, kind: str) -> list[Any]:
    """Read numbers of 8 bytes, one or many; no more than show that there are too many."""
    if (end - begin) % 8:
        raise damaged("a list of numbers is cut short")
    count = min((end - begin) // 8, _MOST_COUNTS + 1)
    numbers: list[Any] = np.frombuffer(data, kind, count, begin).tolist()
    return numbers


def _windows(raw: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.void]:
    """Give the ``size`` bytes from each place on, without copying."""
    return np.ndarray((len(raw) - size + 1,), f"V{size}", raw, strides=(1,))
