"""A hundred thousand live series: memory, the loop's lag, finding series, starting again."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import cramjam
import psutil
import requests

from scripts.benchmarks.lag import asking_health, p99_ms
from scripts.benchmarks.load import drive, request
from scripts.benchmarks.remote_write import HEADERS, label, write_request_of
from scripts.benchmarks.server import Running, cores, pinned, quadra

SERIES = 100_000
A_REQUEST = 1_000
CONNECTIONS = 4
ROUNDS = 12
STEP_MS = 10_000
SETTLES_S = 40.0
ASKED = 20
_PATH = "/prometheus/api/v1/write"


def _labels(number: int) -> bytes:
    """Name a series as a fleet of hosts has them: 50 hosts with 2,000 series each."""
    host, rest = divmod(number, 2_000)
    metric, n = divmod(rest, 40)
    return b"".join(
        label(name, value)
        for name, value in (
            ("__name__", f"bench_fleet_{metric}_total"),
            ("cluster", "production-eu-1"),
            ("instance", f"host-{host}.example:9100"),
            ("job", "node"),
            ("method", ("GET", "POST", "PUT", "DELETE")[n % 4]),
            ("path", f"/api/v1/thing/{n}"),
        )
    )


def _send(server: Running, rounds: int, start_ms: int) -> None:
    """Send ``rounds`` samples of every series, 10 s of their time apart."""
    blocks = [_labels(number) for number in range(SERIES)]
    for n in range(rounds):
        bodies = []
        for at in range(0, SERIES, A_REQUEST):
            plain = write_request_of(blocks[at : at + A_REQUEST], start_ms + n * STEP_MS, n)
            packed = bytes(cramjam.snappy.compress_raw(plain))
            bodies.append(request(_PATH, server.token, packed, HEADERS))
        lanes = [bodies[lane::CONNECTIONS] for lane in range(CONNECTIONS)]
        drive(server.port, lanes, None)


def _processes(server: Running) -> list[psutil.Process]:
    parent = psutil.Process(server.pid)
    return [parent, *parent.children(recursive=True)]


def _peak_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def _memory(server: Running) -> dict[str, float]:
    names = ("server", "worker")
    figures: dict[str, float] = {}
    for name, process in zip(names, _processes(server), strict=False):
        figures[f"{name}_rss_mb"] = process.memory_info().rss / 1e6
        figures[f"{name}_peak_mb"] = _peak_mb(process)
    figures["together_mb"] = sum(figures[f"{name}_rss_mb"] for name in names)
    return figures


def _median_ms(server: Running, path: str, params: dict[str, str]) -> float:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {server.token}"
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        session.get(server.url + path, params=params, timeout=10).raise_for_status()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def measure() -> dict[str, float]:
    """Send two minutes of 100,000 series, let them be sealed, ask, and start again."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        with quadra(folder, MAX_SERIES="200000") as server, pinned(cores()[1]):
            start = round((time.time() - ROUNDS * STEP_MS / 1000) * 1000)
            took: list[float] = []
            with asking_health(server, took):
                _send(server, 1, start)
                figures["cold_health_p99_ms"] = p99_ms(took)
                took.clear()
                _send(server, ROUNDS - 1, start + STEP_MS)
                time.sleep(SETTLES_S)  # the worker seals what is there
            figures["health_p99_ms"] = p99_ms(took)
            figures["health_max_ms"] = max(took) * 1000
            figures |= _memory(server)
            find = "/api/v1/series"
            figures["search_ms"] = _median_ms(server, find, {"q": "host-7 thing/3"})
            select = {"match": '{instance="host-7.example:9100",path=~"/api/v1/thing/1.*"}'}
            figures["select_ms"] = _median_ms(server, find, select)
            named = {"match": 'bench_fleet_3_total{method="GET"}'}
            figures["select_by_name_ms"] = _median_ms(server, find, named)
        with quadra(folder, MAX_SERIES="200000") as server:
            figures["start_again_s"] = server.start_seconds
    return figures


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:<24} {value:>10.1f}")
