"""Annotations with places to fill in: ``{{ value }}``, ``{{ labels.host }}``. No code, no loops.

Only what is listed here can stand between the braces, so a template can't reach anything else,
and what is filled in is not read as a template again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_TEMPLATE_LENGTH = 2_000
MAX_TEXT_LENGTH = 4_000
_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# Prometheus writes {{ $value }} and {{ $labels.host }}: understood as well.
_NAME = re.compile(r"\s*\$?(value|threshold|rule|severity|metric|labels\.([a-zA-Z_]\w*))\s*")
_KNOWN = "value, threshold, rule, severity, metric, labels.NAME"
_MANY_DIGITS = 1e15


@dataclass(frozen=True, slots=True)
class Facts:
    """What templates may say."""

    rule: str
    severity: str
    metric: str
    threshold: float
    value: float = math.nan
    labels: Mapping[str, str] = field(default_factory=dict)


def fault(template: str) -> str | None:
    """Say what is wrong with a template; None when it can be used."""
    if len(template) > MAX_TEMPLATE_LENGTH:
        return f"longer than {MAX_TEMPLATE_LENGTH} characters"
    for place in _PLACE.findall(template):
        if not _NAME.fullmatch(place):
            return f"{{{{ {place.strip()[:40]} }}}} is not known; known are {_KNOWN}"
    if "{{" in _PLACE.sub("", template):
        return "{{ has no }}"
    return None


def render(template: str, facts: Facts) -> str:
    """Fill a template in; what is not known is left empty."""

    def fill(place: re.Match[str]) -> str:
        name = _NAME.fullmatch(place[1])
        if name is None:
            return ""
        if name[2] is not None:
            return facts.labels.get(name[2], "")
        word = getattr(facts, name[1])
        return number(word) if isinstance(word, float) else str(word)

    return _PLACE.sub(fill, template)[:MAX_TEXT_LENGTH]


def number(value: float) -> str:
    """Write a number for people: four digits where they say enough."""
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < _MANY_DIGITS:
        return str(int(value))
    return f"{value:.4g}"
