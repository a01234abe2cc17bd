"""The real amtool and a real Prometheus find in Quadra the Alertmanager that they know."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients import bearing, make_token, problem, push, stranger
from tests.servers import programs
from tests.servers.process import (
    REPOSITORY,
    Process,
    free_port,
    plain_environment,
    wait_until,
)
from tests.servers.quadra import QuadraServer, run
from tests.servers.receivers import HttpReceiver, Reply

Amtool = Callable[..., str]


@pytest.fixture(scope="module")
def quadra() -> Iterator[QuadraServer]:
    with QuadraServer(RATELIMIT_ENABLED="false", WEBHOOK_ALLOW_PRIVATE="true") as server:
        # The worker makes the first rules: from then on it judges and delivers.
        assert wait_until(
            lambda: server.get("/api/v1/alert-rules").json()["alert_rules"] != [], timeout=30
        )
        yield server


@pytest.fixture(scope="module")
def hook(quadra: QuadraServer) -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        wish = {"name": "ops", "kind": "webhook", "url": receiver.url}
        assert 201 == quadra.post("/api/v1/channels", json=wish).status_code
        yield receiver


@pytest.fixture
def amtool(quadra: QuadraServer, tmp_path: Path) -> Amtool:
    program = programs.alertmanager("amtool")
    (tmp_path / "http.yml").write_text(f"authorization: {{ credentials: {quadra.token} }}\n")

    def ask(*words: str) -> str:
        where = [f"--alertmanager.url={quadra.url}", f"--http.config.file={tmp_path}/http.yml"]
        done = run([str(program), *words, *where], env=plain_environment())
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    return ask


def pages_of(hook: HttpReceiver, rule: str) -> list[str]:
    posts = [post.json for post in list(hook.posts)]
    return [p["status"] for p in posts if any(a["rule"] == rule for a in p["alerts"])]


def test_an_alert_of_amtool_is_paged_listed_and_ends(
    quadra: QuadraServer, hook: HttpReceiver, amtool: Amtool
) -> None:
    amtool("alert", "add", "Sent", "host=a", "severity=page", "--annotation=summary=by hand")
    assert wait_until(lambda: ["firing"] == pages_of(hook, "Sent"), timeout=10)
    (shown,) = json.loads(amtool("alert", "query", "alertname=Sent", "-o", "json"))
    assert {"alertname": "Sent", "host": "a", "severity": "page"} == shown["labels"]
    assert ("active", "by hand") == (shown["status"]["state"], shown["annotations"]["summary"])
    assert "Sent" not in amtool("alert", "query", "host=~b.*")
    (alert,) = [a for a in quadra.get("/api/v1/alerts").json()["alerts"] if a["rule"] == "Sent"]
    assert ("external", "critical", None) == (alert["source"], alert["severity"], alert["value"])
    ended = {"labels": {"alertname": "Sent", "host": "a", "severity": "page"}}
    ended["endsAt"] = "2026-01-01T00:00:00Z"  # type: ignore[assignment]
    assert 200 == quadra.post("/api/v2/alerts", json=[ended]).status_code
    assert wait_until(lambda: ["firing", "resolved"] == pages_of(hook, "Sent"), timeout=10)


def test_amtool_silences_lists_updates_and_expires(
    quadra: QuadraServer, hook: HttpReceiver, amtool: Amtool
) -> None:
    number = amtool(
        "silence", "add", "alertname=Hidden", "host=~a|b", "--comment=planned", "--duration=1h"
    ).strip()
    assert number in amtool("silence", "query")
    assert "planned" in amtool("silence", "query", "alertname=Hidden", "-o", "extended")
    amtool("alert", "add", "Hidden", "host=a")
    (shown,) = wait_for(lambda: alerts(amtool, "Hidden", "--silenced"))
    assert ("suppressed", [number]) == (shown["status"]["state"], shown["status"]["silencedBy"])
    (silence,) = quadra.get("/api/v1/silences").json()["silences"]
    assert ['alertname="Hidden"', 'host=~"a|b"'] == silence["matchers"]
    newer = amtool("silence", "update", number, "--duration=2h", "--comment=longer").strip()
    assert "longer" in newer
    ids = re.findall(r"00000000-[-0-9a-f]+", amtool("silence", "query", "-q"))
    assert 1 == len(ids)
    assert [] == pages_of(hook, "Hidden")
    amtool("silence", "expire", *ids)
    assert "" == amtool("silence", "query", "-q").strip()
    assert wait_until(lambda: ["firing"] == pages_of(hook, "Hidden"), timeout=10)


def alerts(amtool: Amtool, name: str, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        amtool("alert", "query", f"alertname={name}", "-o", "json", *more)
    )
    return found


def wait_for(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    assert wait_until(lambda: look() != [], timeout=10)
    return look()


def test_quadras_own_alerts_are_listed_too(quadra: QuadraServer, amtool: Amtool) -> None:
    push(quadra, "cost_per_hour", 99, service="chat")
    (shown,) = wait_for(lambda: alerts(amtool, "High cost"))
    assert {"alertname": "High cost", "severity": "critical", "service": "chat"} == shown["labels"]
    push(quadra, "cost_per_hour", 1, service="chat")


def test_amtool_asks_what_answers(amtool: Amtool, hook: HttpReceiver) -> None:
    assert "Quadra" in amtool("config", "show")


def test_a_real_prometheus_delivers_what_fires(
    quadra: QuadraServer, hook: HttpReceiver, tmp_path: Path
) -> None:
    _number, token = make_token(quadra, "ingest")
    port = free_port()
    rules = {"name": "g", "interval": "1s", "rules": [
        {"alert": "Burns", "expr": "vector(1) > 0", "labels": {"severity": "critical"},
         "annotations": {"summary": "it is {{ $value }}"}},
    ]}  # fmt: skip
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [rules]}))
    (tmp_path / "prometheus.yml").write_text(
        f"""
global: {{ evaluation_interval: 1s }}
rule_files: [{tmp_path}/rules.yml]
alerting:
  alertmanagers:
    - authorization: {{ credentials: {token} }}
      static_configs: [{{ targets: ["127.0.0.1:{quadra.port}"] }}]
"""
    )
    command: list[str | Path] = [
        programs.prometheus(),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--rules.alert.resend-delay=1s",  # the first is sent before it has found its Alertmanager
        "--log.level=warn",
    ]
    process = Process(command, log=tmp_path / "log", env=plain_environment())
    try:
        assert wait_until(lambda: ["firing"] == pages_of(hook, "Burns"), timeout=30)
        page = next(p.json for p in hook.posts if p.json["alerts"][0]["rule"] == "Burns")
        assert "it is 1" == page["alerts"][0]["annotations"]["summary"]
    finally:
        process.close()


def test_what_is_wrong_is_named_and_the_others_are_kept(quadra: QuadraServer) -> None:
    sent = [{"labels": {"host": "a"}}, {"labels": {"alertname": "Kept"}}]
    found = problem(quadra.post("/api/v2/alerts", json=sent), 400, "bad_alerts")
    assert [(0, "labels.alertname")] == [(f["index"], f["field"]) for f in found["errors"]]
    assert wait_until(
        lambda: any(a["rule"] == "Kept" for a in quadra.get("/api/v1/alerts").json()["alerts"]),
        timeout=10,
    )
    problem(quadra.post("/api/v2/alerts", json={}), 422, "invalid")
    problem(quadra.get("/api/v2/alerts?filter=}"), 422, "invalid")
    problem(quadra.get("/api/v2/silence/1"), 404, "not_found")
    wish = {"matchers": [{"name": "a"}], "comment": "x", "endsAt": "2030-01-01T00:00:00Z"}
    problem(quadra.post("/api/v2/silences", json=wish), 422, "invalid")


def test_strangers_and_readers_send_nothing(quadra: QuadraServer) -> None:
    assert 401 == stranger(quadra, "POST", "/api/v2/alerts", json=[]).status_code
    _number, token = make_token(quadra, "read")
    answered = stranger(quadra, "POST", "/api/v2/alerts", json=[], headers=bearing(token))
    assert 403 == answered.status_code


# -- drill and heartbeat, on the same server


def test_a_drill_goes_all_the_way_and_leaves_nothing_behind(
    quadra: QuadraServer, hook: HttpReceiver
) -> None:
    everything = {"matchers": ['severity=~".+"'], "ends_at": time.time() + 600, "reason": "quiet"}
    silence = quadra.post("/api/v1/silences", json=everything).json()["id"]
    done = quadra.post("/api/v1/drill", timeout=60).json()
    assert 204 == quadra.session.delete(f"{quadra.url}/api/v1/silences/{silence}").status_code
    assert done["passed"], done
    names = ["stored", "judged", "paged", "acknowledged", "resolved", "told_of_the_end"]
    assert names == [step["step"] for step in done["steps"]]
    assert all(0 <= step["seconds"] < 5 for step in done["steps"])
    page = next(p.json for p in hook.posts if p.json["alerts"][0]["id"] == done["alert"])
    assert "true" == page["alerts"][0]["labels"]["drill"]
    assert "DRILL" in page["alerts"][0]["rule"]
    alert = quadra.get(f"/api/v1/alerts/{done['alert']}").json()
    assert "resolved" == alert["state"]
    assert alert["acknowledged_by"]
    rules = quadra.get("/api/v1/alert-rules").json()["alert_rules"]
    assert not any("DRILL" in rule["name"] for rule in rules)


def test_a_drill_says_which_channel_was_not_told(quadra: QuadraServer, hook: HttpReceiver) -> None:
    wish = {"name": "wrong", "kind": "webhook", "url": f"http://127.0.0.1:{free_port()}/"}
    number = quadra.post("/api/v1/channels", json=wish).json()["id"]
    with HttpReceiver(lambda _post: Reply(410)) as gone:
        change = {"url": gone.url}
        quadra.session.put(f"{quadra.url}/api/v1/channels/{number}", json=change)
        done = quadra.post("/api/v1/drill", json={"channels": ["wrong", "ops"]}, timeout=60).json()
    quadra.session.delete(f"{quadra.url}/api/v1/channels/{number}")
    assert not done["passed"]
    told = {s["channel"]: s["ok"] for s in done["steps"] if s["step"] == "paged"}
    assert {"wrong": False, "ops": True} == told
    unknown = quadra.post("/api/v1/drill", json={"channels": ["nobody"]})
    problem(unknown, 422, "invalid")


def test_the_drill_command_shows_each_step(quadra: QuadraServer, hook: HttpReceiver) -> None:
    done = quadra.cli("drill", "--channel", "ops")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert re.search(r"paged +\d+ ms  ok +ops", done.stdout)
    assert "Passed" in done.stdout
    refused = quadra.cli("drill", "--channel", "nobody")
    assert 1 == refused.returncode
    assert "nobody" in refused.stderr


def test_the_heartbeat_is_open_and_says_how_far_judging_is(quadra: QuadraServer) -> None:
    answered = stranger(quadra, "GET", "/api/v1/heartbeat")
    assert 200 == answered.status_code
    beat = answered.json()
    assert beat["evaluating"] is True
    assert 0 <= beat["beat_age"] < 10
    assert 0 < beat["judged"] <= beat["head"]


def test_every_metric_that_the_rules_name_is_there(quadra: QuadraServer) -> None:
    rules = (REPOSITORY / "deploy/prometheus/alerts.yml").read_text()
    named = set(re.findall(r"\b(?:quadra_matrix|process)_\w+", rules))
    text = quadra.get("/metrics").text
    assert set() == {
        name for name in named if f"\n{name}{{" not in text and f"\n{name} " not in text
    }
    assert 'quadra_matrix_notifications_total{channel="ops",outcome="sent"}' in text
