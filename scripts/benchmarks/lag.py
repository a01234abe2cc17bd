"""How late the loop is while samples come in as fast as they can, and the worker seals them."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from scripts.benchmarks import ingest
from scripts.benchmarks.load import drive
from scripts.benchmarks.server import Running, cores, pinned, quadra

SECONDS = 30.0
EVERY_S = 0.02


@contextmanager
def asking_health(server: Running, took: list[float]) -> Iterator[None]:
    """Ask for /health every 20 ms meanwhile, over a connection of its own; note the seconds."""
    done = threading.Event()

    def ask() -> None:
        session = requests.Session()
        while not done.wait(EVERY_S):
            began = time.perf_counter()
            session.get(f"{server.url}/health", timeout=10).raise_for_status()
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def p99_ms(seconds: list[float]) -> float:
    """Give the 99th percentile in milliseconds."""
    return statistics.quantiles(seconds, n=100)[98] * 1000


def measure() -> dict[str, float]:
    """Load the server for half a minute, through a round of sealing; ask from outside and inside.

    Inside, the loop asks every 50 ms how late it is, and keeps the worst of each second.
    """
    took: list[float] = []
    with quadra() as server, pinned(cores()[1]):
        lanes = [ingest.bodies(server.token, lane) for lane in range(ingest.CONNECTIONS)]
        drive(server.port, lanes, 1.0)
        began = time.time()
        with asking_health(server, took):
            outcome = drive(server.port, lanes, SECONDS)
        inside = _worst_of_each_second(server, began)
    return {
        "samples_per_second": outcome.requests * ingest.SAMPLES / outcome.seconds,
        "health_p50_ms": statistics.median(took) * 1000,
        "health_p99_ms": p99_ms(took),
        "worst_a_second_p50_ms": statistics.median(inside) * 1000,
        "worst_a_second_max_ms": max(inside) * 1000,
    }


def _worst_of_each_second(server: Running, since: float) -> list[float]:
    answer = requests.get(
        f"{server.url}/api/v1/history",
        params={"match": "quadra_event_loop_lag_seconds", "start": str(since)},
        headers={"Authorization": f"Bearer {server.token}"},
        timeout=30,
    )
    answer.raise_for_status()
    values: list[float] = answer.json()["series"][0]["values"]
    return values


if __name__ == "__main__":
    print(measure())
