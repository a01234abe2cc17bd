"""Pages in words, the same for every channel that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from quadra.engine.channels import Delivery

SHOWN = 10
_LONGEST = 300
_MARKS = {"critical": "◆", "warning": "▲", "info": "ⓘ"}
_RANK = {"critical": 0, "warning": 1, "info": 2}

Alert = Mapping[str, Any]


def title(deliveries: Sequence[Delivery]) -> str:
    """Give one line: what is wrong, or what is over."""
    alerts = alerts_of(deliveries)
    if deliveries[0].kind == "test":
        return "Test from Quadra: this channel works"
    firing = [a for a in alerts if a.get("resolved_at") is None]
    if len(alerts) == 1:
        alert = alerts[0]
        if not firing:
            return f"✓ Resolved: {_name(alert)}"
        again = "Still firing: " if deliveries[0].kind == "repeat" else ""
        again = "Nobody has it yet: " if deliveries[0].kind == "escalation" else again
        return f"{_MARKS.get(str(alert.get('severity')), '▲')} {again}{_name(alert)}"
    ended = len(alerts) - len(firing)
    parts = [f"{len(firing)} firing"] * bool(firing) + [f"{ended} resolved"] * bool(ended)
    mark = _MARKS.get(worst(firing), "▲") if firing else "✓"
    return f"{mark} {len(alerts)} alerts: {', '.join(parts)}"


def alerts_of(deliveries: Sequence[Delivery]) -> list[Alert]:
    """Give all alerts of some deliveries, the worst first."""
    found = [alert for delivery in deliveries for alert in delivery.alerts]
    return sorted(found, key=lambda a: (a.get("resolved_at") is not None, _severity(a)))


def worst(alerts: Sequence[Alert]) -> str:
    """Give the worst severity."""
    return min((str(a.get("severity")) for a in alerts), key=lambda s: _RANK.get(s, 1), default="")


def facts(alert: Alert) -> list[tuple[str, str]]:
    """Give what is known of an alert as (name, value)."""
    labels = ", ".join(f"{k}={v}" for k, v in sorted(alert.get("labels", {}).items()))
    found = [
        ("Metric", str(alert.get("metric") or "")),
        ("Value", number(alert.get("value"))),
        ("Threshold", number(alert.get("threshold"))),
        ("Severity", str(alert.get("severity") or "")),
        ("Since", when(alert.get("started_at"))),
        ("Until", when(alert.get("resolved_at"))),
        ("Labels", labels),
    ]
    return [(name, value[:_LONGEST]) for name, value in found if value]


def summary(alert: Alert) -> str:
    """Give what the rule's annotations say."""
    notes = alert.get("annotations") or {}
    text = notes.get("summary") or notes.get("description") or ""
    return str(text)[:_LONGEST]


def plain(deliveries: Sequence[Delivery]) -> str:
    """Give the whole page as plain text."""
    lines = []
    alerts = alerts_of(deliveries)
    for alert in alerts[:SHOWN]:
        lines.append(_name(alert) + (f": {summary(alert)}" if summary(alert) else ""))
        lines += [f"  {name}: {value}" for name, value in facts(alert)]
        lines += [f"  {alert['url']}"] if alert.get("url") else []
        lines.append("")
    if len(alerts) > SHOWN:
        lines.append(f"and {len(alerts) - SHOWN} more")
    return "\n".join(lines).strip()


def number(value: object) -> str:
    """Give a number in few digits; nothing for none."""
    return f"{value:.6g}" if isinstance(value, (int, float)) else ""


def when(value: object) -> str:
    """Give a time in UTC; nothing for none."""
    if not isinstance(value, (int, float)):
        return ""
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _name(alert: Alert) -> str:
    return str(alert.get("rule") or "alert")[:_LONGEST]


def _severity(alert: Alert) -> int:
    return _RANK.get(str(alert.get("severity")), 1)
