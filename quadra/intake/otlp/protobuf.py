"""OTLP metrics as protobuf, scanned by hand.

A number usually stands as ``[11 start] 19 time 21|31 value`` and then its attributes, whose raw
bytes, once parsed, name the series from then on; times and values of all points of a request
are then gathered by numpy. Whatever stands otherwise is read field by field.
"""

from __future__ import annotations

import numpy as np

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
from quadra.intake.wire import BYTES, damaged, fields, signed, unzigzag, varint

_FIRST = 0x0A  # field 1, where the parts of nearly all messages stand
_RESOURCE, _SCOPES = 0x0A, 0x12
_SCOPE, _METRICS = 0x0A, 0x12
_SCOPE_NAME, _SCOPE_VERSION, _SCOPE_ATTRIBUTES = 0x0A, 0x12, 0x1A
_NAME, _DESCRIPTION, _UNIT = 0x0A, 0x12, 0x1A
_GAUGE, _SUM, _HISTOGRAM, _EXPONENTIAL, _SUMMARY = 0x2A, 0x3A, 0x4A, 0x52, 0x5A
_KINDS = (_GAUGE, _SUM, _HISTOGRAM, _EXPONENTIAL, _SUMMARY)
_TEMPORALITY, _MONOTONIC = 0x10, 0x18

_START, _TIME, _DOUBLE, _INT = 0x11, 0x19, 0x21, 0x31
_NUMBER_ATTRIBUTES, _NUMBER_FLAGS = 0x3A, 0x40

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
        # Of numbers in the usual place: where their time's tag stands, and whether a start is before.
        self.places: list[int] = []
        self.started: list[bool] = []
        self.slots: list[int] = []
        self.kinds: list[int] = []

    def request(self) -> None:
        for tag, _, begin, end in fields(self.data, 0, len(self.data)):
            if tag == _FIRST:
                self._resource(begin, end)
        self._gather()

    def _resource(self, begin: int, end: int) -> None:
        data, resource, scopes = self.data, b"", []
        for tag, _, start, stop in fields(data, begin, end):
            if tag == _RESOURCE:
                resource += data[start:stop]
            elif tag == _SCOPES:
                scopes.append((start, stop))
        for start, stop in scopes:
            self._scope(resource, start, stop)

    def _scope(self, resource: bytes, begin: int, end: int) -> None:
        data, scope, metrics = self.data, b"", []
        for tag, _, start, stop in fields(data, begin, end):
            if tag == _SCOPE:
                scope += data[start:stop]
            elif tag == _METRICS:
                metrics.append((start, stop))
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
        while pos < end and data[pos] == _FIRST:  # as all do, save for what stands behind them
            size = data[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                size, pos = varint(data, pos - 1)
            points.append((pos, pos + size))
            pos += size
        for tag, _, value, stop in fields(data, pos, end):
            if tag == _FIRST:
                points.append((value, stop))
            elif tag == _TEMPORALITY:
                temporality = value
            elif tag == _MONOTONIC:
                monotonic = bool(value)
        if pos > end:
            raise damaged("a part is longer than what holds it")
        self.reader.count(len(points))
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
            time = begin + 9 if data[begin] == _START else begin
            tag = data[time + 9] if time + 18 <= end else 0
            if data[time] == _TIME and (tag in (_DOUBLE, _INT)):
                slot = known(data[time + 18 : end])
                if slot is None:
                    slot = self._new(stream, time + 18, end)
                if slot is not None:
                    self.slots.append(slot)
                    self.places.append(time)
                    self.started.append(time != begin)
                    continue
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
        data, point = self.data, NumberPoint()
        for tag, start, value, stop in fields(data, begin, end):
            if tag == _NUMBER_ATTRIBUTES:
                point.attributes += data[start:stop]
            elif tag == _DOUBLE:
                point.value = _double(data, value)
            elif tag == _INT:
                point.value = float(signed(_fixed(data, value)))
            elif tag == _NUMBER_FLAGS:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
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
        self.reader.slots += self.slots
        self.reader.kinds += self.kinds
        self.reader.add_numbers(starts, times, values)

    # --- histograms and summaries

    def _histogram(self, begin: int, end: int) -> HistogramPoint:
        data, point = self.data, HistogramPoint()
        for tag, start, value, stop in fields(data, begin, end):
            if tag == 0x21:
                point.count = _fixed(data, value)
            elif tag == 0x29:
                point.sum = _double(data, value)
            elif tag == 0x32:
                point.counts += _packed(data, value, stop, "<u8")
            elif tag == 0x31:
                point.counts += (_fixed(data, value),)
            elif tag == 0x3A:
                point.bounds += _packed(data, value, stop, "<f8")
            elif tag == 0x39:
                point.bounds += (_double(data, value),)
            elif tag == 0x4A:
                point.attributes += data[start:stop]
            elif tag == 0x50:
                point.flags = value
            else:
                _take_time(point, data, tag, value)
        return point
