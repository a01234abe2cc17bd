"""The fire drill, and the beat for who watches Quadra from outside."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quadra.engine.channels import MAX_CHANNELS
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import drill as schemas

DEFAULT_AFTER_S = 120.0


def make_drill(parts: WebParts) -> Blueprint:
    """Make the blueprint of drill and heartbeat."""
    api = Blueprint("drill", __name__)

    @route(
        api, "POST", "/api/v1/drill", access="write", work="heavy", tag="Alerts",
        summary="Send a marked fault through intake, a rule, the channels and acknowledgement, "
        "and say how long each step took",
        body=schemas.WANTED_DRILL, responses={200: schemas.DRILLED},
    )  # fmt: skip
    def run_drill() -> ResponseReturnValue:
        wish = asking.optional_json_object()
        for name in wish:
            if name != "channels":
                raise asking.wrong(name[:60], "no such field; known is channels")
        return answer(parts.drill.run(current().name, _names(wish.get("channels"))))

    @route(
        api, "GET", "/api/v1/heartbeat", access="open", work="none", tag="Status",
        summary="Whether rules are evaluated: 200 while they are, 503 otherwise",
        responses={200: schemas.HEARTBEAT, 503: schemas.HEARTBEAT},
    )  # fmt: skip
    def heartbeat() -> ResponseReturnValue:
        beat = parts.runtime.offload(parts.beats.beat)
        age = max(parts.clock() - beat.at, 0.0)
        good = bool(beat.at) and age < (parts.settings.deadman_after or DEFAULT_AFTER_S)
        response = answer(
            {
                "evaluating": good,
                "beat_age": round(age, 3) if beat.at else None,
                "judged": beat.seq,
                "head": beat.head,
            },
            200 if good else 503,
        )
        if not good:
            response.headers["Retry-After"] = "5"
        return response

    return api


def _names(value: object) -> list[str] | None:
    if value is None:
        return None
    is_list = isinstance(value, list) and 0 < len(value) <= MAX_CHANNELS
    if not is_list or not all(isinstance(name, str) for name in value):  # type: ignore[attr-defined]
        raise asking.wrong("channels", "a list of channels' names is needed")
    return list(value)  # type: ignore[call-overload, no-any-return]
