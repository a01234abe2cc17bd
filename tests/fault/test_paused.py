"""Who is paused (SIGSTOP): others take over, and whoever goes on later does no harm."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.clients import history, problem, push, stranger
from tests.e2e.test_alerts import make_rule
from tests.fault.steady_senders import steady_senders
from tests.fault.test_hard_days import is_ready, wait, worker_state
from tests.servers.cluster import Cluster
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]
LOCKED_FOR_AT_MOST_S = 14.0  # given up after 10, with all who waited behind


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
                with Stopwatch(web.process.pid) as watch:
                    sample = {"samples": [{"name": "locked_out", "value": 1}]}
                    answer = web.post("/api/v1/samples", json=sample, timeout=60)
                assert watch.seconds < LOCKED_FOR_AT_MOST_S
                assert "is paused" in problem(answer, 503, "storage_unavailable")["detail"]
                assert int(answer.headers["Retry-After"]) > 0
                with Stopwatch(web.process.pid) as watch:
                    assert 200 == stranger(web, "GET", "/health").status_code
                assert watch.seconds < 2
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
