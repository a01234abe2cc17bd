"""What watches all series: samples in, anomaly events out. Pure; the judge keeps its state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from quadra.anomalies import saving
from quadra.anomalies.columns import ColumnDetector, Judgements
from quadra.anomalies.events import AnomalyEvent, EventChange, EventTracker, Sighting
from quadra.anomalies.groups import Grouping
from quadra.anomalies.parameters import ALERT, DETECTORS
from quadra.anomalies.rates import Ints, Rates
from quadra.anomalies.traits import PLAIN, Trait
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

_KIND = "anomaly-observer"
_VERSION = 1
_RATES: Final = ("ids", "t", "v")


class Observer:
    """Judges samples of all series and follows anomalies from beginning to end.

    Traits (names, units, counters, sensitivity, mutes) are the caller's and no part of the state.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        """Begin without history; at most ``most`` series are watched."""
        self.detector = ColumnDetector(most)
        self.tracker = EventTracker()
        self._rates = Rates()
        self._grouping = Grouping()
        self._traits: dict[int, Trait] = {}
        self._counters: Ints = np.empty(0, np.int64)
        self._eager: Ints = np.empty(0, np.int64)  # series whose evidence counts more than once
        self._asked: ValueArray = np.empty(0)  # and how much of it is enough for an alert

    def describe(self, traits: Mapping[int, Trait]) -> None:
        """Set what is said of series, by id; the rest stays as it is."""
        self._traits.update(traits)
        counters = [series for series, trait in self._traits.items() if trait.counter]
        self._counters = np.array(sorted(counters), np.int64)
        eager = sorted((k, t.sensitivity) for k, t in self._traits.items() if t.sensitivity > 1.0)
        self._eager = np.array([series for series, _ in eager], np.int64)
        self._asked = np.array([ALERT / sensitivity for _, sensitivity in eager])

    def observe(self, ids: IdArray, t: TimeArray, v: ValueArray) -> list[EventChange]:
        """Learn samples and tell what became of events with them, in the samples' order.

        ``ids``, ``t`` (unix ms), ``v``: all (n,), each series in order of time.
        """
        return self.follow(ids, t, *self.judge(ids, t, v))

    def judge(self, ids: IdArray, t: TimeArray, v: ValueArray) -> tuple[ValueArray, Judgements]:
        """Learn samples; give the values that were judged (counters as rates) and the outcome."""
        if len(self._counters):
            counted = np.flatnonzero(np.isin(ids, self._counters))
            if len(counted):
                v = v.copy()
                v[counted] = self._rates.learn(ids[counted], t[counted], v[counted])
        return v, self.detector.learn(ids, t, v)

    def follow(
        self, ids: IdArray, t: TimeArray, v: ValueArray, found: Judgements
    ) -> list[EventChange]:
        """Turn what ``judge`` found into changes of events."""
        asked = np.full(len(v), ALERT)
        if len(self._eager):
            at = np.minimum(np.searchsorted(self._eager, ids), len(self._eager) - 1)
            asked = np.where(self._eager[at] == ids, self._asked[at], ALERT)
        matters = found.evidence >= asked
        if self.tracker.open_series:
            watched = np.array(sorted(self.tracker.open_series), np.int64)
            matters |= np.isin(ids, watched)
        # A series that opens an event in this batch is looked at from there on.
        matters |= np.isin(ids, np.unique(ids[matters]))
        changes = []
        for i in np.flatnonzero(matters & np.isfinite(v)):
            sighting = _sighting(int(ids[i]), int(t[i]), float(v[i]), found, int(i))
            trait = self._traits.get(sighting.series, PLAIN)
            change = self.tracker.see(sighting, trait, self._grouping.of(sighting.t))
            if change is not None:
                if change.change == "opened":
                    self._grouping.joined(change.event)
                changes.append(change)
        return changes

    def expire(self, now: int) -> list[EventChange]:
        """Close the events of series that fell silent, as of ``now`` (unix ms)."""
        return self.tracker.expire(now)

    def forget(self, before: int) -> int:
        """Drop what is known of series without a sample since ``before`` (unix ms)."""
        self._rates.forget(before)
        return self.detector.forget(before)

    def state(self) -> bytes:
        """Give everything that was learned and is open, with version and checksum."""
        events = [(asdict(event), *rest) for event, *rest in self.tracker.dump()]
        said = json.dumps({"open": events, "group": asdict(self._grouping)})
        arrays = {f"rates_{name}": getattr(self._rates, name) for name in _RATES}
        arrays["detector"] = np.frombuffer(self.detector.state(), np.uint8)
        arrays["events"] = np.frombuffer(said.encode(), np.uint8)
        return saving.pack(_KIND, _VERSION, arrays)

    def restore(self, data: bytes) -> None:
        """Go on from a ``state``, as if nothing had been between.

        Raises:
            ValueError: The bytes are damaged, cut short, or of another version.
        """
        arrays = saving.unpack(data, _KIND, _VERSION)
        n = len(arrays.get("rates_ids", ()))
        saving.expect(arrays, {f"rates_{name}": (n,) for name in _RATES})
        detector = ColumnDetector(self.detector.most)
        detector.restore(arrays["detector"].tobytes())
        said = json.loads(arrays["events"].tobytes())
        self.detector = detector
        for name in _RATES:
            setattr(self._rates, name, arrays[f"rates_{name}"])
        self._grouping = Grouping(**said["group"])
        self.tracker.adopt([(_event(kept), *rest) for kept, *rest in said["open"]])


def _event(kept: dict[str, Any]) -> AnomalyEvent:
    low, high = kept.pop("expected_range")
    return AnomalyEvent(expected_range=(low, high), **kept)


def _sighting(series: int, t: int, v: float, found: Judgements, i: int) -> Sighting:
    return Sighting(
        series=series,
        t=t,
        v=v,
        evidence=float(found.evidence[i]),
        low=float(found.low[i]),
        high=float(found.high[i]),
        confidence=float(found.confidence[i]),
        usual=float(found.usual[i]),
        floor=float(found.floor[i]),
        ceiling=float(found.ceiling[i]),
        age_h=float(found.age_h[i]),
        detector=DETECTORS[int(found.detector[i])],
    )
