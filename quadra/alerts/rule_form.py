"""Rules as people write them: objects of the API and of YAML files. Every fault is named."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from quadra.alerts.rules import (
    AGGREGATES,
    NO_DATA,
    OPERATORS,
    SEVERITIES,
    SUBJECTS,
    Rule,
)
from quadra.alerts.templates import fault as template_fault
from quadra.durations import parse_duration
from quadra.errors import Fault, InvalidError
from quadra.telemetry.selector import Selector, SelectorError, parse_selector
from quadra.telemetry.series import SeriesRules, series_key

MAX_NAME_LENGTH = 100
MAX_WINDOW_MS = 7 * 86_400_000
MAX_SPAN_MS = 366 * 86_400_000
MAX_LABELS = MAX_ANNOTATIONS = 32
MAX_CHANNELS = MAX_GROUP_LABELS = 16
SHORTEST_WINDOW_MS = 1_000
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_NAMES = "letters, digits and other printable characters"

FIELDS = (
    "name", "selector", "aggregate", "window", "op", "threshold", "clear_threshold", "for",
    "keep_firing_for", "cooldown", "severity", "no_data", "labels", "annotations", "channels",
    "enabled", "on", "repeat_interval", "group_by", "group_wait", "group_interval",
    "escalate_after", "escalate_to",
)  # fmt: skip
SHOWN_ONLY = ("id", "source", "created_at", "updated_at")
"""What the API adds to a rule: taken back without a word, so that what was read can be sent."""

_DEFAULT = Rule("", Selector("", None, ()), ">", 0.0)


@dataclass(slots=True)
class _Form:
    """An object being read: gives its parts, and gathers what is wrong with them."""

    document: Mapping[str, Any]
    index: int | None = None
    where: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, reason: str) -> None:
        self.faults.append(Fault(self.index, f"{self.where}{name}", reason))

    def get(self, name: str) -> Any:
        return self.document.get(name)

    def name(self) -> str:
        value = self.get("name")
        if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_NAME_LENGTH:
            self.fault("name", f"a text of 1 to {MAX_NAME_LENGTH} characters is needed")
            return ""
        if not value.isprintable():
            self.fault("name", f"use {_NAMES}")
        return value.strip()

    def selector(self) -> Selector:
        value = self.get("selector")
        if not isinstance(value, str) or not value.strip():
            self.fault("selector", 'a selector such as name{label="x"} is needed')
            return _DEFAULT.selector
        try:
            return parse_selector(value)
        except SelectorError as error:
            self.fault("selector", error.detail)
            return _DEFAULT.selector

    def choice(self, name: str, default: Any, allowed: Collection[str]) -> Any:
        value = self.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in allowed:
            self.fault(name, f"use one of {' '.join(allowed)}")
            return next(iter(allowed))
        return value

    def number(self, name: str) -> float | None:
        value = self.get(name)
        if value is None:
            return None
        if type(value) not in (int, float) or not math.isfinite(value):
            self.fault(name, "a number is needed")
            return None
        return float(value)

    def span(self, name: str, default: int, low: int = 0, high: int = MAX_SPAN_MS) -> int:
        """Read a duration as Prometheus writes it, or a number of seconds; gives ms."""
        value = self.get(name)
        if value is None:
            return default
        try:
            seconds = parse_duration(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fault(name, str(error))
            return default
        if type(seconds) not in (int, float) or not math.isfinite(cast("float", seconds)):
            self.fault(name, "write a duration such as 30s, 5m or 1h30m")
            return default
        ms = cast("float", seconds) * 1000  # may be infinite, of a number near the largest
        if not low <= ms <= high:
            self.fault(name, f"use {duration(low)} to {duration(high)}")
            return default
        return round(ms)

    def flag(self, name: str, default: bool) -> bool:  # noqa: FBT001 - a default, as above
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, "use true or false")
            return default
        return value

    def texts(self, name: str, most: int) -> dict[str, str]:
        value = self.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > most:
            self.fault(name, f"an object of at most {most} texts is needed")
            return {}
        found = {}
        for key, text in value.items():
            if not isinstance(key, str) or not isinstance(text, str):
                self.fault(f"{name}.{str(key)[:60]}", "a text is needed")
            else:
                found[key] = text
        return found

    def labels(self) -> dict[str, str]:
        labels = self.texts("labels", MAX_LABELS)
        for fault in SeriesRules(MAX_LABELS).faults(series_key("rule", labels), self.index):
            self.fault(fault.field, fault.reason)
        return {name: text for name, text in labels.items() if text}

    def annotations(self) -> dict[str, str]:
        annotations = self.texts("annotations", MAX_ANNOTATIONS)
        for name, template in annotations.items():
            reason = template_fault(template)
            if reason is not None:
                self.fault(f"annotations.{name[:60]}", reason)
        return annotations

    def names(self, name: str, default: tuple[str, ...], most: int) -> tuple[str, ...]:
        value = self.get(name)
        if value is None:
            return default
        is_list = isinstance(value, list) and len(value) <= most
        if not is_list or not all(isinstance(n, str) and 0 < len(n) <= 200 for n in value):  # noqa: PLR2004
            self.fault(name, f"a list of at most {most} names is needed")
            return default
        return tuple(dict.fromkeys(value))


def rule_from(
    document: object, *, index: int | None = None, where: str = "", source: str = ""
) -> Rule:
    """Read one rule; raises InvalidError with every fault."""
    if not isinstance(document, Mapping):
        raise refused([Fault(index, where.rstrip("."), "an object is needed")])
    form = _Form(document, index, where)
    for name in document:
        if name not in FIELDS and name not in SHOWN_ONLY:
            form.fault(str(name)[:60], "no such field")
    if form.get("threshold") is None:
        form.fault("threshold", "a number is needed")
    rule = Rule(
        name=form.name(),
        selector=form.selector(),
        op=form.choice("op", None, OPERATORS),
        threshold=form.number("threshold") or 0.0,
        aggregate=form.choice("aggregate", _DEFAULT.aggregate, AGGREGATES),
        window=form.span("window", _DEFAULT.window, SHORTEST_WINDOW_MS, MAX_WINDOW_MS),
        clear_threshold=form.number("clear_threshold"),
        hold=form.span("for", 0),
        keep_firing_for=form.span("keep_firing_for", 0),
        cooldown=form.span("cooldown", _DEFAULT.cooldown),
        severity=form.choice("severity", _DEFAULT.severity, SEVERITIES),
        no_data=form.choice("no_data", _DEFAULT.no_data, NO_DATA),
        labels=form.labels(),
        annotations=form.annotations(),
        channels=form.names("channels", (), MAX_CHANNELS),
        enabled=form.flag("enabled", default=True),
        subject=form.choice("on", _DEFAULT.subject, SUBJECTS),
        repeat_interval=form.span("repeat_interval", _DEFAULT.repeat_interval),
        group_by=form.names("group_by", _DEFAULT.group_by, MAX_GROUP_LABELS),
        group_wait=form.span("group_wait", 0),
        group_interval=form.span("group_interval", _DEFAULT.group_interval),
        escalate_after=form.span("escalate_after", 0),
        escalate_to=form.names("escalate_to", (), MAX_CHANNELS),
        source=source,
    )
    _check_together(form, rule)
    if form.faults:
        raise refused(form.faults)
    return rule


def _check_together(form: _Form, rule: Rule) -> None:
    """Find what does not fit one another."""
    clear = rule.clear_threshold
    if clear is not None:
        wrong = {
            ">": clear > rule.threshold,
            ">=": clear > rule.threshold,
            "<": clear < rule.threshold,
            "<=": clear < rule.threshold,
        }.get(rule.op)
        if wrong is None:
            form.fault("clear_threshold", f"has no meaning with {rule.op}")
        elif wrong:
            side = "above" if rule.op[0] == ">" else "below"
            form.fault("clear_threshold", f"must not be {side} the threshold")
    if rule.subject == "anomaly" and rule.aggregate != "last":
        form.fault("aggregate", "a rule on anomalies takes none: an anomaly is open or it is not")
    if bool(rule.escalate_after) != bool(rule.escalate_to):
        form.fault("escalate_to", "escalate_after and escalate_to go together")


def refused(faults: list[Fault]) -> InvalidError:
    """Make the error that names all faults of a rule."""
    first = faults[0]
    msg = f"{first.field}: {first.reason}." if first.field else f"{first.reason}."
    return InvalidError(msg, code="bad_rule", faults=tuple(faults))


def duration(ms: int) -> str:
    """Write a span as Prometheus does: ``1h30m``."""
    if ms == 0:
        return "0s"
    parts = []
    for unit, size in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def rule_as_dict(rule: Rule) -> dict[str, Any]:
    """Give a rule in the shape of the public contract, as ``rule_from`` reads it."""
    return {
        "name": rule.name,
        "selector": rule.selector.text,
        "aggregate": rule.aggregate,
        "window": duration(rule.window),
        "op": rule.op,
        "threshold": rule.threshold,
        "clear_threshold": rule.clear_threshold,
        "for": duration(rule.hold),
        "keep_firing_for": duration(rule.keep_firing_for),
        "cooldown": duration(rule.cooldown),
        "severity": rule.severity,
        "no_data": rule.no_data,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
        "channels": list(rule.channels),
        "enabled": rule.enabled,
        "on": rule.subject,
        "repeat_interval": duration(rule.repeat_interval),
        "group_by": list(rule.group_by),
        "group_wait": duration(rule.group_wait),
        "group_interval": duration(rule.group_interval),
        "escalate_after": duration(rule.escalate_after),
        "escalate_to": list(rule.escalate_to),
    }
