"""What another process adds: one sample's way to a console here, and to one behind Redis."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import requests
import socketio

from scripts.benchmarks.live import percentiles
from scripts.benchmarks.server import REPOSITORY, Running, cores, pinned, quadra
from tests.servers.redis import redis_server

POSTS = 400
PAUSE_S = 0.12  # beyond a tick: what comes within one waits for it, in each process for its own
SETTLES_S = 3.0
_STOP_S = 10


def measure(posts: int = POSTS) -> dict[str, float]:
    """Post to one process; time each sample to a console of it and to one of another process."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch, redis_server() as redis:
        place = Path(scratch)
        token = {"QUADRA_ADMIN_TOKEN": "bench-token-of-this-run-only"}
        shared = {**redis.settings, **token}
        with (
            quadra(place, ROLE="web", **shared) as here,
            quadra(place, ROLE="web", **shared) as there,
            _worker(place, shared),
            _Console(here, token) as near,
            _Console(there, token) as far,
        ):
            time.sleep(SETTLES_S)
            sent = _post(here, token, posts)
            near.wait_for(float(posts - 1))
            far.wait_for(float(posts - 1))
    both = [value for value in sent if value in near.arrived and value in far.arrived]
    added = [far.arrived[value] - near.arrived[value] for value in both]
    whole = [far.arrived[value] - sent[value] for value in both]
    return {
        "posted": posts,
        "arrived": len(both),
        "added_mean_ms": statistics.mean(added) * 1000,
        **{f"added_{name}": figure for name, figure in percentiles(added).items()},
        **{f"whole_{name}": figure for name, figure in percentiles(whole).items()},
    }


class _Console:
    """A console that notes when each value came."""

    def __init__(self, server: Running, token: dict[str, str]) -> None:
        self.arrived: dict[float, float] = {}
        self._last = threading.Event()
        self._wanted = -1.0
        self._client = socketio.Client()
        self._client.on("samples", self._take)
        auth = {"token": token["QUADRA_ADMIN_TOKEN"]}
        self._client.connect(server.url, auth=auth, transports=["websocket"])
        self._client.call("subscribe", {"series": ["bench_across"], "format": "json"})

    def _take(self, frame: dict[str, list[float]]) -> None:
        now = time.perf_counter()
        for value in frame["v"]:
            self.arrived.setdefault(value, now)
        if self._wanted in self.arrived:
            self._last.set()

    def wait_for(self, value: float) -> None:
        self._wanted = value
        if value not in self.arrived:
            self._last.wait(_STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()


def _post(server: Running, token: dict[str, str], posts: int) -> dict[float, float]:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token['QUADRA_ADMIN_TOKEN']}"
    sent = {}
    for number in range(posts):
        body = {"samples": [{"name": "bench_across", "value": float(number)}]}
        sent[float(number)] = time.perf_counter()
        session.post(f"{server.url}/api/v1/samples", json=body, timeout=10).raise_for_status()
        time.sleep(PAUSE_S + 0.003 * (number % 11))
    return sent


@contextmanager
def _worker(place: Path, settings: dict[str, str]) -> Iterator[None]:
    folders = {"DATA_DIR": str(place / "data"), "LOGS_DIR": str(place / "logs")}
    env = {**os.environ, **folders, **settings, "ROLE": "worker"}
    with pinned(cores()[0]):
        process = subprocess.Popen([sys.executable, "app.py"], cwd=REPOSITORY, env=env)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_STOP_S)
