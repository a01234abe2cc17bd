"""Alert rules, alerts and silences, as their users meet them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients import bearing, live, make_token, problem, push, stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]
RULES, ALERTS = "/api/v1/alert-rules", "/api/v1/alerts"


def make_rule(server: QuadraServer, name: str, **fields: Any) -> dict[str, Any]:
    wish = {"name": name, "selector": name, "op": ">", "threshold": 10, "cooldown": "0s"}
    made = server.post(RULES, json=wish | fields)
    assert 201 == made.status_code, made.text
    document: dict[str, Any] = made.json()
    return document


def alerts(server: QuadraServer, rule: str, state: str = "open") -> list[dict[str, Any]]:
    answer = server.get(ALERTS, params={"rule": rule, "state": state})
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


def until(server: QuadraServer, rule: str, state: str) -> dict[str, Any]:
    """Wait for an alert of a rule in a state; give it."""
    wait_until(lambda: bool(alerts(server, rule, state)), timeout=10)
    return alerts(server, rule, state)[0]


def request(server: QuadraServer, method: str, path: str, **options: Any) -> Any:
    return server.session.request(method, server.url + path, timeout=10, **options)


def test_a_new_installation_has_the_five_rules(server: QuadraServer) -> None:
    wait_until(lambda: len(server.get(RULES).json()["alert_rules"]) >= 5, timeout=10)
    names = [rule["name"] for rule in server.get(RULES).json()["alert_rules"]]
    assert ["High error rate", "Slow response", "High cost", "Disk full", "Server down"] == names[
        :5
    ]


def test_a_breach_reaches_the_console_and_ends(server: QuadraServer) -> None:
    made = make_rule(server, "breach", annotations={"summary": "{{ value }} at {{ labels.host }}"})
    with live(server) as console:
        assert console.subscribe(events=["alerts"])["ok"]
        with Stopwatch(server.process.pid) as watch:
            push(server, "breach", 99, host="a")
            told = console.wait_for("alert")
        assert watch.seconds < 2
        assert ("breach", "firing", 99.0, {"host": "a"}) == (
            told["rule"], told["state"], told["value"], told["labels"],
        )  # fmt: skip
        assert {"summary": "99 at a"} == told["annotations"]
        assert [told["id"]] == [alert["id"] for alert in alerts(server, "breach")]
        push(server, "breach", 1, host="a")
        while console.wait_for("alert")["state"] != "resolved":
            pass
    assert [] == alerts(server, "breach")
    (ended,) = alerts(server, "breach", "resolved")
    assert ended["resolved_at"] > ended["started_at"]
    assert ended == server.get(f"{ALERTS}/{ended['id']}").json()

    def known() -> list[Any]:
        asked = server.get(f"{ALERTS}/history", params={"alert": ended["id"]})
        found: list[Any] = asked.json()["events"]
        return found

    # There is no channel: the history doesn't say that anybody was paged.
    expected = ["firing", "nobody_told", "nobody_told", "resolved"]
    assert wait_until(lambda: expected == sorted(event["kind"] for event in known()), timeout=5)
    history = known()
    assert made["id"] == history[0]["alert"]["rule_id"]


def test_rules_are_changed_and_ended(server: QuadraServer) -> None:
    made = make_rule(server, "changed")
    path = f"{RULES}/{made['id']}"
    assert made == server.get(path).json()
    push(server, "changed", 50)
    until(server, "changed", "firing")
    wish = {"name": "changed", "selector": "changed", "op": ">", "threshold": 100}
    changed = request(server, "PUT", path, json=wish).json()
    assert (made["id"], 100.0, "30m") == (changed["id"], changed["threshold"], changed["cooldown"])
    until(server, "changed", "resolved")
    assert 204 == request(server, "DELETE", path).status_code
    problem(server.get(path), 404, "not_found")
    problem(request(server, "DELETE", path), 404, "not_found")


def test_a_rule_that_makes_no_sense_is_refused_by_field(server: QuadraServer) -> None:
    answer = server.post(RULES, json={"name": "bad", "selector": "x", "op": "~", "for": "soon"})
    body = problem(answer, 422, "bad_rule")
    assert {"op", "threshold", "for"} == {fault["field"] for fault in body["errors"]}
    make_rule(server, "twice")
    wish = {"name": "twice", "selector": "x", "op": ">", "threshold": 1}
    problem(server.post(RULES, json=wish), 409, "rule_exists")
    problem(server.post(RULES, data="{", headers={"Content-Type": "application/json"}), 400,
            "bad_json")  # fmt: skip


def test_who_has_an_alert_is_known(server: QuadraServer) -> None:
    make_rule(server, "held")
    push(server, "held", 99)
    alert = until(server, "held", "firing")
    assert alert["acknowledged_by"] is None
    held = server.post(f"{ALERTS}/{alert['id']}/ack", json={"by": "Mira"}).json()
    assert "Mira" == held["acknowledged_by"]
    assert 200 == server.post(f"{ALERTS}/{alert['id']}/ack").status_code
    push(server, "held", 1)
    ended = until(server, "held", "resolved")
    assert "administrator" == ended["acknowledged_by"]
    problem(server.post(f"{ALERTS}/{alert['id']}/ack", json={}), 409, "alert_is_over")
    problem(server.post(f"{ALERTS}/99999/ack", json={}), 404, "not_found")
    problem(server.post(f"{ALERTS}/{alert['id']}/ack", json={"by": ""}), 422, "invalid")


def test_a_silence_keeps_quiet_and_shows_what_it_hid(server: QuadraServer) -> None:
    make_rule(server, "hushed")
    # Read by the server alone: what a browser makes of such a pattern is another thing.
    wish = {
        "matchers": ['rule=~"(?i)HUSH\\\\pLd"'],
        "ends_at": time.time() + 60,
        "reason": "deploy",
    }
    silence = server.post("/api/v1/silences", json=wish).json()
    assert ("active", "administrator") == (silence["state"], silence["created_by"])
    push(server, "hushed", 99)
    alert = until(server, "hushed", "firing")
    assert (0, [f"silence:{silence['id']}"]) == (alert["pages"], alert["quieted_by"])
    shown = server.get(f"/api/v1/silences/{silence['id']}").json()
    assert [alert["id"]] == [hidden["id"] for hidden in shown["hidden"]]
    assert ("active", [alert["id"]]) == listed(server, silence["id"])
    assert 204 == request(server, "DELETE", f"/api/v1/silences/{silence['id']}").status_code
    wait_until(lambda: alerts(server, "hushed")[0]["pages"] == 1, timeout=10)
    assert ("ended", []) == listed(server, silence["id"])
    body = problem(server.post("/api/v1/silences", json={"matchers": []}), 422, "invalid")
    assert {"matchers", "ends_at", "reason"} == {fault["field"] for fault in body["errors"]}


def listed(server: QuadraServer, silence_id: int) -> tuple[str, list[int]]:
    """Give the state of a silence and the alerts that it keeps quiet now."""
    silences = server.get("/api/v1/silences").json()["silences"]
    return next((s["state"], s["alerts"]) for s in silences if s["id"] == silence_id)


def test_maintenance_windows_are_kept_changed_and_dropped(server: QuadraServer) -> None:
    path = "/api/v1/maintenance-windows"
    later = time.strftime("%H:%M", time.gmtime(time.time() + 12 * 3600))
    wish = {"name": "n", "matchers": ['host="a"'], "begins": later, "duration": "20m"}
    made = server.post(path, json=wish).json()
    assert (False, "20m", "UTC") == (
        server.get(path).json()["maintenance_windows"][0]["open"] and made["open"],
        made["duration"],
        made["timezone"],
    )
    one = f"{path}/{made['id']}"
    assert ["sun"] == request(server, "PUT", one, json=wish | {"days": ["sun"]}).json()["days"]
    assert 204 == request(server, "DELETE", one).status_code
    problem(request(server, "DELETE", one), 404, "not_found")
    problem(server.post(path, json=wish | {"begins": "late"}), 422, "invalid")


def test_a_back_test_says_what_a_rule_would_have_done(server: QuadraServer) -> None:
    now = round(time.time())
    values = [99 if n % 100 < 10 else 1 for n in range(1_000)]
    series = {"name": "past", "values": values, "timestamps": [now - 10_000 + 10 * n
                                                               for n in range(1_000)]}  # fmt: skip
    assert 200 == server.post("/api/v1/samples", json={"series": [series]}).status_code
    rule = {"name": "b", "selector": "past", "op": ">", "threshold": 10, "for": "30s",
            "cooldown": "0s"}  # fmt: skip
    wish = {"rule": rule, "start": now - 10_000, "end": now}
    found = server.post(f"{RULES}/backtest", json=wish).json()
    assert {"pending": 10, "fires": 10, "clears": 10, "pages": 10} == found["counts"]
    assert 10 == len(found["fires"]) == len(found["pages"])
    assert 10 * 7 * 86_400 / 10_000 == pytest.approx(found["pages_per_week"], abs=0.01)
    lines = server.post(f"{RULES}/backtest", params={"stream": "true"}, json=wish).text.splitlines()
    steps = [json.loads(line) for line in lines]
    assert all("progress" in step for step in steps[:-1])
    assert len(steps) > 1
    assert found["counts"] == steps[-1]["counts"]
    problem(
        server.post(f"{RULES}/backtest", json={"rule": rule, "start": now + 600}), 422, "invalid"
    )
    body = problem(server.post(f"{RULES}/backtest", json={"rule": {}}), 422, "bad_rule")
    assert "rule.selector" in [fault["field"] for fault in body["errors"]]


def test_reading_and_writing_need_their_scopes(server: QuadraServer) -> None:
    for path in (RULES, ALERTS, f"{ALERTS}/history", "/api/v1/silences"):
        assert 401 == stranger(server, "GET", path).status_code
    _id, reader = make_token(server, "read")
    wish = {"name": "z", "selector": "z", "op": ">", "threshold": 1}
    said = stranger(server, "POST", RULES, json=wish, headers=bearing(reader))
    problem(said, 403, "missing_scope")
    assert 200 == stranger(server, "GET", RULES, headers=bearing(reader)).status_code


def test_rules_of_a_folder_are_followed_and_only_read(start_quadra: Start, tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    text = "rules:\n  - {name: filed, selector: filed, op: '>', threshold: 10}\n"
    file.write_text(text)
    server = start_quadra(RULES_DIR=str(tmp_path))

    def rules() -> dict[str, dict[str, Any]]:
        return {rule["name"]: rule for rule in server.get(RULES).json()["alert_rules"]}

    wait_until(lambda: "filed" in rules(), timeout=10)
    filed = rules()["filed"]
    assert str(file) == filed["source"]
    body = problem(request(server, "DELETE", f"{RULES}/{filed['id']}"), 409, "rule_in_file")
    assert str(file) in body["detail"]
    push(server, "filed", 99)
    until(server, "filed", "firing")
    file.write_text(text.replace("10", "200 "))
    until(server, "filed", "resolved")
    file.write_text("rules: [{name: filed}]")
    wait_until(lambda: bool(server.get(RULES).json()["files"][0]["error"]), timeout=10)
    assert 200 == rules()["filed"]["threshold"]


def test_the_command_checks_a_file(server: QuadraServer, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("- {name: a, selector: a, op: '>', threshold: 1}")
    bad.write_text("- {name: a, selector: '{', op: '>', threshold: 1, for: soon}")
    said = server.cli("rules", "check", str(good))
    assert (0, f"{good}: 1 rules, all right.") == (said.returncode, said.stdout.strip())
    said = server.cli("rules", "check", str(bad))
    assert 1 == said.returncode
    assert "rules[0].selector" in said.stderr
    assert "rules[0].for" in said.stderr
