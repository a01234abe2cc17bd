"""What services have measured, as an OTLP request in protobuf."""

from __future__ import annotations

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Histogram as ExplicitHistogram
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from scripts.demo.instruments import (
    SCALE,
    Attributes,
    Explicit,
    Exponential,
    Histogram,
    Instrument,
)
from scripts.demo.simulation import Service

SCOPE = "quadra.demo"
_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA


def encode(services: list[Service], start: float, last: float, now: float) -> bytes:
    """Make an ExportMetricsServiceRequest; times in unix seconds.

    ``start`` is when totals began, ``last`` the end of the span before, where differences begin.
    """
    times = _Times(_nanos(start), _nanos(last), _nanos(now))
    request = ExportMetricsServiceRequest(
        resource_metrics=[_resource_metrics(service, times) for service in services]
    )
    for service in services:
        service.meter.collected()
    return request.SerializeToString()


class _Times:
    def __init__(self, start: int, last: int, now: int) -> None:
        self.start = start
        self.last = last
        self.now = now


def _nanos(seconds: float) -> int:
    return round(seconds * 1000) * 1_000_000


def _resource_metrics(service: Service, times: _Times) -> ResourceMetrics:
    meter = service.meter
    metrics = [
        _number(instrument, {k: v for k, v in numbers.items() if not meter.is_muted(k)}, times)
        for instrument, numbers in meter.numbers.items()
    ]
    metrics += [
        _histogram(instrument, {k: v for k, v in found.items() if not meter.is_muted(k)}, times)
        for instrument, found in meter.histograms.items()
    ]
    attributes = (
        ("service.name", service.name),
        ("service.namespace", "simulated"),
        ("service.instance.id", f"{service.name.split(' ')[0]}-1"),
        ("deployment.environment", "demo"),
    )
    labelled = KeyValue(key="simulated", value=AnyValue(bool_value=True))
    return ResourceMetrics(
        resource=Resource(attributes=[*_key_values(attributes), labelled]),
        scope_metrics=[
            ScopeMetrics(scope=InstrumentationScope(name=SCOPE, version="1"), metrics=metrics)
        ],
    )


def _number(instrument: Instrument, values: dict[Attributes, float], times: _Times) -> Metric:
    is_delta, is_gauge = instrument.kind == "delta", instrument.kind == "gauge"
    points = [
        NumberDataPoint(
            attributes=_key_values(attributes),
            start_time_unix_nano=0 if is_gauge else times.last if is_delta else times.start,
            time_unix_nano=times.now,
            as_double=value,
        )
        for attributes, value in values.items()
    ]
    metric = _metric(instrument)
    if is_gauge:
        metric.gauge.CopyFrom(Gauge(data_points=points))
    else:
        metric.sum.CopyFrom(
            Sum(
                data_points=points,
                aggregation_temporality=_DELTA if is_delta else _CUMULATIVE,
                is_monotonic=instrument.kind != "up_down",
            )
        )
    return metric


def _histogram(instrument: Instrument, found: dict[Attributes, Histogram], times: _Times) -> Metric:
    explicit: list[HistogramDataPoint] = []
    exponential: list[ExponentialHistogramDataPoint] = []
    for attributes, state in found.items():
        if isinstance(state, Explicit):
            explicit.append(_explicit_point(attributes, state, times))
        elif state.count:
            exponential.append(_exponential_point(attributes, state, times))
    metric = _metric(instrument)
    if instrument.kind == "exponential":
        metric.exponential_histogram.CopyFrom(
            ExponentialHistogram(data_points=exponential, aggregation_temporality=_CUMULATIVE)
        )
    else:
        metric.histogram.CopyFrom(
            ExplicitHistogram(data_points=explicit, aggregation_temporality=_CUMULATIVE)
        )
    return metric


def _explicit_point(attributes: Attributes, state: Explicit, times: _Times) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=_key_values(attributes),
        start_time_unix_nano=times.start,
        time_unix_nano=times.now,
        count=state.count,
        sum=state.sum,
        bucket_counts=state.counts.tolist(),
        explicit_bounds=state.bounds.tolist(),
    )


def _exponential_point(
    attributes: Attributes, state: Exponential, times: _Times
) -> ExponentialHistogramDataPoint:
    offset, counts = state.dense()
    return ExponentialHistogramDataPoint(
        attributes=_key_values(attributes),
        start_time_unix_nano=times.start,
        time_unix_nano=times.now,
        count=state.count,
        sum=state.sum,
        scale=SCALE,
        positive=ExponentialHistogramDataPoint.Buckets(offset=offset, bucket_counts=counts),
        min=state.min,
        max=state.max,
    )


def _metric(instrument: Instrument) -> Metric:
    return Metric(name=instrument.name, unit=instrument.unit, description=instrument.description)


def _key_values(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes]
