"""The usual range of a series: where four in five of the values before lay.

What people see behind a line. It says what is usual, not what would be an anomaly, and hangs on
the values before alone, so it is drawn for any span without anything being kept for it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import TimeArray, ValueArray

SHARE: Final = 0.8
LEAST: Final = 30
"""Values before the first range, and at least in each."""
MOST: Final = 240
SPAN_MS: Final = 3_600_000
"""Values in a range: those of an hour, but no fewer and no more than these."""


class UsualRange(NamedTuple):
    """Range at each time (unix ms), (n,) each."""

    t: TimeArray
    low: ValueArray
    high: ValueArray


def window_of(step_ms: float) -> int:
    """Say how many values a range stands for, when they come every ``step_ms``."""
    return max(LEAST, min(MOST, round(SPAN_MS / max(step_ms, 1.0))))


def usual_range(
    t: TimeArray, v: ValueArray, odd: npt.NDArray[np.bool_], start: int, most: int = MOST
) -> UsualRange:
    """Give the range at each value from ``start`` (unix ms) on, ``most`` of them at most.

    ``t`` rises; ``odd`` marks values (n,) that were anomalous: they are none of what is usual.
    """
    known = np.flatnonzero(np.isfinite(v) & ~odd)
    steps = np.diff(t)
    window = window_of(float(np.median(steps)) if len(steps) else 1.0)
    # At each wanted place, the last ``window`` of the known values before it.
    wanted = np.flatnonzero(t >= start)
    if len(wanted) > most:
        wanted = wanted[np.linspace(0, len(wanted) - 1, most).round().astype(np.int64)]
    before = np.searchsorted(known, wanted)
    wanted, before = wanted[before >= LEAST], before[before >= LEAST]
    padded = np.concatenate((np.full(window, np.nan), v[known]))
    rows = np.lib.stride_tricks.sliding_window_view(padded, window)[before]
    low, high = _quantiles(np.sort(rows, axis=1), np.minimum(before, window))
    return UsualRange(t[wanted], low, high)


def _quantiles(ordered: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> ValueArray:
    """Give the two ends of each row's range; the row's values come first, then NaN."""
    rows = np.arange(len(ordered))
    ends = []
    for share in ((1.0 - SHARE) / 2.0, (1.0 + SHARE) / 2.0):
        place = share * (counts - 1)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, counts - 1)
        ends.append(
            ordered[rows, below] + (place - below) * (ordered[rows, above] - ordered[rows, below])
        )
    return np.array(ends).reshape(2, len(ordered))
