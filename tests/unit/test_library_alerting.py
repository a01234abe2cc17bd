"""`AlertManager` as other programs use it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from quadra.library import AlertManager, TriggeredAlert
from quadra.library.slack import NotTakenError, RefusedError, main
from tests.servers.receivers import HttpReceiver
from tests.unit.alert_makers import rule
from tests.unit.fakes import SetClock

METRICS = {"error_rate": 15.5, "p95_response_time": 50.2, "cost_per_hour": 12.3}


def names(triggered: Sequence[TriggeredAlert]) -> list[str]:
    return [alert.name for alert in triggered]


def test_the_call_of_the_documents_triggers_three_alerts_and_then_none() -> None:
    clock = SetClock()
    manager = AlertManager(clock=clock)
    triggered = manager.check_metrics(METRICS)
    assert ["High error rate", "Slow response", "High cost"] == names(triggered)
    assert [("critical", 15.5, 10.0), ("warning", 50.2, 45.0), ("critical", 12.3, 10.0)] == [
        (alert.severity, alert.value, alert.threshold) for alert in triggered
    ]
    assert "15.5 % of requests fail" == triggered[0].message
    clock.forward(60)
    assert [] == manager.check_metrics(METRICS)
    assert triggered == list(manager.history)


def test_what_still_holds_after_its_cooldown_is_triggered_again() -> None:
    clock = SetClock()
    manager = AlertManager(clock=clock)
    manager.check_metrics(METRICS)
    clock.forward(30 * 60)
    assert ["High error rate"] == names(manager.check_metrics(METRICS | {"error_rate": 20}))
    assert 20 == manager.history[-1].value
    clock.forward(30 * 60)
    assert 3 == len(manager.check_metrics(METRICS))


def test_what_comes_and_goes_within_its_cooldown_is_triggered_once() -> None:
    clock = SetClock()
    manager = AlertManager(clock=clock)
    found = []
    for minute in range(29):
        clock.now += 60
        found += manager.check_metrics({"error_rate": 99 if minute % 2 else 1})
    assert 1 == len(found)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"error_rate": 10, "p95_response_time": 45}, []),
        ({"disk_usage": 91, "server_status": 0}, ["Disk full", "Server down"]),
        ({"server_status": 1, "unheard_of": 1e9, "error_rate": float("nan")}, []),
    ],
)
def test_thresholds(metrics: dict[str, float], expected: list[str]) -> None:
    assert expected == names(AlertManager().check_metrics(metrics))


def test_slack_is_sent_to_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, list[str]]] = []
    manager = AlertManager(
        [rule(name="mine")], send=lambda url, alerts: sent.append((url, names(alerts)))
    )
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    manager.check_metrics({"x": 1})
    assert ["mine"] == names(manager.check_metrics({"x": 11}))
    assert [] == sent
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example/1")
    second = AlertManager(
        [rule(name="mine")], send=lambda url, alerts: sent.append((url, names(alerts)))
    )
    second.check_metrics({"x": 11})
    assert [("https://hooks.example/1", ["mine"])] == sent


def test_a_slack_that_does_not_answer_loses_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_url: str, _alerts: Sequence[TriggeredAlert]) -> None:
        raise TimeoutError

    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example/1")
    assert 1 == len(AlertManager([rule()], send=send).check_metrics({"x": 11}))


def test_what_slack_did_not_take_goes_out_later_and_what_it_refused_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, sent = SetClock(), list[list[str]]()
    answers: list[Exception | None] = [NotTakenError("answered 429", 30), None, RefusedError("no")]

    def send(_url: str, alerts: Sequence[TriggeredAlert]) -> None:
        sent.append(names(alerts))
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example/1")
    manager = AlertManager(
        [rule(name=f"r{n}", selector=f"x{n}") for n in range(3)], send=send, clock=clock
    )
    manager.check_metrics({"x0": 99})
    clock.forward(29)
    manager.check_metrics({"x1": 99})
    assert [["r0"]] == sent
    clock.forward(1)
    assert [] == manager.check_metrics({"x0": 99})
    assert ["r0", "r1"] == sent[-1]
    manager.check_metrics({"x2": 99})
    manager.check_metrics({"x2": 99})
    assert [["r0"], ["r0", "r1"], ["r2"]] == sent


SEED = """
from quadra.library import AlertManager

manager = AlertManager()

# Check metrics and send alerts
metrics = {
    "error_rate": 15.5,
    "p95_response_time": 50.2,
    "cost_per_hour": 12.3
}

triggered = manager.check_metrics(metrics)
# Automatically sends Slack alerts for thresholds exceeded
"""


def test_the_call_of_the_documents_posts_to_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpReceiver() as slack:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.url)
        monkeypatch.setenv("WEBHOOK_ALLOW_PRIVATE", "true")
        found: dict[str, Any] = {}
        exec(SEED, found)  # noqa: S102 - the lines as a user has them
        (post,) = slack.posts
    assert 3 == len(found["triggered"])
    (told,) = post.json["attachments"]
    assert ("#b3161e", "◆ 3 alerts: 3 firing") == (told["color"], post.json["text"])
    words = json.dumps(told["blocks"], ensure_ascii=False)
    for wanted in ("High error rate", "error_rate", "15.5", "Threshold", "critical"):
        assert wanted in words


def test_inside_addresses_are_not_posted_to(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with HttpReceiver() as slack:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.url)
        monkeypatch.delenv("WEBHOOK_ALLOW_PRIVATE", raising=False)
        assert 3 == len(AlertManager().check_metrics(METRICS))
        assert [] == slack.posts
    assert "loopback" in caplog.text
    assert slack.url not in caplog.text


@pytest.mark.parametrize(("address", "code"), [("", 2), ("ftp://x", 1), ("receiver", 0)])
def test_the_command_sends_a_test(
    address: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with HttpReceiver() as slack:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.url if address == "receiver" else address)
        monkeypatch.setenv("WEBHOOK_ALLOW_PRIVATE", "true")
        assert code == main()
        assert (code == 0) == (len(slack.posts) == 1)
