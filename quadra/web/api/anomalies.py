"""Anomalies: listed, called right or wrong; and how closely each series is watched."""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from quadra.engine.anomalies import AnomalyQuestion
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import doer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import anomalies as schemas
from quadra.web.schemas.common import AFTER, LIMIT

_OPEN: dict[str, bool | None] = {"all": None, "open": True, "ended": False}
_SERIES = "/api/v1/anomalies/series/<int(max=4294967295):series_id>"
MAX_PAGE = 1_000
MAX_BY_LENGTH = 100
SENSITIVITY = (0.1, 10.0)


def make_anomalies(parts: WebParts) -> Blueprint:
    """Make the blueprint of anomalies."""
    api = Blueprint("anomalies", __name__)
    store, offload = parts.anomalies, parts.runtime.offload

    @route(
        api, "GET", "/api/v1/anomalies", access="read", work="read", tag="Anomalies",
        summary="What was unusual, when and why",
        parameters=(
            schemas.STATE, schemas.SEVERITY, schemas.METRIC, schemas.SERIES, schemas.GROUP,
            schemas.SINCE, schemas.UNTIL, LIMIT, AFTER,
        ),
        responses={200: schemas.ANOMALY_LIST},
    )  # fmt: skip
    def list_anomalies() -> ResponseReturnValue:
        page = offload(store.anomalies, _question())
        right, wrong = offload(store.verdicts)
        said = right + wrong
        feedback = {"right": right, "wrong": wrong, "precision": right / said if said else None}
        found = {"anomalies": [one.as_dict() for one in page.items], "feedback": feedback}
        return answer(found if page.next is None else {**found, "next": page.next})

    @route(
        api, "POST", "/api/v1/anomalies/<int(max=9007199254740991):anomaly_id>/feedback",
        access="write", work="write", tag="Anomalies",
        summary="Say whether it was one", parameters=(schemas.ANOMALY_ID,),
        body=schemas.FEEDBACK, responses={200: schemas.ONE_ANOMALY},
    )  # fmt: skip
    def judge_anomaly(anomaly_id: int) -> ResponseReturnValue:
        wish = asking.json_object()
        verdict, by = wish.get("verdict"), doer(wish.get("by"))
        if verdict not in ("right", "wrong"):
            raise asking.wrong("verdict", "use right or wrong")
        if not isinstance(by, str) or not 0 < len(by.strip()) <= MAX_BY_LENGTH:
            raise asking.wrong("by", f"a name of 1 to {MAX_BY_LENGTH} characters is needed")
        found = offload(store.judge, anomaly_id, verdict, by.strip(), parts.clock())
        return answer(found.as_dict())

    @route(
        api, "GET", _SERIES, access="read", work="read", tag="Anomalies",
        summary="How closely a series is watched", parameters=(schemas.SERIES_ID,),
        responses={200: schemas.TUNING},
    )  # fmt: skip
    def show_tuning(series_id: int) -> ResponseReturnValue:
        return answer(_tuning(offload(store.tuning, series_id)))

    @route(
        api, "PUT", _SERIES, access="write", work="write", tag="Anomalies",
        summary="Watch a series more or less closely, or mute it",
        parameters=(schemas.SERIES_ID,), body=schemas.NEW_TUNING, responses={200: schemas.TUNING},
    )  # fmt: skip
    def tune_series(series_id: int) -> ResponseReturnValue:
        sensitivity, muted = _wanted_tuning(*offload(store.tuning, series_id))
        offload(store.tune, series_id, sensitivity, muted=muted)
        return answer(_tuning((sensitivity, muted)))

    return api


def _wanted_tuning(former: float, was_muted: bool) -> tuple[float, bool]:  # noqa: FBT001 - a pair
    wish = asking.json_object()
    sensitivity, muted = wish.get("sensitivity", former), wish.get("muted", was_muted)
    low, high = SENSITIVITY
    if isinstance(sensitivity, bool) or not isinstance(sensitivity, (int, float)):
        sensitivity = math.nan
    if not low <= sensitivity <= high:
        raise asking.wrong("sensitivity", f"use a number from {low:g} to {high:g}")
    if not isinstance(muted, bool):
        raise asking.wrong("muted", "use true or false")
    return float(sensitivity), muted


def _tuning(found: tuple[float, bool]) -> dict[str, Any]:
    return {"sensitivity": found[0], "muted": found[1]}


def _question() -> AnomalyQuestion:
    args = request.args
    severity = asking.choice("severity", "", ("", *schemas.SEVERITIES))
    start = asking.seconds("start", math.nan) if "start" in args else None
    return AnomalyQuestion(
        is_open=_OPEN[asking.choice("state", "all", tuple(_OPEN))],
        severities=(severity,) if severity else (),
        metric=asking.text("metric"),
        series=asking.whole("series", 0, 0, (1 << 31) - 1) or None,
        group=asking.text("group"),
        start=start,
        end=asking.seconds("end", 0.0) if "end" in args else None,
        after=asking.whole("after", 0, 0, 1 << 53) or None,
        limit=asking.whole("limit", 200, 1, MAX_PAGE),
    )
