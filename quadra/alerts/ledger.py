"""The open alerts and what is to be remembered of the closed ones: transitions become alerts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from quadra.alerts.rules import Rule, alert_labels, fingerprint, fixed_labels
from quadra.alerts.states import Change, State, Transition
from quadra.alerts.templates import Facts, render
from quadra.alerts.worst import worse
from quadra.telemetry.series import SeriesKey

Standing = Literal["pending", "firing", "recovering", "resolved", "cancelled"]
EXTERNAL_RULE_ID = 0
"""Stands for the rule of alerts that other programs have judged."""
DRILL_METRIC = "quadra_drill"
"""The series that a fire drill makes fail."""
OPEN: tuple[Standing, ...] = ("pending", "firing", "recovering")
_STANDING: dict[Change, Standing] = {
    Change.PENDING: "pending",
    Change.CANCELLED: "cancelled",
    Change.FIRING: "firing",
    Change.RECOVERING: "recovering",
    Change.RELAPSED: "firing",
    Change.RESOLVED: "resolved",
}


@dataclass(slots=True)
class Alert:
    """One time that a rule held for one series, from its first breach to its end.

    ``machine`` is where its state machine stands. Times are unix seconds: those of the alert are
    event times, those of pages the judge's own clock. ``peak`` is its worst value, NaN without
    one. ``paged_before`` is the latest page of the alerts before it of the same rule and series.
    """

    id: int
    rule_id: int
    rule: str
    series_id: int
    metric: str
    fingerprint: str
    severity: str
    labels: dict[str, str]
    state: Standing
    threshold: float
    started_at: float
    value: float = math.nan
    peak: float = math.nan
    annotations: dict[str, str] = field(default_factory=dict)
    fired_at: float | None = None
    resolved_at: float | None = None
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    transitions: int = 0
    machine: State = field(default_factory=State)
    flapping: bool = False
    paged_at: float | None = None
    paged_before: float | None = None
    pages: int = 0
    resolved_told: bool = False
    escalated_at: float | None = None
    quieted_by: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """Give rule and series: only one alert of both is open at a time."""
        return (self.rule_id, self.series_id)

    @property
    def is_external(self) -> bool:
        """Say whether another program has judged it; ``series_id`` is then below 0."""
        return self.rule_id == EXTERNAL_RULE_ID

    @property
    def is_drill(self) -> bool:
        """Say whether it is a fire drill's, which nothing keeps quiet."""
        return self.metric == DRILL_METRIC

    @property
    def is_open(self) -> bool:
        """Say whether the state machine is anywhere but at rest."""
        return self.state in OPEN

    @property
    def is_firing(self) -> bool:
        """Say whether people should care."""
        return self.state in ("firing", "recovering")

    @property
    def transition_id(self) -> str:
        """Give what names its latest transition, the same for ever."""
        return f"{self.id}.{self.transitions}"

    @property
    def matched(self) -> dict[str, str]:
        """Give what silences, windows and groups look at."""
        own = {
            "__name__": self.metric,
            "rule": self.rule,
            "alertname": self.rule,
            "severity": self.severity,
        }
        # Another program's severity is matched in its own words.
        return own | self.labels if self.is_external else self.labels | own


@dataclass(frozen=True, slots=True)
class Event:
    """A line of "who knew what when"; ``at`` in unix seconds, ``ref`` names what it points to."""

    alert_id: int
    at: float
    kind: str
    value: float | None = None
    by: str = ""
    ref: str = ""
    detail: str = ""


@dataclass(slots=True)
class Changes:
    """What has come of a round, to be written in one transaction."""

    alerts: dict[int, Alert] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


class Ledger:
    """Holds the newest alert of every rule and series that had one lately."""

    def __init__(self, alerts: Iterable[Alert] = (), *, next_id: int = 1) -> None:
        """Take up the alerts that were kept; ``next_id`` is above every id ever given."""
        self._alerts = {alert.key: alert for alert in sorted(alerts, key=lambda a: a.id)}
        self._next_id = next_id

    def __iter__(self) -> Iterator[Alert]:
        """Give all alerts that are remembered."""
        return iter(self._alerts.values())

    def get(self, rule_id: int, series_id: int) -> Alert | None:
        """Give the newest alert of a rule and series."""
        return self._alerts.get((rule_id, series_id))

    def apply(
        self,
        rule: Rule,
        series_id: int,
        key: SeriesKey | None,
        transition: Transition,
        changes: Changes,
    ) -> None:
        """Make a transition part of its alert; ``key`` is None for what is absent."""
        alert = self._alerts.get((rule.id, series_id))
        change = transition.change
        begins = change is Change.PENDING or (
            change is Change.FIRING and (alert is None or alert.state != "pending")
        )
        if begins:
            alert = self._begin(rule, series_id, key, transition.at / 1000, alert)
        if alert is None:  # a change of what was never open: nothing to tell
            return
        at = transition.at / 1000
        if change in _STANDING:
            alert.state = _STANDING[change]
        alert.transitions += 1
        _note(alert, change, at)
        if not math.isnan(transition.value) or change is Change.FIRING:
            alert.value = transition.value
        for seen in (transition.worst, transition.value):
            alert.peak = worse(rule, alert.peak, seen)
        _describe(alert, rule)
        changes.alerts[alert.id] = alert
        value = None if math.isnan(transition.value) else transition.value
        changes.events.append(Event(alert.id, at, change.value, value, ref=alert.transition_id))

    def _begin(
        self, rule: Rule, series_id: int, key: SeriesKey | None, at: float, before: Alert | None
    ) -> Alert:
        metric = key[0] if key is not None else (rule.selector.name or "")
        labels = (
            alert_labels(rule, key)
            if key is not None
            else fixed_labels(rule.selector) | dict(rule.labels)
        )
        alert = Alert(
            id=self._next_id,
            rule_id=rule.id,
            rule=rule.name,
            series_id=series_id,
            metric=metric,
            fingerprint=fingerprint(rule.name, metric, labels),
            severity=rule.severity,
            labels=labels,
            state="pending",
            threshold=rule.threshold,
            started_at=at,
            flapping=before.flapping if before is not None else False,
            paged_before=None if before is None else before.paged_at or before.paged_before,
        )
        self._next_id += 1
        self._alerts[alert.key] = alert
        return alert

    def end(self, alert: Alert, now: float, why: str, changes: Changes) -> None:
        """Close an alert whose rule is gone."""
        alert.state = "resolved" if alert.is_firing else "cancelled"
        alert.resolved_at = now
        alert.machine = replace(State(), seen=alert.machine.seen)
        alert.transitions += 1
        changes.alerts[alert.id] = alert
        changes.events.append(
            Event(alert.id, now, alert.state, ref=alert.transition_id, detail=why)
        )

    @staticmethod
    def refresh(alert: Alert, rule: Rule, value: float, worst: float) -> bool:
        """Let an alert show a newer value, and its worst; says whether either is another one."""
        peak = worse(rule, alert.peak, worst)
        is_worse = peak != alert.peak and not math.isnan(peak)
        if is_worse:
            alert.peak = peak
        if math.isnan(value) or value == alert.value:
            return is_worse
        alert.value = value
        _describe(alert, rule)
        return True

    def forget(self, before: float) -> None:
        """Let go of alerts that ended before a time, once nothing of them matters any more."""
        self._alerts = {
            key: alert
            for key, alert in self._alerts.items()
            if alert.is_open or (alert.resolved_at or 0.0) >= before
        }


def _note(alert: Alert, change: Change, at: float) -> None:
    match change:
        case Change.FIRING:
            alert.fired_at = at
        case Change.RESOLVED | Change.CANCELLED:
            alert.resolved_at = at
        case Change.FLAPPING:
            alert.flapping = True
        case Change.STEADY:
            alert.flapping = False
        case _:
            return


def _describe(alert: Alert, rule: Rule) -> None:
    alert.severity, alert.threshold = rule.severity, rule.threshold
    facts = Facts(
        alert.rule, alert.severity, alert.metric, alert.threshold, alert.value, alert.labels
    )
    alert.annotations = {name: render(text, facts) for name, text in rule.annotations.items()}
