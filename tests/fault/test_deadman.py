"""Quadra stops evaluating, and somebody is told."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.e2e.clients import stranger
from tests.servers.cluster import Cluster
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver


def test_a_worker_that_hangs_is_told_of_once_and_its_return_too(tmp_path: Path) -> None:
    """One of its own, which nobody starts again; a child that hangs is back before that is news."""
    settings = {"WEBHOOK_ALLOW_PRIVATE": "true", "DEADMAN_AFTER": "10s"}
    with Cluster(tmp_path, **settings) as cluster, HttpReceiver() as hook:
        server, worker = cluster.web(), cluster.worker()
        assert wait_until(lambda: beat(server) == 200, timeout=30)
        wish = {"name": "ops", "kind": "webhook", "url": hook.url, "secret": "s"}
        assert 201 == server.post("/api/v1/channels", json=wish).status_code
        worker.send(signal.SIGSTOP)
        try:
            stopped = time.time()
            (gone,) = hook.wait(1, timeout=40)
            assert 8 < gone.at - stopped < 30
            assert "firing" == gone.json["status"]
            assert "Quadra has stopped evaluating" == gone.json["alerts"][0]["rule"]
            assert "X-Quadra-Signature" in gone.headers
            assert 503 == beat(server)
        finally:
            worker.send(signal.SIGCONT)
        posts = hook.wait(2, timeout=30)
        assert ["firing", "resolved"] == [post.json["status"] for post in posts]
        assert wait_until(lambda: beat(server) == 200, timeout=10)


def beat(server: QuadraServer) -> int:
    return stranger(server, "GET", "/api/v1/heartbeat").status_code
