"""The same samples, sent to a real Prometheus and to Quadra, give the same answers to both."""

from __future__ import annotations

import math
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from quadra.intake.received import STALE_BITS
from tests.e2e.clients import history
from tests.servers import programs
from tests.servers.process import Process, free_port, plain_environment, wait_until
from tests.servers.quadra import QuadraServer
from tests.unit.remote_write_messages import Samples, message1, snappy

INTERVAL_MS = 5_000
STEP_MS = 60_000
MINUTES = 40
STALE = struct.unpack("<d", struct.pack("<Q", STALE_BITS))[0]
WRITE = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
# What Quadra calls an aggregate, in PromQL: over the step that ends at the moment asked for.
SAME = {
    "avg": "avg_over_time({0}[60s])",
    "min": "min_over_time({0}[60s])",
    "max": "max_over_time({0}[60s])",
    "sum": "sum_over_time({0}[60s])",
    "count": "count_over_time({0}[60s])",
    "last": "last_over_time({0}[60s])",
    "p50": "quantile_over_time(0.5, {0}[60s])",
    "p90": "quantile_over_time(0.9, {0}[60s])",
    "p95": "quantile_over_time(0.95, {0}[60s])",
    "p99": "quantile_over_time(0.99, {0}[60s])",
    # Quadra counts the rise from the last sample before the step, so the window is longer by one
    # interval; PromQL's extrapolation then comes to the same.
    "rate": "rate({0}[65s])",
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that scrapes nothing and takes remote writes; its address."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    (folder / "prometheus.yml").write_text("global: {}\n")
    command: list[str | Path] = [
        programs.prometheus(),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--log.level=warn",
    ]
    with Process(command, log=folder / "log", env=plain_environment()):
        address = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: ready(address), timeout=30, every=0.1)
        yield address


def ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/-/ready", timeout=2).ok
    except requests.ConnectionError:
        return False


def lines(start: int) -> dict[str, Samples]:
    """Give samples of four kinds; none stands on the edge of a step, where the two differ."""
    chance = random.Random(3)
    times = [start + 700 + i * INTERVAL_MS for i in range(MINUTES * STEP_MS // INTERVAL_MS)]
    total = 1e6
    counter, resetting, gappy = [], [], []
    for i, t in enumerate(times):
        total += chance.randrange(1, 100)
        counter.append((t, total))
        resetting.append((t, 1_000.0 + 3.0 * (i % 100)))
        if i % 120 == 59:
            gappy.append((t, STALE))
        elif i % 120 < 59 or i % 120 > 90:
            gappy.append((t, chance.gauss(0, 1e3)))
    return {
        "equal_gauge": [(t, round(chance.gauss(40, 12), 3)) for t in times],
        "equal_total": counter,
        "equal_resetting_total": resetting,
        "equal_gappy": gappy,
    }


@pytest.fixture(scope="module")
def start(prometheus: str, server: QuadraServer) -> int:
    """Send the same requests to both, to Quadra out of order and some of them twice.

    That is what vmagent and Prometheus do after a timeout. Gives the begin of the first step in
    unix ms.
    """
    begin = (int(time.time() * 1000) - (MINUTES + 2) * STEP_MS) // STEP_MS * STEP_MS
    found = lines(begin)
    bodies = []
    for low in range(0, MINUTES, 5):
        span = range(begin + low * STEP_MS, begin + (low + 5) * STEP_MS)
        parts = [
            ({"__name__": name, "zone": "ä"}, [(t, v) for t, v in line if t in span])
            for name, line in found.items()
        ]
        bodies.append(snappy(message1(*parts).SerializeToString()))
    for body in bodies:
        post = requests.post(f"{prometheus}/api/v1/write", data=body, headers=WRITE, timeout=10)
        assert 204 == post.status_code, post.text
    for body in random.Random(4).sample(bodies * 2, len(bodies) * 2):
        post = server.post("/prometheus/api/v1/write", data=body, headers=WRITE)
        assert 204 == post.status_code, post.text
    return begin


def theirs(address: str, query: str, start: int) -> dict[int, float]:
    """Ask Prometheus for every whole step; the answers by the begin of the step in unix s."""
    params: dict[str, str | float] = {
        "query": query,
        "start": start / 1000 + STEP_MS / 1000,
        "end": start / 1000 + MINUTES * STEP_MS / 1000,
        "step": STEP_MS / 1000,
    }
    answer = requests.get(f"{address}/api/v1/query_range", params=params, timeout=10).json()
    assert "success" == answer["status"], answer
    (result,) = answer["data"]["result"]
    return {round(t) - STEP_MS // 1000: float(v) for t, v in result["values"]}


def ours(server: QuadraServer, match: str, agg: str, start: int) -> dict[int, float]:
    end = start + MINUTES * STEP_MS - 1
    (line,) = history(server, match, start=start / 1000, end=end / 1000, step="60s", agg=agg)
    return dict(zip(line["timestamps"], line["values"], strict=True))


CASES = [(name, agg) for name in ("equal_gauge", "equal_total", "equal_gappy") for agg in SAME]


@pytest.mark.parametrize(
    ("name", "agg"), [(name, agg) for name, agg in CASES if agg != "rate" or "total" in name]
)
def test_steps_are_the_same(
    server: QuadraServer, prometheus: str, start: int, name: str, agg: str
) -> None:
    expected = theirs(prometheus, SAME[agg].format(f'{name}{{zone="ä"}}'), start)
    actual = ours(server, f'{name}{{zone="ä"}}', agg, start)
    if agg == "rate":  # the first sample of all has none before it, where PromQL extrapolates
        expected.pop(start // 1000)
        actual.pop(start // 1000)
    assert expected.keys() == actual.keys()
    assert len(actual) > MINUTES // 2
    wrong = {
        t: (value, actual[t])
        for t, value in expected.items()
        if not math.isclose(value, actual[t], rel_tol=1e-9, abs_tol=1e-9)
    }
    assert {} == wrong


def test_a_counter_that_begins_again_rises_by_the_same(
    server: QuadraServer, prometheus: str, start: int
) -> None:
    expected = theirs(prometheus, "rate(equal_resetting_total[65s])", start)
    actual = ours(server, "equal_resetting_total", "rate", start)
    first = start // 1000
    assert expected.keys() == actual.keys()
    for t in expected:
        if t != first:
            assert expected[t] == pytest.approx(actual[t], rel=1e-9)


def test_plain_samples_are_the_same_and_a_staleness_marker_ends_the_line(
    server: QuadraServer, prometheus: str, start: int
) -> None:
    at = start / 1000 + MINUTES * STEP_MS / 1000
    params: dict[str, str | float] = {"query": f"equal_gappy[{MINUTES + 1}m]", "time": at}
    answer = requests.get(f"{prometheus}/api/v1/query", params=params, timeout=10).json()
    expected = [(t, float(v)) for t, v in answer["data"]["result"][0]["values"]]
    (line,) = history(server, "equal_gappy", start=start / 1000, end=at)
    pairs = list(zip(line["timestamps"], line["values"], strict=True))
    assert expected == [(t, v) for t, v in pairs if v is not None]
    assert 4 == sum(v is None for _t, v in pairs)
