"""Services with their golden signals, and hosts: one answer for all of them."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quadra.web.api import asking
from quadra.web.api.answering import already_written, packs, written
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import services as schemas
from quadra.web.service_view import render_services

MOST_LINES = 200
MOST_HOSTS = 50


def make_services(parts: WebParts) -> Blueprint:
    """Make the blueprint of services."""
    api = Blueprint("services", __name__)

    @route(
        api, "GET", "/api/v1/services", access="read", work="read", tag="Services",
        summary="Services by trouble, with four golden signals each, and hosts",
        parameters=(schemas.OFFSET, schemas.LINES, schemas.HOSTS),
        responses={200: schemas.SERVICES},
    )  # fmt: skip
    def list_services() -> ResponseReturnValue:
        offset = asking.whole("offset", 0, 0, 1 << 31)
        lines = asking.whole("lines", 50, 0, MOST_LINES)
        hosts = asking.whole("hosts", MOST_HOSTS, 0, MOST_HOSTS)
        render, packed = render_services(offset, lines, hosts), packs()
        body = parts.services.read(lambda found: written(render(found), packed=packed))
        return already_written(body, "application/json", packed=packed)

    return api
