"""Senders that never give up: what got no answer is sent again as it was, until it is taken."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.servers.quadra import QuadraServer
from tests.unit.otlp_messages import DELTA, metric, point, request
from tests.unit.remote_write_messages import message1, snappy

SERIES = 20
TIMES = 5  # samples of each series in a request
PAUSE_S = 0.01
AGAIN_AFTER_S = 0.03

Request = tuple[str, str, bytes]
Stored = dict[tuple[str, int], float]


def _samples(name: str, number: int, base: int) -> Stored:
    """Give what request ``number`` brings: values that no other request has."""
    first = number * TIMES
    return {
        (f"{name}_{n}", base + first + i): float((first + i) * SERIES + n)
        for n in range(SERIES)
        for i in range(TIMES)
    }


def _json(samples: Stored) -> Request:
    items = [{"name": n, "value": v, "timestamp": t / 1000} for (n, t), v in samples.items()]
    return "/api/v1/samples", "application/json", json.dumps({"samples": items}).encode()


def _remote_write(samples: Stored) -> Request:
    lines: dict[str, list[tuple[int, float]]] = {}
    for (name, t), v in samples.items():
        lines.setdefault(name, []).append((t, v))
    message = message1(*(({"__name__": name}, line) for name, line in lines.items()))
    body = snappy(message.SerializeToString())
    return "/prometheus/api/v1/write", "application/x-protobuf", body


FORMS: dict[str, Callable[[Stored], Request]] = {"json": _json, "remote_write": _remote_write}


class Steady:
    """Threads of a sender of each form, and one that counts by differences (OTLP)."""

    def __init__(self, server: QuadraServer, prefix: str = "steady", threads: int = 2) -> None:
        self.server = server
        self.prefix = prefix
        self.base = int(time.time() - 3_600) * 1000
        self.acknowledged: dict[str, Stored] = {}
        self.counted = 0
        self.refused: list[str] = []
        self.retries = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(f"{prefix}_{form}_{i}", FORMS[form]))
            for form in FORMS
            for i in range(threads)
        ]
        self._threads.append(threading.Thread(target=self._count))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing new; what is under way still goes on until it is taken."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender never got through"

    def _send(self, name: str, form: Callable[[Stored], Request]) -> None:
        mine = self.acknowledged.setdefault(name, {})
        number = 0
        while not self._stop.wait(PAUSE_S):
            samples = _samples(name, number, self.base)
            if not self._until_taken(form(samples)):
                return
            mine.update(samples)
            number += 1

    def _count(self) -> None:
        while not self._stop.wait(PAUSE_S):
            made = request(service__name=self.prefix)
            total = metric(made, f"{self.prefix}_differences").sum
            total.is_monotonic, total.aggregation_temporality = True, DELTA
            at = (self.base + self.counted) * 1_000_000
            point(total.data_points, as_int=1, start_time_unix_nano=at - 1, time_unix_nano=at)
            body = made.SerializeToString()
            if not self._until_taken(("/otlp/v1/metrics", "application/x-protobuf", body)):
                return
            self.counted += 1

    def _until_taken(self, what: Request) -> bool:
        path, kind, body = what
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self.server.token}"}
        while True:
            try:
                answer = requests.post(
                    self.server.url + path, data=body, headers=headers, timeout=10
                )
            except requests.RequestException:
                pass
            else:
                if answer.status_code < 300:
                    return True
                if answer.status_code < 500:
                    self.refused.append(answer.text)
                    return False
            self.retries += 1
            threading.Event().wait(AGAIN_AFTER_S)

    def check(self) -> int:
        """Hold every acknowledged sample to be there exactly once; give how many there are."""
        assert [] == self.refused
        found = 0
        for name, expected in self.acknowledged.items():
            stored = list(_stored(self.server, f'{{__name__=~"{name}_[0-9]+"}}'))
            assert len(stored) == len({place for place, _v in stored}), "a sample is there twice"
            assert expected == dict(stored)
            found += len(stored)
        counts = [v for _place, v in _stored(self.server, f"{self.prefix}_differences_total")]
        assert list(range(1, self.counted + 1)) == counts, "a difference was lost or added twice"
        return found + self.counted


def _stored(server: QuadraServer, match: str) -> Iterator[tuple[tuple[str, int], float]]:
    query: dict[str, Any] = {"match": match, "start": time.time() - 7_200, "end": time.time()}
    answer = server.get("/api/v1/history", params=query, timeout=60)
    assert 200 == answer.status_code, answer.text
    for line in answer.json()["series"]:
        for t, v in zip(line["timestamps"], line["values"], strict=True):
            yield (line["name"], round(t * 1000)), v


@contextmanager
def steady_senders(server: QuadraServer, prefix: str = "steady") -> Iterator[Steady]:
    """Send while the block lasts; ``prefix`` begins the names of what is sent."""
    steady = Steady(server, prefix)
    steady.start()
    try:
        yield steady
    finally:
        steady.stop()
