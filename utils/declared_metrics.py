"""Quadra's own Prometheus metrics, all in one list, under their public names.

Names end up on ``/metrics`` with the prefix ``quadra_matrix_``. Labels come from small fixed
sets: a route and never a path, a method that HTTP knows, a reason from our own list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)

PREFIX = "quadra_matrix_"

Kind = Literal["counter", "gauge", "histogram", "summary", "info"]
Whose = Literal["process", "installation", "both"]

SERVING, WORKER = "serving", "worker"
"""What the label ``process`` says of metrics that both kinds of processes have."""

_FAST = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
# Beyond, so that "slower than 45 s" can be told of requests.
_SLOW = (*_FAST, 5, 10, 30, 45, 60, 120)
_SEVERITIES = (("info",), ("warning",), ("critical",))


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric as ``/metrics`` shows it.

    ``whose``: counted by each serving process for itself, known of the whole installation and
    shown alike by all, or both kinds, told apart by the label ``process``. ``known`` are label
    values that are shown from the start, at zero.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    whose: Whose = "process"
    buckets: tuple[float, ...] = _FAST
    known: tuple[tuple[str, ...], ...] = ()


def _requests() -> Iterator[Declared]:
    labels = ("method", "endpoint", "status")
    yield Declared("app_info", "info", "Version and environment", ("version", "environment"))
    yield Declared("http_requests_total", "counter", "HTTP requests answered", labels)
    yield Declared(
        "http_request_duration_seconds", "histogram", "Time from a request to its answer",
        labels, buckets=_SLOW,
    )  # fmt: skip
    yield Declared("websocket_connections", "gauge", "Live connections open now")
    yield Declared(
        "websocket_messages_total", "counter", "Live messages", ("event", "direction"),
        known=(("samples", "out"), ("subscribe", "in")),
    )  # fmt: skip
    yield Declared(
        "rate_limited_total", "counter", "Requests refused by a rate limit", ("endpoint",)
    )
    yield Declared(
        "errors_total", "counter", "Errors that are no visitor's fault",
        ("error_type", "component"), "both", known=(("StorageError", "web"),),
    )  # fmt: skip
    yield Declared(
        "function_duration_seconds", "histogram", "Time that tracked functions took",
        ("function",),
    )  # fmt: skip


def _samples() -> Iterator[Declared]:
    yield Declared(
        "samples_ingested_total", "counter", "Samples durably stored", ("source",),
        known=(("json",),),
    )  # fmt: skip
    yield Declared(
        "samples_rejected_total", "counter",
        "Requests refused whole, and samples left out of the others", ("reason",),
        known=(("malformed",), ("invalid",), ("rate_limited",)),
    )  # fmt: skip
    yield Declared(
        "ingest_duration_seconds", "histogram",
        "From a request's first byte here to its samples on disk",
    )  # fmt: skip
    yield Declared("live_frames_total", "counter", "Frames sent to rooms of consoles")
    yield Declared(
        "live_event_to_emit_seconds", "histogram", "From a commit to its frame being sent"
    )
    yield Declared(
        "live_resyncs_total", "counter", "Times a console was told to read history again"
    )
    yield Declared(
        "live_refusals_total", "counter", "What consoles asked for in vain", ("code",),
        known=(("bad_subscription",),),
    )  # fmt: skip


def _storage() -> Iterator[Declared]:
    yield Declared(
        "database_operations_total", "counter", "Statements and commits",
        ("operation", "table", "process"), "both",
    )  # fmt: skip
    yield Declared(
        "database_operation_duration_seconds", "histogram", "Time a statement or commit took",
        ("operation", "process"), "both",
    )  # fmt: skip
    yield Declared(
        "backup_last_success_timestamp_seconds", "gauge",
        "When the database was last backed up, alone or with everything, 0 for never",
        whose="installation",
    )  # fmt: skip
    yield Declared(
        "backup_last_success_by_kind_timestamp_seconds", "gauge",
        "When each kind of backup last succeeded, 0 for never", ("kind",), "installation",
    )  # fmt: skip
    yield Declared("redis_up", "gauge", "1 when Redis is configured and answers, 0 otherwise")
    yield Declared("disk_size_bytes", "gauge", "Size of the disk that DATA_DIR is on")
    yield Declared("disk_free_bytes", "gauge", "What is free on the disk of DATA_DIR")
    yield Declared(
        "history_bytes", "gauge", "Bytes the database takes on disk", whose="installation"
    )
    yield Declared(
        "history_spool_samples", "gauge", "Samples not yet safely at HISTORY_URL",
        whose="installation",
    )  # fmt: skip
    yield Declared(
        "history_refused_samples", "gauge",
        "Samples that the store at HISTORY_URL refused for good", whose="installation",
    )  # fmt: skip


def _judging() -> Iterator[Declared]:
    yield Declared(
        "detection_duration_seconds", "histogram", "Time the detector took for a round of samples",
        whose="installation", known=((),),
    )  # fmt: skip
    yield Declared(
        "anomalies_total", "counter", "Anomalies that began", ("severity",), "installation",
        known=_SEVERITIES,
    )  # fmt: skip
    yield Declared(
        "alerts_firing", "gauge", "Alerts that fire now", ("severity",), "installation",
        known=_SEVERITIES,
    )  # fmt: skip
    yield Declared(
        "notifications_total", "counter",
        "Pages by channel and how they ended; retried counts tries",
        ("channel", "outcome"), "installation",
    )  # fmt: skip
    yield Declared(
        "last_evaluation_timestamp_seconds", "gauge",
        "When rules were last evaluated, 0 for never", whose="installation",
    )  # fmt: skip


def _training() -> Iterator[Declared]:
    version = ("model_version",)
    for name, text in (
        ("training_loss", "Squared one-step error over the series' variance, of late"),
        ("training_reward", "1 / (1 + loss)"),
        ("training_field_variance", "Variance of the field's state"),
        ("field_size", "Units of the field"),
        ("iteration_count", "Training steps that the field has done"),
        ("active_training_sessions", "Fields in training now"),
        ("system_state", "0 idle, 1 training"),
    ):
        yield Declared(name, "gauge", text, whose="installation")
    yield Declared(
        "training_batches_total", "counter", "Training steps since the worker started",
        whose="installation",
    )  # fmt: skip
    yield Declared(
        "training_duration_seconds", "summary", "Time that training steps took",
        whose="installation",
    )  # fmt: skip
    yield Declared("model_predictions_total", "counter", "Forecasts given", version, "installation")
    yield Declared(
        "model_inference_duration_seconds", "histogram", "Time a forecast took", version,
        "installation",
    )  # fmt: skip


DECLARED: Mapping[str, Declared] = {
    one.name: one
    for group in (_requests, _samples, _storage, _judging, _training)
    for one in group()
}
"""Every metric of Quadra itself, by its name without the prefix."""


def family(name: str) -> Any:
    """Make an empty family of a declared metric, for a collector to fill."""
    one = DECLARED[name]
    kinds: dict[Kind, Any] = {
        "counter": CounterMetricFamily,
        "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily,
        "summary": SummaryMetricFamily,
    }
    return kinds[one.kind](PREFIX + name, one.help, labels=one.labels)
