"""`AlertManager` as other programs use it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quadra.library import AlertManager, TriggeredAlert
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
