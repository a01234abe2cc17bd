"""The field's training: the worker trains, the serving processes ask and tell.

What people want (start, stop, reset, save, load) is kept as errands that the worker takes in
order; what it has to say is kept as one state. So both may run on different machines, and an
errand given while the worker is away is done when it is back.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from quadra.engine.ports import Clock, Runtime
from quadra.errors import ConflictError, Fault, InvalidError, QuadraError, UnavailableError

log = logging.getLogger(__name__)

ErrandKind = Literal["start", "stop", "reset", "save", "load"]
State = dict[str, Any]

MAX_WAITING = 20
ANSWER_WITHIN_S = 8.0
LOOK_EVERY_S = 0.05
STALE_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that somebody asked of the trainer."""

    id: int
    kind: ErrandKind
    arguments: State


class TrainingStore(Protocol):
    """Errands and the trainer's state; blocking; raises StorageError."""

    def ask(self, kind: ErrandKind, arguments: State, now: float, most: int) -> int | None:
        """Keep an errand and give its number, None when ``most`` wait already."""

    def answer(self, errand: int) -> State | None:
        """Give what the trainer answered, None while it has not."""

    def waiting(self) -> list[Errand]:
        """Give the errands that have no answer yet, in order."""

    def settle(self, errand: int, answer: State, state: State, now: float) -> None:
        """Keep an answer and the state that follows from it in one transaction."""

    def report(self, state: State, now: float) -> None:
        """Keep the newest state."""

    def state(self) -> tuple[State, float] | None:
        """Give the newest state and when it was reported (unix s), None before the first."""


class Training:
    """What the serving processes know of the training and can ask of it."""

    def __init__(self, store: TrainingStore, runtime: Runtime, clock: Clock) -> None:
        """Wire; blocking work goes through ``runtime``."""
        self._store = store
        self._runtime = runtime
        self._clock = clock

    def state(self) -> State:
        """Give the newest state, and whether the worker still reports."""
        kept = self._runtime.offload(self._store.state)
        if kept is None:
            return idle_state()
        state, at = kept
        age = self._clock() - at
        is_stale = bool(state.get("running")) and age > STALE_AFTER_S
        return {**state, "reported_at": at, "stale": is_stale}

    def ask(self, kind: ErrandKind, arguments: State | None = None) -> State | None:
        """Ask something of the trainer and wait for its answer; None when none came in time.

        Raises what the trainer answered with: InvalidError, ConflictError, UnavailableError.
        """
        number = self._runtime.offload(
            self._store.ask, kind, arguments or {}, self._clock(), MAX_WAITING
        )
        if number is None:
            msg = "Too much was asked of the training that is not done yet; is the worker running?"
            raise UnavailableError(msg, code="training_busy", retry_after=5)
        until = self._clock() + ANSWER_WITHIN_S
        while self._clock() < until:
            answer = self._runtime.offload(self._store.answer, number)
            if answer is not None:
                return _checked(answer)
            self._runtime.sleep(LOOK_EVERY_S)
        return None


def idle_state() -> State:
    """Give the state before anything was trained."""
    return {
        "running": False,
        "phase": "idle",
        "progress": None,
        "iteration": 0,
        "loss": None,
        "reward": None,
        "variance": 0.0,
        "field_size": None,
        "model_version": None,
        "divergences": 0,
        "detail": "",
        "series": [],
        "skill": [],
        "state": [],
        "reported_at": None,
        "stale": False,
        "totals": {},
    }


def refused(error: QuadraError) -> State:
    """Put an error into an answer."""
    faults = [[fault.field, fault.reason] for fault in error.faults]
    kind = "conflict" if isinstance(error, ConflictError) else "invalid"
    if isinstance(error, UnavailableError):
        kind = "unavailable"
    return {"error": kind, "code": error.code, "detail": error.detail, "faults": faults}


def _checked(answer: State) -> State:
    kind = answer.get("error")
    if kind is None:
        return answer
    detail, code = answer["detail"], answer["code"]
    if kind == "conflict":
        raise ConflictError(detail, code=code)
    if kind == "unavailable":
        raise UnavailableError(detail, code=code, retry_after=5)
    faults = tuple(Fault(None, field, reason) for field, reason in answer["faults"])
    raise InvalidError(detail, code=code, faults=faults)
