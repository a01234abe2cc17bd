"""Consoles are told of each happening once, in order, also after an outage."""

from __future__ import annotations

import threading
from typing import Any

from quadra.engine.alerting import AlertQuestion, Happening, Page
from quadra.engine.happenings import HappeningFeed
from quadra.errors import StorageError
from tests.unit.fakes import ThreadRuntime


class Store:
    def __init__(self) -> None:
        self.rows: list[Happening] = []
        self.broken = False

    def add(self, kind: str = "alert") -> None:
        number = len(self.rows) + 1
        self.rows.append(Happening(number, kind, {"id": number}))

    def newest(self) -> int:
        return len(self.rows)

    def after(self, happening_id: int, limit: int) -> list[Happening]:
        if self.broken:
            raise StorageError("gone")
        return self.rows[happening_id : happening_id + min(limit, 2)]


class Alerts:
    def firing(self) -> dict[str, int]:
        return {"critical": 3}

    def alerts(self, question: AlertQuestion) -> Page:
        raise NotImplementedError

    def alert(self, alert_id: int) -> Any:
        raise NotImplementedError

    def history(self, question: AlertQuestion) -> Page:
        raise NotImplementedError

    def acknowledge(self, alert_id: int, by: str, now: float) -> Any:
        raise NotImplementedError


def test_what_is_new_is_told_once_and_in_order() -> None:
    store = Store()
    store.add()
    told: list[tuple[str, int]] = []
    counted: list[dict[str, int]] = []
    came = threading.Event()

    def tell(kind: str, document: dict[str, Any]) -> None:
        told.append((kind, document["id"]))
        if document["id"] == 7:
            came.set()

    feed = HappeningFeed(store, Alerts(), ThreadRuntime(), tell, counted.append)
    feed.start()
    for _ in range(4):
        store.add()
    store.broken = True
    feed.wake()
    store.add("anomaly")
    store.add()
    store.broken = False
    feed.wake()
    assert came.wait(10)
    kinds = ["alert"] * 4 + ["anomaly", "alert"]
    assert list(zip(kinds, range(2, 8), strict=True)) == told
    assert {"critical": 3} in counted
