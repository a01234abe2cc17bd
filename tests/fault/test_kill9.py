"""Killed without warning, again and again: what was acknowledged is there, and is there once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]


def body(first: int, count: int, name: str = "survivor") -> bytes:
    """Make a request of samples whose values are all different."""
    t = int(time.time()) - 60
    items = [
        {"name": name, "labels": {"n": str(i % 50)}, "value": i, "timestamp": t + i // 50 / 1000}
        for i in range(first, first + count)
    ]
    return json.dumps({"samples": items}).encode()


def post(server: QuadraServer, data: bytes, timeout: float = 10) -> bool:
    """Send; say whether it was acknowledged."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"}
    try:
        url = f"{server.url}/api/v1/samples"
        return requests.post(url, data=data, headers=headers, timeout=timeout).status_code == 200
    except requests.RequestException:
        return False


def values(server: QuadraServer, name: str = "survivor") -> list[float]:
    """Read back every value that is stored."""
    query: dict[str, Any] = {"match": name, "start": time.time() - 600, "end": time.time() + 60}
    answer = server.get("/api/v1/history", params=query, timeout=30)
    assert 200 == answer.status_code, answer.text
    return [value for line in answer.json()["series"] for value in line["values"]]


def test_ten_kills_during_ten_requests_lose_nothing_that_was_acknowledged(
    start_quadra: Start,
) -> None:
    server = start_quadra()
    requests_of = [body(1000 * i, 1000) for i in range(10)]
    chance = random.Random(2)
    acknowledged: set[int] = set()
    for number, data in enumerate(requests_of):
        said: list[bool] = []
        sender = threading.Thread(
            target=lambda data=data, said=said: said.append(post(server, data))
        )
        sender.start()
        sender.join(chance.uniform(0, 0.03))
        server.kill9()
        sender.join(20)
        if said[0]:
            acknowledged |= set(range(1000 * number, 1000 * number + 1000))
        server.restart()
        # Whoever got no answer sends the same again, as any sender would.
        if not said[0]:
            assert post(server, data)
            acknowledged |= set(range(1000 * number, 1000 * number + 1000))
        stored = values(server)
        assert len(stored) == len(set(stored)), "a sample is there twice"
        assert acknowledged <= {int(value) for value in stored}
    assert sorted(range(10_000)) == sorted(int(value) for value in values(server))


def test_a_request_that_was_not_acknowledged_is_there_whole_or_not_at_all(
    start_quadra: Start,
) -> None:
    server = start_quadra()
    chance = random.Random(3)
    for number in range(4):
        name = f"whole_{number}"
        data = body(0, 5_000, name)
        sender = threading.Thread(target=post, args=(server, data))
        sender.start()
        sender.join(chance.uniform(0.005, 0.05))
        server.kill9()
        sender.join(20)
        server.restart()
        assert len(values(server, name)) in (0, 5_000)
