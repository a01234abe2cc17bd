"""OTLP: protobuf and JSON say the same, answers are the protocol's, the SDK's messages are read."""

import math
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped] # has no types
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from quadra.errors import MalformedError, QuadraError
from quadra.intake.otlp import (
    JSON,
    PROTOBUF,
    OtlpState,
    parse_metrics,
    response_body,
    status_body,
)
from quadra.intake.received import Received
from quadra.telemetry.series import SeriesRules
from tests.unit.otlp_messages import (
    NOW,
    NOW_MS,
    NOW_NS,
    last,
    metric,
    point,
    read,
    read_json,
    request,
    rows,
)

# --- answers


def refused() -> Received:
    made = request()
    point(metric(made, "g").gauge.data_points)
    point(metric(made, "g").gauge.data_points, {"a": "x" * 2000}, as_int=1)
    return read(made)


def test_the_answer_is_empty_when_all_was_taken() -> None:
    received = read(request())
    assert b"" == response_body(received, PROTOBUF)
    assert b"{}" == response_body(received, JSON)


def test_partial_success_in_both_encodings() -> None:
    received = refused()
    answer = ExportMetricsServiceResponse.FromString(response_body(received, PROTOBUF))
    assert 1 == answer.partial_success.rejected_data_points
    assert "no_value: 1" in answer.partial_success.error_message
    assert "values_shortened: 1" in answer.partial_success.error_message
    as_json = json_format.Parse(response_body(received, JSON), ExportMetricsServiceResponse())
    assert answer == as_json


@pytest.mark.parametrize(("http", "code"), [(400, 3), (401, 16), (413, 8), (429, 8), (503, 14)])
def test_errors_in_both_encodings(http: int, code: int) -> None:
    expected = Status(code=code, message="wörds")
    assert expected == Status.FromString(status_body(http, "wörds", PROTOBUF))
    assert expected == json_format.Parse(status_body(http, "wörds", JSON), Status())


# --- the official SDK


def collected(temporality: AggregationTemporality, rounds: int = 2) -> list[Any]:
    """Have the SDK measure, and give what it exports after each round."""
    reader = InMemoryMetricReader(
        preferred_temporality={Counter: temporality, Histogram: temporality}
    )
    provider = MeterProvider(
        [reader],
        Resource({"service.name": "shop", "service.instance.id": "1", "pid": 7}),
        views=[
            View(instrument_name="fine", aggregation=ExponentialBucketHistogramAggregation()),
        ],
        shutdown_on_exit=False,
    )
    meter = provider.get_meter("my.lib", "1.0")
    hits = meter.create_counter("hits", "1", "How many")
    open_now = meter.create_up_down_counter("open")
    duration = meter.create_histogram("duration", "s", explicit_bucket_boundaries_advisory=[1, 5])
    fine = meter.create_histogram("fine", "ms")
    meter.create_observable_gauge("load", [lambda _: []], "%")
    depth = meter.create_gauge("depth")
    messages = []
    for i in range(rounds):
        hits.add(2, {"route": "/a", "code": 200})
        open_now.add(1 - 2 * i)
        depth.set(4.5, {"queues": ["a", "b"]})
        for value in (0.5, 3, 7):
            duration.record(value)
            fine.record(value)
        data = reader.get_metrics_data()
        assert data is not None
        messages.append(encode_metrics(data))
    provider.shutdown()
    return messages


@pytest.mark.parametrize(
    "temporality", [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA], ids=str
)
@pytest.mark.parametrize("form", [PROTOBUF, JSON])
def test_what_the_sdk_exports_is_read(temporality: AggregationTemporality, form: str) -> None:
    state, metadata = OtlpState(), set()
    values: dict[str, float] = {}
    for message in collected(temporality):
        now = max(
            p.time_unix_nano
            for m in message.resource_metrics[0].scope_metrics[0].metrics
            for p in m.sum.data_points
        ) / 1e9  # fmt: skip
        body = message.SerializeToString()
        if form == JSON:
            body = json_format.MessageToJson(message).encode()
        received = parse_metrics(body, form, now, SeriesRules(), state)
        assert 0 == received.rejected
        values |= last(received)
        metadata |= {(one.name, one.type, one.help) for one in received.metadata}
    base = 'instance="1",job="shop"'
    scope = 'otel_scope_name="my.lib",otel_scope_version="1.0",pid="7"'
    plain = f'{base},{scope},service_name="shop"'
    expected = {
        f'hits_total{{code="200",{base},{scope},route="/a",service_name="shop"}}': 4.0,
        f"open{{{plain}}}": 0.0,
        f'depth{{{base},{scope},queues="[""a"",""b""]",service_name="shop"}}'.replace(
            '""', '"'
        ): 4.5,
        f'duration_seconds_bucket{{{base},le="1",{scope},service_name="shop"}}': 2.0,
        f'duration_seconds_bucket{{{base},le="5",{scope},service_name="shop"}}': 4.0,
        f'duration_seconds_bucket{{{base},le="+Inf",{scope},service_name="shop"}}': 6.0,
        f"duration_seconds_sum{{{plain}}}": 21.0,
        f"duration_seconds_count{{{plain}}}": 6.0,
        f'fine_milliseconds_bucket{{{base},le="+Inf",{scope},service_name="shop"}}': 6.0,
        f"fine_milliseconds_sum{{{plain}}}": 21.0,
    }
    assert expected == {name: values.get(name) for name in expected}
    assert ("hits_total", "counter", "How many") in metadata
    fine = {
        float(name.partition('le="')[2].partition('"')[0]): value
        for name, value in values.items()
        if name.startswith("fine_milliseconds_bucket")
    }
    for value, at_most in ((0.5, 2), (3, 4), (7, 6)):
        assert at_most == fine[min(bound for bound in fine if bound >= value)]


# --- JSON


def gauge(value: dict[str, Any]) -> bytes:
    metrics = [{"name": "g", "gauge": {"dataPoints": [{"timeUnixNano": str(NOW_NS), **value}]}}]
    return orjson.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"asInt": "-5"}, -5.0), ({"asInt": 5}, 5.0), ({"asInt": 5.0}, 5.0),
        ({"asDouble": 0.5}, 0.5), ({"asDouble": 2}, 2.0), ({"asDouble": "Infinity"}, math.inf),
        ({"asDouble": 1, "traceId": "5b8efff798038103", "news": {"a": [1]}}, 1.0),
        ({"asDouble": 1, "attributes": None, "flags": None, "exemplars": [{}]}, 1.0),
    ],
)  # fmt: skip
def test_json_numbers(value: dict[str, Any], expected: float) -> None:
    assert {"g": [(NOW_MS, expected)]} == rows(read_json(gauge(value)))


NOT_OTLP = [
    b"", b"nonsense", b"[]", b"[" * 100_000, b'{"resourceMetrics":{}}', b'{"resourceMetrics":[1]}',
    gauge({"asInt": "x"}), gauge({"asInt": True}), gauge({"asInt": 1.5}),
    gauge({"asInt": 1, "timeUnixNano": "-1"}), gauge({"asDouble": "many"}),
    gauge({"asDouble": []}), gauge({"attributes": 5}),
    gauge({"asInt": 1, "attributes": [{"key": 1}]}), gauge({"attributes": [{}] * 1_001}),
    gauge({"asInt": 1, "attributes": [{"key": "a", "value": {"stringValue": 1}}]}),
    gauge({"asInt": 1, "attributes": [{"key": "a", "value": {"bytesValue": "?"}}]}),
    gauge({"asDouble": 1}).replace(b'"asDouble":1', b'"asDouble":NaN'),
    gauge({"asDouble": 1}).replace(b'"asDouble":1', b'"asDouble":1e400'),
    gauge({"asDouble": 1}).replace(b'"g"', b"7"),
    gauge({"asDouble": 1}).replace(b'"g"', b'"\\ud800"'),
    gauge({"asDouble": 1}).replace(b'{"data', b'{"aggregationTemporality":"X","data'),
]  # fmt: skip


@pytest.mark.parametrize("body", NOT_OTLP, ids=[f"{i}" for i in range(len(NOT_OTLP))])
def test_json_that_is_not_otlp_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read_json(body)


def test_deep_json_attributes_are_refused() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(40):
        value = {"arrayValue": {"values": [value]}}
    with pytest.raises(MalformedError, match="deep"):
        read_json(gauge({"asInt": 1, "attributes": [{"key": "a", "value": value}]}))


# --- any message

TEXTS = st.sampled_from(["a", "b.c", "ü", "", "x" * 30])
ANY_VALUE = st.recursive(
    st.one_of(
        st.just({}),
        st.builds(lambda v: {"stringValue": v}, TEXTS),
        st.builds(lambda v: {"boolValue": v}, st.booleans()),
        st.builds(lambda v: {"intValue": v}, st.integers(-(2**63), 2**63 - 1)),
        st.builds(lambda v: {"doubleValue": v}, st.sampled_from([0.0, -1.5, 1e300, "NaN"])),
        st.just({"bytesValue": "AP8="}),
    ),
    lambda values: st.one_of(
        st.builds(lambda v: {"arrayValue": {"values": v}}, st.lists(values, max_size=2)),
        st.builds(
            lambda v: {"kvlistValue": {"values": [{"key": "k", "value": one} for one in v]}},
            st.lists(values, max_size=1),
        ),
    ),
    max_leaves=3,
)
ATTRIBUTES = st.lists(
    st.fixed_dictionaries({"key": TEXTS}, optional={"value": ANY_VALUE}), max_size=2
)
FLOATS = st.sampled_from([0.0, 1.5, -2.0, 1e300, 5e-324, "NaN", "Infinity"])
TIMES = st.sampled_from([NOW_NS, NOW_NS - 1, 0, 1, 2**64 - 1])
COUNTS = st.lists(st.integers(0, 2**63), max_size=3)


def a_point(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    common = {
        "attributes": ATTRIBUTES,
        "startTimeUnixNano": TIMES,
        "timeUnixNano": TIMES,
        "flags": st.integers(0, 3),
    }
    return st.fixed_dictionaries({}, optional=common | fields)


INTEGERS = st.integers(-(2**63), 2**63 - 1)
NUMBER = st.one_of(a_point(asInt=INTEGERS), a_point(asDouble=FLOATS))
BUCKETS = st.fixed_dictionaries(
    {},
    optional={
        "offset": st.integers(-(2**31), 2**31 - 1) | st.integers(-5, 5),
        "bucketCounts": COUNTS,
    },
)
POINTS = {
    "gauge": NUMBER,
    "sum": NUMBER,
    "histogram": a_point(
        count=st.integers(0, 9), sum=FLOATS, bucketCounts=COUNTS,
        explicitBounds=st.lists(FLOATS, max_size=2), min=FLOATS,
    ),
    "exponentialHistogram": a_point(
        count=st.integers(0, 9), sum=FLOATS, scale=st.integers(-20, 30) | st.integers(),
        zeroCount=st.integers(0, 9), positive=BUCKETS, negative=BUCKETS, min=FLOATS, max=FLOATS,
        zeroThreshold=FLOATS,
    ),
    "summary": a_point(
        count=st.integers(0, 9), sum=FLOATS,
        quantileValues=st.lists(
            st.fixed_dictionaries({"quantile": FLOATS, "value": FLOATS}), max_size=2
        ),
    ),
}  # fmt: skip
POINTS["exponentialHistogram"] = POINTS["exponentialHistogram"].map(
    lambda p: p | {"scale": max(min(p.get("scale", 0), 2**31 - 1), -(2**31))}
)


@st.composite
def metrics(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(POINTS)))
    data: dict[str, Any] = {"dataPoints": draw(st.lists(POINTS[kind], max_size=3))}
    if kind not in ("gauge", "summary"):
        data["aggregationTemporality"] = draw(st.integers(0, 2))
    if kind == "sum":
        data["isMonotonic"] = draw(st.booleans())
    return {"name": draw(TEXTS), "unit": draw(st.sampled_from(["", "s", "1"])), kind: data}


SCOPES = st.fixed_dictionaries(
    {"metrics": st.lists(metrics(), max_size=3)},
    optional={
        "scope": st.fixed_dictionaries(
            {}, optional={"name": TEXTS, "version": TEXTS, "attributes": ATTRIBUTES}
        )
    },
)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {"scopeMetrics": st.lists(SCOPES, max_size=2)},
        optional={"resource": st.fixed_dictionaries({}, optional={"attributes": ATTRIBUTES})},
    ),
    max_size=2,
).map(lambda items: {"resourceMetrics": items})


def said(received: Received) -> Any:
    """Give all that was read, comparable; NaN equals NaN."""
    return repr(rows(received)), received.reasons, received.trimmed, received.metadata


@given(document=REQUESTS)
def test_protobuf_and_json_are_read_alike(document: dict[str, Any]) -> None:
    message = json_format.ParseDict(document, ExportMetricsServiceRequest())
    raw, text = message.SerializeToString(), json_format.MessageToJson(message).encode()
    states = OtlpState(), OtlpState()
    for _ in range(2):
        assert said(read_json(text, states[1])) == said(read(raw, states[0]))


WARM = OtlpState(max_bytes=300_000)
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.sampled_from("=+-x")),
    min_size=1,
    max_size=3,
)


@given(document=REQUESTS, damage=DAMAGE)
def test_damaged_messages_are_refused_or_read_as_the_library_reads_them(
    document: dict[str, Any], damage: list[tuple[float, int, str]]
) -> None:
    raw = bytearray(
        json_format.ParseDict(document, ExportMetricsServiceRequest()).SerializeToString()
    )
    for where, byte, how in damage:
        place = int(where * len(raw))
        if how == "+":
            raw.insert(place, byte)
        elif how == "-":
            del raw[place : place + 1 + byte % 4]
        elif raw:
            raw[place] = byte if how == "=" else raw[place] ^ 1 << byte % 8
    try:
        found = said(read(bytes(raw)))
        read(bytes(raw), WARM)
        message = ExportMetricsServiceRequest.FromString(bytes(raw))
        text = json_format.MessageToJson(message).encode()
    except (QuadraError, DecodeError):
        return
    assert said(read_json(text)) == found


@given(raw=st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    inner = b"\x12" + bytes([len(raw)]) + raw
    inner = b"\x12" + bytes([len(inner)]) + inner
    for body in (raw, b"\x0a" + bytes([len(inner)]) + inner):
        for kind in (PROTOBUF, JSON):
            try:
                parse_metrics(body, kind, NOW, SeriesRules(), WARM)
            except QuadraError:
                continue


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | FLOATS | TEXTS,
        lambda v: st.lists(v, max_size=2)
        | st.dictionaries(
            st.sampled_from(["attributes", "dataPoints", "key", "value", "arrayValue", "values"]),
            v,
            max_size=2,
        ),
        max_leaves=8,
    ),
    where=st.sampled_from(["resourceMetrics", "resource", "scopeMetrics", "metrics", "gauge",
                           "histogram", "attributes", "bucketCounts", "positive", "name"]),
)  # fmt: skip
def test_json_of_any_shape_is_read_or_refused(value: Any, where: str) -> None:
    for kind, one_point in (
        ("histogram", {"attributes": [], "bucketCounts": []}),
        ("exponentialHistogram", {"positive": {}}),
    ):
        one = {"name": "m", kind: {"dataPoints": [one_point]}}
        document = {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"metrics": [one]}]}]}
        text = orjson.dumps(_put(document, where, value))
        try:
            read_json(text, WARM)
        except QuadraError:
            continue


def _put(document: Any, where: str, value: Any) -> Any:
    if isinstance(document, dict):
        return {
            key: value if key == where else _put(v, where, value) for key, v in document.items()
        }
    if isinstance(document, list):
        return [_put(item, where, value) for item in document]
    return document
