"""OpenTelemetry's names as Prometheus spells them: metric names with units, and label names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_IN_LABELS = re.compile(r"[^a-zA-Z0-9_]")
_UNDERSCORES = re.compile(r"__+")
_ANNOTATION = re.compile(r"\{[^{}]*\}")

_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds",
    "us": "microseconds", "ns": "nanoseconds",
    "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
    "TiBy": "tibibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams",
    "Cel": "celsius", "Hz": "hertz", "%": "percent", "1": "",
}  # fmt: skip
_PER = {
    "s": "second", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month",
    "y": "year", "m": "meter",
}  # fmt: skip

_LONGEST_REMEMBERED = 200

COUNTER, GAUGE, HISTOGRAM, SUMMARY = "counter", "gauge", "histogram", "summary"
UP_DOWN = "up_down"  # a sum that also falls: a gauge, but no ratio


@dataclass(frozen=True, slots=True)
class Family:
    """A metric under its Prometheus name; ``unit`` in words, "" where there is none."""

    name: str
    type: str
    unit: str = ""


def family(name: str, unit: str, kind: str) -> Family:
    """Name a metric of OpenTelemetry; the name is "" when no letter or digit is left of it."""
    words = [word for word in _NOT_IN_NAMES.split(name) if word]
    if not words:
        return Family("", GAUGE)
    main, per = _unit_words(unit)
    for word in (main, f"per_{per}" if per else ""):
        parts = word.split("_")
        if word and words[-len(parts) :] != parts and not (len(parts) == 1 and word in words):
            words += parts
    ratio = unit.strip() == "1" and kind == GAUGE
    for ending, wanted in (("ratio", ratio), ("total", kind == COUNTER)):
        if wanted:
            words = [word for word in words if word != ending] + [ending]
    text = "_".join(words)
    said = "_per_".join(word for word in (main, per) if word) if main else ""
    if text[0].isdigit():
        text = f"_{text}"
    return Family(text, GAUGE if kind == UP_DOWN else kind, "ratio" if ratio else said)


def _unit_words(unit: str) -> tuple[str, str]:
    """Spell a UCUM unit: ``("bytes", "second")`` of ``By/s``; annotations in braces drop out."""
    main, _, per = _ANNOTATION.sub("", unit).strip().partition("/")
    main, per = main.strip(), per.strip()
    return _word(_UNITS.get(main, main)), _word(_PER.get(per, per))


def _word(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text.replace(":", "_")).strip("_")


def label_name(name: str) -> str:
    """Spell an attribute's name as a label; "" when there is none."""
    return _known_label_name(name) if len(name) <= _LONGEST_REMEMBERED else _label_name(name)


def _label_name(name: str) -> str:
    text = _UNDERSCORES.sub("_", _NOT_IN_LABELS.sub("_", name))
    if not text.strip("_"):
        return ""
    if text[0].isdigit():
        return f"key_{text}"
    return f"key{text}" if text[0] == "_" else text


_known_label_name = lru_cache(4_096)(_label_name)


@lru_cache(4_096)
def number_text(value: float) -> str:
    """Spell a bucket's bound or a quantile as Prometheus does: 0.5, 1, +Inf."""
    if np.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return np.format_float_positional(value, trim="-")
