"""What happened, in a sentence: quantities with their units, spans of time, severity."""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

from quadra.anomalies.traits import Trait

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_MEDIUM, _HIGH, _CRITICAL = 1.5, 2.5, 5.0  # times the alert threshold

_SECONDS: Final = {"s": 1.0, "seconds": 1.0, "ms": 1e-3, "milliseconds": 1e-3, "us": 1e-6,
                   "microseconds": 1e-6, "ns": 1e-9, "nanoseconds": 1e-9, "min": 60.0,
                   "minutes": 60.0, "h": 3600.0, "hours": 3600.0}  # fmt: skip
_BYTES: Final = {"By": 1.0, "bytes": 1.0, "KiBy": 1024.0, "MiBy": 1024.0**2, "GiBy": 1024.0**3}
_SPANS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"),
                 (1e-6, "µs"))  # fmt: skip
_BINARY: Final = ((1024.0**4, "TiB"), (1024.0**3, "GiB"), (1024.0**2, "MiB"), (1024.0, "KiB"))
_DECIMAL: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_ENDINGS: Final = (("_bytes", "bytes"), ("_seconds", "s"), ("_milliseconds", "ms"), ("_ms", "ms"),
                   ("_percent", "%"), ("_ratio", "ratio"))  # fmt: skip
_PLAIN_BELOW = 1e4  # 1234 reads as well as 1.23k
_DAYS_FROM_H, _HOURS_FROM_H = 48.0, 2.0
_ROUND_FROM = 1000.0


def severity_of(evidence: float) -> Severity:
    """Grade evidence (1 is the alert threshold)."""
    if evidence >= _CRITICAL:
        return "critical"
    if evidence >= _HIGH:
        return "high"
    return "medium" if evidence >= _MEDIUM else "low"


def quantity(value: float, unit: str = "") -> str:
    """Write a value with at most three digits and its unit: ``2.3 s``, ``512 MiB``, ``12 %``."""
    if unit.endswith("/s"):
        return quantity(value, unit.removesuffix("/s")) + "/s"
    if unit == "ratio":
        value, unit = 100.0 * value, "%"
    if unit in _SECONDS:
        return _scaled(value * _SECONDS[unit], _SPANS, "s")
    if unit in _BYTES:
        return _scaled(value * _BYTES[unit], _BINARY, "B")
    if unit in {"%", "percent"}:
        return f"{_digits(value)} %"
    steps = _DECIMAL if abs(value) >= _PLAIN_BELOW else ()
    plain = _scaled(value, steps, "").replace(" ", "")
    if unit in {"", "1"} or unit.startswith("{"):
        return plain
    return f"{plain} {unit}"


def span(hours: float) -> str:
    """Write how long something has been watched: ``6 days``, ``5 hours``, ``12 minutes``."""
    if hours >= _DAYS_FROM_H:
        return f"{hours / 24.0:.0f} days"
    if hours >= _HOURS_FROM_H:
        return f"{hours:.0f} hours"
    minutes = max(1, round(hours * 60.0))
    return f"{minutes} minute{'s' * (minutes != 1)}"


def reason(
    trait: Trait,
    detector: str,
    *,
    value: float,
    usual: float,
    seen: tuple[float, float],
    age_h: float,
) -> str:
    """Say in a sentence what is unusual about a value.

    ``usual`` is what ``detector`` expected, ``seen`` the least and greatest value in ``age_h``
    hours.
    """
    if detector == "silence":
        pause = quantity(usual, "s")
        return f"{trait.name or 'the series'} fell silent: no sample, where one comes every {pause}"
    name = trait.name or "the value"
    unit = trait.unit or _unit_of(name)
    if trait.calls:
        name = f"mean of {name.removesuffix('_sum')}"
    elif trait.counter:
        unit = f"{'' if unit == '1' else unit}/s"
    said, before = quantity(value, unit), quantity(usual, unit)
    low, high = seen
    if detector == "drift":
        way = "risen" if value > usual else "fallen"
        return f"{name} has {way} to {said}, from {before}"
    if not low <= value <= high:
        edge = quantity(high if value > high else low, unit)
        side = "above" if value > high else "below"
        return f"{name} {said}, never {side} {edge} in {span(age_h)}"
    plain = {
        "season": f"{name} {said}, where {before} is usual at this time",
        "jump": f"{name} went from {before} to {said} in one step",
        "shift": f"{name} {said}, {before} before",
        "forecast": f"{name} {said}, where {before} was foretold",
    }
    return plain.get(detector, f"{name} {said}, a value not seen in {span(age_h)}")


def _unit_of(name: str) -> str:
    """Read the unit from a metric's name, as names of Prometheus end; empty where it tells none."""
    rate = "/s" if name.endswith("_per_second") else ""
    plain = name.removesuffix("_per_second").removesuffix("_total").removesuffix("_sum")
    return next((unit + rate for ending, unit in _ENDINGS if plain.endswith(ending)), rate)


def _scaled(value: float, steps: tuple[tuple[float, str], ...], plain: str) -> str:
    size = abs(value)
    if size > 0.0 and math.isfinite(size):
        for factor, name in steps:
            if size >= factor:
                return f"{_digits(value / factor)} {name}"
        factor, name = steps[-1] if steps else (1.0, "")
        if factor < 1.0:
            return f"{_digits(value / factor)} {name}"
    return f"{_digits(value)} {plain}".rstrip()


def _digits(value: float) -> str:
    if math.isfinite(value) and abs(value) >= _ROUND_FROM:
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.3g}"  # noqa: PLR2004 - 15 digits
    return f"{value:.3g}"
