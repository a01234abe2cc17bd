"""The operations that Quadra is made of, one by one, for ``scripts/run_benchmarks.py``."""

from __future__ import annotations

import functools
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np
import orjson
import requests
import socketio

from quadra.engine.ports import Entry
from quadra.field.field import Field, Shape
from quadra.intake.json_samples import parse_samples
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.migrations import upgrade
from quadra.telemetry.batch import Batch, IdArray, TimeArray
from quadra.telemetry.series import SeriesRules
from scripts.benchmarks import instrumentation
from scripts.benchmarks.server import quadra
from utils.benchmarks import BenchmarkSuite

SERIES = 100
MOST_COMMITS = 500  # each waits for the disk


def numpy_operations(iterations: int) -> BenchmarkSuite:
    """Measure what detection, rollups and the field lean on."""
    suite = BenchmarkSuite("NumPy Operations")
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(100, 100)), rng.normal(size=(100, 100))
    long = rng.normal(size=10_000)
    suite.run_benchmark("matrix_multiplication_100x100", lambda: a @ b, iterations)
    suite.run_benchmark("svd_100x100", lambda: np.linalg.svd(a), iterations)
    suite.run_benchmark("fft_10000", lambda: np.fft.rfft(long), iterations)
    suite.run_benchmark("sort_10000", lambda: np.sort(long), iterations)
    suite.run_benchmark("quantiles_10000", lambda: np.quantile(long, (0.5, 0.99)), iterations)
    return suite


def field_operations(iterations: int) -> BenchmarkSuite:
    """Measure a step of training and a forecast, at two sizes of the field."""
    suite = BenchmarkSuite("Field Operations")
    for size in (128, 512):
        field = Field(Shape(series=8, size=size, seed=1))
        values = np.random.default_rng(2).normal(100, 5, (1_000, 8))
        step = itertools.count()

        def train(
            field: Field = field,
            values: np.ndarray[tuple[int, int], np.dtype[np.float64]] = values,
            step: itertools.count[int] = step,
        ) -> None:
            number = next(step)
            field.train(number * 5.0, values[number % len(values)])

        suite.run_benchmark(f"training_step_{size}_units", train, iterations, warm_up=60)
        suite.run_benchmark(f"forecast_{size}_units", field.forecast, iterations)
    suite.run_benchmark("making_128_units", lambda: Field(Shape(series=8)), max(iterations // 5, 1))
    return suite


def json_operations(iterations: int) -> BenchmarkSuite:
    """Measure reading and writing of samples as JSON."""
    suite = BenchmarkSuite("JSON")
    now = time.time()
    columns = {
        "series": [
            {
                "name": "bench_value",
                "labels": {"n": str(n)},
                "timestamps": [now + i for i in range(100)],
                "values": [i * 0.25 for i in range(100)],
            }
            for n in range(10)
        ]
    }
    rows = {
        "samples": [
            {"name": "bench_value", "labels": {"n": str(i % 10)}, "value": i, "timestamp": now}
            for i in range(1_000)
        ]
    }
    rules = SeriesRules(max_labels=32)
    for name, document in (("columns", columns), ("rows", rows)):
        read = functools.partial(parse_samples, orjson.dumps(document), now, rules)
        suite.run_benchmark(f"read_1000_samples_in_{name}", read, iterations)
    suite.run_benchmark("write_1000_samples_orjson", lambda: orjson.dumps(columns), iterations)
    suite.run_benchmark("write_1000_samples_json", lambda: json.dumps(columns), iterations)
    return suite


def database_operations(iterations: int) -> BenchmarkSuite:
    """Measure durable commits and reads of the journal, on SQLite in a scratch folder."""
    suite = BenchmarkSuite("Database")
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database)
        journal = SqlJournal(database, time.time)
        keys = tuple(("bench_value", (("n", str(n)),)) for n in range(SERIES))
        index: IdArray = np.tile(np.arange(SERIES, dtype=np.uint32), 10)
        start = int(time.time() * 1000)
        done = journal.append(
            [Entry(Batch(keys, index[:SERIES], *_samples(start, 1)), [0] * SERIES)]
        )
        ids = [series_id for series_id, _key in done.met]
        commits = itertools.count(1)

        def commit() -> None:
            batch = Batch(keys, index, *_samples(start + next(commits) * 10_000, 10))
            journal.append([Entry(batch, ids)])

        suite.run_benchmark("commit_1000_samples", commit, min(iterations, MOST_COMMITS), warm_up=5)
        wanted: IdArray = np.array(ids, np.uint32)
        history = SqlHistory(database)
        end = start + 100_000
        suite.run_benchmark(
            "read_10000_samples", lambda: history.between(start, end, wanted), iterations
        )
        suite.run_benchmark("journal_position", journal.head, iterations)
        database.close()
    return suite


def _samples(
    start: int, steps: int
) -> tuple[TimeArray, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    t: TimeArray = np.repeat(start + 1_000 * np.arange(steps, dtype=np.int64), SERIES)
    return t, np.arange(len(t), dtype=np.float64)


def api_and_live(iterations: int) -> list[BenchmarkSuite]:
    """Measure requests to a server of its own, and a sample's way to a console."""
    api, live = BenchmarkSuite("API"), BenchmarkSuite("Live")
    with quadra() as server, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {server.token}"

        def get(path: str) -> Callable[[], None]:
            def ask() -> None:
                session.get(server.url + path, timeout=10).raise_for_status()

            return ask

        def post(value: float, name: str = "bench_value") -> None:
            body = {"samples": [{"name": name, "labels": {}, "value": value}]}
            session.post(f"{server.url}/api/v1/samples", json=body, timeout=10).raise_for_status()

        values = itertools.count()
        api.run_benchmark("get_health", get("/health"), iterations)
        api.run_benchmark("get_status", get("/api/v1/status"), iterations)
        api.run_benchmark(
            "post_one_sample", lambda: post(next(values)), min(iterations, MOST_COMMITS)
        )
        api.run_benchmark("get_history", get("/api/v1/history?match=bench_value"), iterations)
        api.run_benchmark("get_metrics", get("/metrics"), max(iterations // 2, 1))

        client = socketio.Client()
        came = threading.Event()
        client.on("samples", lambda _frame: came.set())
        client.connect(server.url, auth={"token": server.token}, transports=["websocket"])
        client.call("subscribe", {"series": ["bench_live"], "format": "json"})

        def to_console() -> None:
            came.clear()
            post(next(values), "bench_live")
            if not came.wait(10):
                msg = "a sample did not come to the console"
                raise RuntimeError(msg)

        live.run_benchmark("post_to_console", to_console, min(iterations, 100), warm_up=3)
        client.disconnect()
    return [api, live]


def watching(iterations: int) -> BenchmarkSuite:
    """Measure what metrics, ids, limits and logs cost a request."""
    suite = BenchmarkSuite("Watching")
    for name, times in instrumentation.times(max(iterations // 5, 5)).items():
        for one in times:
            suite.create_benchmark(name).add(one)
    return suite


SUITES: dict[str, Callable[[int], list[BenchmarkSuite]]] = {
    "numpy": lambda n: [numpy_operations(n)],
    "field": lambda n: [field_operations(n)],
    "json": lambda n: [json_operations(n)],
    "database": lambda n: [database_operations(n)],
    "api": api_and_live,
    "watching": lambda n: [watching(n)],
}
"""What may be chosen, by name; each is told how often to call what it measures."""
