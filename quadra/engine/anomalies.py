"""What people read of anomalies, and what they say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from quadra.engine.alerting import Page

Verdict = Literal["right", "wrong"]


@dataclass(frozen=True, slots=True)
class KeptAnomaly:
    """An anomaly as it is kept; times in unix seconds, ``ended_at`` None while it lasts."""

    id: int
    series: int
    metric: str
    labels: Mapping[str, str]
    started_at: float
    ended_at: float | None
    value: float
    peak: float
    expected_range: tuple[float, float]
    evidence: float
    severity: str
    confidence: float
    detector: str
    reason: str
    group: str
    verdict: str | None
    judged_by: str | None

    def as_dict(self) -> dict[str, Any]:
        """Give it as the API and the live stream show it."""
        return {**asdict(self), "confidence": round(100.0 * self.confidence, 1)}


@dataclass(frozen=True, slots=True)
class AnomalyQuestion:
    """Which anomalies are asked for; times in unix seconds, ``after`` as ``Page.next``."""

    is_open: bool | None = None
    severities: tuple[str, ...] = ()
    metric: str | None = None
    series: int | None = None
    group: str | None = None
    start: float | None = None
    end: float | None = None
    after: int | None = None
    limit: int = 200


class AnomalyStore(Protocol):
    """Where anomalies are kept; blocking; raises StorageError."""

    def anomalies(self, question: AnomalyQuestion) -> Page:
        """Give events, the newest first."""

    def judge(self, anomaly_id: int, verdict: Verdict, by: str, now: float) -> KeptAnomaly:
        """Keep what somebody said of an event; raises NotFoundError."""

    def verdicts(self) -> tuple[int, int]:
        """Count the events called right and wrong."""

    def tuning(self, series_id: int) -> tuple[float, bool]:
        """Give sensitivity and whether muted; raises NotFoundError."""

    def tune(self, series_id: int, sensitivity: float, *, muted: bool) -> None:
        """Watch a series more or less closely; raises NotFoundError."""
