"""A store in Mimir's manner: a path in front, another one for writing, a tenant demanded.

Mimir itself is not to be had here; behind the relay stands a real VictoriaMetrics.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quadra.errors import StorageError
from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from quadra.storage.prometheus.address import parse_address
from tests.contract.houses import RemoteHouse
from tests.servers.stores import PrometheusStore
from tests.unit.fakes import NOW

T0 = int(NOW // 60 * 60_000)
TENANT = "team-a"
WRITES = "/api/v1/push"
ASKS = "/prometheus"


class Relay(ThreadingHTTPServer):
    """Passes on what a tenant sends, as Mimir's addresses lie."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = port
        self.refused = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.path.removeprefix(ASKS)
        if self.path == WRITES:
            path = "/api/v1/write"
        elif path == self.path:
            self.answer(404, b"")
            return
        if self.headers["X-Scope-OrgID"] != TENANT:
            self.server.refused += 1
            self.answer(401, b"no org id")
            return
        with closing(HTTPConnection("127.0.0.1", self.server.behind, timeout=20)) as behind:
            kinds = ("Content-Type", "Content-Encoding")
            headers = {kind: self.headers[kind] for kind in kinds if kind in self.headers}
            behind.request("POST", path, body, headers)
            found = behind.getresponse()
            self.answer(found.status, found.read())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def relay(victoria_metrics: PrometheusStore) -> Iterator[Relay]:
    with closing(Relay(victoria_metrics.port)) as made:
        yield made


def house_of(tenant: str, folder: Path, store: PrometheusStore, relay: Relay) -> RemoteHouse:
    database = Database(f"sqlite:///{folder}/quadra.db")
    assert upgrade(database)
    front = f"http://127.0.0.1:{relay.server_port}"
    return RemoteHouse(
        database,
        store,
        f"behind {tenant}",
        asks=parse_address(front + ASKS, tenant=tenant),
        writes=(parse_address(front, tenant=tenant), WRITES),
    )


def test_samples_go_and_come_back_below_a_path_with_a_tenant(
    tmp_path: Path, victoria_metrics: PrometheusStore, relay: Relay
) -> None:
    with closing(house_of(TENANT, tmp_path, victoria_metrics, relay)) as house:
        points = [(T0 + i * 1000, float(i)) for i in range(300)]
        a = house.write("a", points)
        house.settle()
        assert points == house.points(a)
        house.clock.forward(3_600)
        assert [60.0] * 5 == [v for _t, v in house.steps(a, T0, T0 + 299_999, 60_000, "count")]
    assert 0 == relay.refused


def test_without_the_right_tenant_nothing_goes_and_nothing_is_lost(
    tmp_path: Path, victoria_metrics: PrometheusStore, relay: Relay
) -> None:
    with closing(house_of("nobody", tmp_path, victoria_metrics, relay)) as house:
        a = house.write("a", [(T0, 1.0)])
        with pytest.raises(StorageError, match="401"):
            house.send()
        assert 1 == len(house.journal.since(0, 10))
        assert [(T0, 1.0)] == house.points(a, start=T0, end=T0)
    assert relay.refused
