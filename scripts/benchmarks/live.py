"""One sample's way: from the start of its POST to a console's socket, and to paint in a browser."""

from __future__ import annotations

import shutil
import statistics
import threading
import time

import requests
import socketio
from playwright.sync_api import sync_playwright

from scripts.benchmarks.server import Running, quadra

POSTS = 1_000
PAINTS = 40
PAUSE_S = 0.005
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Give p50, p95, p99 and the maximum in milliseconds."""
    ordered = sorted(seconds)
    cuts = statistics.quantiles(ordered, n=100)
    return {
        "p50_ms": cuts[49] * 1000,
        "p95_ms": cuts[94] * 1000,
        "p99_ms": cuts[98] * 1000,
        "max_ms": ordered[-1] * 1000,
    }


def to_socket(posts: int = POSTS) -> dict[str, float]:
    """Post samples one after another, and time each until a subscribed client holds it."""
    arrived: dict[float, float] = {}
    last = threading.Event()
    with quadra() as server:
        client = socketio.Client()

        def on_samples(frame: dict[str, list[float]]) -> None:
            now = time.perf_counter()
            for value in frame["v"]:
                arrived.setdefault(value, now)
            if float(posts - 1) in arrived:
                last.set()

        client.on("samples", on_samples)
        client.connect(server.url, auth={"token": server.token}, transports=["websocket"])
        client.call("subscribe", {"series": ["bench_latency"], "format": "json"})
        session = _session(server)
        sent: dict[float, float] = {}
        for number in range(posts):
            value = float(number)
            sent[value] = time.perf_counter()
            _post(session, server, "bench_latency", value)
            time.sleep(PAUSE_S * (number % 7))
        last.wait(10)
        client.disconnect()
    took = [arrived[value] - at for value, at in sent.items() if value in arrived]
    return {"posted": posts, "arrived": len(took), **percentiles(took)}


def to_paint(paints: int = PAINTS) -> dict[str, float]:
    """Post samples, and time each until a browser has drawn it into its chart."""
    took: list[float] = []
    with quadra() as server, sync_playwright() as playwright:
        path = next(found for name in BROWSERS if (found := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(server.first_address)
        session = _session(server)
        _post(session, server, "bench_paint", -1.0)
        chart = '[data-testid="chart"][data-metric="bench_paint"]'
        page.wait_for_selector(chart)
        for number in range(paints):
            began = time.time()
            _post(session, server, "bench_paint", float(number))
            page.wait_for_function(
                "([chart, value]) => document.querySelector(chart)?.dataset.value === value",
                arg=[chart, str(number)],
                polling="raf",
            )
            painted = page.eval_on_selector(chart, "chart => Number(chart.dataset.painted)")
            took.append(painted / 1000 - began)
            time.sleep(PAUSE_S * (number % 13))
        browser.close()
    return {"painted": len(took), **percentiles(took)}


def _session(server: Running) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {server.token}"
    return session


def _post(session: requests.Session, server: Running, name: str, value: float) -> None:
    body = {"samples": [{"name": name, "labels": {"from": "bench"}, "value": value}]}
    session.post(f"{server.url}/api/v1/samples", json=body, timeout=10).raise_for_status()
