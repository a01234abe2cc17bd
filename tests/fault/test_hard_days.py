"""What hangs, is paused, refuses to be written or is damaged: nothing acknowledged is lost.

Each day is had under load. What was acknowledged is there once at its end, what can't be done is
said so with a time to come again, and it is well again without a hand.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.e2e.clients import problem, push, stranger
from tests.e2e.test_alerts import alerts, make_rule
from tests.fault.steady_senders import steady_senders
from tests.servers import namespace
from tests.servers.cluster import Cluster, Worker
from tests.servers.postgres import Postgres
from tests.servers.process import ProcessEndedError, wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.redis import redis_server
from tests.servers.relay import Relay
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]
ANSWERS_WITHIN_S = 20.0  # given up after 12, with all who waited behind


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)  # faults take their time


def is_ready(server: QuadraServer) -> bool:
    return stranger(server, "GET", "/ready").status_code == 200


def test_a_database_that_hangs_is_said_so_and_its_return_is_noticed(
    start_quadra: Start, postgres: Postgres, postgres_url: str
) -> None:
    with Relay(postgres.port) as relay:
        url = postgres_url.replace(f":{postgres.port}/", f":{relay.port}/")
        server = start_quadra(DATABASE_URL=url)
        with steady_senders(server) as steady:
            wait(0.5)
            relay.hold()
            try:
                with Stopwatch(server.process.pid) as watch:
                    sample = {"samples": [{"name": "hung", "value": 1}]}
                    answer = server.post("/api/v1/samples", json=sample, timeout=60)
                assert watch.seconds < ANSWERS_WITHIN_S
                problem(answer, 503, "storage_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
                with Stopwatch(server.process.pid) as watch:
                    assert 200 == stranger(server, "GET", "/health").status_code
                assert watch.seconds < 2
                ready = stranger(server, "GET", "/ready", timeout=8)
                assert (503, "down") == (ready.status_code, ready.json()["database"]["state"])
            finally:
                relay.let_go()
            assert wait_until(lambda: is_ready(server), timeout=20)
            wait(0.5)
        assert steady.check() > 100


def test_a_redis_that_hangs_and_comes_back_empty_costs_nothing(
    start_quadra: Start,
) -> None:
    with redis_server() as redis:
        server = start_quadra(**redis.settings, RATELIMIT_ENABLED="true")
        with steady_senders(server) as steady:
            assert wait_until(lambda: redis_state(server) == "ok", timeout=5)
            redis.send(signal.SIGSTOP)
            assert wait_until(lambda: redis_state(server) == "down", timeout=15)
            push(server, "meanwhile", 1)
            redis.send(signal.SIGCONT)
            assert wait_until(lambda: redis_state(server) == "ok", timeout=10)
            redis.stop()
            redis.start()
            assert wait_until(lambda: redis_state(server) == "ok", timeout=10)
        assert steady.check() > 100


def redis_state(server: QuadraServer) -> str:
    state: str = stranger(server, "GET", "/ready").json()["redis"]["state"]
    return state


def test_a_disk_that_takes_no_more_writes_is_said_so(start_quadra: Start) -> None:
    server = start_quadra()
    with steady_senders(server) as steady:
        wait(0.4)
        let_write(server, 0)
        try:
            sample = {"samples": [{"name": "read_only", "value": 1}]}
            answer = server.post("/api/v1/samples", json=sample)
            problem(answer, 503, "storage_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert not is_ready(server)
        finally:
            let_write(server, psutil.RLIM_INFINITY)
        assert wait_until(lambda: is_ready(server), timeout=10)
        wait(0.3)
    assert steady.check() > 100


def let_write(server: QuadraServer, size: int) -> None:
    """Bound the size of files that its processes may write: at 0 every write is an error."""
    for one in (psutil.Process(server.process.pid), *server.process.children()):
        one.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


def test_without_files_left_new_connections_wait_and_nothing_is_lost(start_quadra: Start) -> None:
    server = start_quadra()
    family = (psutil.Process(server.process.pid), *server.process.children())
    before = [one.rlimit(psutil.RLIMIT_NOFILE) for one in family]
    assert 200 == server.get("/health").status_code  # over a connection that stays
    with steady_senders(server) as steady:
        wait(0.4)
        for one, (_soft, hard) in zip(family, before, strict=True):
            one.rlimit(psutil.RLIMIT_NOFILE, (one.num_fds() + 1, hard))
        waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        assert wait_until(lambda: has_no_file_left(family[0]), timeout=5)
        wait(1)
        push(server, "over_an_open_connection", 1)
        for one, limits in zip(family, before, strict=True):
            one.rlimit(psutil.RLIMIT_NOFILE, limits)
        assert wait_until(lambda: is_ready(server), timeout=10)
        wait(0.3)
        for raw in waiting:
            raw.close()
    assert all(one.is_running() for one in family)
    assert steady.check() > 100
    assert wait_until(lambda: worker_state(server) == "ok", timeout=15)


def has_no_file_left(process: psutil.Process) -> bool:
    return process.num_fds() >= process.rlimit(psutil.RLIMIT_NOFILE)[0]


def test_a_damaged_page_is_said_so_with_what_to_do(start_quadra: Start) -> None:
    server = start_quadra()
    for n in range(100):
        push(server, "whole", float(n), n=str(n))
    server.terminate()
    damage(server.folder / "data" / "quadra_matrix.db", "journal")
    with pytest.raises(ProcessEndedError, match=r"damaged: put back the newest backup"):
        server.restart()


def damage(file: Path, table: str) -> None:
    """Overwrite a page in the middle of a table with noise."""
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = database.execute("PRAGMA page_size").fetchone()
        pages = [
            row[0]
            for row in database.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", [table]
            )
        ]
    with file.open("r+b") as handle:
        handle.seek((pages[len(pages) // 2] - 1) * size)
        handle.write(b"\xa5" * size)


OUTAGE_S = float(os.environ.get("QUADRA_OUTAGE", "7"))
ONLY = namespace.why_not()
NETWORKS = [
    pytest.param("relay", id=f"relay alone ({ONLY})" if ONLY else "relay"),
    *([] if ONLY else ["namespace"]),
]


@dataclass(frozen=True, slots=True)
class Cable:
    """What lies between a worker and the database: where it leads, and how it is taken away.

    ``before`` goes before the worker's command line.
    """

    host: str
    port: int
    cut: Callable[[], None]
    mend: Callable[[], None]
    before: Sequence[str] = ()


@pytest.fixture(params=NETWORKS)
def cable(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Cable]:
    """A relay takes what is sent and hands it on to nobody; in a namespace none of it arrives."""
    if request.param == "relay":
        with Relay(postgres.port) as relay:
            yield Cable("127.0.0.1", relay.port, relay.hold, relay.let_go)
        return
    with namespace.FarMachine() as far, Relay(postgres.port, far.here) as relay:
        yield Cable(far.here, relay.port, far.cut, far.mend, far.command)


@pytest.mark.timeout(120 + 2 * OUTAGE_S)
def test_a_worker_without_network_comes_back_and_judges_what_it_missed(
    tmp_path: Path, postgres: Postgres, postgres_url: str, cable: Cable
) -> None:
    """Nothing is let through between the worker and the database, and nobody is told."""
    with Cluster(tmp_path, DATABASE_URL=postgres_url) as cluster:
        web = cluster.web()
        near, there = f"127.0.0.1:{postgres.port}/", f"{cable.host}:{cable.port}/"
        assert near in postgres_url
        settings = {**web.settings, "DATABASE_URL": postgres_url.replace(near, there)}
        worker = Worker(tmp_path, settings, cable.before)
        cluster.workers.append(worker.start())
        make_rule(web, "far_away")
        assert wait_until(lambda: worker_state(web) == "ok", timeout=15)
        with steady_senders(web) as steady:
            cable.cut()
            push(web, "far_away", 99)
            wait(OUTAGE_S)
            assert worker_state(web) != "ok"
            assert is_ready(web)
            assert [] == alerts(web, "far_away")
            cable.mend()
            assert wait_until(lambda: bool(alerts(web, "far_away", "firing")), timeout=20)
            assert wait_until(lambda: worker_state(web) == "ok", timeout=10)
        assert steady.check() > 100


def worker_state(server: QuadraServer) -> str:
    state: str = stranger(server, "GET", "/ready").json()["worker"]["state"]
    return state
