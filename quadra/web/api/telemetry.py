"""Samples in, series and history out."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from quadra.engine.catalog import SeriesInfo
from quadra.engine.history import Ask
from quadra.errors import UnsupportedTypeError
from quadra.intake.json_samples import parse_samples
from quadra.telemetry.aggregate import AGGREGATES
from quadra.telemetry.batch import Batch
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.api.lines import Rendering, joined
from quadra.web.api.receiving import (
    Answer,
    LargeBodies,
    Sending,
    keep,
    read_unpacked,
    takes_samples,
)
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import common as schemas

DEFAULT_SPAN_S = 3_600
MAX_PAGE = 1_000
MAX_STEPS = 50_000


def make_telemetry(parts: WebParts) -> Blueprint:
    """Make the blueprint of samples, series and history."""
    api = Blueprint("telemetry", __name__, url_prefix=None)
    bodies = LargeBodies(parts.runtime)

    def read_samples(sent: Sending) -> Batch:
        body = read_unpacked(parts, sent)
        return bodies.read(len(body), parse_samples, body, parts.clock(), parts.rules)

    @takes_samples(
        api, "/api/v1/samples", tag="Send",
        summary="Send samples; answered once they are on disk",
        body=schemas.SAMPLES,
        responses={200: schemas.ACCEPTED},
    )  # fmt: skip
    def send_samples(sent: Sending) -> Answer:
        if sent.mimetype != "application/json":
            msg = "Send Content-Type: application/json."
            raise UnsupportedTypeError(msg)
        batch = keep(parts, sent.owner, lambda: read_samples(sent))
        body = orjson.dumps({"accepted": len(batch), "series": len(batch.keys)})
        return Answer(200, body, "application/json")

    @route(
        api, "GET", "/api/v1/series", access="read", work="read", tag="Read",
        summary="Find series by selector or words",
        parameters=(schemas.MATCH, schemas.QUERY, schemas.LIMIT, schemas.AFTER),
        responses={200: schemas.SERIES_LIST},
    )  # fmt: skip
    def find_series() -> ResponseReturnValue:
        chosen = asking.selectors(required=False)
        words = request.args.get("q", "").split()
        limit = asking.whole("limit", 200, 1, MAX_PAGE)
        after = asking.whole("after", 0, 0, 1 << 53)
        catalog = parts.catalog
        find = parts.runtime.offload
        ids = find(catalog.select, chosen) if chosen else find(catalog.search, words)
        if chosen and words:
            ids = sorted(set(ids) & set(find(catalog.search, words)))
        rest = [i for i in ids if i > after]
        page: dict[str, Any] = {"series": [_series(parts, catalog.info(i)) for i in rest[:limit]]}
        if len(rest) > limit:
            page["next"] = rest[limit - 1]
        return answer(page)

    @route(
        api, "GET", "/api/v1/history", access="read", work="read", tag="Read",
        summary="Read the past of the selected series",
        parameters=(
            schemas.MATCH, schemas.SERIES_IDS, schemas.START, schemas.END, schemas.STEP,
            schemas.AGG,
        ),
        responses={200: schemas.HISTORY},
    )  # fmt: skip
    def read_history() -> ResponseReturnValue:
        named = "series" in request.args
        chosen = asking.selectors(required=not named)
        ids = tuple(info.id for info in asking.series_ids(parts.catalog))
        now = parts.clock()
        end = asking.seconds("end", now)
        start = asking.seconds("start", end - DEFAULT_SPAN_S)
        if start > end:
            raise asking.wrong("start", "must not be after end")
        step = asking.step_seconds()
        if step is not None and (end - start) / step > MAX_STEPS:
            raise asking.wrong("step", f"too small for this span: at most {MAX_STEPS} steps")
        ask = Ask(
            chosen,
            round(start * 1000),
            round(end * 1000),
            None if step is None else max(round(step * 1000), 1),
            asking.choices("agg", "avg", AGGREGATES),
            ids,
        )
        first, others = parts.history.pieces(ask, Rendering(tell_agg=len(ask.aggs) > 1))
        return Response(joined(first, others), content_type="application/json")

    return api


def _series(parts: WebParts, info: SeriesInfo) -> dict[str, Any]:
    described = parts.descriptions.of(info.name)
    said = (
        {"type": described.type, "unit": described.unit, "help": described.help}
        if described
        else {}
    )
    return {
        **said,
        "id": info.id,
        "name": info.name,
        "labels": info.labels,
        "first": info.first / 1000,
        "last": info.last / 1000,
    }
