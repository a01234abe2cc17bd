"""An alert rule: which series it judges, how, and what happens when it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from quadra.telemetry.aggregate import AGGREGATES as STEP_AGGREGATES
from quadra.telemetry.batch import ValueArray
from quadra.telemetry.selector import Selector
from quadra.telemetry.series import SeriesKey

Severity = Literal["info", "warning", "critical"]
NoData = Literal["ok", "alert", "keep"]
Subject = Literal["samples", "anomaly"]

AGGREGATES = (*STEP_AGGREGATES, "absent")
OPERATORS = (">", ">=", "<", "<=", "==", "!=")
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
NO_DATA: tuple[NoData, ...] = ("ok", "alert", "keep")
SUBJECTS: tuple[Subject, ...] = ("samples", "anomaly")
LOOK_BACK_MS = 300_000  # as Prometheus: a series is gone when it has been silent for so long
_FOR_EVER_MS = 1 << 60

Conditions = npt.NDArray[np.int8]


class Condition(IntEnum):
    """What an evaluation found."""

    CLEAR = 0
    BETWEEN = 1
    """Not beyond the threshold any more, but not beyond the clear threshold either."""
    BREACH = 2
    HOLD = 3
    """Nothing is known: everything stays as it is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is judged; all spans in ms.

    ``id`` is 0 for a rule that is not kept yet. ``source`` is the file that it stands in, empty
    for one made through the API.
    """

    name: str
    selector: Selector
    op: str
    threshold: float
    aggregate: str = "last"
    window: int = 60_000
    clear_threshold: float | None = None
    hold: int = 0
    keep_firing_for: int = 0
    cooldown: int = 1_800_000
    severity: Severity = "warning"
    no_data: NoData = "ok"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    enabled: bool = True
    subject: Subject = "samples"
    repeat_interval: int = 14_400_000
    group_by: tuple[str, ...] = ("rule",)
    group_wait: int = 0
    group_interval: int = 0
    escalate_after: int = 0
    escalate_to: tuple[str, ...] = ()
    id: int = 0
    source: str = ""

    @property
    def staleness(self) -> int:
        """Give the silence after which a series counts as gone, in ms.

        An anomaly lasts until its end is said.
        """
        return _FOR_EVER_MS if self.subject == "anomaly" else max(self.window, LOOK_BACK_MS)

    @property
    def judged(self) -> tuple[object, ...]:
        """Give what decides which values are compared: a change of it needs a new look."""
        return (self.selector.text, self.aggregate, self.window, self.subject)

    def classify(self, values: ValueArray) -> Conditions:
        """Compare values (n,) with the thresholds; NaN, no value, is what ``undefined`` says."""
        found = np.full(len(values), Condition.CLEAR, np.int8)
        if self.clear_threshold is not None:
            found[_beyond(self.op, values, self.clear_threshold)] = Condition.BETWEEN
        found[_beyond(self.op, values, self.threshold)] = Condition.BREACH
        found[np.isnan(values)] = self.undefined
        return found

    @property
    def undefined(self) -> Condition:
        """Give what holds when there are samples, but too few to say a value."""
        return Condition.CLEAR if self.no_data == "ok" else Condition.HOLD

    @property
    def silent(self) -> Condition:
        """Give what holds when the series has been silent for too long."""
        return {"ok": Condition.CLEAR, "alert": Condition.BREACH, "keep": Condition.HOLD}[
            self.no_data
        ]


def _beyond(op: str, values: ValueArray, threshold: float) -> npt.NDArray[np.bool_]:
    """Say which values are on the wrong side; ``!=`` is not true of NaN here."""
    compare = {
        ">": np.greater,
        ">=": np.greater_equal,
        "<": np.less,
        "<=": np.less_equal,
        "==": np.equal,
        "!=": np.not_equal,
    }[op]
    beyond: npt.NDArray[np.bool_] = compare(values, threshold)
    return beyond


def alert_labels(rule: Rule, key: SeriesKey) -> dict[str, str]:
    """Give the labels of a series' alert: its own and, on top, those of the rule."""
    labels = dict(key[1]) | {name: text for name, text in rule.labels.items() if text}
    return dict(sorted(labels.items()))


def fixed_labels(selector: Selector) -> dict[str, str]:
    """Give the labels that every selected series has, as Prometheus labels what is absent."""
    found: dict[str, str] = {}
    named: set[str] = set()
    for matcher in selector.matchers:
        if matcher.label == "__name__":
            continue
        if matcher.op == "=" and matcher.label not in named:
            found[matcher.label] = matcher.value
        else:
            found.pop(matcher.label, None)
        named.add(matcher.label)
    return {name: text for name, text in sorted(found.items()) if text}


def fingerprint(rule: str, metric: str, labels: Mapping[str, str]) -> str:
    """Give 16 hex digits that stand for a rule and what it is about, the same for ever."""
    text = json.dumps([rule, metric, sorted(labels.items())], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
