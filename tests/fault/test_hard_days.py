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
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.e2e.clients import history, problem, push, stranger
from tests.e2e.test_alerts import alerts, make_rule
from tests.fault.steady_senders import steady_senders
from tests.servers import namespace
from tests.servers.cluster import Cluster, Worker
from tests.servers.postgres import Postgres
from tests.servers.process import ProcessEndedError, wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.redis import redis_server
from tests.servers.relay import Relay

Start = Callable[..., QuadraServer]
LOCKED_FOR_AT_MOST_S = 14.0  # given up after 10, with all who waited behind
ANSWERS_WITHIN_S = 20.0  # given up after 12, with all who waited behind


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)  # faults take their time


def is_ready(server: QuadraServer) -> bool:
    return stranger(server, "GET", "/ready").status_code == 200


def test_a_server_that_is_paused_goes_on_where_it_was(start_quadra: Start) -> None:
    server = start_quadra()
    with steady_senders(server) as steady:
        wait(0.5)
        server.process.send(signal.SIGSTOP)
        wait(1.5)
        server.process.send(signal.SIGCONT)
        wait(0.5)
    assert steady.check() > 100
    assert is_ready(server)


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
                began = time.monotonic()
                sample = {"samples": [{"name": "hung", "value": 1}]}
                answer = server.post("/api/v1/samples", json=sample, timeout=60)
                assert time.monotonic() - began < ANSWERS_WITHIN_S
                problem(answer, 503, "storage_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
                assert 200 == stranger(server, "GET", "/health", timeout=2).status_code
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


def test_a_worker_that_is_paused_within_a_write_holds_up_writing_alone(tmp_path: Path) -> None:
    """SQLite has one lock for all who write, and whoever is paused keeps it."""
    with Cluster(tmp_path) as cluster:
        web = cluster.web()
        worker = cluster.worker()
        for number in range(20):
            make_rule(web, f"rule {number}", selector="busy")
        assert wait_until(lambda: worker_state(web) == "ok", timeout=15)
        with steady_senders(web) as steady:
            pause(worker.send, database_of(web), within_a_write=True)
            try:
                began = time.monotonic()
                sample = {"samples": [{"name": "locked_out", "value": 1}]}
                answer = web.post("/api/v1/samples", json=sample, timeout=60)
                assert time.monotonic() - began < LOCKED_FOR_AT_MOST_S
                assert "is paused" in problem(answer, 503, "storage_unavailable")["detail"]
                assert int(answer.headers["Retry-After"]) > 0
                assert 200 == stranger(web, "GET", "/health", timeout=2).status_code
                ready = stranger(web, "GET", "/ready", timeout=8)
                assert (503, "down") == (ready.status_code, ready.json()["database"]["state"])
                steps = web.get("/api/v1/history", params={"match": "steady_json_0_1"}, timeout=5)
                assert 200 == steps.status_code
            finally:
                worker.send(signal.SIGCONT)
            assert wait_until(lambda: is_ready(web), timeout=10)
            assert wait_until(lambda: worker_state(web) == "ok", timeout=10)
        assert steady.check() > 100


def test_a_child_that_is_paused_within_a_write_is_ended_before_anybody_is_refused(
    start_quadra: Start,
) -> None:
    server = start_quadra()
    make_rule(server, "busy")
    assert wait_until(lambda: worker_state(server) == "ok", timeout=15)
    (child,) = (one for one in server.process.children() if "--child" in one.cmdline())
    with steady_senders(server) as steady:
        pause(child.send_signal, database_of(server), within_a_write=True)
        push(server, "in_the_end", 1)  # held up, and taken
        assert not child.is_running()
        assert wait_until(lambda: worker_state(server) == "ok", timeout=15)
    assert steady.check() > 100


def pause(send: Callable[[signal.Signals], None], file: Path, *, within_a_write: bool) -> None:
    """Pause a process that has the lock of the database, or one that has not."""
    until = time.monotonic() + 30
    with sqlite3.connect(file, timeout=0.05, isolation_level=None) as probe:
        while time.monotonic() < until:
            send(signal.SIGSTOP)
            # Others have it for a moment only.
            if all(_is_locked(probe) for _ in range(4)) is within_a_write:
                return
            send(signal.SIGCONT)
            wait(0.003)
    raise AssertionError("it was never caught so")


def database_of(server: QuadraServer) -> Path:
    return Path(server.settings["DATA_DIR"]) / "quadra_matrix.db"


def _is_locked(probe: sqlite3.Connection) -> bool:
    try:
        probe.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    probe.execute("ROLLBACK")
    return False


def test_a_serving_process_that_is_paused_leaves_all_to_the_others(tmp_path: Path) -> None:
    with Cluster(tmp_path, SCRAPE_ALLOW_PRIVATE="true") as cluster:
        first, second = cluster.web(), cluster.web()
        cluster.worker()
        made = {"url": f"{second.url}/metrics", "job": "second", "interval": 1, "timeout": 0.9}
        assert 201 == first.post("/api/v1/targets", json=made).status_code
        assert wait_until(lambda: bool(ups(second)), timeout=15)
        with steady_senders(second) as steady, steady_senders(first, prefix="first") as waiting:
            pause(first.process.send, database_of(first), within_a_write=False)
            try:
                stopped_at = time.time()
                assert is_ready(second)
                assert wait_until(lambda: max(ups(second)) > stopped_at + 1, timeout=15)
                wait(1)
            finally:
                first.process.send(signal.SIGCONT)
            assert wait_until(lambda: is_ready(first), timeout=10)
        assert steady.check() > 100
        assert waiting.check() > 100


def ups(server: QuadraServer) -> list[float]:
    """Give when the target was scraped; one of the two does it for both."""
    found = history(server, 'up{job="second"}')
    return [t for line in found for t in line["timestamps"]]


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
