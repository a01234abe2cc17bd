"""What happened: Quadra's own list, and the marks that people post to it."""

from __future__ import annotations

import math

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from quadra.engine.happenings import HappeningQuestion, happening_from
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current, signed
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import happenings as schemas
from quadra.web.schemas.common import AFTER, END, LIMIT, START

MAX_PAGE = 1_000


def make_happenings(parts: WebParts) -> Blueprint:
    """Make the blueprint of events."""
    api = Blueprint("happenings", __name__)
    happenings = parts.happenings

    @route(
        api, "GET", "/api/v1/events", access="read", work="read", tag="Events",
        summary="What happened: alerts, anomalies, models, restarts, edits, and posted marks",
        parameters=(schemas.KIND, START, END, LIMIT, AFTER),
        responses={200: schemas.EVENTS},
    )  # fmt: skip
    def list_events() -> ResponseReturnValue:
        page = happenings.list(
            HappeningQuestion(
                kinds=tuple(dict.fromkeys(asking.texts("kind")))[:50],
                start=asking.seconds("start", math.nan) if "start" in request.args else None,
                end=asking.seconds("end", 0.0) if "end" in request.args else None,
                after=asking.whole("after", 0, 0, 1 << 53) or None,
                limit=asking.whole("limit", 200, 1, MAX_PAGE),
            )
        )
        found = {"events": [one.as_dict() for one in page.items]}
        return answer(found if page.next is None else {**found, "next": page.next})

    @route(
        api, "POST", "/api/v1/events", access="ingest", work="write", tag="Events",
        summary="Post a mark, such as a deployment; the same again changes nothing",
        body=schemas.NEW_EVENT, responses={201: schemas.ONE_EVENT}, audited=True,
    )  # fmt: skip
    def post_event() -> ResponseReturnValue:
        wish = signed(asking.json_object(), "by")
        wanted = happening_from(wish, parts.clock(), current().name)
        return answer(happenings.add(wanted).as_dict(), 201)

    return api
