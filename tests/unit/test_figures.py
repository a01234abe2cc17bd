from __future__ import annotations

import json
import logging

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from quadra.engine.figures import BOUNDS, OTHER, ErrorCounter, FigureKeeper, Figures, State
from quadra.errors import StorageError
from tests.unit.fakes import SetClock
from utils.declared_metrics import DECLARED
from utils.metrics import MetricsManager


class Store:
    def __init__(self, state: State | None = None) -> None:
        self.state: State = state or {}
        self.kept_times = 0
        self.refuses = False

    def keep(self, state: State, now: float) -> None:
        if self.refuses:
            raise StorageError("away")
        self.state = json.loads(json.dumps(state))
        self.kept_times += 1

    def kept(self) -> State:
        if self.refuses:
            raise StorageError("away")
        return self.state


def shown(state: State) -> MetricsManager:
    metrics = MetricsManager(CollectorRegistry())
    metrics.worker.state = state
    return metrics


def value(metrics: MetricsManager, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"quadra_matrix_{name}", labels)


def test_what_the_worker_counts_is_shown_under_its_public_name() -> None:
    figures = Figures()
    figures.count("anomalies_total", "warning", amount=2)
    figures.observe("detection_duration_seconds", 0.0005)
    figures.observe("detection_duration_seconds", 99.0)
    metrics = shown(figures.as_state())
    assert [0, 2] == [value(metrics, "anomalies_total", severity=s) for s in ("info", "warning")]
    assert 1 == value(metrics, "detection_duration_seconds_bucket", le="0.0005")
    assert 1 == value(metrics, "detection_duration_seconds_bucket", le=str(BOUNDS[-1]))
    assert 2 == value(metrics, "detection_duration_seconds_bucket", le="+Inf")
    assert 2 == value(metrics, "detection_duration_seconds_count")
    assert 99.0005 == value(metrics, "detection_duration_seconds_sum")


def test_what_both_count_is_one_family_with_each_told_apart() -> None:
    figures = Figures()
    figures.count("database_operations_total", "insert", "chunks", "worker")
    figures.observe("database_operation_duration_seconds", 0.002, "insert", "worker")
    figures.count("errors_total", "ValueError", "judge")
    metrics = shown(figures.as_state())
    metrics.statements.note("insert", "journal", 0.002)
    metrics.statements.count()
    metrics.errors.labels("OSError", "web").inc()
    text = generate_latest(metrics.registry).decode()
    assert 1 == text.count("# TYPE quadra_matrix_errors_total counter")
    labels = {"operation": "insert", "table": "journal", "process": "serving"}
    assert 1 == value(metrics, "database_operations_total", **labels)
    labels = {"operation": "insert", "table": "chunks", "process": "worker"}
    assert 1 == value(metrics, "database_operations_total", **labels)
    for process in ("serving", "worker"):
        labels = {"operation": "insert", "process": process, "le": "0.0025"}
        assert 1 == value(metrics, "database_operation_duration_seconds_bucket", **labels)
    assert 1 == value(metrics, "errors_total", error_type="ValueError", component="judge")
    assert 1 == value(metrics, "errors_total", error_type="OSError", component="web")


def test_the_next_worker_goes_on_where_the_last_one_ended() -> None:
    store, clock = Store(), SetClock()
    first = Figures()
    keeper = FigureKeeper(first, store, clock)
    keeper.round()
    first.count("anomalies_total", "info")
    first.observe("detection_duration_seconds", 0.3)
    keeper.round()
    second = Figures()
    keeper = FigureKeeper(second, store, clock)
    keeper.round()
    second.count("anomalies_total", "info")
    second.observe("detection_duration_seconds", 0.3)
    keeper.round()
    metrics = shown(store.state)
    assert 2 == value(metrics, "anomalies_total", severity="info")
    assert 2 == value(metrics, "detection_duration_seconds_count")


def test_a_process_that_works_again_begins_from_what_another_kept_meanwhile() -> None:
    figures, store = Figures(), Store()
    FigureKeeper(figures, store, SetClock()).round()
    figures.count("anomalies_total", "info")
    store.state["counts"] = [["anomalies_total", ["info"], 7.0]]
    FigureKeeper(figures, store, SetClock()).round()
    assert [["anomalies_total", ["info"], 7.0]] == figures.as_state()["counts"]


def test_nothing_is_written_while_nothing_changes() -> None:
    figures, store = Figures(), Store()
    keeper = FigureKeeper(figures, store, SetClock())
    for _ in range(3):
        keeper.round()
    assert 1 == store.kept_times
    figures.count("anomalies_total", "info")
    keeper.round()
    assert 2 == store.kept_times


def test_what_cannot_be_kept_now_is_kept_later() -> None:
    figures, store = Figures(), Store()
    keeper = FigureKeeper(figures, store, SetClock())
    store.refuses = True
    keeper.round()
    store.refuses = False
    keeper.round()
    figures.count("anomalies_total", "info")
    store.refuses = True
    keeper.round()
    store.refuses = False
    figures.count("anomalies_total", "info")
    keeper.round()
    assert 2 == store.state["counts"][0][2]


def test_a_keeper_keeps_once_more_at_the_end() -> None:
    figures, store = Figures(), Store()
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        figures.count("anomalies_total", "info")
        return len(waits) == 3

    FigureKeeper(figures, store, SetClock()).run(wait)
    assert [0.0, 5.0, 5.0] == waits
    assert 3 == store.state["counts"][0][2] + 1  # what was counted before it began is not ours


def test_times_in_other_buckets_are_dropped_and_counts_are_not() -> None:
    figures = Figures()
    figures.begin_from(
        {
            "bounds": [1.0],
            "counts": [["anomalies_total", ["info"], 3.0]],
            "times": [["detection_duration_seconds", [], [1, 1], 2.0]],
        }
    )
    state = figures.as_state()
    assert [["anomalies_total", ["info"], 3.0]] == state["counts"]
    assert [] == state["times"]


def test_label_values_are_bounded() -> None:
    figures = Figures()
    for number in range(1_000):
        figures.count("errors_total", f"Error{number}", "judge")
    counts = figures.as_state()["counts"]
    assert 201 == len(counts)
    assert ["errors_total", [OTHER, OTHER], 800.0] == counts[-1]


def test_errors_that_are_logged_are_counted_by_what_was_raised_and_where() -> None:
    figures = Figures()
    log = logging.getLogger("quadra.engine.a_test.judge")
    log.propagate = False
    log.addHandler(ErrorCounter(figures))
    try:
        raise ZeroDivisionError  # noqa: TRY301 - logged as a part would
    except ZeroDivisionError:
        log.exception("a round failed")
    log.error("plain")
    log.warning("no error")
    assert [
        ["errors_total", ["ZeroDivisionError", "judge"], 1.0],
        ["errors_total", ["logged", "judge"], 1.0],
    ] == figures.as_state()["counts"]


def test_names_that_nobody_declared_are_not_shown() -> None:
    text = generate_latest(shown({"bounds": [], "counts": [["odd", [], 1.0]]}).registry).decode()
    assert "odd" not in text


def test_all_that_is_shown_can_be_parsed_and_is_declared() -> None:
    metrics = MetricsManager(CollectorRegistry())
    metrics.initialize("1", "test")
    text = generate_latest(metrics.registry).decode()
    found = {
        sample.name.removeprefix("quadra_matrix_")
        for one in text_string_to_metric_families(text)
        for sample in one.samples
        if sample.name.startswith("quadra_matrix_")
    }
    ends = ("", "_bucket", "_count", "_sum", "_created")
    declared = {name + end for name in DECLARED for end in ends}
    declared |= {name.removesuffix("_total") + "_created" for name in DECLARED}
    assert set() == found - declared
