"""Notes who did what, behind every route that changes something."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from flask import Flask, Response, g, request

from quadra.engine.access import Principal
from quadra.engine.audit import Deed, detail_of
from quadra.web.identity import client_address
from quadra.web.operations import operation
from quadra.web.parts import WebParts


def install(app: Flask, parts: WebParts) -> None:
    """Note every audited request of somebody known, however it was answered.

    Except for what a rate limit refused: whoever goes on asking would push out what is there.
    """

    def note(response: Response) -> Response:
        declared = operation(request.endpoint)
        who = cast("Principal | None", g.get("principal"))
        if declared is None or not declared.audited or who is None:
            return response
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return response
        kind = "user" if who.user_id else "token"
        deed = Deed(
            parts.clock(),
            who.name,
            kind,
            declared.summary.partition(";")[0],
            f"{request.method} {request.path}".replace("\0", "␀"),  # Postgres keeps no NUL
            response.status_code,
            client_address(request),
            _sent(),
        )
        parts.runtime.offload(parts.audit.note, deed)
        return response

    app.after_request(note)


def _sent() -> dict[str, object]:
    body = g.get("sent_json")
    return detail_of(body) if body is not None else {}
