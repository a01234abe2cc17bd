"""What watches all series: samples in, anomaly events out. Pure; the judge keeps its state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO, Final

import numpy as np

from quadra.anomalies import saving
from quadra.anomalies.columns import ColumnDetector, Judgements
from quadra.anomalies.company import Company
from quadra.anomalies.events import (
    AnomalyEvent,
    EventChange,
    EventTracker,
    Sighting,
    never_negative,
)
from quadra.anomalies.groups import Grouping
from quadra.anomalies.parameters import ALERT, DETECTORS
from quadra.anomalies.readings import Ints, Reader, Readings
from quadra.anomalies.shift_rules import LEVEL
from quadra.anomalies.shift_step import Mask, Shifts
from quadra.anomalies.shifts import ShiftDetector
from quadra.anomalies.silence import SilenceDetector, Silent
from quadra.anomalies.traits import PLAIN, Trait
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

_KIND = "anomaly-observer"
_VERSION = 4
SILENCE: Final = 1.5
"""Evidence of a silence: it is certain, and how much it matters unknown."""
SURE: Final = 0.9
STEPS: Final = (DETECTORS.index("jump"), DETECTORS.index("drift"))
SEASON: Final = DETECTORS.index("season")
CONFIRMED: Final = 0.75
"""Evidence of a shift from which single rows are believed."""
_GROWTH: Final = ("ids", "t", "v")


class Observer:
    """Judges samples of all series and follows anomalies from beginning to end.

    Traits (names, units, counters, sensitivity, mutes) are the caller's and no part of the state.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        """Begin without history; at most ``most`` series are watched."""
        self.detector = ColumnDetector(most)
        self.tracker = EventTracker()
        self._reader = Reader()
        self._shifts = ShiftDetector(most)
        self._silence = SilenceDetector(most)
        self._company = Company()
        self._grouping = Grouping()
        self._traits: dict[int, Trait] = {}
        self._eager: Ints = np.empty(0, np.int64)  # series whose evidence counts more than once
        self._asked: ValueArray = np.empty(0)  # and how much of it is enough for an alert

    def describe(self, traits: Mapping[int, Trait]) -> None:
        """Set what is said of series, by id; the rest stays as it is."""
        self._traits.update(traits)
        self._reader.describe(self._traits)
        self._silence.describe(traits)
        eager = sorted((k, t.sensitivity) for k, t in self._traits.items() if t.sensitivity > 1.0)
        self._eager = np.array([series for series, _ in eager], np.int64)
        self._asked = np.array([ALERT / sensitivity for _, sensitivity in eager])

    def observe(self, ids: IdArray, t: TimeArray, v: ValueArray) -> list[EventChange]:
        """Learn samples and tell what became of events with them, in the samples' order.

        ``ids``, ``t`` (unix ms), ``v``: all (n,), each series in order of time.
        """
        readings = self._reader.read(ids, t, v)
        found = self.detector.learn(readings.ids.astype(np.uint32), readings.t, readings.v)
        shifts = self._shifts.learn(readings)
        self._company.weigh(readings, shifts, self._traits)
        found.evidence[_hasty(readings, found, shifts)] = 0.0
        changes = self._follow(readings, found, shifts)
        return changes + self._fallen_silent(ids, t, v)

    def _follow(self, readings: Readings, found: Judgements, shifts: Shifts) -> list[EventChange]:
        """Turn what was found into changes of events."""
        ids = readings.ids
        asked = np.full(len(ids), ALERT)
        if len(self._eager):
            at = np.minimum(np.searchsorted(self._eager, ids), len(self._eager) - 1)
            asked = np.where(self._eager[at] == ids, self._asked[at], ALERT)
        matters = np.maximum(found.evidence, shifts.evidence) >= asked
        if self.tracker.open_series:
            watched = np.array(sorted(self.tracker.open_series), np.int64)
            matters |= np.isin(ids, watched)
        # A series that opens an event in this batch is looked at from there on.
        matters |= np.isin(ids, np.unique(ids[matters]))
        changes = []
        there = np.flatnonzero(matters & np.isfinite(readings.v))
        ages = zip(ids[there].tolist(), found.age_h[there].tolist(), strict=True)
        there = there[np.array([self._has_settled(*one) for one in ages], np.bool_)]
        for i in there[np.argsort(readings.t[there], kind="stable")].tolist():
            change = self._see(_sighting(readings, found, shifts, i))
            if change is not None:
                changes.append(change)
        return changes

    def _has_settled(self, series: int, age_h: float) -> bool:
        return age_h >= self._traits.get(series, PLAIN).settles_h

    def _fallen_silent(self, ids: IdArray, t: TimeArray, v: ValueArray) -> list[EventChange]:
        changes = [self._see(_silent(one)) for one in self._silence.see(ids, t, v)]
        return [change for change in changes if change is not None]

    def _see(self, sighting: Sighting) -> EventChange | None:
        trait = self._traits.get(sighting.series, PLAIN)
        group = ""
        if sighting.series not in self.tracker.open_series:
            group = self._grouping.of(sighting.t, self.tracker.open_groups)
        change = self.tracker.see(sighting, trait, group)
        if change is not None and change.change == "opened":
            self._grouping.joined(change.event)
        return change

    def foretold(self, sighting: Sighting) -> EventChange | None:
        """Take a sample that came otherwise than a forecaster elsewhere expected."""
        return self._see(sighting)

    def series(self) -> Ints:
        """Give the ids of the series that samples came of, or that have an open event."""
        return np.union1d(self._silence.series(), np.array([*self.tracker.open_series], np.int64))

    def expire(self, now: int) -> list[EventChange]:
        """Close the events of series that fell silent, as of ``now`` (unix ms)."""
        return self.tracker.expire(now)

    def forget(self, before: int) -> int:
        """Drop what is known of series without a sample since ``before`` (unix ms)."""
        self._reader.growth.forget(before)
        self._shifts.forget(before)
        self._silence.forget(before)
        gone = self.detector.forget(before)
        if gone:
            known = set(self.series().tolist())
            self._traits = {i: trait for i, trait in self._traits.items() if i in known}
        return gone

    def keep(self, file: BinaryIO) -> None:
        """Write everything that was learned and is open, with version and checksum."""
        events = [(asdict(event), *rest) for event, *rest in self.tracker.dump()]
        said = json.dumps({"open": events, "group": asdict(self._grouping)})
        parts: dict[str, dict[str, Any]] = {
            "growth": {name: getattr(self._reader.growth, name) for name in _GROWTH},
            "shifts": self._shifts.dump(),
            "silence": self._silence.dump(),
            "detector": self.detector.dump(),
        }
        arrays = {f"{part}_{name}": a for part, kept in parts.items() for name, a in kept.items()}
        arrays["events"] = np.frombuffer(said.encode(), np.uint8)
        saving.write(file, _KIND, _VERSION, arrays)

    def restore(self, file: BinaryIO) -> None:
        """Go on from what was kept, as if nothing had been between.

        Raises:
            ValueError: The bytes are damaged, cut short, or of another version.
        """
        arrays = saving.read(file, _KIND, _VERSION)
        n = len(arrays.get("growth_ids", ()))
        saving.expect(arrays, {f"growth_{name}": (n,) for name in _GROWTH})
        detector = ColumnDetector(self.detector.most)
        detector.adopt(_part(arrays, "detector_"))
        said = json.loads(arrays["events"].tobytes())
        self._shifts.adopt(_part(arrays, "shifts_"))
        self._silence.adopt(_part(arrays, "silence_"))
        self.detector = detector
        for name in _GROWTH:
            setattr(self._reader.growth, name, arrays[f"growth_{name}"])
        self._grouping = Grouping(**said["group"])
        self.tracker.adopt([(_event(kept), *rest) for kept, *rest in said["open"]])


def _part(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}


def _event(kept: dict[str, Any]) -> AnomalyEvent:
    low, high = kept.pop("expected_range")
    return AnomalyEvent(expected_range=(low, high), **kept)


def _hasty(readings: Readings, found: Judgements, shifts: Shifts) -> Mask:
    """Say where single rows of a series that is read every few seconds say too much.

    One odd second is no news: others must say the same. Of counts and means ``shifts`` knows how
    little a step says, and is heard alone.
    """
    level = readings.kind == LEVEL
    alone = (shifts.evidence < CONFIRMED) & (~level | (found.detector != SEASON))
    steps: Mask = ~level & np.isin(found.detector, STEPS)
    hasty: Mask = shifts.fast & (alone | steps)
    return hasty


def _sighting(readings: Readings, found: Judgements, shifts: Shifts, i: int) -> Sighting:
    evidence = float(shifts.evidence[i])
    said = shifts if evidence > found.evidence[i] else found
    floor, ceiling = float(found.floor[i]), float(found.ceiling[i])
    common: dict[str, Any] = {
        "series": int(readings.ids[i]),
        "t": int(readings.t[i]),
        "v": float(readings.v[i]),
        "floor": floor,
        "ceiling": ceiling,
        "age_h": float(found.age_h[i]),
        "low": never_negative(float(said.low[i]), floor, ceiling),
        "high": float(said.high[i]),
        "usual": float(said.usual[i]),
    }
    if said is shifts:
        square = evidence * evidence
        return Sighting(
            **common,
            evidence=evidence,
            confidence=square / (1.0 + square),
            detector="shift",
            shown=float(shifts.level[i]),
        )
    return Sighting(
        **common,
        evidence=float(found.evidence[i]),
        confidence=float(found.confidence[i]),
        detector=DETECTORS[int(found.detector[i])],
    )


def _silent(one: Silent) -> Sighting:
    return Sighting(
        series=one.series,
        t=one.due,
        v=one.last_v,
        evidence=SILENCE,
        low=-np.inf,
        high=np.inf,
        confidence=SURE,
        usual=one.pause / 1000.0,
        floor=one.last_v,
        ceiling=one.last_v,
        age_h=0.0,
        detector="silence",
    )
