"""Shows every sample to the detector, and makes what it finds something that can be kept.

What the detector has learned is large and kept now and then, with the journal position that it
stands for; after a restart the rows since then are learned again, and what they say again is kept
under the same keys.
"""

from __future__ import annotations

import logging
import math
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from quadra.anomalies.events import EventChange, Sighting
from quadra.anomalies.observer import Observer
from quadra.anomalies.traits import Trait
from quadra.engine.alerting import AnomalyChange
from quadra.engine.figures import Figures
from quadra.engine.ports import Clock, JournalStore
from quadra.errors import QuadraError
from quadra.field.foretold import Surprise
from quadra.telemetry.batch import Columns, latest_of_each
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey

log = logging.getLogger(__name__)

KEEP_EVERY_S = 60.0
KEEPING_SHARE = 0.01
"""Of the judge's time: what is known of very many series is written less often."""
TUNING_EVERY_S = 5.0
EXPIRE_EVERY_S = 30.0
FORGET_AFTER_S = 7 * 86_400.0
LATE_S = 3_600.0
"""What is older when it comes is history that somebody loads: neither learned nor judged."""
MAX_SERIES = 100_000
_ROWS_AT_ONCE = 1_000
_SERIES_AT_ONCE = 5_000
_POSITION = struct.Struct("<q")
_COUNTERS = ("_total", "_count", "_sum")
_UNWATCHED = "_bucket"
_RECORDS = ("_min", "_max")
_UNSAID = ("", "unknown")
_OF_CALLS = ("histogram", "summary")
_PARTS = ("_sum", "_count")
_OWN = ("host_", "quadra_")
_OWN_SETTLES_H = 1.0
"""What Quadra says of itself and its machine is judged from then on: it is there from the start on,
when memory fills, pages are opened for the first time, and much else runs."""
_SOURCE = ("instance", "job", "service_name", "service_instance_id")
"""Labels by which a process is known: its series come together."""


class AnomalyMemory(Protocol):
    """Where what the detector has learned is kept; blocking; raises StorageError."""

    def keep(self, write: Callable[[BinaryIO], object]) -> None:
        """Keep what ``write`` writes; the former state stays until this one is whole."""

    def kept(self) -> BinaryIO | None:
        """Open what was kept."""


class Tuning(Protocol):
    """What people have said of series; blocking; raises StorageError."""

    def named(self, ids: Sequence[int]) -> list[tuple[int, SeriesKey]]:
        """Give the series of these ids, as far as they are there."""

    def tuned(self) -> dict[int, tuple[float, bool]]:
        """Give sensitivity and whether muted, of the series that were tuned."""

    def described(self) -> dict[str, Metadata]:
        """Give types and units by metric name."""


class AnomalyWatch:
    """Implements ``engine.judge.Observer``. Blocking; one thread's alone."""

    def __init__(
        self,
        journal: JournalStore,
        memory: AnomalyMemory,
        tuning: Tuning,
        clock: Clock,
        figures: Figures | None = None,
        surprises: deque[Surprise] | None = None,
    ) -> None:
        """Wire the watch; ``restore`` begins.

        ``figures`` counts what is found and the time. Into ``surprises`` another thread puts what
        came otherwise than the field foretold.
        """
        self._figures = figures or Figures()
        self._journal = journal
        self._memory = memory
        self._tuning = tuning
        self._clock = clock
        self._observer = Observer(MAX_SERIES)
        self._keys: dict[int, SeriesKey] = {}
        self._ids: dict[SeriesKey, int] = {}  # of sums and counts
        self._shared: dict[Any, Any] = {}  # label pairs and traits, each once
        # By id: whether it was looked at, is watched, or was turned away for want of room.
        self._met, self._watched, self._turned_away = np.zeros((3, 1), np.bool_)
        self._traits: dict[int, Trait] = {}
        self._tuned: dict[int, tuple[float, bool]] = {}
        self._let_go_since = 0  # series, since labels were shared anew
        self._surprises = deque() if surprises is None else surprises
        self._seq = 0
        self._kept_at = self._tuned_at = self._expired_at = 0.0
        self._keep_every_s = KEEP_EVERY_S

    def restore(self, seq: int) -> None:
        """Take up what was kept, and learn what came since then up to ``seq``."""
        self._observer = Observer(MAX_SERIES)
        self._keys, self._ids, self._traits, self._tuned, self._shared = {}, {}, {}, {}, {}
        self._met, self._watched, self._turned_away = np.zeros((3, 1), np.bool_)
        self._seq = self._taken_up(seq)
        self._look_at_tuning()
        self._meet(self._observer.series())
        while self._seq < seq:
            rows = self._journal.since(self._seq, min(_ROWS_AT_ONCE, seq - self._seq))
            rows = [row for row in rows if row.seq <= seq]
            if not rows:
                break
            self._learn(Columns.concat([row.columns for row in rows]))
            self._seq = rows[-1].seq
        self._seq = seq
        self._kept_at = self._clock()

    def _taken_up(self, seq: int) -> int:
        """Load the state; gives the position that it stands for."""
        try:
            content = self._memory.kept()
            if content is None:
                return seq
            with content:
                (kept_seq,) = _POSITION.unpack(content.read(_POSITION.size))
                self._observer.restore(content)
        except (QuadraError, OSError, ValueError, struct.error, KeyError) as error:
            log.warning("What was learned of the series can't be read; it begins anew: %s", error)
            self._observer = Observer(MAX_SERIES)
            return seq
        return min(int(kept_seq), seq)

    def observe(self, columns: Columns, seq: int) -> Sequence[AnomalyChange]:
        """Look at samples up to a journal position; gives what has begun, grown or ended."""
        now = self._clock()
        if not 0 <= now - self._tuned_at < TUNING_EVERY_S:
            self._look_at_tuning()
        began = time.perf_counter()
        changes = [*self._learn(columns), *self._foretold()]
        self._figures.observe("detection_duration_seconds", time.perf_counter() - began)
        self._seq = seq
        if not 0 <= now - self._expired_at < EXPIRE_EVERY_S:
            self._expired_at = now
            changes = [*changes, *self._observer.expire(round(now * 1000))]
        self._keep(now)
        for change in changes:
            if change.change == "opened":
                self._figures.count("anomalies_total", change.event.severity)
        return [self._told(change) for change in changes]

    def close(self) -> None:
        """Keep what was learned, for the next start."""
        self._keep(self._clock(), always=True)

    def _learn(self, columns: Columns) -> list[EventChange]:
        if len(columns) == 0:
            return []
        self._meet(columns.ids)
        mine = self._watched[columns.ids]
        mine &= np.isfinite(columns.v)
        mine &= columns.t >= round((self._clock() - LATE_S) * 1000)
        found = latest_of_each(columns.where(mine))
        if len(found) == 0:
            return []
        return self._observer.observe(found.ids, found.t, found.v)

    def _foretold(self) -> list[EventChange]:
        changes = []
        while self._surprises:
            one = self._surprises.popleft()
            trait = self._traits.get(one.series)
            # Of sums of calls the mean is watched here, and the sum's growth there.
            if trait is not None and not trait.calls:
                changes.append(self._observer.foretold(_sighting(one)))
        return [change for change in changes if change is not None]

    def _meet(self, ids: npt.NDArray[Any]) -> None:
        """Get to know the series among these that were not looked at before."""
        if not len(ids):
            return
        self._make_room(int(ids.max()))
        new = np.unique(ids[~self._met[ids]]).tolist()
        if not new:
            return
        described = self._tuning.described()
        for at in range(0, len(new), _SERIES_AT_ONCE):
            portion, taken = new[at : at + _SERIES_AT_ONCE], []
            named = self._tuning.named(portion)
            self._met[portion] = True  # only now: what could not be read is looked at again
            for series_id, read in named:
                if read[0].endswith(_UNWATCHED) or is_record(read[0], described):
                    continue
                if len(self._keys) >= MAX_SERIES:
                    self._turn_away(series_id)
                    continue
                taken.append(series_id)
                self._watched[series_id] = True
                self._keys[series_id] = key = self._sharing(read)
                if key[0].endswith(_PARTS):
                    self._ids[key] = series_id
            self._name(taken, described)

    def _make_room(self, series_id: int) -> None:
        """Let the masks reach an id."""
        more = series_id + 1 - len(self._met)
        if more > 0:
            fresh = np.zeros(max(more, len(self._met) // 8), np.bool_)
            self._met = np.concatenate((self._met, fresh))
            self._watched = np.concatenate((self._watched, fresh))
            self._turned_away = np.concatenate((self._turned_away, fresh))

    def _turn_away(self, series_id: int) -> None:
        if not self._turned_away.any():
            msg = "There are more than %d series: the newer ones are not watched for anomalies"
            log.warning(msg, MAX_SERIES)
        self._turned_away[series_id] = True

    def _let_go(self) -> None:
        """Forget whose series have ended; others get their place, and they one when they return."""
        known = np.fromiter(self._keys, np.int64, len(self._keys))
        gone = known[~np.isin(known, self._observer.series())]
        if not len(gone):
            return
        for series_id in gone.tolist():
            self._ids.pop(self._keys.pop(series_id), None)
            self._traits.pop(series_id, None)
        self._watched[gone] = self._met[gone] = False
        self._met[self._turned_away] = False
        self._turned_away[:] = False
        self._let_go_since += len(gone)
        if self._let_go_since > len(self._keys):
            self._let_go_since = 0
            self._shared = {trait: trait for trait in self._traits.values()}
            self._keys = {i: self._sharing(key) for i, key in self._keys.items()}

    def _name(self, ids: Sequence[int], described: Mapping[str, Metadata]) -> None:
        """Make the traits of new series; a sum may have come before what counts its calls."""
        sums = (
            (name.removesuffix("_count") + "_sum", labels)
            for name, labels in map(self._keys.__getitem__, ids)
            if name.endswith("_count")
        )
        ids = sorted({*ids, *(self._ids[key] for key in sums if key in self._ids)})
        for series_id in ids:
            trait = trait_of(self._keys[series_id], described, self._ids)
            self._traits[series_id] = self._shared.setdefault(trait, trait)
        self._describe(ids)

    def _sharing(self, key: SeriesKey) -> SeriesKey:
        """Give the same key, of labels that other series have too: half the memory."""
        name, labels = key
        return sys.intern(name), tuple([self._shared.setdefault(pair, pair) for pair in labels])

    def _look_at_tuning(self) -> None:
        self._tuned_at = self._clock()
        former, self._tuned = self._tuned, self._tuning.tuned()
        changed = [i for i in former.keys() | self._tuned if former.get(i) != self._tuned.get(i)]
        self._describe([i for i in changed if i in self._traits])

    def _describe(self, ids: Sequence[int]) -> None:
        traits = {}
        for series_id in ids:
            trait = self._traits.get(series_id)
            if trait is not None:
                sensitivity, muted = self._tuned.get(series_id, (1.0, False))
                if (sensitivity, muted) != (trait.sensitivity, trait.muted):
                    trait = replace(trait, sensitivity=sensitivity, muted=muted)
                traits[series_id] = trait
        if traits:
            self._observer.describe(traits)

    def _keep(self, now: float, *, always: bool = False) -> None:
        if not always and 0 <= now - self._kept_at < self._keep_every_s:
            return
        self._kept_at = now
        self._observer.forget(round((now - FORGET_AFTER_S) * 1000))
        self._let_go()
        began = time.perf_counter()
        try:
            self._memory.keep(self._write)
        except QuadraError as error:
            log.warning("What was learned of the series can't be kept now: %s", error.detail)
        took = time.perf_counter() - began
        self._keep_every_s = max(KEEP_EVERY_S, took / KEEPING_SHARE)

    def _write(self, file: BinaryIO) -> None:
        file.write(_POSITION.pack(self._seq))
        self._observer.keep(file)

    def _told(self, change: EventChange) -> AnomalyChange:
        event = change.event
        name, labels = self._keys.get(event.series, ("", ()))
        over = change.change == "closed"
        return AnomalyChange(
            series_id=event.series,
            t=event.ended_at if over and event.ended_at is not None else event.started_at,
            score=0.0 if over else event.confidence,
            event=event,
            metric=name,
            labels=dict(labels),
        )


def _sighting(one: Surprise) -> Sighting:
    square = one.evidence * one.evidence
    return Sighting(
        series=one.series,
        t=round(one.seconds * 1000),
        v=one.value,
        evidence=one.evidence,
        low=one.low,
        high=one.high,
        confidence=square / (1.0 + square),
        usual=one.expected,
        floor=-math.inf,
        ceiling=math.inf,
        age_h=0.0,
        detector="forecast",
    )


def trait_of(
    key: SeriesKey, described: Mapping[str, Metadata], ids: Mapping[SeriesKey, int]
) -> Trait:
    """Say how a series is to be read, from its name and labels and what its sender says of it.

    ``ids`` are those of all sums and counts so far: a sum of calls finds there what counts them.
    """
    name, labels = key
    about, part = _about(name, described)
    kind = "" if about is None else about.type
    counter = kind == "counter" or (kind in _UNSAID and name.endswith(_COUNTERS))
    counter = counter or (kind in _OF_CALLS and part in _PARTS)
    is_sum = counter and name.endswith("_sum")
    return Trait(
        name,
        "" if about is None or part == "_count" else about.unit,
        counter=counter,
        calls=ids.get((name.removesuffix("_sum") + "_count", labels), 0) if is_sum else 0,
        source="\0".join(value for label, value in labels if label in _SOURCE),
        settles_h=_OWN_SETTLES_H if name.startswith(_OWN) else 0.0,
    )


def _about(name: str, described: Mapping[str, Metadata]) -> tuple[Metadata | None, str]:
    """Find what is said of a series, and which part of a family it is (as ``_sum``), if one."""
    if name in described:
        return described[name], ""
    base, _, part = name.rpartition("_")
    found = described.get(base)
    return (found, f"_{part}") if found is not None and found.type in _OF_CALLS else (None, "")


def is_record(name: str, described: Mapping[str, Metadata]) -> bool:
    """Say whether a series holds a record: the least or greatest of all calls so far."""
    return _about(name, described)[1] in _RECORDS
