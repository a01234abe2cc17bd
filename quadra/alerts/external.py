"""Alerts that other programs have judged, as Prometheus sends them to an Alertmanager.

They fire when they are told of and end at their ``endsAt``, or when they are not told of again.
From then on they are alerts like any other: silenced, grouped, paged, acknowledged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from quadra.alerts.ledger import EXTERNAL_RULE_ID, Alert, Changes, Ledger
from quadra.alerts.rules import Rule, Severity
from quadra.alerts.states import Change, Transition
from quadra.errors import Fault
from quadra.telemetry.selector import Selector
from quadra.telemetry.series import SeriesRules, series_key

RESOLVE_TIMEOUT_S = 300.0
"""Without an end of its own an alert ends so long after it was last told of."""
MAX_LABELS = 64
MAX_NAME_LENGTH = 100
MAX_ANNOTATIONS = 32
MAX_ANNOTATION_LENGTH = 4_096
MAX_URL_LENGTH = 2_048
MAX_SPAN_S = 366 * 86_400.0
_FRACTION = re.compile(r"(\.\d{6})\d+")
_SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(("critical", "page", "fatal", "emergency", "error", "high"), "critical"),
    **dict.fromkeys(("info", "none", "low", "notice"), "info"),
}


@dataclass(frozen=True, slots=True)
class External:
    """What another program said of one alert; times in unix seconds.

    ``id`` and ``revision`` are given by whoever keeps it: ``revision`` grows with each change.
    """

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: float
    ends_at: float
    url: str = ""
    id: int = 0
    revision: int = 0

    @property
    def severity(self) -> Severity:
        """Give the severity that its label means; a warning where it says nothing known."""
        return _SEVERITIES.get(self.labels.get("severity", "").lower(), "warning")


def external_from(document: object, index: int, now: float, faults: list[Fault]) -> External | None:
    """Read an alert of Alertmanager's API; adds what is wrong to ``faults``."""
    if not isinstance(document, Mapping):
        faults.append(Fault(index, "", "an object is needed"))
        return None
    before = len(faults)
    labels = _texts(document.get("labels"), index, "labels", MAX_LABELS, faults)
    annotations = _texts(document.get("annotations"), index, "annotations", MAX_ANNOTATIONS, faults)
    faults += SeriesRules(MAX_LABELS).faults(series_key("alert", labels), index)
    name = labels.pop("alertname", "")
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        reason = f"1 to {MAX_NAME_LENGTH} printable characters are needed"
        faults.append(Fault(index, "labels.alertname", reason))
    starts = _moment(document.get("startsAt"), index, "startsAt", faults) or now
    ends = _moment(document.get("endsAt"), index, "endsAt", faults) or now + RESOLVE_TIMEOUT_S
    if abs(starts - now) > MAX_SPAN_S or ends - now > MAX_SPAN_S:
        faults.append(Fault(index, "endsAt", "at most a year from now"))
    url = document.get("generatorURL", "")
    if not isinstance(url, str) or len(url) > MAX_URL_LENGTH:
        faults.append(
            Fault(index, "generatorURL", f"a text of at most {MAX_URL_LENGTH} characters")
        )
    if len(faults) > before:
        return None
    return External(name, labels, annotations, min(starts, now), ends, str(url))


def _texts(value: object, index: int, field: str, most: int, faults: list[Fault]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > most:
        faults.append(Fault(index, field, f"an object of at most {most} texts is needed"))
        return {}
    found = {}
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str):
            faults.append(Fault(index, f"{field}.{str(name)[:60]}", "a text is needed"))
        elif "\0" in text or len(text) > MAX_ANNOTATION_LENGTH:
            reason = f"at most {MAX_ANNOTATION_LENGTH} characters, no NUL"
            faults.append(Fault(index, f"{field}.{name[:60]}", reason))
        elif text:  # an empty label means no label
            found[name] = text
    return found


def _moment(value: object, index: int, field: str, faults: list[Fault]) -> float | None:
    """Read a time of RFC 3339; None for none, and for the zero time that Go sends for none."""
    if value is None or value == "":
        return None
    try:
        moment = moment_from(value)
    except ValueError:
        faults.append(Fault(index, field, "write a time such as 2026-01-31T12:00:00Z"))
        return None
    return moment if moment > 0 else None


def moment_from(value: object) -> float:
    """Read a time of RFC 3339 in unix seconds; raises ValueError."""
    if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():  # noqa: PLR2004
        raise ValueError
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", value))
    if moment.tzinfo is None:
        raise ValueError
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def moment_text(at: float) -> str:
    """Write unix seconds as RFC 3339 does, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def external_rule(name: str, severity: str) -> Rule:
    """Give what stands for the rule that another program has judged by: whom to tell, and when."""
    return Rule(
        name,
        Selector("", None, ()),
        ">",
        0.0,
        cooldown=0,
        severity=severity,  # type: ignore[arg-type] # one of ours: an alert carries it
        id=EXTERNAL_RULE_ID,
    )


class ExternalWatch:
    """Makes alerts of what was told of, and ends those that nobody tells of any more."""

    def __init__(self) -> None:
        """Begin with nothing: all that is kept is to be taken first."""
        self.revision = 0
        self._open: dict[int, float] = {}
        self._began = False

    def take(self, told: Sequence[External], ledger: Ledger, now: float, changes: Changes) -> None:
        """Take what was told since ``revision``, in order, and let time go on."""
        for one in told:
            self.revision = max(self.revision, one.revision)
            self._open[one.id] = one.ends_at
            self._take(one, ledger, now, changes)
        if not self._began:
            self._end_forgotten(ledger, now, changes)
        for number in [i for i, ends_at in self._open.items() if ends_at <= now]:
            self._resolve(number, self._open.pop(number), ledger, changes)

    def _take(self, one: External, ledger: Ledger, now: float, changes: Changes) -> None:
        if one.ends_at <= now:
            return
        alert = _alert(ledger, one.id)
        if alert is None:
            rule = external_rule(one.name, one.severity)
            moment = Transition(Change.FIRING, round(one.starts_at * 1000), math.nan)
            key = series_key("", one.labels)
            ledger.apply(rule, -one.id, key, moment, changes)
            alert = ledger.get(EXTERNAL_RULE_ID, -one.id)
        if alert is not None and alert.annotations != one.annotations:
            alert.annotations = dict(one.annotations)
            changes.alerts[alert.id] = alert

    def _resolve(self, number: int, at: float, ledger: Ledger, changes: Changes) -> None:
        alert = _alert(ledger, number)
        if alert is None:
            return
        annotations = alert.annotations
        moment = Transition(Change.RESOLVED, round(at * 1000), math.nan)
        rule = external_rule(alert.rule, alert.severity)
        ledger.apply(rule, -number, series_key("", alert.labels), moment, changes)
        alert.annotations = annotations

    def _end_forgotten(self, ledger: Ledger, now: float, changes: Changes) -> None:
        """End what is open and kept no more: it ended long ago, while nobody judged."""
        self._began = True
        for alert in list(ledger):
            if alert.is_external and alert.is_open and -alert.series_id not in self._open:
                self._resolve(-alert.series_id, now, ledger, changes)


def _alert(ledger: Ledger, number: int) -> Alert | None:
    alert = ledger.get(EXTERNAL_RULE_ID, -number)
    return alert if alert is not None and alert.is_open else None
