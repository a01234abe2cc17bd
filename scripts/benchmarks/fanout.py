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
_LANES = 8
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
    posts: int
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


def _at_full_speed(lanes: int, target: Target, seconds: float) -> int:
    """Post over some connections as fast as it is answered; give the number of posts."""
    bodies = [[_request(target, 1000.5 + lane)] for lane in range(lanes)]
    return load.drive(target.port, bodies, seconds).requests


def _paced(every: float, target: Target, seconds: float) -> int:
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
    return number


def run(
    target: Target,
    post: Callable[[Target, float], int],
    seconds: float,
    *,
    consoles: int = CONSOLES,
    form: str = "json",
    stuck: int = 0,
    timed: bool = True,
) -> Outcome:
    """Let consoles watch while samples are posted."""
    process = psutil.Process(target.pid)
    with load.lane(target.port) as once:
        once(_request(target, time.time()))  # the series are known, and the server is warm
    time.sleep(0.5)
    before = process.memory_info().rss
    command = [
        *(sys.executable, str(REPOSITORY / "scripts" / "live_load.py")),
        *("--port", str(target.port), f"--token={target.token}", "--series", _SELECTOR),
        *("--format", form, "--consoles", str(consoles), "--stuck", str(stuck)),
        *("--seconds", str(seconds + 0.5)),
    ]
    if timed:
        command.append("--timed")
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pin_all(client.pid, cores()[1])
    assert client.stdout is not None  # noqa: S101 - it was asked for above
    if client.stdout.readline().strip() != "READY":
        msg = "the consoles could not connect"
        raise RuntimeError(msg)
    ready = process.memory_info().rss
    cpu = _cpu(process)
    posts = post(target, seconds)
    used = _cpu(process) - cpu
    after = process.memory_info().rss
    found = json.loads(client.stdout.read())
    client.wait(10)
    if found["wrong"] or (found["skipped"] and not found["resyncs"]):
        msg = f"consoles were sent what they should not be: {found}"
        raise RuntimeError(msg)
    return Outcome(found, posts, used, before, ready, after)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _alone(target: Target, lanes: int) -> float:
    """Give the processor time of one post that nobody watches, in seconds."""
    process = psutil.Process(target.pid)
    _at_full_speed(lanes, target, 0.5)
    cpu = _cpu(process)
    posts = _at_full_speed(lanes, target, 2.0)
    return (_cpu(process) - cpu) / posts


def _full_speed(make: Callable[[], Any], form: str, lanes: int) -> tuple[float, float]:
    """Give what a second of the server's processor time delivers, counted in 100 series each.

    First with all that the server does, then without what the posts cost by themselves.
    """
    with make() as target:
        alone = _alone(target, lanes)
        post = partial(_at_full_speed, lanes)
        found = run(target, post, FULL_SPEED_S, form=form, timed=False)
    delivered = found.consoles["deliveries"] * found.consoles["samples_a_frame"] / SERIES
    sending = max(found.cpu_s - found.posts * alone, 0.01)
    return delivered / found.cpu_s, delivered / sending


_WAYS: dict[str, tuple[Callable[[], Any], str, int]] = {
    # A frame for every post, as large as the peer's.
    "json": (_quick, "json", 1),
    "binary": (_quick, "binary", 1),
    # Several senders: what is committed together goes as one frame.
    "json_joined": (_quick, "json", _LANES),
    # As Quadra is set by default: what comes within a tick goes as one frame.
    "json_by_tick": (_ordinary, "json", _LANES),
}


def throughput() -> Figures:
    """Deliveries of 100 series for a second of the server's processor, beside Node in turns."""
    figures: Figures = {}
    for way, (make, form, lanes) in _WAYS.items():
        rounds = []
        for _ in range(ROUNDS):
            ours = _full_speed(make, form, lanes)
            theirs = _full_speed(_node, form, lanes) if peers.socketio_is_here() else None
            rounds.append((ours, theirs))
        figures[f"{way}_per_cpu_s"] = statistics.median(ours[0] for ours, _ in rounds)
        pairs = [(ours, theirs) for ours, theirs in rounds if theirs is not None]
        if pairs:
            figures[f"{way}_node_per_cpu_s"] = statistics.median(t[0] for _, t in pairs)
            figures[f"{way}_ratio"] = statistics.median(o[0] / t[0] for o, t in pairs)
            figures[f"{way}_sending_ratio"] = statistics.median(o[1] / t[1] for o, t in pairs)
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
            found = run(target, partial(_paced, 1.0), 2 * PACED_S, consoles=consoles)
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
