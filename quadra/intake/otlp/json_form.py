"""OTLP metrics as JSON: camelCase, 64-bit numbers as texts, enums as numbers or names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from quadra.errors import MalformedError
from quadra.intake.otlp import names
from quadra.intake.otlp.attributes import (
    count_attributes,
    from_json,
    json_float,
    json_int,
    json_list,
    json_object,
    too_deep,
    wrong,
)
from quadra.intake.otlp.buckets import MAX_BUCKETS
from quadra.intake.otlp.points import (
    Buckets,
    ExponentialPoint,
    HistogramPoint,
    NumberPoint,
    Point,
    SummaryPoint,
)
from quadra.intake.otlp.state import Context, Stream
from quadra.intake.otlp.translate import (
    CUMULATIVE,
    DELTA,
    DIFFERENCES,
    PLAIN,
    RISING,
    RISING_DELTA,
    Reader,
)

_TEMPORALITIES = {
    "AGGREGATION_TEMPORALITY_UNSPECIFIED": 0,
    "AGGREGATION_TEMPORALITY_DELTA": DIFFERENCES,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": CUMULATIVE,
}
_NAMES = list(_TEMPORALITIES)  # what is asked for in it need not be hashable
_MAX_FLAGS = 1 << 32

P = TypeVar("P", bound=Point)
Item = dict[str, Any]


def read_json(body: bytes, reader: Reader) -> None:
    """Read an ExportMetricsServiceRequest."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise MalformedError(msg, code="bad_json") from None
    if not isinstance(document, dict):
        raise wrong('send {"resourceMetrics": […]}')
    resources = _items(document, "resourceMetrics")
    reader.count(len(resources))
    for item in resources:
        resource = _attributes(_object(item, "resource"))
        scopes = _items(item, "scopeMetrics")
        reader.count(len(scopes))
        for scope in scopes:
            _scope(reader, resource, scope)


def _scope(reader: Reader, resource: bytes, item: Item) -> None:
    scope = _object(item, "scope")
    name, version = _text(scope, "name"), _text(scope, "version")
    attributes = _attributes(scope)
    raw = orjson.dumps([name, version]) + attributes
    context = reader.state.context(resource, raw, from_json)
    if context is None:
        parts = from_json(resource), (name, version, from_json(attributes))
        context = reader.context((resource, raw), from_json, parts)
    metrics = _items(item, "metrics")
    reader.count(len(metrics))
    for metric in metrics:
        _metric(reader, context, metric)


def _metric(reader: Reader, context: Context, item: Item) -> None:
    for field, read in _READERS.items():
        if item.get(field) is not None:
            read(_Metric(reader, context, item, _object(item, field)))
            return


class _Metric:
    """One metric: its points, and how to find its series."""

    def __init__(self, reader: Reader, context: Context, item: Item, data: Item) -> None:
        self.reader = reader
        self.context = context
        self.item = item
        self.data = data
        self.points = _items(data, "dataPoints")
        reader.count(len(self.points))
        temporality = data.get("aggregationTemporality")
        self.temporality = (
            _TEMPORALITIES[temporality] if temporality in _NAMES else json_int(temporality)
        )

    def stream(self, kind: str) -> Stream:
        item = self.item
        stream = self.reader.stream(self.context, _text(item, "name"), _text(item, "unit"), kind)
        if self.points:
            self.reader.describe(stream, _text(item, "description"))
        return stream


def _gauge(metric: _Metric) -> None:
    stream = metric.stream(names.GAUGE)
    for item in metric.points:
        metric.reader.add_number(stream, PLAIN, _number(item))


def _sum(metric: _Metric) -> None:
    monotonic = metric.data.get("isMonotonic") is True
    if metric.temporality == DIFFERENCES:
        kind = RISING_DELTA if monotonic else DELTA
    else:
        kind = RISING if monotonic else PLAIN
    stream = metric.stream(names.COUNTER if monotonic else names.UP_DOWN)
    for item in metric.points:
        metric.reader.add_number(stream, kind, _number(item))


def _histogram(metric: _Metric) -> None:
    stream = metric.stream(names.HISTOGRAM)
    for item in metric.points:
        point = _point(HistogramPoint(), item)
        point.count = _count(item, "count")
        point.sum = _optional(item, "sum")
        point.counts = tuple(map(json_int, _list(item, "bucketCounts")))
        point.bounds = tuple(map(json_float, _list(item, "explicitBounds")))
        metric.reader.add_histogram(stream, metric.temporality, point)


def _exponential(metric: _Metric) -> None:
    stream = metric.stream(names.HISTOGRAM)
    for item in metric.points:
        point = _point(ExponentialPoint(), item)
        point.count = _count(item, "count")
        point.sum = _optional(item, "sum")
        point.scale = json_int(item.get("scale"))
        point.zero_count = _count(item, "zeroCount")
        point.zero_threshold = json_float(item.get("zeroThreshold"))
        point.positive = _buckets(_object(item, "positive"))
        point.negative = _buckets(_object(item, "negative"))
        point.min, point.max = _optional(item, "min"), _optional(item, "max")
        metric.reader.add_exponential(stream, metric.temporality, point)


def _summary(metric: _Metric) -> None:
    stream = metric.stream(names.SUMMARY)
    for item in metric.points:
        point = _point(SummaryPoint(), item)
        point.count = _count(item, "count")
        point.sum = json_float(item.get("sum"))
        point.quantiles = tuple(
            (json_float(one.get("quantile")), json_float(one.get("value")))
            for one in map(json_object, _list(item, "quantileValues")[:MAX_BUCKETS])
        )
        metric.reader.add_summary(stream, point)


_READERS: dict[str, Callable[[_Metric], None]] = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram,
    "exponentialHistogram": _exponential,
    "summary": _summary,
}


# --- parts of points


def _point(point: P, item: Item) -> P:
    point.attributes = _attributes(item)
    point.start = _count(item, "startTimeUnixNano")
    point.time = _count(item, "timeUnixNano")
    point.flags = _count(item, "flags") % _MAX_FLAGS
    return point


def _number(item: Item) -> NumberPoint:
    point = _point(NumberPoint(), item)
    if item.get("asDouble") is not None:
        point.value = json_float(item["asDouble"])
    elif item.get("asInt") is not None:
        point.value = float(json_int(item["asInt"]))
    return point


def _buckets(item: Item) -> Buckets:
    counts = _list(item, "bucketCounts")
    return Buckets(json_int(item.get("offset")), tuple(map(json_int, counts)))


def _attributes(item: Item) -> bytes:
    """Give the JSON text of an item's attributes: what its series is remembered by."""
    attributes = item.get("attributes")
    if not attributes:
        return b"[]"
    if isinstance(attributes, list):
        count_attributes(len(attributes))
    try:
        # A copy, for orjson's own keeps the kilobytes that it was made in.
        return memoryview(orjson.dumps(attributes)).tobytes()
    except TypeError:
        raise too_deep() from None


def _items(item: Item, field: str) -> list[Item]:
    return [json_object(one) for one in json_list(item.get(field))]


def _object(item: Item, field: str) -> Item:
    return json_object(item.get(field))


def _list(item: Item, field: str) -> list[object]:
    return json_list(item.get(field))


def _text(item: Item, field: str) -> str:
    value = item.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(f"{field} is a text")
    return value


def _optional(item: Item, field: str) -> float | None:
    value = item.get(field)
    return None if value is None else json_float(value)


def _count(item: Item, field: str) -> int:
    value = json_int(item.get(field))
    if value < 0:
        raise wrong(f"{field} is not below zero")
    return value
