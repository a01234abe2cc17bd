"""Quadra's own Prometheus metrics: all declared in one list, under their public names.

Names end up on ``/metrics`` with the prefix ``quadra_matrix_``. Labels come from small fixed
sets: a route and never a path, a method that HTTP knows, a reason from our own list.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

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
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

PREFIX = "quadra_matrix_"

P = ParamSpec("P")
T = TypeVar("T")

Kind = Literal["counter", "gauge", "histogram", "summary", "info"]
Whose = Literal["process", "installation", "both"]

SERVING, WORKER = "serving", "worker"
"""What the label ``process`` says of metrics that both kinds of processes have."""

_FAST = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
# Beyond, so that "slower than 45 s" can be told of requests.
_SLOW = (*_FAST, 5, 10, 30, 45, 60, 120)
_MOST_UNCOUNTED = 100_000
_MOST_FUNCTIONS = 200
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


class WorkerFigures(Collector):
    """Shows what the worker has counted, as it was last read.

    ``state`` is JSON of the form ``{"bounds": [s…], "counts": [[name, [label…], n]…], "times":
    [[name, [label…], [count a bucket…], sum in s]…]}``.
    """

    def __init__(self, ours: Mapping[str, Collector]) -> None:
        """Show metrics that serving processes have too together with their own."""
        self._ours = ours
        self.state: Mapping[str, Any] = {}

    def collect(self) -> Iterator[Metric]:
        """Give each family once, under its public name."""
        families: dict[str, Metric] = {}
        rows = [*self.state.get("counts", ()), *self.state.get("times", ())]
        counted = {(row[0], tuple(row[1])) for row in rows}
        for name, one in DECLARED.items():
            if name in self._ours:
                (families[name],) = self._ours[name].collect()
            elif name in _WORKERS:
                families[name] = family(name)
                for labels in one.known:
                    if (name, labels) not in counted:
                        _add_zero(families[name], labels)
        for name, labels, number in self.state.get("counts", ()):
            if name in families:
                _add(families[name], labels, number)
        for name, labels, counts, seconds in self.state.get("times", ()):
            if name in families:
                _add_time(families[name], labels, counts, seconds, self.state["bounds"])
        yield from families.values()


_WORKERS = ("anomalies_total", "detection_duration_seconds")
"""What the worker alone counts."""


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


def _add_zero(found: Metric, labels: Sequence[str]) -> None:
    if found.type == "histogram":
        _add_time(found, labels, [0], 0.0, ())
    else:
        _add(found, labels, 0.0)


def _add(found: Metric, labels: Sequence[str], number: float) -> None:
    names = DECLARED[found.name.removeprefix(PREFIX) + "_total"].labels
    found.add_sample(found.name + "_total", dict(zip(names, labels, strict=True)), number)


def _add_time(
    found: Metric,
    labels: Sequence[str],
    counts: Sequence[int],
    seconds: float,
    bounds: Sequence[float],
) -> None:
    names = DECLARED[found.name.removeprefix(PREFIX)].labels
    named = dict(zip(names, labels, strict=True))
    total = 0
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        total += count
        found.add_sample(found.name + "_bucket", {**named, "le": bound}, total)
    found.add_sample(found.name + "_count", named, total)
    found.add_sample(found.name + "_sum", named, seconds)


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
