from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from utils.declared_metrics import DECLARED
from utils.metrics import (
    MetricsManager,
    database_operation,
    metrics_manager,
    track_database_operation,
    track_errors,
    track_time,
)


@pytest.fixture
def metrics() -> MetricsManager:
    return MetricsManager(CollectorRegistry())


def value(metrics: MetricsManager, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"quadra_matrix_{name}", labels)


def test_who_names_no_registry_is_shown_ours_too() -> None:
    for _ in range(2):
        metrics_manager.initialize("1.0.0", "production")
    text = generate_latest().decode()
    info = 'quadra_matrix_app_info{environment="production",version="1.0.0"} 1.0'
    assert 1 == text.count(info)
    assert 1 == text.count("# TYPE quadra_matrix_http_requests_total counter")
    assert 1 == text.count("# TYPE process_cpu_seconds_total counter")
    for name in DECLARED:
        assert 1 == text.count(f"# HELP quadra_matrix_{name} "), name


def test_a_function_is_measured_under_its_own_name(metrics: MetricsManager) -> None:
    @track_time(manager=metrics)
    def add(a: int, b: int = 2) -> int:
        return a + b

    assert (3, 5) == (add(1), add(2, b=3))
    name = add.__qualname__
    assert 2 == value(metrics, "function_duration_seconds_count", function=name)
    assert "add" == add.__name__


def test_a_function_that_raises_is_measured_and_counted(metrics: MetricsManager) -> None:
    @track_errors("importer", metrics)
    @track_time("load", metrics)
    def load() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        load()
    assert 1 == value(metrics, "function_duration_seconds_count", function="load")
    assert 1 == value(metrics, "errors_total", error_type="KeyError", component="importer")


def test_a_database_call_is_counted_and_measured(metrics: MetricsManager) -> None:
    @track_database_operation("insert", "users", metrics)
    def save() -> str:
        return "saved"

    assert "saved" == save()
    with database_operation("select", "users", metrics):
        pass
    for operation in ("insert", "select"):
        labels = {"operation": operation, "table": "users", "process": "serving"}
        assert 1 == value(metrics, "database_operations_total", **labels)
        labels = {"operation": operation, "process": "serving"}
        assert 1 == value(metrics, "database_operation_duration_seconds_count", **labels)


def test_functions_are_bounded(metrics: MetricsManager) -> None:
    for number in range(300):
        track_time(f"f{number}", metrics)(int)()
    assert 100 == value(metrics, "function_duration_seconds_count", function="other")


def test_statements_of_many_threads_are_all_counted(metrics: MetricsManager) -> None:
    def note() -> None:
        for _ in range(1_000):
            metrics.statements.note("insert", "journal", 0.001)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metrics.statements.count()
    labels = {"operation": "insert", "table": "journal", "process": "serving"}
    assert 4_000 == value(metrics, "database_operations_total", **labels)


def test_names_follow_the_conventions() -> None:
    for name, one in DECLARED.items():
        assert (one.kind == "counter") == name.endswith("_total"), name
        assert one.help, name
        assert not one.help.endswith("."), name
        assert all(len(labels) == len(one.labels) for labels in one.known), name
