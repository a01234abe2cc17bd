"""Which sample times are believed: not far in the future, not older than what is kept."""

from __future__ import annotations

import numpy as np

from quadra.telemetry.batch import ValueArray

MAX_AHEAD_S = 600
MAX_AGE_S = 90 * 86_400
MAX_SAMPLES_A_REQUEST = 200_000
MAX_FAULTS = 20

_MILLISECONDS_FROM = 1e11  # in seconds that would be the year 5138


def time_fault(seconds: float, now: float) -> str | None:
    """Say why a time (unix seconds) is refused; None when it is fine."""
    if seconds > _MILLISECONDS_FROM:
        return "looks like milliseconds; send unix seconds"
    if seconds > now + MAX_AHEAD_S:
        return f"more than {MAX_AHEAD_S // 60} minutes in the future"
    if seconds < now - MAX_AGE_S:
        return f"more than {MAX_AGE_S // 86_400} days ago"
    return None


def first_bad_time(seconds: ValueArray, now: float) -> int | None:
    """Give the place of the first time (unix seconds) that is refused, or None."""
    if len(seconds) == 0:
        return None
    low, high = now - MAX_AGE_S, now + MAX_AHEAD_S
    if seconds.min() >= low and seconds.max() <= high:
        return None
    return int(np.flatnonzero((seconds < low) | (seconds > high))[0])
