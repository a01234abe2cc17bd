"""Pictures of every page: empty, busy and failing, at three widths, dark and light.

    .venv/bin/python scripts/screenshots.py FOLDER [--only overview --width 1440]
    .venv/bin/python scripts/screenshots.py    those that the documentation shows, into docs/img

Starts a Quadra of its own for each state, loads it, looks with a real Chromium and ends it. Look
at them before they are committed.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import requests
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmarks.live import BROWSERS, FLAGS
from scripts.benchmarks.server import Running, quadra

PAGES = {
    "overview": "/", "explore": "/explore?range=1h", "alerts": "/alerts", "anomalies": "/anomalies",
    "events": "/events", "replay": "/replay?range=1h", "rules": "/rules", "rule": "/rules?rule=new",
    "channels": "/channels", "training": "/training", "targets": "/targets", "tokens": "/tokens",
    "status": "/status",
}  # fmt: skip
SIZES = {1440: 1000, 390: 844, 3840: 2160}
Scheme = Literal["dark", "light"]
SCHEMES: tuple[Scheme, ...] = ("dark", "light")
SETTLES_MS = 1_200
DOCUMENTED: dict[tuple[int, Scheme], tuple[str, ...]] = {
    (1440, "dark"): ("overview", "explore"),
    (1440, "light"): ("alerts", "anomalies", "replay"),
    (390, "dark"): ("overview",),
}
"""What docs/img has, all of it of the busy state."""
_IMAGES = Path(__file__).resolve().parents[1] / "docs" / "img"
_SERVICES = (
    "auth", "billing", "chat-api", "embed-worker", "feedback", "gateway", "llm-serve", "moderation",
    "prompts", "rag-search", "router", "search-index", "speech", "web",
)  # fmt: skip
_BUCKETS = (("0.05", 0.2), ("0.1", 0.5), ("0.25", 0.8), ("0.5", 0.93), ("1", 0.98), ("2.5", 1.0))
_SPAN_S, _STEP_S = 3_600, 10


def main() -> int:
    """Make the pictures that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="all of them, into this one")
    parser.add_argument("--only", choices=PAGES, action="append", help="this page alone")
    parser.add_argument("--width", type=int, choices=SIZES, action="append")
    parser.add_argument("--state", choices=STATES, action="append")
    asked = parser.parse_args()
    wanted = asked.only or list(PAGES)
    looks = {(w, scheme): wanted for w in asked.width or SIZES for scheme in SCHEMES}
    states = asked.state or list(STATES)
    if asked.folder is None:
        looks = {size: [p for p in pages if p in wanted] for size, pages in DOCUMENTED.items()}
        states = ["busy"]
    folder = asked.folder or _IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for state in states:
            with quadra() as server:
                STATES[state](server)
                for (width, scheme), pages in looks.items():
                    chosen = {name: PAGES[name] for name in pages}
                    _look(browser, server, chosen, folder, (state, width, scheme))
        browser.close()
    return 0


def _look(
    browser: Browser,
    server: Running,
    pages: dict[str, str],
    folder: Path,
    what: tuple[str, int, Scheme],
) -> None:
    state, width, scheme = what
    size = {"width": width, "height": SIZES[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]  # two whole numbers
    context.add_init_script("localStorage.setItem('quadra.tour', 'done')")
    page = context.new_page()
    page.goto(f"{server.url}/?token={server.token}")
    for name, address in pages.items():
        page.goto(server.url + address)
        page.wait_for_selector("main h1")
        page.wait_for_timeout(SETTLES_MS)
        if state == "failing":
            _cut_off(page)
        file = folder / f"{name}-{state}-{scheme}-{width}.png"
        page.screenshot(path=file)
        print(file)
    context.close()


def _cut_off(page: Page) -> None:
    """Take the network away, as a viewer would see it."""
    page.context.set_offline(True)
    page.wait_for_timeout(SETTLES_MS)
    page.context.set_offline(False)


def _empty(_server: Running) -> None:
    """Leave it as it is when it has just been started."""
    time.sleep(4)


def _busy(server: Running) -> None:
    """Fourteen services, one of which fails, one is silent; a deployment, rules that fire."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {server.token}"

    def post(path: str, document: dict[str, Any]) -> None:
        session.post(f"{server.url}{path}", json=document, timeout=60).raise_for_status()

    now = time.time()
    marks = (
        (16 * 60, "deploy", "chat-api deployed", "4f2c91", "chat-api"),
        (30 * 60, "flag", "Flag long-context", "10 % → 25 % of users", "chat-api"),
        (44 * 60, "model", "Model v41 serving", "llm-serve, was v40", "llm-serve"),
    )
    for ago, kind, title, text, service in marks:
        mark = {"title": title, "text": text, "labels": {"service": service}, "at": now - ago}
        post(
            "/api/v1/events", {**mark, "kind": "release" if kind == "model" else kind, "by": "Mira"}
        )
    noise = random.Random(11)  # noqa: S311 - the same picture each time
    going_on: list[dict[str, Any]] = []
    for name in _SERVICES:
        series = [
            {"name": n, "labels": labels, "timestamps": times, "values": values}
            for n, labels, times, values in _service(name, now, noise)
        ]
        post("/api/v1/samples", {"series": series})
        if name != "embed-worker":
            going_on += series
    threading.Thread(target=_go_on, args=(post, going_on), daemon=True).start()
    rules = (
        (
            "too many requests fail",
            'http_requests_failed_percent{service="chat-api"}',
            1,
            "critical",
        ),
        ("GPU memory nearly full", 'gpu_memory_usage_ratio{service="llm-serve"}', 0.9, "warning"),
    )
    for name, selector, limit, severity in rules:
        rule = {"name": name, "selector": selector, "op": ">", "threshold": limit}
        post("/api/v1/alert-rules", {**rule, "severity": severity})
    for name, service, value in (
        ("http_requests_failed_percent", "chat-api", 3.1),
        ("gpu_memory_usage_ratio", "llm-serve", 0.93),
    ):
        sample = {"name": name, "labels": {"service": service}, "value": value}
        post("/api/v1/samples", {"samples": [sample]})
    watched = ["cpu_usage_ratio", "gpu_memory_usage_ratio", "http_requests_failed_percent"]
    post("/api/v1/training/start", {"match": watched, "step": _STEP_S})
    time.sleep(8)


def _go_on(post: Callable[[str, dict[str, Any]], None], series: list[dict[str, Any]]) -> None:
    """Send on as it was, every few seconds, until the server is gone."""
    step = 0
    while True:
        time.sleep(_STEP_S)
        step += 1
        now = time.time()
        samples = [
            {
                "name": one["name"],
                "labels": one["labels"],
                "timestamps": [now],
                "values": [
                    one["values"][-1] + step * (one["values"][-1] - one["values"][-2])
                    if one["name"].endswith(("_total", "_bucket"))
                    else one["values"][-1 - step % 20]
                ],
            }
            for one in series
        ]
        try:
            post("/api/v1/samples", {"series": samples})
        except requests.RequestException:
            return


def _service(
    name: str, now: float, noise: random.Random
) -> Iterator[tuple[str, dict[str, str], list[float], list[float]]]:
    """Give an hour of a service: its requests, their durations, and how full it is."""
    silent_s = 130 if name == "embed-worker" else 0
    times = [now - _SPAN_S + _STEP_S * n for n in range((_SPAN_S - silent_s) // _STEP_S + 1)]
    rate, slowness = noise.uniform(4, 400), noise.uniform(0.2, 1.4)
    phase = noise.uniform(0, 6)
    done, failed, total, bad = [], [], 0.0, 0.0
    shares: list[float] = []
    for n, at in enumerate(times):
        swing = 1 + 0.15 * math.sin(n / 40 + phase) + noise.gauss(0, 0.08)
        total += _STEP_S * rate * max(0.1, swing)
        fails = 0.031 if name == "chat-api" and now - at < 14 * 60 else noise.uniform(0, 0.004)
        bad += _STEP_S * rate * fails
        shares.append(100 * fails)
        done.append(total)
        failed.append(bad)
    who = {"service": name}
    good = [all_ - bad_ for all_, bad_ in zip(done, failed, strict=True)]
    yield "http_requests_total", {**who, "code": "200"}, times, good
    yield "http_requests_total", {**who, "code": "500"}, times, failed
    for le, share in (*_BUCKETS, ("+Inf", 1.0)):
        rising, before, count = [], 0.0, 0.0
        for n, all_ in enumerate(done):
            count += (all_ - before) * share ** (slowness * (1 + 0.2 * math.sin(n / 25 + phase)))
            before = all_
            rising.append(count)
        labels = {**who, "le": le}
        yield "http_request_duration_seconds_bucket", labels, times, rising
    if name == "chat-api":
        yield "http_requests_failed_percent", who, times, shares
    full = noise.uniform(0.1, 0.75)
    rise = 0.004 if name == "llm-serve" else 0.0
    used = [
        min(0.93, full + rise * max(0, n - 200) + noise.gauss(0, 0.01)) for n in range(len(times))
    ]
    yield "gpu_memory_usage_ratio" if name == "llm-serve" else "cpu_usage_ratio", who, times, used


STATES: dict[str, Callable[[Running], None]] = {
    "empty": _empty,
    "busy": _busy,
    "failing": _busy,
}

if __name__ == "__main__":
    sys.exit(main())
