"""Back-test: what a rule would have done over a past, by the very code that judges live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from quadra.alerts.absence import AbsenceWatch
from quadra.alerts.ledger import Alert, Changes, Event, Ledger
from quadra.alerts.notices import Desk, Notice, Quiet
from quadra.alerts.rules import Rule
from quadra.alerts.shown import finite
from quadra.alerts.watch import Happened, Watch
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey

CELLS_A_SERIES = 20_000_000
"""How many samples the windows of one series may hold together; beyond, not each is judged."""
MAX_SHOWN = 10_000
MAX_HAPPENED = 2_000
WEEK_S = 7 * 86_400.0


@dataclass(slots=True)
class Verdict:
    """What happened in a replay: every alert, every event in order, every page."""

    alerts: dict[int, Alert] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def fires(self) -> list[Alert]:
        """Give the alerts that fired."""
        return [alert for alert in self.alerts.values() if alert.fired_at is not None]

    @property
    def pages(self) -> list[Notice]:
        """Give the pages that say that something is wrong."""
        return [notice for notice in self.notices if notice.status == "firing"]


class Replay:
    """Judges a past, series by series, then what would have been told. Times in unix ms."""

    def __init__(self, rule: Rule, start: int, end: int) -> None:
        """Begin; samples before ``start`` only fill windows."""
        self._rule = rule
        self.start = start
        self.end = end
        self._keys: dict[int, SeriesKey] = {}
        self._happened: list[Happened] = []
        self.samples = 0
        self.stride = 1

    def take(self, keys: dict[int, SeriesKey], columns: Columns) -> None:
        """Judge all samples of some series; those of an absence rule must come all at once."""
        self._keys |= keys
        self.samples += len(columns)
        watch = self._watch(len(columns) // max(len(keys), 1))
        watch.follow(sorted(keys))
        before = columns.t < self.start
        watch.load(columns.where(before), self.start)
        self._happened += watch.take(columns.where(~before), None)
        self._happened += watch.tick(self.end)

    def _watch(self, samples: int) -> Watch | AbsenceWatch:
        if self._rule.aggregate == "absent":
            return AbsenceWatch(self._rule)
        every = (self.end - self.start) / max(samples, 1)
        in_window = max(self._rule.window / max(every, 1.0), 1.0)
        self.stride = max(self.stride, math.ceil(samples * in_window / CELLS_A_SERIES))
        return Watch(self._rule, stride=self.stride)

    @property
    def is_calm(self) -> bool:
        """Say whether so little happened that it is soon told what would have been paged."""
        return len(self._happened) <= MAX_HAPPENED

    def verdict(self) -> Verdict:
        """Say what would have been told, with the alerts of all series in order of time."""
        ledger, desk, verdict = Ledger(), Desk(), Verdict()
        self._happened.sort(key=lambda one: one[1].at)
        now = self.start / 1000

        def decide(at: float) -> None:
            changes = Changes()
            notices = desk.decide(ledger, lambda _alert: self._rule, Quiet(), at, changes)
            verdict.events.extend(changes.events)
            verdict.notices.extend(notices)

        def pass_time(until: float) -> None:
            due = desk.due(ledger, lambda _alert: self._rule, now)
            while due < until:
                decide(due)
                due = desk.due(ledger, lambda _alert: self._rule, due)

        for at, together in groupby(self._happened, key=lambda one: one[1].at):
            pass_time(at / 1000)
            now = at / 1000
            changes = Changes()
            for series_id, transition in together:
                key = self._keys.get(series_id)
                ledger.apply(self._rule, series_id, key, transition, changes)
            verdict.alerts |= changes.alerts
            verdict.events.extend(changes.events)
            decide(now)
        pass_time(self.end / 1000)
        return verdict

    def as_dict(self) -> dict[str, Any]:
        """Give the whole answer of a back-test."""
        verdict = self.verdict()
        fires, pages = verdict.fires, verdict.pages
        seconds = max((self.end - self.start) / 1000, 1.0)
        kinds = [event.kind for event in verdict.events]
        return {
            "start": self.start / 1000,
            "end": self.end / 1000,
            "series": len(self._keys),
            "samples": self.samples,
            "judged_every": self.stride,
            "counts": {
                "pending": kinds.count("pending"),
                "fires": len(fires),
                "clears": kinds.count("resolved"),
                "pages": len(pages),
            },
            "pages_per_week": round(len(pages) * WEEK_S / seconds, 3),
            "fires": [_fire(alert) for alert in fires[:MAX_SHOWN]],
            "pages": [_page(notice) for notice in pages[:MAX_SHOWN]],
            "events": [_event(event, verdict.alerts) for event in verdict.events[:MAX_SHOWN]],
        }


def at_limit(rule: Rule, limit: float) -> Rule:
    """Give the rule with another threshold; what clears it keeps its distance."""
    clear = rule.clear_threshold
    if clear is not None:
        clear += limit - rule.threshold
    return replace(rule, threshold=limit, clear_threshold=clear)


class Curve:
    """How often a rule would have paged for each of several limits."""

    def __init__(self, rule: Rule, limits: Sequence[float], start: int, end: int) -> None:
        """Begin; as ``Replay``."""
        self._replays = [Replay(at_limit(rule, limit), start, end) for limit in limits]
        self._limits = limits

    def take(self, keys: dict[int, SeriesKey], columns: Columns) -> None:
        """Judge all samples of some series at each limit."""
        for replay in self._replays:
            replay.take(keys, columns)

    def as_list(self) -> list[dict[str, float | None]]:
        """Give ``pages`` for each ``limit``; None where they would be too many to count soon."""
        return [
            {"limit": limit, "pages": len(replay.verdict().pages) if replay.is_calm else None}
            for limit, replay in zip(self._limits, self._replays, strict=True)
        ]


def _fire(alert: Alert) -> dict[str, Any]:
    return {
        "series": alert.series_id or None,
        "metric": alert.metric,
        "labels": alert.labels,
        "started_at": alert.started_at,
        "fired_at": alert.fired_at,
        "resolved_at": alert.resolved_at,
        "value": finite(alert.value),
        "pages": alert.pages,
    }


def _page(notice: Notice) -> dict[str, Any]:
    return {
        "at": notice.created_at,
        "kind": notice.kind,
        "series": [alert.series_id or None for alert in notice.alerts],
    }


def _event(event: Event, alerts: dict[int, Alert]) -> dict[str, Any]:
    alert = alerts.get(event.alert_id)
    return {
        "at": event.at,
        "kind": event.kind,
        "series": None if alert is None else alert.series_id or None,
        "value": finite(event.value),
    }
