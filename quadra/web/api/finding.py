"""What there is to be seen: names of metrics, their labels, the labels' values."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import findings as schemas
from quadra.web.schemas.common import MATCH, QUERY

DEFAULT_LIMIT = 1_000
MAX_LIMIT = 10_000


def make_finding(parts: WebParts) -> Blueprint:
    """Make the blueprint of names and labels."""
    api = Blueprint("finding", __name__)
    catalog, find = parts.catalog, parts.runtime.offload

    @route(
        api, "GET", "/api/v1/names", access="read", work="read", tag="Read",
        summary="Names of metrics, with what was said of them and how many series bear them",
        parameters=(MATCH, QUERY, schemas.LIMIT), responses={200: schemas.NAME_LIST},
    )  # fmt: skip
    def list_names() -> ResponseReturnValue:
        found = find(catalog.names, asking.selectors(required=False))
        return answer(_page("names", _holding(found), lambda name, n: _name(parts, name, n)))

    @route(
        api, "GET", "/api/v1/labels", access="read", work="read", tag="Read",
        summary="Labels of the selected series, and how many values each has",
        parameters=(MATCH, QUERY, schemas.LIMIT), responses={200: schemas.LABEL_LIST},
    )  # fmt: skip
    def list_labels() -> ResponseReturnValue:
        found = find(catalog.labels, asking.selectors(required=False))
        return answer(_page("labels", _holding(found), lambda k, n: {"label": k, "values": n}))

    @route(
        api, "GET", "/api/v1/labels/<label>/values", access="read", work="read", tag="Read",
        summary="Values of a label among the selected series, and how many have each",
        parameters=(schemas.LABEL, MATCH, QUERY, schemas.LIMIT),
        responses={200: schemas.VALUE_LIST},
    )  # fmt: skip
    def list_label_values(label: str) -> ResponseReturnValue:
        found = find(catalog.values, label, asking.selectors(required=False))
        return answer(_page("values", _holding(found), lambda v, n: {"value": v, "series": n}))

    return api


def _holding(found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Keep what holds every word of ``q``, whatever the case."""
    words = request.args.get("q", "").lower().split()
    return [(text, n) for text, n in found if all(word in text.lower() for word in words)]


def _page(noun: str, found: list[tuple[str, int]], show: Any) -> dict[str, Any]:
    limit = asking.whole("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    return {noun: [show(text, n) for text, n in found[:limit]], "total": len(found)}


def _name(parts: WebParts, name: str, series: int) -> dict[str, Any]:
    said = parts.descriptions.of(name)
    more = {"type": said.type, "unit": said.unit, "help": said.help} if said else {}
    return {"name": name, "series": series, **more}
