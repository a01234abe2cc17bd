"""Finding the few evaluations among many that can change something."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from quadra.alerts.rules import Conditions
from quadra.telemetry.batch import TimeArray


def next_hot(
    conditions: Conditions,
    t: TimeArray,
    gaps: npt.NDArray[np.bool_],
    at: int,
    held: int,
    due_at: int,
) -> int:
    """Find the next evaluation that can change something; their number when there is none."""
    if at >= len(t):
        return len(t)
    found = len(t)
    for test in (
        lambda low, high: conditions[low:high] != held,
        lambda low, high: t[low:high] >= due_at,
        lambda low, high: gaps[low:high],
    ):
        found = _first(test, at, found)
    return found


def _first(test: Callable[[int, int], npt.NDArray[np.bool_]], low: int, end: int) -> int:
    """Find the first place in ``low:end`` where a test holds, looking at ever larger parts."""
    size = 16
    while low < end:
        high = min(low + size, end)
        part = test(low, high)
        place = int(part.argmax())
        if part[place]:
            return low + place
        low, size = high, size * 4
    return end
