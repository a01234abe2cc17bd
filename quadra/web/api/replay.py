"""A span gone through again: what was known of it at each moment, as JSON and as a file."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quadra.errors import InvalidError
from quadra.web.api import asking
from quadra.web.api.answering import already_written, answer, packs, written
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.replay import as_file, gathered
from quadra.web.schemas import replay as schemas
from quadra.web.schemas.common import END, MATCH, START

MAX_SPAN_S = 8 * 86_400.0
DEFAULT_SPAN_S = 3_600.0


def make_replay(parts: WebParts) -> Blueprint:
    """Make the blueprint of replays."""
    api = Blueprint("replay", __name__)

    def asked() -> dict[str, object]:
        end = asking.seconds("end", parts.clock())
        start = asking.seconds("start", end - DEFAULT_SPAN_S)
        if not 0 < end - start <= MAX_SPAN_S:
            raise asking.wrong("start", "must be before end, eight days at most")
        return gathered(parts, start, end, asking.selectors(required=False))

    @route(
        api, "GET", "/api/v1/replay", access="read", work="read", tag="Events",
        summary="All that was known of a span: changes of alerts, anomalies, events, their series",
        parameters=(START, END, {**MATCH, "description": "series to show beside those"}),
        responses={200: schemas.REPLAY},
    )  # fmt: skip
    def replay() -> ResponseReturnValue:
        document, packed = asked(), packs()
        body = parts.runtime.offload(written, document, packed=packed)
        return already_written(body, "application/json", packed=packed)

    @route(
        api, "GET", "/api/v1/replay/export", access="read", work="heavy", tag="Events",
        summary="The same as one HTML file that opens offline, for the post-mortem",
        parameters=(START, END, {**MATCH, "description": "series to show beside those"}),
        responses={200: schemas.EXPORT},
    )  # fmt: skip
    def export_replay() -> ResponseReturnValue:
        document = asked()
        file = parts.runtime.offload(as_file, document)
        if "<script></script>" in file:
            msg = "The console is not built: make run does that."
            raise InvalidError(msg, code="not_built")
        response = answer(None)
        response.data = file.encode()
        response.content_type = "text/html; charset=utf-8"
        name = f"incident{_stamp(float(str(document['start'])))}.html"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    return api


def _stamp(at: float) -> str:
    """Write a time for a file's name; nothing for one that no calendar has."""
    try:
        return f"-{datetime.fromtimestamp(at, UTC):%Y%m%d-%H%M}"
    except (OverflowError, ValueError, OSError):
        return ""
