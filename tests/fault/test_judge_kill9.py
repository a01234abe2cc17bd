"""The worker that judges is killed without warning: no timer is lost, no page repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import psutil

from tests.e2e.clients import push
from tests.e2e.test_alerts import ALERTS, alerts, make_rule
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]
KILLS = 3


def kill_worker(server: QuadraServer) -> None:
    for child in server.process.children():
        if "--child" in child.cmdline():
            child.kill()
            psutil.wait_procs([child], timeout=5)


def test_alerts_survive_the_death_of_their_judge_at_any_moment(start_quadra: Start) -> None:
    server = start_quadra()
    make_rule(server, "shot_at")
    make_rule(server, "slowly", selector="shot_at", **{"for": "3s"})
    chance = random.Random(5)
    for number in range(KILLS):
        push(server, "shot_at", 99, n=str(number))
        time.sleep(chance.uniform(0, 0.06))  # the kill comes when it comes
        kill_worker(server)

    def again() -> bool:
        """Say whether all fire; samples go on coming, as they do."""
        for number in range(KILLS):
            push(server, "shot_at", 99, n=str(number))
        return all(len(alerts(server, rule, "firing")) == KILLS for rule in ("shot_at", "slowly"))

    assert wait_until(again, timeout=30)
    for rule in ("shot_at", "slowly"):
        events = server.get(f"{ALERTS}/history", params={"rule": rule, "limit": 1_000}).json()
        found = [(event["kind"], event["alert"]["id"]) for event in events["events"]]
        assert sorted(set(found)) == sorted(found), "something was told or happened twice"
        # There is no channel: each page is made once, and found to have nobody to go to.
        assert KILLS == sum(kind in {"paged", "nobody_told"} for kind, _alert in found)
        assert [1] * KILLS == [alert["pages"] for alert in alerts(server, rule)]


def test_a_breach_while_nobody_judges_is_not_lost(start_quadra: Start) -> None:
    """It was over before the judge came back: it is told all the same."""
    server = start_quadra()
    make_rule(server, "meanwhile")
    push(server, "meanwhile", 1)
    kill_worker(server)
    push(server, "meanwhile", 99)
    push(server, "meanwhile", 1)
    wait_until(lambda: bool(alerts(server, "meanwhile", "resolved")), timeout=20)
    (alert,) = alerts(server, "meanwhile", "resolved")
    assert 1 == alert["pages"]
