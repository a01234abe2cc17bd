"""Alert rules over values that a program hands in: ``AlertManager().check_metrics(metrics)``.

The rules, their state machine and their cooldowns are those of the server.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from quadra.alerts.defaults import default_rules
from quadra.alerts.ledger import Alert, Changes, Ledger
from quadra.alerts.notices import Desk, Notice, Quiet
from quadra.alerts.rules import Condition, Rule
from quadra.alerts.states import START, Phase, State, step
from quadra.library.slack import SLACK_WEBHOOK, RefusedError, send_to_slack
from quadra.library.triggered import TriggeredAlert
from quadra.telemetry.series import SeriesKey

log = logging.getLogger(__name__)

MAX_HISTORY = 1_000
MAX_UNSENT = 100
AGAIN_AFTER_S, LONGEST_PAUSE_S, MAX_PAUSE_S = 5.0, 300.0, 3_600.0

Send = Callable[[str, Sequence[TriggeredAlert]], None]
"""Sends alerts to the webhook of this address; may raise OSError."""


class AlertManager:
    """Holds metrics against rules: by default the five of a new installation.

    The names of metrics are those that the rules' selectors mean: for the default rules
    ``error_rate`` (percent), ``p95_response_time`` (seconds), ``cost_per_hour`` (dollars),
    ``disk_usage`` (percent) and ``server_status`` (1 up, 0 down).
    """

    def __init__(
        self,
        rules: Sequence[Rule] | None = None,
        *,
        send: Send = send_to_slack,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with nothing triggered.

        ``send`` delivers to Slack when SLACK_WEBHOOK_URL is set.
        """
        given = default_rules() if rules is None else list(rules)
        # A program asks again and again: what still holds is triggered again after the cooldown.
        self.rules = [
            replace(rule, id=n, repeat_interval=max(rule.cooldown, 1))
            for n, rule in enumerate(given, 1)
        ]
        self.history: deque[TriggeredAlert] = deque(maxlen=MAX_HISTORY)
        self._send = send
        self._unsent: deque[TriggeredAlert] = deque(maxlen=MAX_UNSENT)
        self._failures = 0
        self._not_before = 0.0
        self._clock = clock
        self._states: dict[tuple[int, str], State] = {}
        self._numbers: dict[tuple[int, str], int] = {}  # where the server has a series' id
        self._ledger = Ledger()
        self._desk = Desk()

    def check_metrics(self, metrics: Mapping[str, object]) -> list[TriggeredAlert]:
        """Give the alerts that these values trigger now; none of them again in its cooldown.

        Values that are no numbers, and metrics that no rule is about, are passed over. What Slack
        did not take goes out with a later call.
        """
        now = self._clock()
        changes = Changes()
        for name, value in metrics.items():
            if isinstance(value, float | int) and not math.isnan(value):
                for rule in self.rules:
                    self._judge(rule, (name, ()), float(value), now, changes)
        notices = self._desk.decide(
            self._ledger, lambda alert: self.rules[alert.rule_id - 1], Quiet(), now, changes
        )
        triggered = _triggered(notices, now)
        self.history.extend(triggered)
        self._deliver(triggered, now)
        return triggered

    def _judge(
        self, rule: Rule, key: SeriesKey, value: float, now: float, changes: Changes
    ) -> None:
        if not rule.enabled or not rule.selector.matches(key):
            return
        place = (rule.id, key[0])
        condition = Condition(int(rule.classify(np.array([value]))[0]))
        state, happened = step(
            rule, self._states.get(place, START), round(now * 1000), condition, value
        )
        self._states[place] = state
        number = self._numbers.setdefault(place, len(self._numbers) + 1)
        for transition in happened:
            self._ledger.apply(rule, number, key, transition, changes)
        alert = self._ledger.get(rule.id, number)
        if alert is not None and state.phase is not Phase.INACTIVE:
            alert.value = value

    def _deliver(self, triggered: Sequence[TriggeredAlert], now: float) -> None:
        address = os.environ.get(SLACK_WEBHOOK, "").strip()
        if not address:
            return
        self._unsent.extend(triggered)
        if not self._unsent or 0 < self._not_before - now <= MAX_PAUSE_S:
            return
        try:
            self._send(address, list(self._unsent))
        except RefusedError as error:
            log.warning("Slack refused %d alerts: %s", len(self._unsent), error)
        except OSError as error:
            self._failures += 1
            pause = min(AGAIN_AFTER_S * 2.0 ** min(self._failures - 1, 10), LONGEST_PAUSE_S)
            asked = getattr(error, "retry_after", None) or 0.0
            self._not_before = now + min(max(pause, asked), MAX_PAUSE_S)
            log.warning("Slack did not take %d alerts: %s", len(self._unsent), error)
            return
        self._unsent.clear()
        self._failures, self._not_before = 0, 0.0


def _triggered(notices: Sequence[Notice], now: float) -> list[TriggeredAlert]:
    return [
        TriggeredAlert(
            rule=alert.rule,
            metric=alert.metric,
            value=alert.value,
            threshold=alert.threshold,
            severity=alert.severity,
            message=_message(alert),
            timestamp=now,
        )
        for notice in notices
        if notice.status == "firing"
        for alert in notice.alerts
    ]


def _message(alert: Alert) -> str:
    return alert.annotations.get("summary") or f"{alert.metric} is {alert.value:g}"
