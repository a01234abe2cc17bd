"""How a service stands: what is wrong with it, as alerts, anomalies and its own silence tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from quadra.services.conventions import Signal, signal_of, subject_of

Standing = Literal["critical", "warning", "unknown", "ok"]
ORDER: tuple[Standing, ...] = ("critical", "warning", "unknown", "ok")
"""The worst first; silence is worse than health, and less than known trouble."""
SILENT_AFTER_MS = 10_000
_INTERVALS = 3
_OF_ALERTS: Mapping[str, Standing] = {"critical": "critical", "warning": "warning"}
_OF_ANOMALIES: Mapping[str, Standing] = {"critical": "warning", "high": "warning"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An open alert or anomaly: its severity in its own words, and what it is about."""

    kind: Literal["alert", "anomaly"]
    id: int
    severity: str
    metric: str
    labels: Mapping[str, str]


@dataclass(slots=True)
class Judged:
    """What is wrong with one subject: in all, and by signal; ``cause`` is the worst trouble."""

    standing: Standing = "ok"
    signals: dict[Signal, Standing] = field(default_factory=dict)
    cause: Trouble | None = None


def judge(troubles: Iterable[Trouble]) -> dict[str, Judged]:
    """Tell, by service, how bad what is open makes it. Mild anomalies are no trouble."""
    found: dict[str, Judged] = {}
    for trouble in troubles:
        subject = subject_of(trouble.labels)
        table = _OF_ALERTS if trouble.kind == "alert" else _OF_ANOMALIES
        standing = table.get(trouble.severity)
        if subject == "" or standing is None:
            continue
        one = found.setdefault(subject, Judged())
        if ORDER.index(standing) < ORDER.index(one.standing):
            one.standing, one.cause = standing, trouble
        signal = signal_of(trouble.metric, trouble.labels)
        if signal is not None:
            former = one.signals.get(signal, "ok")
            one.signals[signal] = min(former, standing, key=ORDER.index)
    return found


def is_silent(age_ms: float, every_ms: float) -> bool:
    """Say whether one that sent regularly has stopped; who sent once has promised nothing."""
    return every_ms > 0 and age_ms > max(SILENT_AFTER_MS, _INTERVALS * every_ms)


def rank(standing: Standing, name: str) -> tuple[int, str, str]:
    """Give what services are sorted by: trouble, then name whatever its case."""
    return ORDER.index(standing), name.casefold(), name
