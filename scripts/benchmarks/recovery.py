"""How soon all is well again after a fault: taken, shown, judged, and said to be ready.

A fault is made for real and ended; from its end on (for what Quadra mends by itself: from its
beginning) one sample is sent again and again. All is well when it was acknowledged, stood in a
console that was connected before, had raised its alert, and ``/ready`` says that every part is.
"""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil
import requests
import socketio

from tests.servers.cluster import Cluster
from tests.servers.postgres import Postgres
from tests.servers.quadra import QuadraServer
from tests.servers.redis import redis_server
from tests.servers.relay import Relay

TRIES = 5
LASTS_S = 3.0
SETTLES_S = 1.5
ASK_EVERY_S = 0.05
GIVE_UP_S = 60.0
NAME = "bench_recovery"
CAME_BACK = ("taken", "shown", "judged", "ready")

Fault = Callable[[], float]  # makes and ends it; gives from when on recovery counts (monotonic)


@dataclass(frozen=True, slots=True)
class Setting:
    """A Quadra that runs, and the faults that it is to get over."""

    server: QuadraServer
    faults: dict[str, Fault]


def measure(tries: int = TRIES) -> dict[str, float]:
    """Go through every fault so many times; all figures in seconds."""
    took: dict[str, list[dict[str, float]]] = {}
    for setting in (_alone, _with_a_worker_that_hangs, _beside_redis, _on_postgres, _two_workers):
        for number in range(tries):  # each anew: a worker that dies often is given pauses
            with tempfile.TemporaryDirectory(prefix="quadra-bench-") as folder:
                _go_through(setting, Path(folder), number, took)
    every = [one["well"] for tries_of in took.values() for one in tries_of]
    return {
        "faults": len(every),
        "p50_s": float(np.percentile(every, 50)),
        "p99_s": float(np.percentile(every, 99)),
        "max_s": max(every),
        **{
            f"{name}_{part}_s": max(one[part] for one in tries_of)
            for name, tries_of in took.items()
            for part in (*CAME_BACK, "well")
        },
    }


def _go_through(
    setting: Callable[[Path], Any],
    folder: Path,
    number: int,
    took: dict[str, list[dict[str, float]]],
) -> None:
    with setting(folder) as made, _Console(made.server) as console:
        rule = {"name": NAME, "selector": NAME, "op": ">", "threshold": 10, "cooldown": "0s"}
        made.server.post("/api/v1/alert-rules", json=rule).raise_for_status()
        for name, fault in made.faults.items():
            _wait_until_ready(made.server)
            time.sleep(SETTLES_S)
            began = fault()
            found = _time(made.server, console, f"{name}-{number}", began)
            took.setdefault(name, []).append(found)


# --- the settings and their faults


@contextmanager
def _alone(folder: Path) -> Iterator[Setting]:
    with QuadraServer(folder=folder, RATELIMIT_ENABLED="false") as server:

        def killed() -> float:
            server.kill9()
            began = time.monotonic()  # as a service manager would
            server.start()
            return began

        faults = {
            "killed": killed,
            "paused": lambda: _for_a_while(
                lambda: server.process.send(signal.SIGSTOP),
                lambda: server.process.send(signal.SIGCONT),
            ),
            "worker_killed": lambda: _worker_is_sent(server, signal.SIGKILL),
            "no_writes": lambda: _for_a_while(
                lambda: _bound(server, psutil.RLIMIT_FSIZE, lambda _one: 0),
                lambda: _bound(server, psutil.RLIMIT_FSIZE),
            ),
            "no_files": lambda: _for_a_while(
                lambda: _bound(server, psutil.RLIMIT_NOFILE, lambda one: one.num_fds() + 1),
                lambda: _bound(server, psutil.RLIMIT_NOFILE),
            ),
        }
        yield Setting(server, faults)


@contextmanager
def _with_a_worker_that_hangs(folder: Path) -> Iterator[Setting]:
    with QuadraServer(folder=folder, RATELIMIT_ENABLED="false") as server:
        faults = {"worker_hangs": lambda: _worker_is_sent(server, signal.SIGSTOP)}
        yield Setting(server, faults)


@contextmanager
def _beside_redis(folder: Path) -> Iterator[Setting]:
    with (
        redis_server() as redis,
        QuadraServer(folder=folder, RATELIMIT_ENABLED="false", **redis.settings) as server,
    ):
        faults = {
            "redis_stopped": lambda: _for_a_while(redis.stop, redis.start),
            "redis_hung": lambda: _for_a_while(
                lambda: redis.send(signal.SIGSTOP), lambda: redis.send(signal.SIGCONT)
            ),
        }
        yield Setting(server, faults)


@contextmanager
def _on_postgres(folder: Path) -> Iterator[Setting]:
    with ExitStack() as open_:
        postgres = open_.enter_context(Postgres.running())
        url = open_.enter_context(postgres.database())
        relay = open_.enter_context(Relay(postgres.port))
        url = url.replace(f":{postgres.port}/", f":{relay.port}/")
        server = open_.enter_context(
            QuadraServer(folder=folder, RATELIMIT_ENABLED="false", DATABASE_URL=url)
        )
        faults = {
            "postgres_stopped": lambda: _for_a_while(postgres.stop, postgres.start),
            "postgres_killed": lambda: _for_a_while(
                lambda: postgres.stop(signal.SIGQUIT), postgres.start
            ),
            "postgres_hung": lambda: _for_a_while(relay.hold, relay.let_go),
            "postgres_hung_long": lambda: _for_a_while(relay.hold, relay.let_go, 15.0),
        }
        yield Setting(server, faults)


@contextmanager
def _two_workers(folder: Path) -> Iterator[Setting]:
    with redis_server() as redis, Cluster(folder, **redis.settings) as cluster:
        server = cluster.web()
        cluster.worker()
        _wait_until_ready(server)
        cluster.worker()

        def killed() -> float:
            one = cluster.workers.pop(0)
            one.kill9()
            began = time.monotonic()
            cluster.worker()  # the next one to stand by
            return began

        yield Setting(server, {"working_machine_lost": killed})


def _for_a_while(
    begin: Callable[[], object], end: Callable[[], object], lasts: float = LASTS_S
) -> float:
    begin()
    time.sleep(lasts)
    end()
    return time.monotonic()


def _worker_is_sent(server: QuadraServer, number: signal.Signals) -> float:
    next(one for one in server.process.children() if "--child" in one.cmdline()).send_signal(number)
    return time.monotonic()


def _bound(
    server: QuadraServer, what: int, most: Callable[[psutil.Process], int] | None = None
) -> None:
    """Bound a resource of each of its processes; without ``most`` each gets all that it may."""
    for one in (psutil.Process(server.process.pid), *server.process.children()):
        with suppress(psutil.NoSuchProcess):
            hard = one.rlimit(what)[1]
            one.rlimit(what, (hard if most is None else most(one), hard))


# --- how it is seen from outside


class _Console:
    """A console that connects again by itself, and notes which values came and when."""

    def __init__(self, server: QuadraServer) -> None:
        self.came: dict[float, float] = {}
        self._client = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1)
        self._client.on("connect", self._subscribe)
        self._client.on("samples", self._take)
        self._client.connect(server.url, auth={"token": server.token}, transports=["websocket"])

    def _subscribe(self) -> None:
        self._client.emit("subscribe", {"series": [NAME], "format": "json"})

    def _take(self, frame: dict[str, list[float]]) -> None:
        for value in frame["v"]:
            self.came.setdefault(value, time.monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()


def _time(server: QuadraServer, console: _Console, which: str, began: float) -> dict[str, float]:
    """Say how long after ``began`` each of them was so for the first time."""
    value = 1000.0 + time.monotonic()
    sample = {"name": NAME, "value": value, "labels": {"which": which}}
    checks: dict[str, Callable[[], bool]] = {
        "taken": lambda: _take(server, {"samples": [sample]}),
        "shown": lambda: value in console.came,
        "judged": lambda: _fires(server, which),
        "ready": lambda: _is_ready(server),
    }
    found: dict[str, float] = {}

    def watch(name: str, holds: Callable[[], bool]) -> None:
        while time.monotonic() - began < GIVE_UP_S:
            with suppress(requests.RequestException):
                if holds() and name not in found:
                    found[name] = time.monotonic() - began
            # The sample is sent until the console has it: what came before it was there, it missed.
            if name in found and (name != "taken" or "shown" in found):
                return
            time.sleep(ASK_EVERY_S)

    threads = [threading.Thread(target=watch, args=check) for check in checks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = {name: found.get(name, GIVE_UP_S) for name in CAME_BACK}
    return every | {"well": max(every.values())}


def _take(server: QuadraServer, body: dict[str, Any]) -> bool:
    return bool(_ask(server, "POST", "/api/v1/samples", json=body).ok)


def _fires(server: QuadraServer, which: str) -> bool:
    answer = _ask(server, "GET", "/api/v1/alerts", params={"rule": NAME, "state": "firing"})
    firing = answer.json()["alerts"] if answer.ok else []
    return any(one["labels"]["which"] == which for one in firing)


def _is_ready(server: QuadraServer) -> bool:
    answer = _ask(server, "GET", "/ready")
    parts = [part for part in answer.json().values() if isinstance(part, dict)]
    return bool(answer.ok) and all(part["state"] in ("ok", "off") for part in parts)


def _ask(server: QuadraServer, method: str, path: str, **options: Any) -> requests.Response:
    """Ask over a connection of its own, as whoever comes new."""
    headers = {"Authorization": f"Bearer {server.token}"}
    return requests.request(method, server.url + path, headers=headers, timeout=5, **options)


def _wait_until_ready(server: QuadraServer) -> None:
    until = time.monotonic() + GIVE_UP_S
    while time.monotonic() < until:
        with suppress(requests.RequestException):
            if _is_ready(server):
                return
        time.sleep(ASK_EVERY_S)
    msg = f"it was never ready: {_ask(server, 'GET', '/ready').text}"
    raise RuntimeError(msg)
