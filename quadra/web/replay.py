"""All that was known of a span: for going through it again, and as one file for the post-mortem."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from quadra import __version__
from quadra.alerts.ledger import Alert
from quadra.alerts.shown import alert_as_dict, finite
from quadra.engine.alerting import AlertQuestion
from quadra.engine.anomalies import AnomalyQuestion
from quadra.engine.happenings import HappeningQuestion
from quadra.engine.history import Line
from quadra.telemetry.selector import Selector, parse_selector
from quadra.web.assets import built
from quadra.web.inert import inert_json
from quadra.web.parts import WebParts
from quadra.web.service_view import rounded

MOST_CHANGES, MOST_ANOMALIES, MOST_EVENTS, MOST_SERIES = 1_000, 300, 500, 24
POINTS = 300
_BEFORE_S = 7 * 86_400.0  # an alert that was open at the start began at most so long before


def gathered(parts: WebParts, start: float, end: float, also: Sequence[Selector]) -> dict[str, Any]:
    """Gather changes, anomalies, events and the series that they name; raises StorageError.

    Times in unix seconds. ``also`` are series to show beside those.
    """
    page = parts.alerting.history(
        AlertQuestion(start=start - _BEFORE_S, end=end, limit=MOST_CHANGES)
    )
    pairs = list(reversed(page.items))
    over = {alert.id for _event, alert in pairs if alert.resolved_at and alert.resolved_at < start}
    changes = [(event, alert) for event, alert in pairs if alert.id not in over]
    anomalies = parts.runtime.offload(
        parts.anomalies.anomalies, AnomalyQuestion(start=start, end=end, limit=MOST_ANOMALIES)
    )
    events = parts.happenings.list(HappeningQuestion(start=start, end=end, limit=MOST_EVENTS))
    named = [(alert.metric, alert.labels) for _event, alert in changes]
    named += [(one.metric, one.labels) for one in anomalies.items]
    step = max(1, round((end - start) / POINTS))
    series, left_out = _series(parts, [*also, *_selectors(named)], start, end, step)
    cut = _cut(
        ("changes of alerts", page.next, MOST_CHANGES),
        ("anomalies", anomalies.next, MOST_ANOMALIES),
        ("events", events.next, MOST_EVENTS),
    )
    if left_out:
        cut.append(f"{left_out} more series were named than the {MOST_SERIES} that are shown.")
    return {
        "start": start,
        "end": end,
        "made_at": parts.clock(),
        "environment": parts.settings.environment,
        "hostname": parts.hostname,
        "version": __version__,
        "step": step,
        "series": series,
        "changes": [
            {
                "at": event.at,
                "kind": event.kind,
                "value": finite(event.value),
                "by": event.by,
                "ref": event.ref,
                "detail": event.detail,
                "alert": alert_as_dict(alert),
            }
            for event, alert in changes
        ],
        "silences": _silences(parts, start, end, {a.id: a for _event, a in changes}.values()),
        "anomalies": [one.as_dict() for one in anomalies.items],
        "events": [one.as_dict() for one in events.items],
        "cut": cut,
    }


def _silences(
    parts: WebParts, start: float, end: float, alerts: Collection[Alert]
) -> list[dict[str, Any]]:
    """Give the silences that held within the span, each with those of the alerts that it meant."""
    held = [one for one in parts.alerting.silences() if one.starts_at < end and one.ends_at > start]
    # Thousands of silences may mean a thousand alerts: seconds, which the loop has not.
    meant = parts.runtime.offload(lambda: [(one, one.matchers.ids_among(alerts)) for one in held])
    return [
        {"id": one.id, "starts_at": one.starts_at, "ends_at": one.ends_at, "alerts": numbers}
        for one, numbers in meant
        if numbers
    ]


def _selectors(named: Iterable[tuple[str, Mapping[str, str]]]) -> list[Selector]:
    """Select each series once, the first named first."""
    texts = dict.fromkeys(
        f"{metric}{{{','.join(f'{key}={_quoted(labels[key])}' for key in sorted(labels))}}}"
        for metric, labels in named
        if metric and not metric.startswith("quadra_drill")
    )
    return [parse_selector(text) for text in list(texts)[:MOST_SERIES]]


def _quoted(text: str) -> str:
    for sign, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(sign, escape)
    return f'"{text}"'


def _series(
    parts: WebParts, selectors: Sequence[Selector], start: float, end: float, step: int
) -> tuple[list[dict[str, Any]], int]:
    if not selectors:
        return [], 0
    begin, until = int(start * 1000), int(end * 1000)
    lines = parts.history.query(selectors, begin, until, step * 1000, "avg")
    return [_shown(line) for line in lines[:MOST_SERIES]], max(0, len(lines) - MOST_SERIES)


def _shown(line: Line) -> dict[str, Any]:
    return {
        "id": line.info.id,
        "name": line.info.name,
        "labels": line.info.labels,
        "timestamps": line.t / 1000,
        "values": rounded(line.v),
    }


def _cut(*lists: tuple[str, int | None, int]) -> list[str]:
    return [f"Only the newest {most} {name} are shown." for name, more, most in lists if more]


def as_file(document: Mapping[str, Any]) -> str:
    """Write one HTML file that opens offline and asks nobody for anything.

    Its policy names the very script and style that it holds; all else, the network first, is
    forbidden. What was measured is data, whatever its labels say.
    """
    script, style = built("replay.js").strip(), built("replay.css").strip()
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>Incident</title>",
            f"<style>{style}</style>\n</head>\n<body>",
            '<div id="incident"></div>',
            "<noscript>This file draws its charts by a script of its own: allow it.</noscript>",
            f'<script type="application/json" id="data">{inert_json(document)}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
