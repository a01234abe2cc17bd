"""Keeps the golden signals of all services up with the feed, and answers how they stand."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from quadra.engine.alert_service import Alerting
from quadra.engine.alerting import AlertQuestion
from quadra.engine.anomalies import AnomalyQuestion, AnomalyStore
from quadra.engine.catalog import Catalog
from quadra.engine.history import read_lines
from quadra.engine.ports import Appended, Clock, HistoryStore, Runtime
from quadra.errors import QuadraError
from quadra.services.conventions import GOLDEN, Signal, subject_of
from quadra.services.reading import Choice, Matrix, Reader, choose
from quadra.services.standing import Judged, Standing, Trouble, is_silent, judge, rank
from quadra.services.window import STEP_MS, STEPS, Window
from quadra.telemetry.batch import Columns, IdArray
from quadra.telemetry.series import SeriesKey

log = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_UP_EVERY_S = 1.0
TROUBLES_EVERY_S = 2.0
SUBJECTS_CHOSEN_A_SECOND = 50
SERVICES_LOOKED_AT_A_SECOND = 600
SERIES_A_TURN = 2_000
SERIES_A_READ = 200
MOST_TROUBLES = 1_000
MOST_OTHERS = 20_000
_OWN = ("host_", "quadra_")
_COST = re.compile(r".*cost.*_total")
MOST_WAITING = 3_000_000
"""Samples that wait to be taken in: beyond, a gap is told rather than memory taken."""


@dataclass(frozen=True, slots=True)
class Row:
    """A service as it stands: ``age`` and ``every`` in ms, ``place`` in the snapshot's columns."""

    choice: Choice
    place: int
    standing: Standing
    judged: Judged
    age: int
    every: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All services at a moment (unix ms), the worst first; ``now`` by signal, as ``place`` says."""

    at: int
    services: Sequence[Row]
    hosts: Sequence[Choice]
    now: dict[Signal, Matrix]
    reader: Reader
    others: Sequence[str]
    has_costs: bool
    is_complete: bool


class Services:
    """Used from the loop; what takes long runs off it, one thing at a time."""

    def __init__(
        self,
        catalog: Catalog,
        history: HistoryStore,
        troubles: Callable[[], list[Trouble]],
        runtime: Runtime,
        clock: Clock,
    ) -> None:
        """Wire; ``troubles`` gives what is open now and may block."""
        self._catalog = catalog
        self._history = history
        self._troubles = troubles
        self._runtime = runtime
        self._clock = clock
        self._window = Window()
        self._turn = threading.Lock()  # taken on the loop only
        self._waiting: list[Columns] = []
        self._waiting_count = 0
        self._met = 0
        self._chosen: list[Choice] = []
        self._chosen_at = float("-inf")
        self._judged: dict[str, Judged] = {}
        self._judged_at = float("-inf")
        self._snapshot: Snapshot | None = None
        self._is_complete = False
        # Metrics that tell no signal, and who sent them, in the order in which they came.
        self._others: dict[str, str] = {}
        self._has_costs = False

    def start(self) -> None:
        """Begin to keep up; the last hour comes from history first."""
        self._runtime.spawn(self._run)

    def heard(self, row: Appended) -> None:
        """Take in a row of the journal; called for each, in order."""
        self._waiting.append(row.columns)
        self._waiting_count += len(row.columns)
        while self._waiting_count > MOST_WAITING:
            self._waiting_count -= len(self._waiting.pop(0))

    def read(self, render: Callable[[Snapshot], T]) -> T:
        """Give what ``render``, run off the loop, makes of the present; raises StorageError."""
        with self._turn:
            now = self._clock()
            if now - self._judged_at >= TROUBLES_EVERY_S:
                self._judged = judge(self._troubles())
                self._judged_at = now
            if self._is_complete:
                self._learn(SERIES_A_TURN)
            return self._runtime.offload(self._render, self._drain(), now, render)

    def _render(self, waiting: list[Columns], now: float, render: Callable[[Snapshot], T]) -> T:
        self._take_in(waiting, now)
        # However many ask: a thousand services are looked at every other second.
        lasts = max(KEEP_UP_EVERY_S, len(self._chosen) / SERVICES_LOOKED_AT_A_SECOND)
        if self._snapshot is None or not 0 <= now - self._snapshot.at / 1000 < lasts:
            self._snapshot = self._look(now)
        return render(self._snapshot)

    def _run(self) -> None:
        while True:
            try:
                self._keep_up()
            except QuadraError:
                log.debug("Services could not be followed this time", exc_info=True)
            except Exception:
                log.exception("Services could not be followed")
            self._runtime.sleep(KEEP_UP_EVERY_S)

    def _keep_up(self) -> None:
        while len(self._catalog) > self._met:
            with self._turn:
                told = self._learn(SERIES_A_TURN)
            if not self._is_complete:
                self._recall(told)
        self._is_complete = True
        with self._turn:
            self._runtime.offload(self._take_in, self._drain(), self._clock())

    def _learn(self, most: int) -> list[int]:
        """Meet series that are new in the catalog; gives those that tell something."""
        if len(self._catalog) == self._met:
            return []
        fresh = self._catalog.met_after(self._met)[:most]
        self._met += len(fresh)
        return self._runtime.offload(self._meet, fresh)

    def _recall(self, ids: Sequence[int]) -> None:
        """Read the last hour of series that were known before this process began."""
        until = int(self._clock() * 1000)
        since = (until // STEP_MS - STEPS - 1) * STEP_MS
        for at in range(0, len(ids), SERIES_A_READ):
            part = np.array(ids[at : at + SERIES_A_READ], np.uint32)
            with self._turn:
                self._runtime.offload(self._read, part, since, until)

    def _read(self, ids: IdArray, since: int, until: int) -> None:
        lines = read_lines(self._history, ids, since, until, STEP_MS // 2, "last")
        # A step's last value stands at its beginning; it was true at most until its end.
        late = STEP_MS // 2 - 1
        parts = [Columns(np.full(len(t), n, np.uint32), t + late, v) for n, t, v in lines]
        self._window.add(Columns.concat(parts), until)

    def _meet(self, fresh: Sequence[tuple[int, SeriesKey]]) -> list[int]:
        told = []
        for number, key in fresh:
            self._has_costs |= _COST.fullmatch(key[0]) is not None
            if self._window.meet(number, key):
                told.append(number)
            elif len(self._others) < MOST_OTHERS and not key[0].startswith(_OWN):
                self._others.setdefault(key[0], subject_of(dict(key[1])))
        if told:
            self._chosen_at = float("-inf")
        return told

    def _drain(self) -> list[Columns]:
        if not self._is_complete:
            return []
        waiting, self._waiting, self._waiting_count = self._waiting, [], 0
        return waiting

    def _take_in(self, waiting: list[Columns], now: float) -> None:
        now_ms = int(now * 1000)
        if waiting:
            self._window.add(Columns.concat(waiting), now_ms)
        self._window.advance(now_ms)

    def _look(self, now: float) -> Snapshot:
        # Which families stand for a thousand services changes seldom, and takes a while to say.
        if now - self._chosen_at >= len(self._chosen) / SUBJECTS_CHOSEN_A_SECOND:
            self._chosen = choose(self._window)
            self._chosen_at = now
        at = int(now * 1000)
        reader = Reader(self._window)
        services = [choice for choice in self._chosen if not choice.subject.is_host]
        rhythm = self._window.rhythm()
        rows = [
            self._row(choice, place, at, int(rhythm[choice.subject.id]))
            for place, choice in enumerate(services)
        ]
        rows.sort(key=lambda row: rank(row.standing, row.choice.subject.name))
        return Snapshot(
            at,
            rows,
            [choice for choice in self._chosen if choice.subject.is_host],
            {signal: reader.now(services, signal) for signal in GOLDEN},
            reader,
            self._strangers(),
            self._has_costs,
            self._is_complete,
        )

    def _strangers(self) -> list[str]:
        """Give the metrics of no service, the one that appeared last first."""
        knows = self._window.slots.knows
        return [
            name
            for name, subject in reversed(self._others.items())
            if not name.endswith("_bucket") and not knows(subject)
        ]

    def _row(self, choice: Choice, place: int, at: int, every: int) -> Row:
        age = max(0, at - int(self._window.newest[choice.subject.id]))
        judged = self._judged.get(choice.subject.name, _FINE)
        standing = judged.standing
        if standing == "ok" and is_silent(age, every):
            standing = "unknown"
        return Row(choice, place, standing, judged, age, every)


_FINE = Judged()


def open_troubles(
    alerting: Alerting, anomalies: AnomalyStore, runtime: Runtime
) -> Callable[[], list[Trouble]]:
    """Make what gives the alerts that fire and the anomalies that last."""

    def gather() -> list[Trouble]:
        firing = alerting.alerts(
            AlertQuestion(states=("firing", "recovering"), limit=MOST_TROUBLES)
        )
        lasting = runtime.offload(
            anomalies.anomalies, AnomalyQuestion(is_open=True, limit=MOST_TROUBLES)
        )
        return [
            *(Trouble("alert", a.id, a.severity, a.metric, a.labels) for a in firing.items),
            *(Trouble("anomaly", a.id, a.severity, a.metric, a.labels) for a in lasting.items),
        ]

    return gather
