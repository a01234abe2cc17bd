"""Who is told what, and when: grouping, cooldown, repeats, inhibition, silences, escalation.

A page is owed for every alert that fires. What keeps it back (a silence, a maintenance window, a
critical alert beside it, its cooldown, flapping) is noted once; when the reason ends and the
alert still fires, the page goes out. Times are unix seconds of whoever decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from quadra.alerts.ledger import Alert, Changes, Event
from quadra.alerts.owed import Kind, owed_of, place_of, reason_against
from quadra.alerts.rules import Rule
from quadra.alerts.silences import Maintenance, Silence

Status = Literal["firing", "resolved"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One page: a group's alerts with the same status, for one channel.

    ``channel`` is empty where the rule names none: whoever delivers chooses. ``key`` is the same
    whenever the same page is decided again, so that it can be kept once only.
    """

    key: str
    group: str
    channel: str
    status: Status
    kind: Kind
    alerts: tuple[Alert, ...]
    created_at: float


@dataclass(slots=True)
class Group:
    """Alerts that are told together; ``told_at`` is when they last were.

    ``waiting_since`` is when the first of those that wait now began to; ``count`` counts pages.
    """

    told_at: float | None = None
    waiting_since: float | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Quiet:
    """What people have asked to be kept quiet."""

    silences: Sequence[Silence] = ()
    maintenance: Sequence[Maintenance] = ()

    def reason(self, alert: Alert, now: float) -> str | None:
        """Say what silences an alert: ``silence:ID`` or ``maintenance:ID``; None for nothing."""
        labels = alert.matched
        for silence in self.silences:
            if silence.is_active(now) and silence.matchers.match(labels):
                return f"silence:{silence.id}"
        for window in self.maintenance:
            if window.is_active(now) and window.matchers.match(labels):
                return f"maintenance:{window.id}"
        return None


def group_key(alert: Alert, rule: Rule) -> str:
    """Name the group of an alert: where it is told, and the labels that it is grouped by."""
    labels = alert.matched
    parts = [f"{name}={labels.get(name, '')}" for name in rule.group_by]
    return "|".join([",".join(rule.channels), *parts])


@dataclass(slots=True)
class Desk:
    """Decides what is told. Holds the groups; everything else is handed in."""

    groups: dict[str, Group] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def decide(
        self,
        alerts: Iterable[Alert],
        rule_of: Callable[[Alert], Rule | None],
        quiet: Quiet,
        now: float,
        changes: Changes,
    ) -> list[Notice]:
        """Give the pages that go out now; alerts that were told are marked so in ``changes``."""
        alerts = list(alerts)
        criticals = {place_of(a) for a in alerts if a.is_firing and a.severity == "critical"}
        owed: dict[str, list[tuple[Alert, Rule, Kind]]] = {}
        notices: list[Notice] = []
        for alert in alerts:
            rule = rule_of(alert)
            kind = None if rule is None else owed_of(alert, rule, now)
            if rule is None or kind is None:
                continue
            reason = None
            # Whoever was told of it must hear that it is over; a drill is there to be heard.
            if kind != "resolved" and not alert.is_drill:
                reason = quiet.reason(alert, now) or reason_against(
                    alert, rule, kind, criticals, now
                )
            if reason is not None:
                _keep_quiet(alert, reason, now, changes)
            elif kind == "escalation":
                notices += self._escalate(alert, rule, now, changes)
            else:
                owed.setdefault(group_key(alert, rule), []).append((alert, rule, kind))
        for key, group in self.groups.items():
            if key not in owed and group.waiting_since is not None:
                group.waiting_since = None
                self.changed.add(key)
        for key, wanted in owed.items():
            notices += self._tell(key, wanted, now, changes)
        return notices

    def due(
        self, alerts: Iterable[Alert], rule_of: Callable[[Alert], Rule | None], now: float
    ) -> float:
        """Give the next time at which something may be told although no alert changes."""
        times = [math.inf]
        for alert in alerts:
            rule = rule_of(alert)
            if rule is None or alert.fired_at is None:
                continue
            group = self.groups.get(group_key(alert, rule), Group())
            if alert.is_open and alert.pages:
                paged = alert.paged_at or now
                times.append(paged + rule.repeat_interval / 1000)
                times += [t + rule.escalate_after / 1000 for t in (paged, alert.fired_at)]
            elif alert.resolved_told:
                continue
            times.append((alert.paged_before or now) + rule.cooldown / 1000)
            times.append((group.told_at or now) + rule.group_interval / 1000)
            times.append((group.waiting_since or now) + rule.group_wait / 1000)
        return min(t for t in times if t > now)

    def _tell(
        self, key: str, wanted: list[tuple[Alert, Rule, Kind]], now: float, changes: Changes
    ) -> list[Notice]:
        group = self.groups.setdefault(key, Group())
        if group.waiting_since is None:
            group.waiting_since = now
            self.changed.add(key)
        rules = [rule for _alert, rule, _kind in wanted]
        # A clock that was set back must not hold pages for an hour.
        group.waiting_since = min(group.waiting_since, now)
        if group.told_at is not None:
            group.told_at = min(group.told_at, now)
        ready = group.waiting_since + min(rule.group_wait for rule in rules) / 1000
        if group.told_at is not None:
            interval = min(rule.group_interval for rule in rules) / 1000
            ready = max(ready, group.told_at + interval)
        if now < ready:
            return []
        group.told_at, group.waiting_since = now, None
        notices: list[Notice] = []
        first = [a for a, _rule, kind in wanted if kind == "first"]
        repeats = [a for a, _rule, kind in wanted if kind == "repeat"]
        resolved = [a for a, _rule, kind in wanted if kind == "resolved"]
        # What fired and ended before its group's turn is told whole: that it was, and its end.
        resolved += [a for a in first if not a.is_open]
        channels = rules[0].channels or ("",)
        if first or repeats:
            kind: Kind = "first" if first else "repeat"
            notices += self._notices(key, channels, "firing", kind, [*first, *repeats], now)
        if resolved:
            notices += self._notices(key, channels, "resolved", "resolved", resolved, now)
        for alert in (*first, *repeats):
            _mark_paged(alert, "paged" if alert.pages == 0 else "paged_again", now, changes)
        for alert in resolved:
            alert.resolved_told = True
            changes.alerts[alert.id] = alert
            changes.events.append(Event(alert.id, now, "resolved_told"))
        return notices

    def _escalate(self, alert: Alert, rule: Rule, now: float, changes: Changes) -> list[Notice]:
        alert.escalated_at = now
        changes.alerts[alert.id] = alert
        channels = rule.escalate_to
        changes.events.append(Event(alert.id, now, "escalated", detail=", ".join(channels)))
        key = group_key(alert, rule)
        self.groups.setdefault(key, Group())
        return self._notices(key, channels, "firing", "escalation", [alert], now)

    def _notices(
        self,
        key: str,
        channels: Sequence[str],
        status: Status,
        kind: Kind,
        alerts: Sequence[Alert],
        now: float,
    ) -> list[Notice]:
        group = self.groups[key]
        group.count += 1
        self.changed.add(key)
        newest = max(alert.id for alert in alerts)
        made = []
        for channel in channels:
            name = f"{key}/{channel}/{kind}/{newest}.{group.count}"
            made.append(Notice(name, key, channel, status, kind, tuple(alerts), now))
        return made

    def forget(self, before: float) -> list[str]:
        """Let go of groups that nothing was told of since a time; gives their keys."""
        old = [
            key
            for key, group in self.groups.items()
            if group.waiting_since is None and (group.told_at or 0.0) < before
        ]
        for key in old:
            del self.groups[key]
            self.changed.discard(key)
        return old


def _keep_quiet(alert: Alert, reason: str, now: float, changes: Changes) -> None:
    if reason in alert.quieted_by:
        return
    alert.quieted_by = (*alert.quieted_by, reason)
    kind, _, ref = reason.partition(":")
    changes.alerts[alert.id] = alert
    changes.events.append(Event(alert.id, now, f"quiet_{kind}", ref=ref))


def _mark_paged(alert: Alert, kind: str, now: float, changes: Changes) -> None:
    alert.paged_at = now
    alert.pages += 1
    changes.alerts[alert.id] = alert
    changes.events.append(Event(alert.id, now, kind))
