"""Quadra as a process, with its past in a store elsewhere, on each kind of event loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from tests.contract.houses import RemoteHouse
from tests.e2e.clients import stranger
from tests.servers.process import free_port
from tests.servers.quadra import QuadraServer
from tests.servers.stores import VictoriaMetrics

DAY_S = 86_400


@pytest.fixture(scope="module")
def store() -> Iterator[VictoriaMetrics]:
    with VictoriaMetrics.running() as running:
        yield running


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_the_past_is_read_from_the_store(store: VictoriaMetrics, tmp_path: Path, mode: str) -> None:
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path}/data/quadra_matrix.db")
    upgrade(database)
    house = RemoteHouse(database, store, mode)
    start = (int(time.time()) - DAY_S) // 60 * 60
    house.clock.now = float(start)
    house.write("yesterday", [(1000 * (start + i), float(i)) for i in range(600)])
    house.settle()
    house.close()
    with QuadraServer(
        folder=tmp_path, ASYNC_MODE=mode, HISTORY_URL=store.url, RATELIMIT_ENABLED="false"
    ) as server:
        query = {"match": "yesterday", "start": start, "end": start + 599}
        (raw,) = server.get("/api/v1/history", params=query).json()["series"]
        assert [float(i) for i in range(600)] == raw["values"]
        for agg, expected in (("avg", 29.5), ("count", 60.0), ("last", 59.0), ("rate", 1.0)):
            stepped = server.get("/api/v1/history", params={**query, "step": "60s", "agg": agg})
            (line,) = stepped.json()["series"]
            assert [start + 60 * i for i in range(10)] == line["timestamps"]
            assert expected == line["values"][0]
        assert "ok" == stranger(server, "GET", "/ready").json()["history"]["state"]
        exposition = server.get("/metrics").text
        assert "quadra_matrix_history_refused_samples 0.0" in exposition
        assert "quadra_matrix_history_spool_samples" in exposition


def test_a_store_that_never_was_there_costs_no_sample_and_shows_no_secret(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    server = start_quadra(HISTORY_URL=f"http://me:hunter2@{nowhere}", HISTORY_TENANT="team-a")
    sample = {"samples": [{"name": "present", "value": 1}]}
    assert 200 == server.post("/api/v1/samples", json=sample).status_code
    (line,) = server.get("/api/v1/history", params={"match": "present"}).json()["series"]
    assert [1.0] == line["values"]
    shown = server.cli("config", "show").stdout
    assert f"HISTORY_URL=http://********@{nowhere}" in shown
    assert "hunter2" not in shown + server.output()
