"""What is unusual is found live, kept, listed, judged by people, and found after a restart."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from tests.e2e.clients import live, problem
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

ANOMALIES = "/api/v1/anomalies"


def send_usual(server: QuadraServer, name: str, minutes: int = 40) -> float:
    """Send a calm past at a sample a second; gives the time of its last sample."""
    now = math.floor(time.time())
    times = [now - minutes * 60 + i for i in range(minutes * 60)]
    values = [20 + math.sin(i / 20) + 0.3 * ((i * 7919) % 13) / 13 for i in range(len(times))]
    series = [{"name": name, "labels": {"of": "x"}, "timestamps": times, "values": values}]
    assert 200 == server.post("/api/v1/samples", json={"series": series}).status_code
    return float(times[-1])


def send(server: QuadraServer, name: str, t: float, values: list[float]) -> None:
    times = [t + 1 + i for i in range(len(values))]
    series = [{"name": name, "labels": {"of": "x"}, "timestamps": times, "values": values}]
    assert 200 == server.post("/api/v1/samples", json={"series": series}).status_code


def found(server: QuadraServer, name: str, **query: Any) -> list[dict[str, Any]]:
    answer = server.get(ANOMALIES, params={"metric": name, **query}).json()
    listed: list[dict[str, Any]] = answer["anomalies"]
    return listed


@pytest.fixture(scope="module")
def odd(server: QuadraServer) -> dict[str, Any]:
    """Let a calm series jump, and give the anomaly that follows."""
    last = send_usual(server, "odd_latency_seconds")
    assert wait_until(lambda: judged_up_to_date(server), timeout=30)
    with live(server) as console:
        assert console.subscribe(events=["anomalies"])["ok"]
        send(server, "odd_latency_seconds", last, [60.0] * 20)
        while (told := console.wait_for("anomaly"))["metric"] != "odd_latency_seconds":
            pass
    assert wait_until(lambda: found(server, "odd_latency_seconds") != [], timeout=10)
    anomaly = found(server, "odd_latency_seconds")[0]
    assert told["id"] == anomaly["id"]
    return anomaly


def test_a_jump_is_told_with_all_that_is_known_of_it(odd: dict[str, Any]) -> None:
    assert ("odd_latency_seconds", {"of": "x"}) == (odd["metric"], odd["labels"])
    low, high = odd["expected_range"]
    assert low < 22
    assert high < 60 == odd["peak"]
    assert odd["severity"] in {"low", "medium", "high", "critical"}
    assert 0 < odd["confidence"] <= 100
    assert odd["reason"]
    assert odd["detector"]
    assert odd["ended_at"] is None or odd["ended_at"] >= odd["started_at"]


def test_anomalies_are_filtered(server: QuadraServer, odd: dict[str, Any]) -> None:
    name, number = odd["metric"], odd["id"]
    assert [number] == [one["id"] for one in found(server, name, severity=odd["severity"])]
    assert [number] == [one["id"] for one in found(server, name, series=odd["series"])]
    assert [] == found(server, name, end=odd["started_at"] - 10)
    assert [] == found(server, "another")
    problem(server.get(ANOMALIES, params={"state": "odd"}), 422, "invalid")


def test_people_say_whether_it_was_one(server: QuadraServer, odd: dict[str, Any]) -> None:
    path = f"{ANOMALIES}/{odd['id']}/feedback"
    problem(server.post(path, json={"verdict": "maybe"}), 422, "invalid")
    said = server.post(path, json={"verdict": "right", "by": "ann"}).json()
    assert ("right", "ann") == (said["verdict"], said["judged_by"])
    feedback = server.get(ANOMALIES).json()["feedback"]
    assert (1, 0, 1.0) == (feedback["right"], feedback["wrong"], feedback["precision"])
    problem(server.post(f"{ANOMALIES}/999999/feedback", json={"verdict": "right"}), 404,
            "unknown_anomaly")  # fmt: skip


def test_a_series_is_muted_and_made_more_sensitive(
    server: QuadraServer, odd: dict[str, Any]
) -> None:
    path = f"{server.url}{ANOMALIES}/series/{odd['series']}"
    put = server.session.put(path, json={"muted": True, "sensitivity": 2})
    assert {"muted": True, "sensitivity": 2.0} == put.json()
    assert {"muted": True, "sensitivity": 2.0} == server.session.get(path).json()
    problem(server.session.put(path, json={"sensitivity": 0}), 422, "invalid")
    problem(server.session.put(path, json={"muted": "yes"}), 422, "invalid")
    gone = f"{server.url}{ANOMALIES}/series/999999"
    problem(server.session.put(gone, json={"muted": True}), 404, "unknown_series")


def test_what_was_learned_survives_a_restart(server: QuadraServer) -> None:
    last = send_usual(server, "kept_queue_depth")
    assert wait_until(lambda: judged_up_to_date(server), timeout=20)
    server.restart()
    send(server, "kept_queue_depth", last, [90.0] * 20)
    assert wait_until(lambda: found(server, "kept_queue_depth") != [], timeout=20)


def judged_up_to_date(server: QuadraServer) -> bool:
    """Say whether the judge has caught up: a rule made now sees a sample sent now."""
    rule = {"name": "caught up", "selector": "caught_up_probe", "op": ">", "threshold": 0}
    server.post("/api/v1/alert-rules", json=rule)
    send(server, "caught_up_probe", time.time() - 1, [1.0])
    listed = server.get("/api/v1/alerts").json()["alerts"]
    return any(alert["rule"] == "caught up" for alert in listed)
