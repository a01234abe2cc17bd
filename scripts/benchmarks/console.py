"""The console in a real browser: many charts at ten frames a second, paint, memory, stillness.

The server has a core of its own, and so has the sender beside the browser; the browser may use
whatever is left, as on a laptop. There is no GPU: every pixel is drawn by the processor.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright

from scripts.benchmarks.live import percentiles
from scripts.benchmarks.server import Running, quadra

CHARTS = 120
LINES = 3
HERTZ = 10.0
SETTLE_S = 8.0
MEASURE_S = 12.0
PAINT_SERIES = 100
HOUR_OF_FRAMES = 36_000
BATCH = 600
HEAP_CHARTS = 30
WIDE: ViewportSize = {"width": 1920, "height": 1080}
TALL: ViewportSize = {"width": 1920, "height": 7_200}
WALL: ViewportSize = {"width": 3840, "height": 2160}
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--js-flags=--expose-gc", "--enable-precise-memory-info",
]  # fmt: skip
_FRAMES = """() => {
    const stamps = [];
    const step = (now) => { stamps.push(now); requestAnimationFrame(step); };
    requestAnimationFrame(step);
    window.benchFrames = stamps;
}"""
_SHIFTS = """() => {
    window.benchShift = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (!one.hadRecentInput) window.benchShift += one.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
}"""


_DRAWN = """() => [...document.querySelectorAll('[data-testid="chart"]')]
    .filter((chart) => Date.now() - Number(chart.dataset.painted || 0) < 1000).length"""
_PAINTS = """() => {
    window.benchPaints = [];
    const seen = new Map();
    const look = () => {
        for (const chart of document.querySelectorAll('[data-testid="chart"][data-newest]')) {
            const { newest, painted, key } = chart.dataset;
            const isNew = seen.has(key) && seen.get(key) !== newest;
            if (isNew) window.benchPaints.push(Number(painted) - Number(newest));
            seen.set(key, newest);
        }
        requestAnimationFrame(look);
    };
    setTimeout(look, 3000);
}"""
# Frames reach the page's own socket as the server would send them, and its clock goes along.
_REPLAY = """() => {
    const { now } = Date;
    const Real = WebSocket;
    let ahead = 0;
    let seq = 1e9;
    let socket = null;
    Date.now = () => now() + ahead;
    window.WebSocket = class extends Real {
        constructor(...given) { super(...given); socket = this; }
    };
    const part = (num) => ({ _placeholder: true, num });
    window.benchReplay = (ids, count) => {
        for (let i = 0; i < count; i += 1) {
            ahead += 100;
            seq += 1;
            const head = ["samples", { seq, t: part(0), id: part(1), v: part(2) }];
            socket.onmessage({ data: `453-${JSON.stringify(head)}` });
            const values = ids.map((id) => (id * 13 + seq * 7) % 29);
            const times = Float64Array.from(ids, () => Date.now());
            for (const column of [times, Uint32Array.from(ids), Float64Array.from(values)]) {
                socket.onmessage({ data: column.buffer });
            }
        }
    };
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(found for name in names if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


class Sender(threading.Thread):
    """Posts all series once a tick, ten ticks a second, until it is told to stop."""

    def __init__(self, server: Running, names: list[str], lines: int) -> None:
        """Prepare."""
        super().__init__(daemon=True)
        self._url = f"{server.url}/api/v1/samples"
        self._names = names
        self._lines = lines
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {server.token}"
        self.over = threading.Event()

    def run(self) -> None:
        """Send."""
        tick, begin = 0, time.monotonic()
        while not self.over.wait(max(0.0, begin + tick / HERTZ - time.monotonic())):
            self.send(time.time(), tick)
            tick += 1

    def send(self, at: float, tick: int) -> None:
        """Post one sample of each series."""
        series = [
            {
                "name": name,
                "labels": {"line": str(line)},
                "timestamps": [at],
                "values": [10.0 * line + (tick * 7 + place * 13) % 29 + (tick % 97) / 10],
            }
            for place, name in enumerate(self._names)
            for line in range(self._lines)
        ]
        self._session.post(self._url, json={"series": series}, timeout=10).raise_for_status()


@contextmanager
def sending(server: Running, charts: int, lines: int) -> Iterator[None]:
    """Send for as long as the block."""
    sender = Sender(server, [f"bench_{n:03}" for n in range(charts)], lines)
    sender.start()
    try:
        yield
    finally:
        sender.over.set()
        sender.join()


def _opened(browser: Browser, server: Running, path: str, size: ViewportSize) -> Page:
    page = browser.new_page(viewport=size)
    page.goto(f"{server.url}/?token={server.token}")
    page.add_init_script(f"({_SHIFTS})()")
    page.goto(f"{server.url}{path}")
    page.wait_for_selector('[data-testid="chart"][data-newest]', timeout=20_000)
    return page


def _busy(session: CDPSession) -> float:
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


def _watch(page: Page, seconds: float) -> dict[str, float]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(_FRAMES)
    before, began = _busy(session), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    busy = _busy(session) - before
    frames: int = page.evaluate("window.benchFrames.length")
    return {"frames_a_second": frames / took, "main_busy_percent": 100 * busy / took}


def _drawn(page: Page) -> int:
    """Count the charts that were drawn within the last second."""
    drawn: int = page.evaluate(_DRAWN)
    return drawn


def many_charts() -> dict[str, float]:
    """Watch 120 charts of three series at ten frames a second: those in view, then all in view."""
    figures: dict[str, float] = {}
    path = "/explore?range=5m&order=name&m=bench_*"
    with quadra() as server, chromium() as browser, sending(server, CHARTS, LINES):
        time.sleep(2)
        page = _opened(browser, server, path, WIDE)
        time.sleep(SETTLE_S)
        figures |= _watch(page, MEASURE_S)
        figures["charts_in_view"] = _drawn(page)
        figures["layout_shift"] = page.evaluate("window.benchShift")
        # So high a window that no chart is out of view, then a wall as there are: six in a row.
        for name, size in (("all", TALL), ("wall", WALL)):
            page.set_viewport_size(size)
            time.sleep(SETTLE_S)
            figures |= {f"{name}_{what}": n for what, n in _watch(page, MEASURE_S).items()}
            figures[f"{name}_charts_in_view"] = _drawn(page)
    return figures


def event_to_paint() -> dict[str, float]:
    """Time 100 series at ten frames a second from the stamp of a sample to its paint."""
    with quadra() as server, chromium() as browser, sending(server, PAINT_SERIES, 1):
        time.sleep(2)
        page = _opened(browser, server, "/explore?range=5m&order=name&m=bench_*", WIDE)
        page.evaluate(_PAINTS)
        time.sleep(3 + MEASURE_S)
        delays: list[float] = page.evaluate("window.benchPaints")
    return {"paints": len(delays), **percentiles([one / 1000 for one in delays])}


def heap() -> dict[str, float]:
    """Replay an hour of frames at ten a second over the socket's own way; tell what stays."""
    with quadra() as server, chromium() as browser:
        with sending(server, HEAP_CHARTS, LINES):
            time.sleep(2)
            page = browser.new_page(viewport=WIDE)
            page.goto(f"{server.url}/?token={server.token}")
            page.add_init_script(f"({_REPLAY})()")
            page.goto(f"{server.url}/explore?range=5m&order=name&m=bench_*")
            page.wait_for_selector('[data-testid="chart"][data-newest]', timeout=20_000)
            time.sleep(3)
        session = page.context.new_cdp_session(page)
        ids = [one["id"] for one in _series(server)]
        _replay(page, ids, 6_000)  # the rings are full from here on
        before = _used(session)
        for _ in range(HOUR_OF_FRAMES // BATCH):
            _replay(page, ids, BATCH)
        after = _used(session)
    return {"frames": HOUR_OF_FRAMES, "heap_mb": before, "growth_mb": after - before}


def _series(server: Running) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{server.url}/api/v1/series",
        params={"match": '{__name__=~"bench_.*"}', "limit": "1000"},
        headers={"Authorization": f"Bearer {server.token}"},
        timeout=10,
    )
    found: list[dict[str, Any]] = answer.json()["series"]
    return found


def _replay(page: Page, ids: list[int], count: int) -> None:
    page.evaluate("([ids, count]) => window.benchReplay(ids, count)", [ids, count])
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _used(session: CDPSession) -> float:
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    found: dict[str, Any] = session.send("Runtime.getHeapUsage")
    return float(found["usedSize"]) / 1e6
