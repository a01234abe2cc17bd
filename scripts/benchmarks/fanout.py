"""The live stream to many consoles, beside a Socket.IO server on Node in the same run.

The server is on one core, the consoles on the other. Samples are posted over HTTP to both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psutil

from scripts.benchmarks import load, peers
from scripts.benchmarks.server import REPOSITORY, cores, pin_all, quadra

Figures = dict[str, float]

CONSOLES = 500
SERIES = 100
MANY = (2_000, 5_000)
ROUNDS = 3
FULL_SPEED_S = 4.0
PACED_S = 8.0
_LANES = 2
_SELECTOR = '{__name__="bench_fanout"}'
_WHOLE = "/api/v1/samples"


@dataclass(frozen=True, slots=True)
class Target:
    """A server to measure."""

    port: int
    token: str
    pid: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the consoles got, and what it cost the server."""

    consoles: dict[str, Any]
    cpu_s: float
    rss_before: int
    rss_ready: int
    rss_after: int

    @property
    def cpu_a_delivery_us(self) -> float:
        """Processor time of the server for one delivery, all it did besides included."""
        return self.cpu_s / float(max(self.consoles["deliveries"], 1)) * 1e6

    @property
    def kb_a_console(self) -> float:
        """Memory that the server took for one console more."""
        return (self.rss_ready - self.rss_before) / float(self.consoles["consoles"]) / 1000


@contextmanager
def _quick() -> Iterator[Target]:
    with quadra(LIVE_FRAMES_PER_SECOND="1000", MAX_CONSOLES="10000") as server:
        pin_all(os.getpid(), cores()[1])
        pin_all(server.pid, cores()[0])
        yield Target(server.port, server.token, server.pid)


@contextmanager
def _ordinary() -> Iterator[Target]:
    with quadra(MAX_CONSOLES="10000") as server:
        pin_all(os.getpid(), cores()[1])
        pin_all(server.pid, cores()[0])
        yield Target(server.port, server.token, server.pid)


@contextmanager
def _node() -> Iterator[Target]:
    with peers.socketio() as (port, pid):
        pin_all(os.getpid(), cores()[1])
        pin_all(pid, cores()[0])
        yield Target(port, "", pid)


def _body(stamp: float) -> bytes:
    """Write 100 series of one sample each; the first value says when they left."""
    series = [
        {
            "name": "bench_fanout",
            "labels": {"n": str(n)},
            "values": [stamp if n == 0 else round(17.25 + n / 8, 3)],
        }
        for n in range(SERIES)
    ]
    return json.dumps({"series": series}).encode()


def _request(target: Target, stamp: float) -> bytes:
    return load.request(_WHOLE, target.token, _body(stamp), {"Content-Type": "application/json"})


def _at_full_speed(target: Target, seconds: float) -> None:
    bodies = [[_request(target, 1000.5 + lane)] for lane in range(_LANES)]
    load.drive(target.port, bodies, seconds)


def _paced(every: float, target: Target, seconds: float) -> None:
    """Post once every so often, at uneven moments, as a sender's clock has them."""
    with load.lane(target.port) as post:
        until = time.perf_counter() + seconds
        number = 0
        begin = time.perf_counter()
        while time.perf_counter() < until:
            number += 1
            uneven = (number * 7919 % 11 - 5) / 100  # up to a twentieth early or late
            time.sleep(max(begin + (number + uneven) * every - time.perf_counter(), 0))
            post(_request(target, time.time()))


def run(
    target: Target,
    post: Callable[[Target, float], None],
    seconds: float,
    *,
    consoles: int = CONSOLES,
    form: str = "json",
    stuck: int = 0,
) -> Outcome:
    """Let consoles watch while samples are posted."""
    process = psutil.Process(target.pid)
    with load.lane(target.port) as once:
        once(_request(target, time.time()))  # the series are known, and the server is warm
    time.sleep(0.5)
    before = process.memory_info().rss
    command = [
        *(sys.executable, str(REPOSITORY / "scripts" / "live_load.py")),
        *("--port", str(target.port), "--token", target.token, "--series", _SELECTOR),
        *("--format", form, "--consoles", str(consoles), "--stuck", str(stuck)),
        *("--seconds", str(seconds + 0.5)),
    ]
    if post is not _at_full_speed:
        command.append("--timed")
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pin_all(client.pid, cores()[1])
    assert client.stdout is not None  # noqa: S101 - it was asked for above
    if client.stdout.readline().strip() != "READY":
        msg = "the consoles could not connect"
        raise RuntimeError(msg)
    ready = process.memory_info().rss
    cpu = _cpu(process)
    post(target, seconds)
    used = _cpu(process) - cpu
    after = process.memory_info().rss
    found = json.loads(client.stdout.read())
    client.wait(10)
    if found["wrong"] or (found["skipped"] and not found["resyncs"]):
        msg = f"consoles were sent what they should not be: {found}"
        raise RuntimeError(msg)
    return Outcome(found, used, before, ready, after)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _rates(make: Callable[[], Any], form: str) -> float:
    with make() as target:
        found = run(target, _at_full_speed, FULL_SPEED_S, form=form)
    return float(found.consoles["deliveries"] / FULL_SPEED_S)


def throughput() -> Figures:
    """Deliveries a second at full speed, as medians, beside Node in turns."""
    figures: Figures = {}
    for form in ("json", "binary"):
        ours, theirs, ratios = [], [], []
        for _ in range(ROUNDS):
            ours.append(_rates(_quick, form))
            if peers.socketio_is_here():
                theirs.append(_rates(_node, form))
                ratios.append(ours[-1] / theirs[-1])
        figures[f"{form}_per_s"] = statistics.median(ours)
        if theirs:
            figures[f"{form}_node_per_s"] = statistics.median(theirs)
            figures[f"{form}_ratio"] = statistics.median(ratios)
    return figures


def paced() -> Figures:
    """Ten posts a second to 500 consoles: how soon, and at what cost."""
    figures: Figures = {}
    kinds = {"": _ordinary, "node_": _node} if peers.socketio_is_here() else {"": _ordinary}
    for prefix, make in kinds.items():
        found: list[Outcome] = []
        for _ in range(ROUNDS):
            with make() as target:
                found.append(run(target, partial(_paced, 0.1), PACED_S))
        for name in ("p50_ms", "p99_ms"):
            figures[prefix + name] = statistics.median(one.consoles[name] for one in found)
        figures[f"{prefix}cpu_us_a_delivery"] = statistics.median(
            one.cpu_a_delivery_us for one in found
        )
        figures[f"{prefix}kb_a_console"] = statistics.median(one.kb_a_console for one in found)
    return figures


def many() -> Figures:
    """Thousands of consoles on one process, a frame a second each."""
    figures: Figures = {}
    for consoles in MANY:
        with _ordinary() as target:
            found = run(target, partial(_paced, 1.0), PACED_S, consoles=consoles)
        figures[f"{consoles}_p99_ms"] = found.consoles["p99_ms"]
        figures[f"{consoles}_kb_a_console"] = found.kb_a_console
    return figures


def stuck() -> Figures:
    """500 consoles of which 20 stop reading: what the other 480 notice."""
    figures: Figures = {}
    for count in (0, 20):
        with _ordinary() as target:
            found = run(target, partial(_paced, 0.05), 2 * PACED_S, stuck=count)
        figures[f"{count}_stuck_p99_ms"] = found.consoles["p99_ms"]
        figures[f"{count}_stuck_grew_mb"] = (found.rss_after - found.rss_ready) / 1e6
    return figures
