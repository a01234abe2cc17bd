"""A long past: loaded by the script, asked for by HTTP, with what the disk may take."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from tests.e2e.clients import stranger
from tests.servers.quadra import QuadraServer, run
from tests.timing import Stopwatch

DAYS, SERIES = 3, 4
POINTS = DAYS * 86_400 * SERIES
RISE_BYTES = 200e6
HELD_SECONDS = 0.5  # by far more than a busy machine needs, by far less than the answer takes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuadraServer]:
    """A Quadra with a million samples of its past, and a budget that they exceed."""
    folder: Path = tmp_path_factory.mktemp("long")
    long = QuadraServer(folder=folder, RATELIMIT_ENABLED="false", DISK_BUDGET="100KB")
    loader = [sys.executable, "scripts/load_history.py", "--series", str(SERIES)]
    done = run([*loader, "--days", str(DAYS), "--every", "1"], env=long.env, timeout=60)
    assert 0 == done.returncode, done.stderr
    assert f"{POINTS:,} samples" in done.stdout
    assert "100%" in done.stderr
    with long as running:
        yield running


def ask(server: QuadraServer, **query: Any) -> dict[str, Any]:
    span = {"start": time.time() - (DAYS + 1) * 86_400, "end": time.time()}
    params = {"match": "trial_past", **span, **query}
    answer = server.get("/api/v1/history", params=params, timeout=60)
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = orjson.loads(answer.content)
    return found


def test_a_million_points_come_in_pieces_and_hold_up_nobody(server: QuadraServer) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    most, slowest = [before], [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            with Stopwatch(server.process.pid) as watch:
                assert 200 == stranger(server, "GET", "/health").status_code
            slowest[0] = max(slowest[0], watch.seconds)
            most[0] = max(most[0], process.memory_info().rss)

    span = {"start": time.time() - (DAYS + 1) * 86_400, "end": time.time()}
    watcher = threading.Thread(target=watch)
    watcher.start()
    answer = server.get("/api/v1/history", params={"match": "trial_past", **span}, timeout=60)
    over.set()
    watcher.join(10)
    assert "chunked" == answer.headers["Transfer-Encoding"]
    lines = orjson.loads(answer.content)["series"]
    assert [POINTS // SERIES] * SERIES == [len(line["values"]) for line in lines]
    assert RISE_BYTES > most[0] - before
    assert HELD_SECONDS > slowest[0]


def test_hours_are_those_of_the_samples_whatever_was_read(server: QuadraServer) -> None:
    raw = {line["id"]: line for line in ask(server)["series"]}
    found = ask(server, step="1h", agg=["max", "count"])["series"]
    assert SERIES * 2 == len(found)
    for line in found:
        slots: dict[float, list[float]] = {}
        source = raw[line["id"]]
        for t, v in zip(source["timestamps"], source["values"], strict=True):
            slots.setdefault(t // 3600 * 3600, []).append(v)
        decided = {t: {"max": max(v), "count": len(v)}[line["agg"]] for t, v in slots.items()}
        assert [decided[t] for t in line["timestamps"]] == line["values"]
        assert len(slots) == len(line["values"])


def test_a_history_beyond_its_budget_is_said(server: QuadraServer) -> None:
    ready = stranger(server, "GET", "/ready")
    assert (200, "degraded") == (ready.status_code, ready.json()["disk"]["state"])
    detail = server.get("/api/v1/status").json()["parts"]["disk"]["detail"]
    assert "more than the budget of 100 KB" in detail
    assert "The disk fills" in server.output()
