"""Durable ingest over HTTP: samples a second of one core, acknowledged after the commit."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import socketio

from scripts.benchmarks.load import drive, request
from scripts.benchmarks.server import Running, cores, pinned, quadra

CONNECTIONS = 8
SAMPLES = 1_000
SERIES = 10
VARIANTS = 20


def bodies(token: str, seed: int) -> list[bytes]:
    """Prepare requests of 1,000 samples in 10 series, each request with its own times."""
    now = time.time()
    made = []
    for variant in range(VARIANTS):
        start = now - 3_000 + variant * 100
        times = [round(start + i * 0.1, 3) for i in range(SAMPLES // SERIES)]
        series = [
            {
                "name": "bench_value",
                "labels": {"lane": str(seed), "n": str(n), "service": "bench"},
                "timestamps": times,
                "values": [round(100 + 10 * ((i * 7 + n) % 13) / 13, 3) for i in range(len(times))],
            }
            for n in range(SERIES)
        ]
        body = json.dumps({"series": series}).encode()
        made.append(request("/api/v1/samples", token, body, {"Content-Type": "application/json"}))
    return made


@contextmanager
def watching(server: Running) -> Iterator[None]:
    """Let a console watch a series, so that frames are made all the time."""
    client = socketio.Client()
    client.connect(server.url, auth={"token": server.token}, transports=["websocket"])
    client.call("subscribe", {"series": ["quadra_series"], "format": "binary"})
    try:
        yield
    finally:
        client.disconnect()


def measure(seconds: float = 5.0, rounds: int = 3) -> dict[str, float]:
    """Run the load three times and give the medians."""
    rates, per_core, p99s = [], [], []
    with quadra() as server, pinned(cores()[1]), watching(server):
        process = psutil.Process(server.pid)
        lanes = [bodies(server.token, lane) for lane in range(CONNECTIONS)]
        drive(server.port, lanes, 1.0)
        for _ in range(rounds):
            before = process.cpu_times()
            outcome = drive(server.port, lanes, seconds)
            after = process.cpu_times()
            cpu = after.user + after.system - before.user - before.system
            samples = outcome.requests * SAMPLES
            rates.append(samples / outcome.seconds)
            per_core.append(samples / cpu)
            p99s.append(statistics.quantiles(outcome.latencies, n=100)[98])
    return {
        "samples_per_second": statistics.median(rates),
        "samples_per_cpu_second": statistics.median(per_core),
        "request_p99_ms": statistics.median(p99s) * 1000,
    }


if __name__ == "__main__":
    print(measure())
