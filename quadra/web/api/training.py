"""The field's training: started, stopped, begun anew, looked at."""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quadra.durations import parse_duration
from quadra.engine.training import ErrandKind, State
from quadra.errors import Fault, InvalidError
from quadra.field.reservoir import MAX_SIZE, MIN_SIZE
from quadra.telemetry.selector import Patterns, parse_selector
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import training as schemas

MAX_SEED = 2**32 - 1
MAX_MATCHES = 16
STEP_BOUNDS = (1.0, 300.0)
_KNOWN = ("field_size", "seed", "match", "step")


def make_training(parts: WebParts) -> Blueprint:
    """Make the blueprint of training."""
    api = Blueprint("training", __name__)
    training = parts.training

    def asked(kind: ErrandKind, arguments: dict[str, Any]) -> ResponseReturnValue:
        done = training.ask(kind, arguments)
        # 202: it is kept, and will be done as soon as the worker is there.
        return answer(shown(training.state()), 202 if done is None else 200)

    @route(
        api, "GET", "/api/v1/training", access="read", work="read", tag="Training",
        summary="How the field's training does", responses={200: schemas.STATE},
    )  # fmt: skip
    def show_training() -> ResponseReturnValue:
        return answer(shown(training.state()))

    @route(
        api, "POST", "/api/v1/training/start", access="write", work="heavy", tag="Training",
        summary="Train the field: on history first, then on what comes", body=schemas.PLAN,
        responses={200: schemas.STATE, 202: schemas.STATE},
    )  # fmt: skip
    def start_training() -> ResponseReturnValue:
        return asked("start", _plan(asking.optional_json_object()))

    @route(
        api, "POST", "/api/train", access="write", work="heavy", tag="Training",
        summary="The same as /api/v1/training/start", body=schemas.PLAN,
        responses={200: schemas.STATE, 202: schemas.STATE},
    )  # fmt: skip
    def train() -> ResponseReturnValue:
        return asked("start", _plan(asking.optional_json_object()))

    @route(
        api, "POST", "/api/v1/training/stop", access="write", work="write", tag="Training",
        summary="Stop training; what was learned stays",
        responses={200: schemas.STATE, 202: schemas.STATE},
    )  # fmt: skip
    def stop_training() -> ResponseReturnValue:
        return asked("stop", {})

    @route(
        api, "POST", "/api/v1/training/reset", access="write", work="heavy", tag="Training",
        summary="Forget what was learned; saved versions stay",
        responses={200: schemas.STATE, 202: schemas.STATE},
    )  # fmt: skip
    def reset_training() -> ResponseReturnValue:
        return asked("reset", {})

    return api


def shown(state: State) -> State:
    """Leave out what only /metrics shows."""
    return {name: value for name, value in state.items() if name != "totals"}


def _plan(wish: dict[str, Any]) -> dict[str, Any]:
    """Read what is to be trained; raises InvalidError naming each wrong field."""
    faults = [
        Fault(None, name, f"no such field; known are {', '.join(_KNOWN)}")
        for name in wish
        if name not in _KNOWN
    ]
    plan: dict[str, Any] = {}
    for name, low, high in (("field_size", MIN_SIZE, MAX_SIZE), ("seed", 0, MAX_SEED)):
        value = wish.get(name)
        if value is None:
            continue
        if type(value) is not int or not low <= value <= high:
            faults.append(Fault(None, name, f"use a whole number from {low} to {high}"))
        plan[name] = value
    if wish.get("step") is not None:
        plan["step"] = _step(wish["step"], faults)
    if wish.get("match") is not None:
        plan["match"] = _match(wish["match"], faults)
    if faults:
        msg = "The training was not started."
        raise InvalidError(msg, faults=tuple(faults))
    return plan


def _step(value: object, faults: list[Fault]) -> float:
    low, high = STEP_BOUNDS
    try:
        seconds = parse_duration(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = math.nan
    if not low <= seconds <= high or isinstance(value, bool):
        faults.append(Fault(None, "step", f"use {low:.0f} to {high:.0f} seconds, or 5s, 1m"))
    return seconds


def _match(value: object, faults: list[Fault]) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 1 <= len(texts) <= MAX_MATCHES:
        faults.append(Fault(None, "match", f"use a list of 1 to {MAX_MATCHES} selectors"))
        return []
    patterns = Patterns()
    for text in texts:
        if not isinstance(text, str):
            faults.append(Fault(None, "match", "each selector is a text"))
            continue
        try:
            parse_selector(text, patterns)
        except InvalidError as error:
            faults.append(Fault(None, "match", error.detail))
    return texts
