"""Quadra's own Prometheus metrics: one object holds them all, under their public names.

Names end up on ``/metrics`` with the prefix ``quadra_matrix_``. Labels come from small fixed
sets: a route and never a path, a method that HTTP knows, a reason from our own list.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)

PREFIX = "quadra_matrix_"

_FAST = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
# Beyond, so that "slower than 45 s" can be told of requests.
_SLOW = (*_FAST, 5, 10, 30, 45, 60, 120)


class MetricsManager:
    """Holds every metric; make one a registry, or use ``metrics_manager``."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register all metrics with ``registry`` (a new one when absent)."""
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.app_info = Info(PREFIX + "app", "Version and environment", registry=self.registry)
        self.http_requests = self._counter(
            "http_requests", "HTTP requests answered", ("method", "endpoint", "status")
        )
        self.http_request_duration = self._histogram(
            "http_request_duration_seconds",
            "Time from a request to its answer",
            ("method", "endpoint", "status"),
            _SLOW,
        )
        self.websocket_connections = self._gauge(
            "websocket_connections", "Live connections open now"
        )
        self.websocket_messages = self._counter(
            "websocket_messages", "Live messages", ("event", "direction")
        )
        self.database_operations = self._counter(
            "database_operations", "Database transactions", ("operation", "table")
        )
        self.database_operation_duration = self._histogram(
            "database_operation_duration_seconds", "Time a transaction took", ("operation",)
        )
        self.errors = self._counter(
            "errors", "Errors that nobody expected", ("error_type", "component")
        )
        self.samples_ingested = self._counter(
            "samples_ingested", "Samples durably stored", ("source",)
        )
        self.samples_rejected = self._counter(
            "samples_rejected",
            "Requests refused whole, and samples left out of the others",
            ("reason",),
        )
        self.ingest_duration = self._histogram(
            "ingest_duration_seconds", "From a request's first byte here to its samples on disk"
        )
        self.live_frames = self._counter("live_frames", "Frames sent to rooms of consoles")
        self.live_event_to_emit = self._histogram(
            "live_event_to_emit_seconds", "From a commit to its frame being sent"
        )
        self.live_resyncs = self._counter(
            "live_resyncs", "Times a console was told to read history again"
        )
        self.live_refusals = self._counter(
            "live_refusals", "What consoles asked for in vain", ("code",)
        )
        self.alerts_firing = Gauge(
            PREFIX + "alerts_firing", "Alerts that fire now", ("severity",), registry=self.registry
        )
        self.rate_limited = self._counter(
            "rate_limited", "Requests refused by a rate limit", ("endpoint",)
        )
        self.redis_up = self._gauge(
            "redis_up", "1 when Redis is configured and answers, 0 otherwise"
        )
        self.disk_size = self._gauge("disk_size_bytes", "Size of the disk that DATA_DIR is on")
        self.disk_free = self._gauge("disk_free_bytes", "What is free on the disk of DATA_DIR")
        self.history_bytes = self._gauge("history_bytes", "Bytes the database takes on disk")
        self.history_spool_samples = self._gauge(
            "history_spool_samples", "Samples not yet safely at HISTORY_URL"
        )
        self.history_refused_samples = self._gauge(
            "history_refused_samples", "Samples that the store at HISTORY_URL refused for good"
        )

    def initialize(self, version: str, environment: str) -> None:
        """Say which version runs where."""
        self.app_info.info({"version": version, "environment": environment})

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(PREFIX + name, text, registry=self.registry)

    def _histogram(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...] = (),
        buckets: tuple[float, ...] = _FAST,
    ) -> Histogram:
        return Histogram(PREFIX + name, text, labels, buckets=buckets, registry=self.registry)


metrics_manager = MetricsManager()
