"""Postgres goes away and comes back: an answer meanwhile, and well again by itself."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.clients import history, live, problem, push, stranger
from tests.servers.postgres import Postgres
from tests.servers.process import free_port, wait_until
from tests.servers.quadra import QuadraServer, run_app


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_without_postgres_requests_are_answered_503_and_with_it_all_goes_on(
    start_quadra: Callable[..., QuadraServer],
    postgres: Postgres,
    postgres_url: str,
    how: signal.Signals,
) -> None:
    server = start_quadra(DATABASE_URL=postgres_url)
    push(server, "outage", 1)
    sample = {"samples": [{"name": "outage", "value": 2}]}
    with live(server) as console:
        console.subscribe("outage")
        postgres.stop(how)
        try:
            for _ in range(3):
                answer = server.post("/api/v1/samples", json=sample, timeout=20)
                problem(answer, 503, "storage_unavailable")
                assert int(answer.headers["Retry-After"]) > 0
                assert "password" not in answer.text
            problem(
                server.get("/api/v1/history", params={"match": "outage"}, timeout=20),
                503,
                "storage_unavailable",
            )
            assert 503 == stranger(server, "GET", "/ready", timeout=20).status_code
            assert 200 == stranger(server, "GET", "/health").status_code
        finally:
            postgres.start()
        assert wait_until(
            lambda: server.post("/api/v1/samples", json=sample).status_code == 200,
            timeout=20,
            every=0.1,
        )
        console.samples_until(2.0)
    assert wait_until(lambda: stranger(server, "GET", "/ready").status_code == 200, timeout=10)
    assert {1.0, 2.0} == {v for line in history(server, "outage") for v in line["values"]}


def test_a_postgres_that_is_not_there_at_the_start_is_named_in_one_line(tmp_path: Path) -> None:
    ended = run_app(
        DATABASE_URL=f"postgresql://me:hunter2@127.0.0.1:{free_port()}/x",
        PORT=str(free_port()),
        DATA_DIR=str(tmp_path / "data"),
        LOGS_DIR=str(tmp_path / "logs"),
    )
    assert 2 == ended.returncode
    assert 1 == len(ended.stderr.splitlines())
    assert ended.stderr.startswith("quadra: DATABASE_URL")
    assert "hunter2" not in ended.stderr
