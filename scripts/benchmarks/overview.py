"""The overview with a thousand services, as a browser meets it."""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections.abc import Iterator
from typing import Any

import requests
from playwright.sync_api import Browser, sync_playwright

from scripts.benchmarks.live import BROWSERS, FLAGS
from scripts.benchmarks.server import Running, quadra

SERVICES = 1_000
SPAN_S, STEP_S = 3_600, 30
ROUNDS = 5
SETTLES_MS = 2_000
_A_REQUEST = 50
_BUCKETS = {"0.05": 0.3, "0.1": 0.5, "0.25": 0.8, "0.5": 0.93, "1": 0.98, "2.5": 1.0, "+Inf": 1.0}
_SEEN = """
    window.quadraSeen = new Promise((seen) => {
        const look = () => {
            const lines = document.querySelectorAll('[data-testid="service"] .spark-line').length;
            if (lines >= 20) requestAnimationFrame(() => seen(performance.now()));
            else requestAnimationFrame(look);
        };
        look();
    });
    window.quadraShift = 0;
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries())
            if (!shift.hadRecentInput) window.quadraShift += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


def measure(services: int = SERVICES, rounds: int = ROUNDS) -> dict[str, float]:
    """Time the page from the click to twenty lines on it; count its bytes and requests."""
    with quadra(MAX_SERIES="200000") as server, sync_playwright() as playwright:
        _send(server, services)
        path = next(found for name in BROWSERS if (found := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        cold = [_open(browser, server) for _ in range(rounds)]
        browser.close()
        polled = _poll(server)
    took = sorted(one["painted"] for one in cold)
    return {
        "services": services,
        "useful_paint_ms": statistics.median(took),
        "useful_paint_worst_ms": took[-1],
        "bytes": statistics.median(one["bytes"] for one in cold),
        "requests": max(one["requests"] for one in cold),
        "layout_shift": max(one["shift"] for one in cold),
        **polled,
    }


def _open(browser: Browser, server: Running) -> dict[str, float]:
    """Open the page with an empty cache, as somebody who is signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/?token={server.token}")  # this very machine may
    page.goto("about:blank")
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.clearBrowserCache")
    received: list[float] = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(_SEEN)
    page.goto(f"{server.url}/", wait_until="commit")
    painted: float = page.evaluate("window.quadraSeen")
    page.wait_for_timeout(SETTLES_MS / 2)
    shift: float = page.evaluate("window.quadraShift")
    found = {
        "painted": painted,
        "bytes": sum(received),
        "requests": float(len(asked)),
        "shift": shift,
    }
    context.close()
    return found


def _poll(server: Running) -> dict[str, float]:
    """Ask as an open console does every other second."""
    session = _session(server)
    took, size = [], 0
    for _ in range(10):
        began = time.perf_counter()
        answer = session.get(f"{server.url}/api/v1/services?lines=0&hosts=1", stream=True)
        size = len(answer.raw.read())
        took.append(time.perf_counter() - began)
        time.sleep(0.4)
    return {"poll_ms": statistics.median(took) * 1000, "poll_bytes": size}


def _session(server: Running) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {server.token}"
    return session


def _send(server: Running, services: int) -> None:
    session = _session(server)
    now = time.time()
    times = [now - SPAN_S + STEP_S * n for n in range(SPAN_S // STEP_S + 1)]
    noise = random.Random(7)  # noqa: S311 - the same services each time
    for first in range(0, services, _A_REQUEST):
        series = [
            {"name": name, "labels": labels, "timestamps": times, "values": values}
            for number in range(first, min(first + _A_REQUEST, services))
            for name, labels, values in _service(f"service-{number:04d}", len(times), noise)
        ]
        url = f"{server.url}/api/v1/samples"
        session.post(url, json={"series": series}, timeout=60).raise_for_status()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = session.get(f"{server.url}/api/v1/services?lines=0", timeout=10).json()
        if len(found["services"]["name"]) == services:
            return
        time.sleep(0.2)


def _service(
    name: str, length: int, noise: random.Random
) -> Iterator[tuple[str, dict[str, Any], list[float]]]:
    rate = noise.uniform(1, 400)
    done, count = [], 0.0
    for _ in range(length):
        count += STEP_S * rate * noise.uniform(0.8, 1.2)
        done.append(count)
    for code, share in (("200", 0.997), ("500", 0.003)):
        yield "http_requests_total", {"service": name, "code": code}, [n * share for n in done]
    for le, share in _BUCKETS.items():
        labels = {"service": name, "le": le}
        yield "http_request_duration_seconds_bucket", labels, [n * share for n in done]
    busy = [min(1.0, max(0.0, noise.gauss(0.5, 0.05))) for _ in range(length)]
    yield "cpu_utilization_ratio", {"service": name}, busy
