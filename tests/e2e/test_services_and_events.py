"""Services that are found by themselves, and the one list of what happened, over HTTP and live."""

from __future__ import annotations

import time
from typing import Any

from tests.e2e.clients import bearing, live, make_token, problem, push
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer


def send_service(server: QuadraServer, name: str, *, failing: float) -> None:
    """Send five minutes of what Prometheus's libraries tell of a service."""
    now = time.time()
    times = [now - 300 + 10 * n for n in range(31)]
    series = []
    for code, rate in (("200", 20.0 * (1 - failing)), ("500", 20.0 * failing)):
        values = [rate * 10 * n for n in range(31)]
        labels = {"service": name, "code": code}
        series.append(("http_requests_total", labels, values))
    for le, share in (("0.1", 0.5), ("0.5", 0.9), ("1", 1.0), ("+Inf", 1.0)):
        values = [200 * n * share for n in range(31)]
        labels = {"service": name, "le": le}
        series.append(("http_request_duration_seconds_bucket", labels, values))
    series.append(("queue_depth", {"service": name}, [4.0] * 31))
    document = [{"name": n, "labels": b, "timestamps": times, "values": v} for n, b, v in series]
    assert 200 == server.post("/api/v1/samples", json={"series": document}).status_code


def services(server: QuadraServer, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/api/v1/services", params=asked).json()
    return found


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    columns = found["services"]
    at = columns["name"].index(name)
    shown = {key: column[at] for key, column in columns.items() if isinstance(column, list)}
    return {**shown, "trouble": columns["troubles"].get(str(at))}


def wait_for(look: Any, within: float = 8.0) -> Any:
    """Look until there is something; give it."""
    found: list[Any] = []

    def there() -> bool:
        found.append(look())
        return bool(found[-1])

    assert wait_until(there, timeout=within, every=0.05), "it has not come"
    return found[-1]


def test_a_service_is_found_by_itself_with_its_four_signals(server: QuadraServer) -> None:
    send_service(server, "shop", failing=0.05)
    wait_for(lambda: "shop" in services(server)["services"]["name"])
    found = services(server, lines=5)
    shop = row(found, "shop")
    assert (20.0, 5.0, 0.75, 4.0) == (
        shop["traffic"],
        round(shop["errors"], 3),
        shop["latency"],
        shop["saturation"],
    )
    assert ("ok", "%,") == (shop["standing"], shop["units"])
    at = found["services"]["name"].index("shop")
    lines = found["lines"]
    assert 120 == len(lines["latency"][at])
    assert "http_requests_total" == lines["metrics"][at]["traffic"]
    signals = wait_for(  # the first reading of CPU and network takes a second
        lambda: [h["signals"] for h in services(server)["hosts"] if "network" in h["signals"]]
    )
    assert [{"cpu", "memory", "disk", "network"}] == [set(one) for one in signals]
    assert "lines" not in services(server, lines=0)
    problem(server.get("/api/v1/services?lines=1000"), 422, "invalid")


def test_a_firing_alert_puts_its_service_first_and_tells_the_signal(server: QuadraServer) -> None:
    for name in ("aaa", "zzz"):
        send_service(server, name, failing=0.0)
    rule = {
        "name": "zzz waits",
        "selector": 'queue_depth{service="zzz"}',
        "op": ">",
        "threshold": 1,
        "severity": "critical",
    }
    assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code
    push(server, "queue_depth", 9, service="zzz")
    first = wait_for(
        lambda: services(server)["services"]["standing"][:1] == ["critical"] and services(server)
    )
    assert "zzz" == first["services"]["name"][0]
    trouble = row(first, "zzz")["trouble"]
    assert {"saturation": "critical"} == trouble["signals"]
    assert isinstance(trouble["alert"], int)

    def told() -> list[str]:
        events = server.get("/api/v1/events").json()["events"]
        return [one["title"] for one in events]

    wait_for(lambda: "zzz waits fired" in told())
    assert {"Rule made: zzz waits", "Quadra started"} <= set(told())


def test_a_deploy_is_posted_with_a_sending_token_kept_once_and_heard_live(
    server: QuadraServer,
) -> None:
    _number, token = make_token(server, "ingest")
    mark = {"title": "shop deployed", "text": "4f2c91", "labels": {"service": "shop"}, "at": 1.7e9}
    with live(server) as user:
        user.subscribe(events=["events"])
        kept = [
            server.post("/api/v1/events", json=mark, headers=bearing(token)).json()
            for _ in range(2)
        ]
        heard = user.wait_for("event")
    assert kept[0]["id"] == kept[1]["id"] == heard["id"]
    found = server.get("/api/v1/events?kind=deploy&end=1700000001").json()["events"]
    assert ["shop deployed"] == [one["title"] for one in found]
    refused = server.post("/api/v1/events", json={"title": "x", "kind": "restart"})
    assert "kind" == problem(refused, 422, "invalid")["errors"][0]["field"]
