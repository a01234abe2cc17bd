"""How well alerts match the anomalies that are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from scripts.training.series import Metric, Span

LATE_S = 600.0
"""An alert this long after the end of an anomaly still belongs to it."""
_DAY_S = 86_400.0


@dataclass(slots=True)
class Outcome:
    """One metric, judged: all its scores, and what the judged part (from ``first`` on) gave."""

    metric: Metric
    scores: list[float]
    first: int
    caught: int = 0
    missed: int = 0
    false: int = 0
    alerts: list[float] = field(default_factory=list)  # their times

    @property
    def days(self) -> float:
        """Give how many days were judged."""
        times = self.metric.times[self.first :]
        return max((times[-1] - times[0]) / _DAY_S, 1e-9) if len(times) > 1 else 1e-9


def judge(metric: Metric, scores: list[float], first: int) -> Outcome:
    """Hold the scores from row ``first`` on against the known anomalies."""
    outcome = Outcome(metric, scores, first)
    outcome.alerts = [metric.times[i] for i in range(first, len(scores)) if scores[i] >= 1.0]
    begins = metric.times[first] if first < len(metric.times) else 0.0
    spans = [span for span in metric.anomalies or [] if span[1] >= begins]
    outcome.caught = sum(any(_in(at, span) for at in outcome.alerts) for span in spans)
    outcome.missed = len(spans) - outcome.caught
    outcome.false = sum(not any(_in(at, span) for span in spans) for at in outcome.alerts)
    return outcome


def _in(at: float, span: Span) -> bool:
    return span[0] <= at <= span[1] + LATE_S


def report(outcomes: list[Outcome]) -> dict[str, object]:
    """Sum up; precision and recall are None where no anomalies are known."""
    return {
        **_figures(outcomes),
        "metrics": {outcome.metric.name: _figures([outcome]) for outcome in outcomes},
    }


def _figures(outcomes: list[Outcome]) -> dict[str, object]:
    known = [outcome for outcome in outcomes if outcome.metric.anomalies is not None]
    caught, missed, false = (
        sum(getattr(outcome, name) for outcome in known) for name in ("caught", "missed", "false")
    )
    days = sum(outcome.days for outcome in known)
    return {
        "alerts": sum(len(outcome.alerts) for outcome in outcomes),
        "alerts_a_day": round(
            sum(len(o.alerts) for o in outcomes) / sum(o.days for o in outcomes), 4
        ),
        "anomalies": caught + missed if known else None,
        "precision": round(caught / (caught + false), 4) if caught + false else None,
        "recall": round(caught / (caught + missed), 4) if caught + missed else None,
        "false_alerts_a_day": round(false / days, 4) if known else None,
    }
