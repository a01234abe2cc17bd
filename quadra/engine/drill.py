"""The fire drill: a marked fault on the way that real ones take, and how long each step took.

The fault is a sample of a series of its own; a rule made for the drill judges it, the chosen
channels are paged, it is acknowledged, and ended. Silences and windows keep no drill quiet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quadra.alerts.ledger import DRILL_METRIC, Alert, Event
from quadra.alerts.rules import Rule
from quadra.engine.alert_service import Alerting
from quadra.engine.alerting import AlertQuestion
from quadra.engine.channels import ChannelStore
from quadra.engine.journal import Journal
from quadra.engine.ports import Clock, Runtime, T
from quadra.errors import ConflictError, Fault, InvalidError, QuadraError
from quadra.telemetry.batch import Batch
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import series_key

log = logging.getLogger(__name__)

RULE = "DRILL: this is not a real alert"
KEY = series_key(DRILL_METRIC, {"drill": "true"})
JUDGED_WITHIN_S = 10.0
PAGED_WITHIN_S = 20.0
LEFT_BEHIND_AFTER_S = 120.0
LOOK_EVERY_S = 0.02
_ENDED = ("delivered", "delivery_failed", "nobody_told")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``seconds`` from the fault, or from its end, until it was done; None if never."""

    step: str
    ok: bool
    seconds: float | None = None
    detail: str = ""
    channel: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the step as the API shows it."""
        found: dict[str, Any] = {"step": self.step, "ok": self.ok, "seconds": self.seconds}
        return found | {k: v for k in ("channel", "detail") if (v := getattr(self, k))}


@dataclass(slots=True)
class _Run:
    """A drill under way."""

    rule: Rule
    channels: list[str]
    by: str
    steps: list[Step] = field(default_factory=list)
    alert: Alert | None = None
    reached: list[str] = field(default_factory=list)


class Drill:
    """Runs drills, one at a time. Used from the loop."""

    def __init__(
        self,
        alerting: Alerting,
        journal: Journal,
        channels: ChannelStore,
        runtime: Runtime,
        clock: Clock,
    ) -> None:
        """Wire."""
        self._alerting = alerting
        self._journal = journal
        self._channels = channels
        self._runtime = runtime
        self._clock = clock

    def run(self, by: str, names: Sequence[str] | None = None) -> dict[str, Any]:
        """Run one through these channels, all that are switched on when absent.

        Raises InvalidError for a channel that is not there, ConflictError when there is none, or
        a drill is under way.
        """
        began = self._clock()
        chosen = self._chosen(names)
        run = _Run(self._make_rule(chosen), chosen, by)
        try:
            self._go(run)
        except QuadraError as error:
            run.steps.append(Step("interrupted", ok=False, detail=error.detail))
        finally:
            self._clean(run)
        return {
            "passed": all(step.ok for step in run.steps),
            "alert": run.alert.id if run.alert else None,
            "channels": run.channels,
            "seconds": round(self._clock() - began, 3),
            "steps": [step.as_dict() for step in run.steps],
        }

    def _go(self, run: _Run) -> None:
        sent_at = self._send(1.0)
        self._done(run, "stored", sent_at)
        run.alert = self._wait(lambda: self._alert(run, "firing"), JUDGED_WITHIN_S)
        if run.alert is None:
            detail = "the worker has not judged it; is it running?"
            run.steps.append(Step("judged", ok=False, detail=detail))
            return
        self._done(run, "judged", sent_at, run.alert.paged_at)
        run.reached = self._paged(run, run.alert.id, "paged", run.channels, 1, sent_at)
        self._alerting.acknowledge(run.alert.id, run.by)
        self._done(run, "acknowledged", sent_at)
        ended_at = self._send(0.0)
        over = self._wait(lambda: self._alert(run, "resolved"), JUDGED_WITHIN_S)
        if over is None:
            run.steps.append(Step("resolved", ok=False, detail="the alert did not end"))
            return
        run.alert = over
        self._done(run, "resolved", ended_at)
        self._paged(run, over.id, "told_of_the_end", run.reached, 2, ended_at)

    def _chosen(self, names: Sequence[str] | None) -> list[str]:
        found = self._runtime.offload(self._channels.channels)
        enabled = [channel.name for channel, _state in found if channel.enabled]
        unknown = [name for name in names or () if name not in enabled]
        if unknown:
            reason = f"there is no channel “{unknown[0]}” that is switched on"
            raise InvalidError(f"channels: {reason}.", faults=(Fault(None, "channels", reason),))
        if not enabled:
            msg = "No channel is switched on: make one first, so that somebody can be told."
            raise ConflictError(msg, code="no_channel")
        return list(dict.fromkeys(names)) if names else enabled

    def _make_rule(self, channels: Sequence[str]) -> Rule:
        for kept in self._alerting.rules():
            if kept.rule.name != RULE:
                continue
            if self._clock() - kept.created_at < LEFT_BEHIND_AFTER_S:
                msg = "A drill is under way. Wait for its end."
                raise ConflictError(msg, code="drill_under_way")
            if kept.rule.id:  # of a process that was killed in its drill
                self._alerting.remove_rule(kept.rule.id)
        rule = Rule(
            name=RULE,
            selector=parse_selector(f'{DRILL_METRIC}{{drill="true"}}'),
            op=">",
            threshold=0.5,
            severity="critical",
            cooldown=0,
            repeat_interval=0,
            channels=tuple(channels),
            annotations={
                "summary": "DRILL: a fire drill of Quadra. Nothing is wrong, nothing is to be done."
            },
        )
        return self._alerting.add_rule(rule).rule

    def _send(self, value: float) -> float:
        """Send a sample the way that all samples go; gives its time (unix s)."""
        now = self._clock()
        self._journal.append(
            Batch(
                (KEY,),
                np.zeros(1, np.uint32),
                np.array([round(now * 1000)], np.int64),
                np.array([value]),
                "drill",
            )
        )
        return now

    def _alert(self, run: _Run, state: str) -> Alert | None:
        found = self._alerting.alerts(AlertQuestion((state,), rule=RULE, limit=5)).items
        return next((alert for alert in found if alert.rule_id == run.rule.id), None)

    def _paged(
        self, run: _Run, alert_id: int, step: str, names: Sequence[str], times: int, since: float
    ) -> list[str]:
        """Wait until each channel has been told so often; gives those that were."""

        def ended() -> dict[str, Event] | None:
            found = self._endings(alert_id, names, times)
            return found if len(found) == len(names) else None

        self._wait(ended, PAGED_WITHIN_S)
        found = self._endings(alert_id, names, times)
        errors = {
            channel.name: state.error
            for channel, state in self._runtime.offload(self._channels.channels)
        }
        reached = []
        for name in names:
            event = found.get(name)
            if event is None:
                why = errors.get(name) or "the worker has not sent it"
                run.steps.append(Step(step, ok=False, detail=f"not yet: {why}", channel=name))
                continue
            ok = event.kind == "delivered"
            detail = "" if ok else event.detail
            seconds = round(max(event.at - since, 0.0), 3)
            run.steps.append(Step(step, ok, seconds, detail, name))
            reached += [name] if ok else []
        return reached

    def _endings(self, alert_id: int, names: Sequence[str], times: int) -> dict[str, Event]:
        """Give how the n-th page ended at each channel."""
        page = self._alerting.history(AlertQuestion(alert_id=alert_id, limit=1_000))
        told: dict[str, list[Event]] = {name: [] for name in names}
        for event, _alert in reversed(page.items):
            if event.kind in _ENDED and event.ref in told:
                told[event.ref].append(event)
        return {name: events[times - 1] for name, events in told.items() if len(events) >= times}

    def _wait(self, look: Callable[[], T | None], within: float) -> T | None:
        """Look until there is something, for so many seconds."""
        until = self._clock() + within
        while (found := look()) is None and self._clock() < until:
            self._runtime.sleep(LOOK_EVERY_S)
        return found

    def _done(self, run: _Run, step: str, since: float, at: float | None = None) -> None:
        took = (at or self._clock()) - since
        run.steps.append(Step(step, ok=True, seconds=round(max(took, 0.0), 3)))

    def _clean(self, run: _Run) -> None:
        """Leave nothing behind but the alert's history."""
        try:
            if run.alert is None or run.alert.is_open:
                self._send(0.0)
            self._alerting.remove_rule(run.rule.id)
        except QuadraError as error:
            log.warning("A drill could not be cleaned up: %s", error.detail)
            run.steps.append(Step("cleaned", ok=False, detail=error.detail))
