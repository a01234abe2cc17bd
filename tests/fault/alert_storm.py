"""A storm of alerts to a webhook, and what came of it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tests.servers.cluster import Cluster
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver, Post, Reply

CHANNEL = "hook"
A_GROUP = 10


@dataclass(frozen=True)
class Tally:
    """What a receiver got of the alerts of one storm.

    ``again`` counts messages of which every page had come before, ``twice`` alerts that came in
    more than one message.
    """

    alerts: int
    delivered: int
    messages: int
    again: int
    twice: int
    kills: int = 0

    def __str__(self) -> str:
        return json.dumps(asdict(self))


class Storm:
    """Breaches of a rule, group by group, in waves."""

    def __init__(self, server: QuadraServer, hook: HttpReceiver, name: str) -> None:
        self._server, self._hook, self.name = server, hook, name
        self.sent = 0
        rule = {
            "name": name,
            "selector": name,
            "op": ">",
            "threshold": 10,
            "group_by": ["rule", "group"],
            "group_wait": "1s",
            "repeat_interval": "0s",
            "channels": [CHANNEL],
        }
        made = server.post("/api/v1/alert-rules", json=rule)
        assert 201 == made.status_code, made.text

    def wave(self, alerts: int) -> None:
        """Let so many series breach, ten a group."""
        now = round(time.time(), 3)
        series = [
            {
                "name": self.name,
                "labels": {"group": str(n // A_GROUP), "n": str(n)},
                "timestamps": [now],
                "values": [99.0],
            }
            for n in range(self.sent, self.sent + alerts)
        ]
        answer = self._server.post("/api/v1/samples", json={"series": series}, timeout=30)
        assert 200 == answer.status_code, answer.text
        self.sent += alerts

    def tally(self, kills: int = 0) -> Tally:
        """Count what has come."""
        seen: set[str] = set()
        came: Counter[str] = Counter()
        messages = again = 0
        for pages, alerts in self._messages():
            messages += 1
            again += pages <= seen
            seen |= pages
            came.update(alerts)
        twice = sum(count - 1 for count in came.values())
        return Tally(self.sent, len(came), messages, again, twice, kills)

    def _messages(self) -> Iterator[tuple[set[str], list[str]]]:
        for post in list(self._hook.posts):
            document = post.json
            alerts = [one["fingerprint"] for one in document["alerts"] if one["rule"] == self.name]
            if alerts and document["status"] == "firing":
                yield set(document.get("deliveries", [document["delivery_id"]])), alerts

    def wait(self, timeout: float) -> Tally:
        """Wait until all have come, and for a little longer, for what comes again."""
        wait_until(lambda: self.tally().delivered == self.sent, timeout=timeout, every=0.5)
        return self.tally()


class Killer:
    """Kills workers: one at random, or all at the very moment at which a page has arrived."""

    def __init__(self, cluster: Cluster, hook: HttpReceiver, seed: int) -> None:
        self._cluster = cluster
        self._chance = random.Random(seed)
        self._armed = threading.Event()
        self._arrived = threading.Event()
        self.kills = 0
        hook.reply = self._reply

    def kill_one(self) -> None:
        """Kill a worker and start it anew."""
        worker = self._chance.choice(self._cluster.workers)
        worker.kill9()
        worker.start()
        self.kills += 1

    def kill_at_arrival(self, timeout: float) -> None:
        """Kill all when the next page is taken, before anybody can note it; start them anew."""
        self._arrived.clear()
        self._armed.set()
        if self._arrived.wait(timeout):
            # By the thread that lives on: the kernel ends a child with the thread that made it.
            for worker in self._cluster.workers:
                worker.start()
        self._armed.clear()

    def rest(self, least: float, most: float) -> None:
        """Let some time pass."""
        threading.Event().wait(self._chance.uniform(least, most))

    def _reply(self, _post: Post) -> Reply:
        if self._armed.is_set():
            self._armed.clear()
            for worker in self._cluster.workers:
                worker.kill9()
                self.kills += 1
            self._arrived.set()
        return Reply()
