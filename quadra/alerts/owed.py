"""What is still to be told of an alert, and what speaks against telling it now."""

from __future__ import annotations

from typing import Literal

from quadra.alerts.ledger import Alert
from quadra.alerts.rules import Rule

Kind = Literal["first", "repeat", "resolved", "escalation"]
OLD_S = 3_600.0
"""What ended longer ago than this before anybody could be told is history, not news."""


def owed_of(alert: Alert, rule: Rule, now: float) -> Kind | None:
    """Say what is still to be told of an alert, were there nothing to keep it back."""
    if alert.fired_at is None or (not alert.is_open and alert.resolved_told):
        return None
    if alert.pages:
        return _owed_again(alert, alert.fired_at, rule, now) if alert.is_open else "resolved"
    # It fired and ended between two looks: told, unless it was kept back or is long over.
    is_over = not alert.is_open and bool(
        alert.quieted_by or (alert.resolved_at or 0.0) < now - OLD_S
    )
    return None if is_over else "first"


def _owed_again(alert: Alert, fired_at: float, rule: Rule, now: float) -> Kind | None:
    """Say what is owed of an alert that still fires and was told."""
    if alert.acknowledged_by is not None:
        return None
    paged = alert.paged_at or 0.0
    if rule.escalate_after and alert.escalated_at is None:
        since = max(fired_at, paged) if alert.pages == 1 else fired_at
        if now - since >= rule.escalate_after / 1000:
            return "escalation"
    if rule.repeat_interval and now - paged >= rule.repeat_interval / 1000:
        return "repeat"
    return None


def reason_against(
    alert: Alert, rule: Rule, kind: Kind, criticals: set[tuple[str, ...]], now: float
) -> str | None:
    """Say what else than people's wishes keeps a page back; None for nothing."""
    if alert.severity != "critical" and alert.labels and place_of(alert) in criticals:
        return "inhibited"
    if kind == "first" and alert.paged_before is not None:
        # An hour's step of the clock must not make a cooldown of half an hour into one of more.
        since = now - alert.paged_before
        if 0 <= since < rule.cooldown / 1000:
            return "cooldown"
    if alert.flapping and alert.paged_before is not None:
        return "flapping"
    return None


def place_of(alert: Alert) -> tuple[str, ...]:
    """Give what an alert is about: a warning is inhibited by a critical about the same."""
    labels = sorted(alert.labels.items())
    return tuple(f"{name}={text}" for name, text in labels if name != "severity")
