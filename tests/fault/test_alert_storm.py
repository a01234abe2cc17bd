"""Two workers, many alerts, kill -9 again and again: every alert is told, hardly any twice.

QUADRA_KILLS=100 makes it the long form: 10,000 alerts in 1,000 groups.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fault.alert_storm import CHANNEL, Killer, Storm
from tests.servers.cluster import Cluster
from tests.servers.receivers import HttpReceiver

KILLS = int(os.environ.get("QUADRA_KILLS", "4"))
A_KILL = 100
ARRIVAL_EVERY = 4


@pytest.mark.timeout(60 + 8 * KILLS)
def test_every_alert_of_a_storm_is_told_whoever_is_killed(tmp_path: Path) -> None:
    with Cluster(tmp_path, WEBHOOK_ALLOW_PRIVATE="true") as cluster, HttpReceiver() as hook:
        web = cluster.web()
        for _ in range(2):
            cluster.worker()
        wish = {"name": CHANNEL, "kind": "webhook", "url": hook.url}
        assert 201 == web.post("/api/v1/channels", json=wish).status_code

        calm = Storm(web, hook, "calm")
        for _ in range(KILLS):
            calm.wave(A_KILL)
        health = calm.wait(120)
        print(f"in health: {health}")  # noqa: T201 - the figures of the long form
        assert (health.alerts, 0, 0) == (health.delivered, health.again, health.twice)

        wild = Storm(web, hook, "wild")
        killer = Killer(cluster, hook, seed=KILLS)
        for number in range(KILLS):
            wild.wave(A_KILL)
            if number % ARRIVAL_EVERY == ARRIVAL_EVERY - 1:
                killer.kill_at_arrival(20)
            else:
                killer.rest(0.0, 1.5)
                killer.kill_one()
            killer.rest(0.0, 4.0 if KILLS > ARRIVAL_EVERY else 0.0)
        wild.wait(180)
        killer.rest(12, 12)  # what is sent again comes within this
        told = wild.tally(killer.kills)
        print(f"killed: {told}")  # noqa: T201 - the figures of the long form
        assert told.alerts == told.delivered
        assert told.again <= killer.kills
