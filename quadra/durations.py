"""Spans of time as Prometheus writes them: ``90d``, ``1h30m``, ``500ms``."""

from __future__ import annotations

import re

_UNITS = {
    "y": 365 * 86_400.0,
    "w": 7 * 86_400.0,
    "d": 86_400.0,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 0.001,
}
_WHOLE = re.compile(
    r"(?:(\d{1,9})y)?(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?"
    r"(?:(\d{1,9})s)?(?:(\d{1,9})ms)?"
)


def parse_duration(text: str) -> float:
    """Give the seconds of a duration; raises ValueError. ``0`` needs no unit."""
    if text == "0":
        return 0.0
    found = _WHOLE.fullmatch(text)
    if found is None or not text:
        msg = "write a duration such as 30s, 5m, 1h30m or 90d"
        raise ValueError(msg)
    return sum(
        int(count) * _UNITS[unit]
        for unit, count in zip(_UNITS, found.groups(), strict=True)
        if count is not None
    )
