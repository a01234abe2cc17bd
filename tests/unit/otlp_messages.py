"""OTLP requests as the official protobuf library makes them, and what Quadra read of one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from quadra.intake.otlp import JSON, PROTOBUF, OtlpState, parse_metrics
from quadra.intake.received import Received
from quadra.telemetry.series import SeriesRules

NOW = 1_790_000_000.0
NOW_MS = int(NOW * 1000)
NOW_NS = NOW_MS * 1_000_000
SECOND = 1_000_000_000

DELTA, CUMULATIVE = 1, 2

Rows = dict[str, list[tuple[int, float]]]


def request(**resource: str) -> ExportMetricsServiceRequest:
    """Make a request of one resource (``a__b`` stands for a.b) and one scope without a name."""
    made = ExportMetricsServiceRequest()
    one = made.resource_metrics.add()
    for name, value in resource.items():
        attribute = one.resource.attributes.add(key=name.replace("__", "."))
        attribute.value.string_value = value
    one.scope_metrics.add()
    return made


def metric(made: ExportMetricsServiceRequest, name: str, unit: str = "", text: str = "") -> Any:
    return (
        made.resource_metrics[0]
        .scope_metrics[0]
        .metrics.add(name=name, unit=unit, description=text)
    )


def point(points: Any, attributes: dict[str, str] | None = None, **values: Any) -> Any:
    """Add a point; its time is now unless it is given."""
    one = points.add(**({"time_unix_nano": NOW_NS} | values))
    for name, value in (attributes or {}).items():
        one.attributes.add(key=name).value.string_value = value
    return one


class Kept:
    """What a database would keep of running totals, and how often it was asked."""

    def __init__(self) -> None:
        self.memos: dict[bytes, bytes] = {}
        self.asked_for = 0

    def keep(self, *requests: Received) -> None:
        """Take what these led to for stored."""
        for one in requests:
            self.memos |= {memo.key: memo.content for memo in one.memos}

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        self.asked_for += len(keys)
        return {key: self.memos[key] for key in keys if key in self.memos}


def read(
    body: ExportMetricsServiceRequest | bytes,
    state: OtlpState | None = None,
    labels: int = 32,
    kept: Kept | None = None,
) -> Received:
    data = body if isinstance(body, bytes) else body.SerializeToString()
    find = (kept or Kept()).find
    return parse_metrics(data, PROTOBUF, NOW, SeriesRules(labels), state or OtlpState(), find)


def stored(body: ExportMetricsServiceRequest, state: OtlpState, kept: Kept) -> Received:
    """Read a request and store it, as a server does."""
    received = read(body, state, kept=kept)
    kept.keep(received)
    state.settle(received.memos, received.memos)
    return received


def read_json(body: bytes, state: OtlpState | None = None) -> Received:
    return parse_metrics(body, JSON, NOW, SeriesRules(), state or OtlpState())


def rows(received: Received) -> Rows:
    """Give (unix ms, value) by series, each spelled as Prometheus does."""
    batch = received.batch
    assert len(set(batch.keys)) == len(batch.keys)
    assert set(batch.index.tolist()) == set(range(len(batch.keys))), "each key is in use"
    assert [np.uint32, np.int64, np.float64] == [batch.index.dtype, batch.t.dtype, batch.v.dtype]
    found: Rows = {}
    for i, t, v in zip(batch.index.tolist(), batch.t.tolist(), batch.v.tolist(), strict=True):
        name, labels = batch.keys[i]
        spelled = ",".join(f'{label}="{value}"' for label, value in labels)
        found.setdefault(f"{name}{{{spelled}}}" if spelled else name, []).append((t, v))
    return found


def last(received: Received) -> dict[str, float]:
    """Give the last value of each series."""
    return {name: samples[-1][1] for name, samples in rows(received).items()}
