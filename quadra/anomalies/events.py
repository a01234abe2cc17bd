"""From scores to events: an anomaly opens once, may worsen, and closes when all is quiet.

An event opens where evidence reaches the threshold. It lasts while there is evidence, or while the
series stays outside of what was expected when it opened, so that a shift of level is one event
from beginning to end. It closes after ``CALM_ROWS`` usual samples that span ``CALM_MS``; after
``LONGEST_MS`` what began as unusual is the new usual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from quadra.anomalies.parameters import ALERT
from quadra.anomalies.traits import Trait
from quadra.anomalies.wording import SEVERITIES, Severity, reason, severity_of

CALM_ROWS: Final = 5
CALM_MS: Final = 30_000
SILENT_MS: Final = 900_000
"""Of a series that says nothing for so long, the event ends with its last sample."""
LONGEST_MS: Final = 6 * 3_600_000
MOST_OPEN: Final = 10_000
ROUNDING: Final = 1e-9
"""Share of the greatest value by which a least value of 0 may have been rounded."""

Change = Literal["opened", "worsened", "closed"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One sample of a series with what the detector says of it; ``t`` in unix ms.

    ``shown`` is the value to speak of, where it is not that of this sample alone.
    """

    series: int
    t: int
    v: float
    evidence: float
    low: float
    high: float
    confidence: float
    usual: float
    floor: float
    ceiling: float
    age_h: float
    detector: str
    shown: float | None = None


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """An anomaly of a series; times in unix ms, ``ended_at`` None while it lasts.

    ``value`` is where it began, ``peak`` the value farthest from ``expected_range``. ``evidence``
    is the greatest seen, in units of the alert threshold, ``confidence`` (0 to 1) that of its
    onset or later. ``group`` is the key of the first event of those that began together.
    """

    series: int
    started_at: int
    ended_at: int | None
    value: float
    peak: float
    expected_range: tuple[float, float]
    evidence: float
    severity: Severity
    confidence: float
    detector: str
    reason: str
    group: str

    @property
    def key(self) -> str:
        """Name the event, the same whenever the same samples are read again."""
        return f"{self.series}-{self.started_at}"


@dataclass(frozen=True, slots=True)
class EventChange:
    """What became of an event with a sample."""

    change: Change
    event: AnomalyEvent


@dataclass(slots=True)
class _Open:
    event: AnomalyEvent
    last_seen: int
    calm_rows: int = 0
    last_bad: int = 0
    calm_from: int = 0


def never_negative(low: float, floor: float, ceiling: float) -> float:
    """Raise the lower end of an expected range to 0 where no value below 0 has ever been seen.

    ``floor`` and ``ceiling`` are the least and greatest value seen.
    """
    return max(low, 0.0) if floor >= -ROUNDING * abs(ceiling) else low


class EventTracker:
    """The open events of all series. The caller shows it every sample that matters, in order.

    Those are the ones with evidence, and all of the series in ``open_series``.
    """

    def __init__(self) -> None:
        """Begin with nothing open."""
        self.dropped = 0  # events beyond MOST_OPEN
        self._open: dict[int, _Open] = {}

    @property
    def open_series(self) -> set[int]:
        """Tell which series have an open event."""
        return set(self._open)

    @property
    def open_groups(self) -> set[str]:
        """Tell of which groups an event is open."""
        return {entry.event.group for entry in self._open.values()}

    @property
    def open_events(self) -> list[AnomalyEvent]:
        """List the open events, oldest first."""
        events = (entry.event for entry in self._open.values())
        return sorted(events, key=lambda event: (event.started_at, event.series))

    def see(self, sighting: Sighting, trait: Trait, group: str) -> EventChange | None:
        """Take one sample; ``group`` is the group that an event opening now belongs to, if any."""
        strength = sighting.evidence * trait.sensitivity
        entry = self._open.get(sighting.series)
        if entry is None:
            if strength < ALERT or trait.muted:
                return None
            return self._begin(sighting, strength, trait, group)
        if trait.muted or sighting.t - entry.event.started_at >= LONGEST_MS:
            return self._end(sighting.series, sighting.t)
        entry.last_seen = max(entry.last_seen, sighting.t)
        low, high = entry.event.expected_range
        if strength >= ALERT or not low <= sighting.v <= high:
            entry.calm_rows, entry.last_bad = 0, sighting.t
            return self._go_on(entry, sighting, strength)
        if entry.calm_rows == 0:
            entry.calm_from = sighting.t
        entry.calm_rows += 1
        if entry.calm_rows >= CALM_ROWS and sighting.t - entry.last_bad >= CALM_MS:
            return self._end(sighting.series, entry.calm_from)
        return None

    def expire(self, now: int) -> list[EventChange]:
        """Close the events of series that fell silent, as of ``now`` (unix ms)."""
        silent = [k for k, entry in self._open.items() if now - entry.last_seen >= SILENT_MS]
        return [self._end(series, self._open[series].last_seen) for series in sorted(silent)]

    def adopt(self, events: list[tuple[AnomalyEvent, int, int, int, int]]) -> None:
        """Take over open events, as ``dump`` gave them."""
        self._open = {entry[0].series: _Open(*entry) for entry in events}

    def dump(self) -> list[tuple[AnomalyEvent, int, int, int, int]]:
        """Give each open event with its counters, for ``adopt``."""
        return [
            (e.event, e.last_seen, e.calm_rows, e.last_bad, e.calm_from)
            for e in self._open.values()
        ]

    def _begin(
        self, sighting: Sighting, strength: float, trait: Trait, group: str
    ) -> EventChange | None:
        if len(self._open) >= MOST_OPEN:
            self.dropped += 1
            return None
        shown = sighting.v if sighting.shown is None else sighting.shown
        event = AnomalyEvent(
            series=sighting.series,
            started_at=sighting.t,
            ended_at=None,
            value=shown,
            peak=shown,
            expected_range=(sighting.low, sighting.high),
            evidence=strength,
            severity=severity_of(strength),
            confidence=sighting.confidence,
            detector=sighting.detector,
            reason=reason(
                trait,
                sighting.detector,
                value=shown,
                usual=sighting.usual,
                seen=(sighting.floor, sighting.ceiling),
                age_h=sighting.age_h,
            ),
            group=group,
        )
        event = event if group else replace(event, group=event.key)
        self._open[sighting.series] = _Open(event, sighting.t, last_bad=sighting.t)
        return EventChange("opened", event)

    def _go_on(self, entry: _Open, sighting: Sighting, strength: float) -> EventChange | None:
        old = entry.event
        further = _beyond(sighting.v, old.expected_range) > _beyond(old.peak, old.expected_range)
        if not further and strength <= old.evidence:
            return None
        evidence = max(old.evidence, strength)
        entry.event = replace(
            old,
            peak=sighting.v if further else old.peak,
            evidence=evidence,
            severity=severity_of(evidence),
            confidence=max(old.confidence, sighting.confidence),
        )
        if SEVERITIES.index(entry.event.severity) > SEVERITIES.index(old.severity):
            return EventChange("worsened", entry.event)
        return None

    def _end(self, series: int, at: int) -> EventChange:
        entry = self._open.pop(series)
        return EventChange("closed", replace(entry.event, ended_at=max(at, entry.event.started_at)))


def _beyond(v: float, expected: tuple[float, float]) -> float:
    return max(expected[0] - v, v - expected[1])
