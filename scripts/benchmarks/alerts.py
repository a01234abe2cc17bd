"""Alerting: how much a core judges, how long a back-test takes, how soon an alert is seen."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import orjson
import requests
import socketio

from quadra.alerts.replay import Replay
from quadra.alerts.rule_form import rule_from
from quadra.alerts.watch import Watch
from quadra.storage.history import SqlHistory
from quadra.telemetry.batch import Columns
from scripts.benchmarks.history import fill
from scripts.benchmarks.server import quadra

RULES, SERIES, TICKS, WARM = 10, 10_000, 20, 60
MONTH_S, EVERY_S, MONTH_SERIES = 30 * 86_400, 15, 20
BREACHES = 100


def judged() -> dict[str, float]:
    """Judge ten rules over 10,000 series, a sample a second each, a minute in the windows."""
    rng = np.random.default_rng(1)
    ids = np.arange(1, SERIES + 1, dtype=np.uint32)
    figures = {}
    for agg in ("last", "avg", "rate", "p95"):
        watches = []
        for n in range(RULES):
            document = {"name": str(n), "selector": "x", "op": ">", "threshold": 0.9999 + n}
            one = Watch(rule_from(document | {"aggregate": agg, "for": "1m"}))
            one.follow(ids.tolist())
            watches.append(one)
        took = 0.0
        for tick in range(WARM + TICKS):
            columns = Columns(ids, np.full(SERIES, tick * 1_000), rng.random(SERIES))
            began = time.perf_counter()
            for one in watches:
                one.take(columns, tick * 1_000)
            if tick >= WARM:
                took += time.perf_counter() - began
        figures[f"{agg}_per_second"] = RULES * SERIES * TICKS / took
    return figures


def backtest() -> dict[str, float]:
    """Replay a month from sealed history."""
    samples = MONTH_S // EVERY_S
    rng = np.random.default_rng(2)
    values = rng.normal(100, 5, (samples, MONTH_SERIES)).round(2)
    values[::2_000] = 500.0
    end = int(time.time() * 1_000)
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as folder:
        database = fill(Path(folder), values, end, EVERY_S * 1_000, 1_440)
        history = SqlHistory(database)
        figures = {}
        for agg, window in (("last", "1m"), ("avg", "5m"), ("p95", "5m")):
            document = {"name": "b", "selector": "x", "op": ">", "threshold": 200, "window": window}
            rule = rule_from(document | {"aggregate": agg})
            began = time.perf_counter()
            replay = Replay(rule, end - MONTH_S * 1_000, end)
            for first in range(1, MONTH_SERIES + 1, 5):
                ids = range(first, first + 5)
                wanted = np.array(ids, np.uint32)
                columns = history.between(replay.start - rule.window, end, wanted)
                replay.take({i: ("x", (("n", str(i)),)) for i in ids}, columns)
            answer = replay.as_dict()
            figures[f"{agg}_seconds"] = time.perf_counter() - began
            figures[f"{agg}_fires"] = float(answer["counts"]["fires"])
        database.close()
    return figures


def to_console() -> dict[str, float]:
    """Send samples that breach, each of a series of its own, and wait for each alert."""
    with quadra() as server:
        base, headers = server.url, {"Authorization": f"Bearer {server.token}"}
        rule = {"name": "bench", "selector": "bench", "op": ">", "threshold": 10}
        requests.post(f"{base}/api/v1/alert-rules", json=rule, headers=headers, timeout=10)
        came = threading.Event()
        console = socketio.Client()
        console.on("alert", lambda alert: came.set() if alert["metric"] == "bench" else None)
        console.connect(base, transports=["websocket"], auth={"token": server.token})
        console.call("subscribe", {"events": ["alerts"]})
        session = requests.Session()
        session.headers.update(headers)
        took = []
        for n in range(BREACHES + 1):
            came.clear()
            sample = {"name": "bench", "labels": {"n": str(n)}, "value": 99}
            began = time.perf_counter()
            session.post(f"{base}/api/v1/samples", json={"samples": [sample]}, timeout=10)
            if not came.wait(10):
                raise AssertionError("no alert within 10 s")
            took.append(1_000 * (time.perf_counter() - began))
            time.sleep(0.06)
        console.disconnect()
    cuts = statistics.quantiles(took[1:], n=100)  # the first one waits for the worker's start
    return {"p50_ms": cuts[49], "p99_ms": cuts[98]}


def to_webhook() -> dict[str, float]:
    """Send samples that breach, each of a series of its own, and wait for each page's receipt."""
    came: dict[str, float] = {}
    news = threading.Condition()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            at = time.perf_counter()
            with news:
                for alert in orjson.loads(body)["alerts"]:
                    came.setdefault(alert["labels"].get("n", ""), at)
                news.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    with quadra(WEBHOOK_ALLOW_PRIVATE="true") as server:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {server.token}"
        channel = {"name": "hook", "kind": "webhook", "url": f"http://127.0.0.1:{hook.server_port}"}
        session.post(f"{server.url}/api/v1/channels", json=channel, timeout=10).raise_for_status()
        rule = {"name": "bench", "selector": "bench", "op": ">", "threshold": 10}
        rule |= {"group_by": ["n"], "channels": ["hook"]}
        session.post(f"{server.url}/api/v1/alert-rules", json=rule, timeout=10).raise_for_status()
        took = []
        for n in range(BREACHES + 1):
            sample = {"name": "bench", "labels": {"n": str(n)}, "value": 99}
            began = time.perf_counter()
            session.post(f"{server.url}/api/v1/samples", json={"samples": [sample]}, timeout=10)
            with news:
                if not news.wait_for(lambda n=n: str(n) in came, 10):  # type: ignore[misc]
                    raise AssertionError("no page within 10 s")
            took.append(1_000 * (came[str(n)] - began))
            time.sleep(0.06)
    hook.shutdown()
    cuts = statistics.quantiles(took[1:], n=100)  # the first one waits for the worker's start
    return {"p50_ms": cuts[49], "p99_ms": cuts[98]}
