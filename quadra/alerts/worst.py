"""The worst value that an alert has seen: the one furthest beyond its rule's threshold."""

from __future__ import annotations

import math

import numpy as np

from quadra.alerts.rules import Rule
from quadra.alerts.windows import Places
from quadra.telemetry.batch import ValueArray


def worse(rule: Rule, known: float, value: float) -> float:
    """Give the worse of two values; NaN stands for none."""
    if math.isnan(known) or math.isnan(value):
        return value if math.isnan(known) else known
    pair = _beyond(rule, np.array([known, value]))
    return value if pair[1] > pair[0] else known


def keep_worst(rule: Rule, worst: ValueArray, rows: Places, values: ValueArray) -> None:
    """Put into ``worst``, one for each row, which of the ``values`` of its ``rows`` are worse."""
    if len(rows) == 0:
        return
    beyond = _beyond(rule, values)
    order = np.lexsort((beyond, rows))
    rows, values, beyond = rows[order], values[order], beyond[order]
    last = np.r_[rows[1:] != rows[:-1], True]
    rows, values, beyond = rows[last], values[last], beyond[last]
    better = ~(_beyond(rule, worst[rows]) >= beyond)  # true of NaN: none is known yet
    worst[rows[better]] = values[better]


def _beyond(rule: Rule, values: ValueArray) -> ValueArray:
    """Say how far values (n,) are beyond the threshold, in the direction that the rule minds."""
    if rule.op.startswith(">"):
        return values
    if rule.op.startswith("<"):
        return -values
    far: ValueArray = np.abs(values - rule.threshold)
    return far
