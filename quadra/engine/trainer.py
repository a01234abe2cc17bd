"""Trains the field in the worker: on history first, then on what comes. Blocking."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from quadra.engine.models import ModelStore, ModelVersion
from quadra.engine.ports import Clock, Entry, HistoryStore, JournalStore, KnownSeries, SeriesStore
from quadra.engine.training import Errand, ErrandKind, State, TrainingStore, idle_state, refused
from quadra.engine.training_session import Plan, Session, candidates, liveliest
from quadra.engine.training_totals import LIVE_VERSION, Totals
from quadra.errors import InvalidError, NotFoundError, QuadraError
from quadra.field.foretold import Surprise
from quadra.field.model_file import checksum
from quadra.telemetry.batch import Batch, Columns, latest_of_each
from quadra.telemetry.series import series_key

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
REPORT_EVERY_S = 1.0
KEEP_EVERY_S = 60.0
HISTORY_S = 24 * 3600.0
HISTORY_PORTION_S = 900.0
LIVE_FROM_S = 5.0
LIVELY_S = 900.0
MAX_ROWS = 2_000
MAX_SAMPLES = 2_000_000
SERIES = ("loss", "reward", "field_variance")


@dataclass(frozen=True, slots=True)
class TrainerParts:
    """What the trainer stands on."""

    training: TrainingStore
    models: ModelStore
    journal: JournalStore
    history: HistoryStore
    series: SeriesStore
    clock: Clock


class Trainer:
    """Takes errands, trains, reports. One runs at a time."""

    def __init__(
        self,
        parts: TrainerParts,
        monotonic: Clock = time.perf_counter,
        surprised: Callable[[Sequence[Surprise]], None] = lambda _found: None,
    ) -> None:
        """Wire; ``run`` begins. ``monotonic`` gives the seconds that work is timed with.

        ``surprised`` is told of values that came otherwise than foretold, while it trains live.
        """
        self._surprised = surprised
        self._parts = parts
        self._monotonic = monotonic
        self._clock = parts.clock
        self._does: dict[ErrandKind, Callable[[State], State]] = {
            "start": self._start,
            "stop": self._stop,
            "reset": self._reset,
            "save": self._save,
            "load": self._load,
        }
        self._session: Session | None = None
        self._running = False
        self._plan = Plan()
        self._version: str | None = None
        self._divergences = 0
        self._detail = ""
        self._until: float | None = None  # history is read up to here (unix s); None when live
        self._from = 0.0
        self._seq = 0
        self._totals = Totals()
        self._reported = 0.0
        self._kept = 0.0
        self._failing = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Train until ``wait(seconds)`` says that the end has come."""
        self.restore()
        while True:
            self.round()
            if wait(LOOK_EVERY_S):
                self._keep(always=True)
                return

    def restore(self) -> None:
        """Go on where the last run ended."""
        try:
            kept = self._parts.training.state()
            if kept is None:
                return
            state = kept[0]
            self._running = bool(state.get("running"))
            self._version = state.get("model_version")
            self._divergences = int(state.get("divergences") or 0)
            content = self._parts.models.kept_state()
            if content is not None:
                self._take(Session.resumed(content, None, self._known()))
        except QuadraError as error:
            log.warning("The training begins anew: %s", error.detail)

    def round(self) -> None:
        """Do what was asked, then train on what came since the last round."""
        try:
            for errand in self._parts.training.waiting():
                self._settle(errand)
            if self._running:
                self._train()
                self._report()
            self._keep()
        except QuadraError as error:
            if not self._failing:
                log.warning("The field can't be trained now: %s", error.detail)
            self._failing = True
        except Exception:
            log.exception("The field could not be trained")
        else:
            self._failing = False

    # -- errands ----------------------------------------------------------------------------

    def _settle(self, errand: Errand) -> None:
        try:
            answer = self._does[errand.kind](errand.arguments)
        except QuadraError as error:
            answer = refused(error)
        self._parts.training.settle(errand.id, answer, self.state(), self._clock())

    def _start(self, wish: State) -> State:
        plan = replace(self._plan, **{k: v for k, v in wish.items() if v is not None})
        plan = replace(plan, match=tuple(plan.match))
        if self._session is None or plan != self._plan:
            candidates(
                [], plan.match, 0
            )  # a selector that can't be read is refused before anything
            self._plan = plan
            self._session, self._version = None, None
        self._running, self._detail = True, ""
        return {"running": True}

    def _stop(self, _wish: State) -> State:
        self._running = False
        self._keep(always=True)
        return {"running": False}

    def _reset(self, _wish: State) -> State:
        self._session, self._version, self._detail = None, None, ""
        self._divergences = 0
        return {"running": self._running}

    def _save(self, wish: State) -> State:
        if self._session is None:
            msg = "Nothing is trained yet. Start the training first."
            raise InvalidError(msg, code="nothing_trained")
        content = self._session.dump()
        now = self._clock()
        field = self._session.field
        model = ModelVersion(
            version=f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
            created_at=now,
            description=str(wish.get("description") or ""),
            sha256=checksum(content),
            size_bytes=len(content),
            field_size=field.shape.size,
            seed=field.shape.seed,
            iteration=field.iteration,
            loss=self._session.loss(),
            series=self._session.names(),
            step_seconds=self._session.plan.step,
        )
        self._parts.models.save(model, content)
        self._version = model.version
        return {"version": model.version}

    def _load(self, wish: State) -> State:
        try:
            model, content = self._parts.models.read(str(wish["version"]))
        except NotFoundError as error:
            raise InvalidError(error.detail, code=error.code) from None
        self._take(Session.resumed(content, model.sha256, self._known()))
        self._version = model.version
        return {"version": model.version, "iteration": model.iteration}

    # -- training ---------------------------------------------------------------------------

    def _take(self, session: Session) -> None:
        self._session, self._plan, self._detail = session, session.plan, ""
        now = self._clock()
        self._from = min(max(now - HISTORY_S, session.seconds or 0.0), now)
        self._until = self._from

    def _train(self) -> None:
        session = self._session
        if session is None:
            session = self._begin()
            if session is None:
                return
        if self._until is not None:
            self._learn_history(session)
        else:
            self._learn_live(session)
        if session.field.diverged:
            self._divergences += 1
            log.warning("The field diverged after %d steps; begun anew", session.field.iteration)
            self._plan = replace(self._plan, seed=(self._plan.seed + 1) % 2**32)
            self._session, self._version = None, None
            self._detail = "it diverged and was begun anew with the next seed"

    def _begin(self) -> Session | None:
        now = self._clock()
        found = candidates(self._known(), self._plan.match, round((now - HISTORY_S) * 1000))
        if not found:
            self._detail = "no series that the selectors mean has samples yet"
            return None
        ids = np.array([one.id for one in found], np.uint32)
        since = round((now - LIVELY_S) * 1000)
        chosen = liveliest(found, self._parts.history.between(since, round(now * 1000), ids))
        self._detail = ""
        self._session = Session(self._plan, chosen)
        oldest = min(one.first for one in chosen) / 1000.0
        self._from = max(now - HISTORY_S, oldest)
        self._until = self._from
        return self._session

    def _learn_history(self, session: Session) -> None:
        start = self._until or 0.0
        now = self._clock()
        is_last = start + HISTORY_PORTION_S >= now - LIVE_FROM_S
        if is_last:
            # What is committed from here on comes out of the journal.
            self._seq = self._parts.journal.head()
        end = now if is_last else start + HISTORY_PORTION_S
        ids = np.array([one.id for one in session.watched], np.uint32)
        columns = self._parts.history.between(round(start * 1000), round(end * 1000) - 1, ids)
        self._learn(session, latest_of_each(columns))
        self._until = None if is_last else end

    def _learn_live(self, session: Session) -> None:
        rows = self._parts.journal.since(self._seq, MAX_ROWS, MAX_SAMPLES)
        if not rows:
            return
        self._seq = rows[-1].seq
        self._learn(session, Columns.concat([row.columns for row in rows]))

    def _learn(self, session: Session, columns: Columns) -> None:
        began = self._monotonic()
        self._totals.batches += session.learn(columns)
        found = session.take_surprises()
        if found and self._until is None:
            self._surprised(found)
        self._totals.seconds += self._monotonic() - began
        self._totals.observe(self._version or LIVE_VERSION, session.take_durations())

    def _known(self) -> list[KnownSeries]:
        return self._parts.series.load(0)[0]

    # -- telling ----------------------------------------------------------------------------

    def state(self) -> State:
        """Give what is known of the training now."""
        progress = None
        if self._until is not None and self._session is not None:
            progress = (self._until - self._from) / max(self._clock() - self._from, 1.0)
        about: dict[str, Any] = {} if self._session is None else self._session.state()
        phase = "idle" if not self._running else "history" if progress is not None else "live"
        if self._running and self._session is None:
            phase = "waiting"
        return {
            **idle_state(),
            "totals": self._totals.as_state(),
            "field_size": self._plan.field_size,
            "seed": self._plan.seed,
            **about,
            "match": list(self._plan.match),
            "running": self._running,
            "phase": phase,
            "progress": progress if self._running else None,
            "model_version": self._version,
            "divergences": self._divergences,
            "detail": self._detail,
        }

    def _report(self) -> None:
        now = self._clock()
        if now - self._reported < REPORT_EVERY_S:
            return
        self._reported = now
        state = self.state()
        session = self._session
        if session is not None:
            self._append_series(session, now)
        self._parts.training.report(state, now)

    def _append_series(self, session: Session, now: float) -> None:
        """Let loss, reward and variance be series like any other."""
        loss = session.loss()
        if loss is None:
            return
        keys = tuple(series_key(f"quadra_matrix_training_{name}", {}) for name in SERIES)
        values = np.array([loss, 1.0 / (1.0 + loss), session.variance])
        t = np.full(len(keys), round(now * 1000), np.int64)
        batch = Batch(keys, np.arange(len(keys), dtype=np.uint32), t, values, "self")
        self._parts.journal.append([Entry(batch, [0] * len(keys))])

    def _keep(self, *, always: bool = False) -> None:
        now = self._clock()
        if self._session is None or (now - self._kept < KEEP_EVERY_S and not always):
            return
        self._kept = now
        self._parts.models.keep_state(self._session.dump())
