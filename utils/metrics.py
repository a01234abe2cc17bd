"""Quadra's own Prometheus metrics, and decorators that count and time what functions do."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.metrics_core import (
    Metric,
)
from prometheus_client.registry import Collector

from utils.declared_metrics import DECLARED, PREFIX, SERVING, family
from utils.worker_figures import WorkerFigures

P = ParamSpec("P")
T = TypeVar("T")

_MOST_UNCOUNTED = 100_000
_MOST_FUNCTIONS = 200


class MetricsManager:
    """Holds every metric; make one a registry, or use ``metrics_manager``."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, shown_by_default: bool = False
    ) -> None:
        """Register all metrics with ``registry`` (a new one when absent).

        ``shown_by_default``: from ``initialize`` on prometheus_client's own registry has them too.
        """
        self._to_be_shown = shown_by_default
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.app_info = Info(PREFIX + "app", DECLARED["app_info"].help, registry=self.registry)
        self.http_requests = self._counter("http_requests_total")
        self.http_request_duration = self._histogram("http_request_duration_seconds")
        self.websocket_connections = self._gauge("websocket_connections")
        self.websocket_messages = self._counter("websocket_messages_total")
        self.rate_limited = self._counter("rate_limited_total")
        self.errors = self._counter("errors_total")
        self.function_duration = self._histogram("function_duration_seconds")
        self.samples_ingested = self._counter("samples_ingested_total")
        self.samples_rejected = self._counter("samples_rejected_total")
        self.ingest_duration = self._histogram("ingest_duration_seconds")
        self.live_frames = self._counter("live_frames_total")
        self.live_event_to_emit = self._histogram("live_event_to_emit_seconds")
        self.live_resyncs = self._counter("live_resyncs_total")
        self.live_refusals = self._counter("live_refusals_total")
        self.database_operations = self._counter("database_operations_total")
        self.database_operation_duration = self._histogram("database_operation_duration_seconds")
        self.alerts_firing = self._gauge("alerts_firing")
        self.backup_last_success = self._gauge("backup_last_success_timestamp_seconds")
        self.redis_up = self._gauge("redis_up")
        self.disk_size = self._gauge("disk_size_bytes")
        self.disk_free = self._gauge("disk_free_bytes")
        self.history_bytes = self._gauge("history_bytes")
        self.history_spool_samples = self._gauge("history_spool_samples")
        self.history_refused_samples = self._gauge("history_refused_samples")
        self.worker = WorkerFigures(
            {
                "errors_total": self.errors,
                "database_operations_total": self.database_operations,
                "database_operation_duration_seconds": self.database_operation_duration,
            }
        )
        self.registry.register(self.worker)
        self.statements = Statements(self)
        self._functions: set[str] = set()

    def initialize(self, version: str, environment: str) -> None:
        """Say which version runs where."""
        self.app_info.info({"version": version, "environment": environment})
        if self._to_be_shown:
            self._to_be_shown = False
            REGISTRY.register(_Ours(self.registry))

    def of_function(self, name: str) -> Histogram:
        """Give the times of one function; what comes beyond a bound is `other`."""
        if name not in self._functions:
            if len(self._functions) >= _MOST_FUNCTIONS:
                name = "other"
            self._functions.add(name)
        return self.function_duration.labels(name)

    def _options(self, name: str) -> dict[str, Any]:
        one = DECLARED[name]
        # What the worker counts too is shown together with its counts, see WorkerFigures.
        registry = None if one.whose == "both" else self.registry
        return {"documentation": one.help, "labelnames": one.labels, "registry": registry}

    def _counter(self, name: str) -> Counter:
        return _begun(name, Counter(PREFIX + name, **self._options(name)))

    def _gauge(self, name: str) -> Gauge:
        return _begun(name, Gauge(PREFIX + name, **self._options(name)))

    def _histogram(self, name: str) -> Histogram:
        buckets = DECLARED[name].buckets
        return _begun(name, Histogram(PREFIX + name, buckets=buckets, **self._options(name)))


Labelled = TypeVar("Labelled", Counter, Gauge, Histogram)


def _begun(name: str, metric: Labelled) -> Labelled:
    """Show what is known to be counted at zero: a rate then sees the first of it."""
    for labels in DECLARED[name].known:
        if labels:
            metric.labels(*labels)
    return metric


class _Ours(Collector):
    """Shows our metrics in the registry that prometheus_client takes when none is named."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Show what ``registry`` holds."""
        self._registry = registry

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: what is there is asked for when it is shown."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give our families; those of the process stand in the other registry already.

        What nothing here counts, such as training in a program that trains nothing, is named all
        the same, without a value.
        """
        shown = set()
        for one in self._registry.collect():
            if one.name.startswith(PREFIX):
                shown.add(one.name)
                yield one
        for name in DECLARED:
            if name != "app_info" and (named := family(name)).name not in shown:
                yield named


class Statements:
    """What native threads note of the database, counted on the loop.

    Counters have locks, and under a patched interpreter a lock of the loop must not be taken on a
    native thread; so those only append, and whoever is on the loop counts now and then.
    """

    def __init__(self, metrics: MetricsManager) -> None:
        """Begin with nothing noted."""
        self._metrics = metrics
        self._noted: deque[tuple[str, str, float]] = deque(maxlen=_MOST_UNCOUNTED)

    def note(self, operation: str, table: str, seconds: float) -> None:
        """Take note of a statement, on any thread."""
        self._noted.append((operation, table, seconds))

    def count(self) -> None:
        """Count what was noted since the last time."""
        metrics = self._metrics
        for _ in range(len(self._noted)):
            try:
                operation, table, seconds = self._noted.popleft()
            except IndexError:  # another thread counts them at this moment
                return
            metrics.database_operations.labels(operation, table, SERVING).inc()
            metrics.database_operation_duration.labels(operation, SERVING).observe(seconds)


metrics_manager = MetricsManager(shown_by_default=True)
"""Quadra's own; ``prometheus_client.generate_latest()`` shows it once it is initialized."""


# --- decorators, for functions of the thread or loop that the metrics belong to


def track_time(
    name: str | None = None, manager: MetricsManager | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Measure a function, under its own name when none is given: ``@track_time()``.

    Shown as ``function_duration_seconds{function}``; also where it raises.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        shown = name or str(getattr(function, "__qualname__", "function"))

        @functools.wraps(function)
        def tracked(*args: P.args, **kwargs: P.kwargs) -> T:
            duration = (manager or metrics_manager).of_function(shown)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                duration.observe(time.perf_counter() - began)

        return tracked

    return decorate


def track_errors(
    component: str, manager: MetricsManager | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Count what a function raises, as ``errors_total{error_type,component}``, and let it pass."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def tracked(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                (manager or metrics_manager).errors.labels(type(error).__name__, component).inc()
                raise

        return tracked

    return decorate


@contextmanager
def database_operation(
    operation: str, table: str, manager: MetricsManager | None = None
) -> Iterator[None]:
    """Measure one call of a database in a ``with`` block; the words are a small fixed set."""
    chosen = manager or metrics_manager
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - began
        chosen.database_operations.labels(operation, table, SERVING).inc()
        chosen.database_operation_duration.labels(operation, SERVING).observe(seconds)


def track_database_operation(
    operation: str, table: str, manager: MetricsManager | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Measure a function that calls a database: ``@track_database_operation("insert", "users")``.

    Both labels are the caller's own words, from a small fixed set.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def tracked(*args: P.args, **kwargs: P.kwargs) -> T:
            with database_operation(operation, table, manager):
                return function(*args, **kwargs)

        return tracked

    return decorate
