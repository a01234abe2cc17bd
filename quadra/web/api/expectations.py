"""What is expected: the usual range of series, and forecasts where they have proven themselves."""

from __future__ import annotations

from functools import partial
from operator import eq
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from quadra.engine.expectations import Expectations, UsualAsk
from quadra.telemetry.selector import Matcher, Selector
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import anomalies, training
from quadra.web.schemas import common as schemas

DEFAULT_SPAN_S = 3_600.0


def make_expectations(parts: WebParts) -> Blueprint:
    """Make the blueprint of what is expected."""
    api = Blueprint("expectations", __name__)
    expected = Expectations(parts.history, parts.anomalies, parts.runtime)

    @route(
        api, "GET", "/api/v1/usual", access="read", work="read", tag="Anomalies",
        summary="The usual range of series: where four in five of the values before lay",
        parameters=(
            schemas.MATCH, schemas.SERIES_IDS, schemas.START, schemas.END, schemas.STEP,
            anomalies.USUAL_AGG,
        ),
        responses={200: anomalies.USUAL},
    )  # fmt: skip
    def usual() -> ResponseReturnValue:
        chosen = [*asking.selectors(required=False), *_named(parts)]
        if not chosen:
            raise asking.wrong("match", "give a selector, or series by their ids")
        end = asking.seconds("end", parts.clock())
        start = asking.seconds("start", end - DEFAULT_SPAN_S)
        if start > end:
            raise asking.wrong("start", "must not be after end")
        step = asking.step_seconds()
        ask = UsualAsk(
            chosen,
            round(start * 1000),
            round(end * 1000),
            None if step is None else max(round(step * 1000), 1),
            rate=asking.choice("agg", "avg", ("avg", "rate")) == "rate",
        )
        return answer({"series": expected.usual(ask)})

    @route(
        api, "GET", "/api/v1/forecasts", access="read", work="read", tag="Training",
        summary="What the field foretells of the series that it watches",
        parameters=(training.FORECAST_SERIES,),
        responses={200: training.FORECASTS},
    )  # fmt: skip
    def forecasts() -> ResponseReturnValue:
        state = parts.training.state()
        wanted = asking.whole("series", 0, 1, (1 << 32) - 1) if "series" in request.args else None
        found: list[dict[str, Any]] = [
            one for one in state["series"] if wanted is None or one["id"] == wanted
        ]
        told = {"running": state["running"], "stale": state["stale"]}
        return answer({**told, "at": state["reported_at"], "forecasts": found})

    return api


def _named(parts: WebParts) -> list[Selector]:
    """Read every ``series`` as what selects it."""
    chosen = []
    for info in asking.series_ids(parts.catalog):
        matchers = (Matcher(k, "=", v, partial(eq, v)) for k, v in info.labels.items())
        chosen.append(Selector(f"#{info.id}", info.name, tuple(matchers)))
    return chosen
