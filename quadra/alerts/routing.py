"""Which channels take a page that names none: each may say which alerts it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from quadra.alerts.silences import MAX_MATCHERS, Matchers, matchers_from
from quadra.errors import Fault

EVERYTHING = Matchers((), ())
"""Takes every alert."""


def route_from(value: object, faults: list[Fault]) -> Matchers:
    """Read a channel's matchers; an empty list takes everything. Adds to ``faults``."""
    if value is None or value == []:
        return EVERYTHING
    if not isinstance(value, list) or len(value) > MAX_MATCHERS:
        faults.append(Fault(None, "matchers", f'up to {MAX_MATCHERS} texts such as team="ml"'))
        return EVERYTHING
    return matchers_from(value, faults)


@lru_cache(maxsize=1_024)
def route_of(texts: tuple[str, ...]) -> Matchers:
    """Give kept matchers, which were read when they were kept."""
    return route_from(list(texts), [])


def taken(route: Matchers, alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give those of a page's alerts that a channel takes."""
    return [alert for alert in alerts if route.match(_matched(alert))]


def _matched(alert: Mapping[str, Any]) -> dict[str, str]:
    """Give what matchers look at, as ``Alert.matched`` does."""
    rule = str(alert.get("rule", ""))
    own = {
        "__name__": str(alert.get("metric", "")),
        "rule": rule,
        "alertname": rule,
        "severity": str(alert.get("severity", "")),
    }
    labels = dict(alert.get("labels", {}))
    return own | labels if alert.get("source") == "external" else labels | own
