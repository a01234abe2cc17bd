"""The store at HISTORY_URL goes away, is killed, comes back: every acknowledged sample, once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from quadra.errors import StorageError
from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from tests.contract.houses import RemoteHouse
from tests.e2e.clients import stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.stores import VictoriaMetrics
from tests.unit.fakes import NOW

T0 = int(NOW * 1000)
Start = Callable[..., QuadraServer]


@pytest.fixture
def store() -> Iterator[VictoriaMetrics]:
    with VictoriaMetrics.running() as running:
        yield running


class Sender:
    """Sends requests of samples without end; knows which were acknowledged."""

    def __init__(self, server: QuadraServer) -> None:
        self.acknowledged: list[int] = []
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._began = int(time.time()) - 600

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(0.01):
            t = self._began + number * 0.05
            items = [
                {"name": "shipped", "labels": {"n": str(i)}, "value": number, "timestamp": t}
                for i in range(20)
            ]
            with suppress(requests.RequestException):  # it is being killed, too
                answer = requests.post(
                    f"{self._server.url}/api/v1/samples",
                    json={"samples": items},
                    headers={"Authorization": f"Bearer {self._server.token}"},
                    timeout=10,
                )
                if answer.status_code == 200:
                    self.acknowledged.append(number)
            number += 1


def answered(server: QuadraServer, **query: Any) -> requests.Response:
    return server.get(
        "/api/v1/history",
        params={"match": "shipped", "start": time.time() - 1200, "end": time.time(), **query},
        timeout=30,
    )


def state(server: QuadraServer) -> str:
    found: str = stranger(server, "GET", "/ready").json()["history"]["state"]
    return found


def there(store: VictoriaMetrics) -> int:
    """Count the different samples in the store itself."""
    store.show()
    query = {"query": 'shipped{n="3"}[2h]', "time": str(time.time()), "nocache": "1"}
    answer = requests.get(f"{store.url}/api/v1/query", params=query, timeout=10)
    lines = answer.json()["data"]["result"]
    return len({value for line in lines for _t, value in line["values"]})


@pytest.mark.timeout(100)
def test_a_store_that_is_killed_under_load_has_every_sample_once_in_the_end(
    start_quadra: Start, store: VictoriaMetrics
) -> None:
    server = start_quadra(HISTORY_URL=store.url)
    with Sender(server) as sender:
        assert wait_until(lambda: there(store) > 20, timeout=20)
        store.stop(signal.SIGKILL)
        assert wait_until(lambda: state(server) == "degraded", timeout=15)
        before = len(sender.acknowledged)
        assert wait_until(lambda: len(sender.acknowledged) > before + 30, timeout=10)
        store.start()
        assert wait_until(lambda: state(server) == "ok", timeout=20)
        server.kill9()  # and so is Quadra, while it catches up
        server.restart()
        before = len(sender.acknowledged)
        assert wait_until(lambda: len(sender.acknowledged) > before + 30, timeout=10)
    numbers = [float(n) for n in sender.acknowledged]
    assert wait_until(lambda: there(store) >= len(numbers), timeout=20, every=0.2)
    lines = answered(server).json()["series"]
    assert 20 == len(lines)
    for line in lines:
        assert len(line["values"]) == len(set(line["values"]))
        assert set(numbers) <= set(line["values"])


@pytest.fixture
def house(store: VictoriaMetrics, tmp_path: Path) -> Iterator[RemoteHouse]:
    database = Database(f"sqlite:///{tmp_path}/quadra.db")
    upgrade(database)
    made = RemoteHouse(database, store, "killed")
    yield made
    made.close()


def send_until_taken(house: RemoteHouse) -> None:
    """Send; where a broken connection to a store of before puts that off, once more."""
    try:
        house.send()
    except StorageError:
        house.clock.forward(61)
        house.send()


def test_what_a_killed_store_forgot_is_sent_again_before_the_spool_lets_it_go(
    house: RemoteHouse, store: VictoriaMetrics
) -> None:
    points = [(T0 + i * 1000, float(i)) for i in range(600)]
    a = 0
    for at in range(0, 600, 100):
        a = house.write("killed", points[at : at + 100])
        if at == 300:
            house.settle()
            store.stop(signal.SIGTERM)  # by then it has written down what it took
            store.start()
        else:
            send_until_taken(house)
        if at in (200, 400):
            store.stop(signal.SIGKILL)  # a moment after it has acknowledged
            store.start()
            house.write("killed", points[at : at + 100])
            with pytest.raises(StorageError):
                house.send()
            house.clock.forward(60)
    house.settle()
    assert points == house.points(a)
    counts = house.steps(a, T0, T0 + 599_999, 10_000, "count")
    assert [10.0] * 60 == [v for _t, v in counts]


def test_while_the_store_is_away_the_past_is_refused_and_the_present_answered(
    house: RemoteHouse, store: VictoriaMetrics
) -> None:
    a = house.write("away", [(T0, 1.0)])
    house.settle()
    store.stop(signal.SIGTERM)
    house.write("away", [(T0 + 60_000, 2.0)])
    for _ in range(3):
        with pytest.raises(StorageError, match="HISTORY_URL"):
            house.send()
        house.clock.forward(61)
    assert [(T0 + 60_000, 2.0)] == house.points(a, T0 + 1)
    with pytest.raises(StorageError, match="HISTORY_URL"):
        house.points(a)
    assert "can't connect" in house.shipments.look().trouble
    store.start()
    house.clock.forward(61)
    house.settle()
    assert "" == house.shipments.look().trouble
    assert [(T0, 1.0), (T0 + 60_000, 2.0)] == house.points(a)
