"""Alerts and their pages in the shapes of the public contract."""

from __future__ import annotations

import math
from typing import Any

from quadra.alerts.ledger import Alert


def finite(value: float | None) -> float | None:
    """Give a number that JSON has; None for NaN and infinities."""
    return None if value is None or not math.isfinite(value) else value


def alert_as_dict(alert: Alert) -> dict[str, Any]:
    """Give an alert as the API and the live stream show it."""
    return {
        "id": alert.id,
        "fingerprint": alert.fingerprint,
        "rule": alert.rule,
        "rule_id": alert.rule_id,
        "state": "firing" if alert.state == "recovering" else alert.state,
        "recovering": alert.state == "recovering",
        "flapping": alert.flapping,
        "severity": alert.severity,
        "metric": alert.metric,
        "series": alert.series_id if alert.series_id > 0 else None,
        "source": _source(alert),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "value": finite(alert.value),
        "peak": finite(alert.peak),
        "threshold": _threshold(alert),
        "started_at": alert.started_at,
        "fired_at": alert.fired_at,
        "resolved_at": alert.resolved_at,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": alert.acknowledged_at,
        "pages": alert.pages,
        "paged_at": alert.paged_at,
        "quieted_by": list(alert.quieted_by),
    }


def paged_alert(alert: Alert) -> dict[str, Any]:
    """Give an alert as a page carries it; ``url`` is added by whoever delivers."""
    return {
        "id": alert.id,
        "fingerprint": alert.fingerprint,
        "transition_id": alert.transition_id,
        "rule": alert.rule,
        "severity": alert.severity,
        "metric": alert.metric,
        "source": _source(alert),
        "labels": alert.labels,
        "value": finite(alert.value),
        "threshold": _threshold(alert),
        "started_at": alert.started_at,
        "resolved_at": alert.resolved_at,
        "annotations": alert.annotations,
    }


def _source(alert: Alert) -> str:
    return "external" if alert.is_external else "rule"


def _threshold(alert: Alert) -> float | None:
    """Give the threshold; other programs don't tell theirs."""
    return None if alert.is_external else alert.threshold
