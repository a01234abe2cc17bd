"""The OpenAPI 3.1 document, made of what the routes declare."""

from __future__ import annotations

import re
from typing import Any

from quadra import __version__
from quadra.web.operations import Operation, all_operations
from quadra.web.schemas.common import COMPONENTS, PROBLEM

_CONVERTER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_TITLES = {
    400: "can't be read",
    401: "no valid credential",
    403: "the credential's scope does not reach",
    404: "no such thing",
    409: "it does not fit what there is already",
    413: "too large",
    415: "not this content type",
    422: "readable and not valid; nothing of the request was stored",
    429: "over the rate limit; wait Retry-After seconds",
    503: "can't be done now; try again after Retry-After seconds",
}


def document() -> dict[str, Any]:
    """Give the whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for op in all_operations():
        if not op.hidden:
            path = _CONVERTER.sub(r"{\1}", op.path)
            paths.setdefault(path, {})[op.method.lower()] = _described(op, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quadra",
            "version": __version__,
            "description": "Send metrics, read them back, and watch them live. The live stream "
            "is Socket.IO on the same address and is described in the documentation.",
        },
        "paths": paths,
        "components": {
            "responses": {f"Problem{status}": _refusal(status) for status in _TITLES},
            "schemas": dict(sorted(COMPONENTS.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "quadra_session"},
            },
        },
    }


def _described(op: Operation, path: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{op.method.lower()}{re.sub(r'[^a-zA-Z0-9]+', '_', path)}",
        "summary": op.summary,
        "tags": [op.tag],
        "responses": {
            str(status): {"description": "done", **answer}
            for status, answer in op.responses.items()
        },
    }
    if op.access == "open":
        described["security"] = []
    elif op.access == "scrape":
        described["security"] = [{"token": ["read"]}, {}]
    else:
        described["security"] = [{"token": [op.access]}, {"session": [op.access]}]
    if op.parameters:
        described["parameters"] = list(op.parameters)
    if op.body is not None:
        described["requestBody"] = {"required": True, **op.body}
    for status in _problems(op):
        described["responses"].setdefault(
            str(status), {"$ref": f"#/components/responses/Problem{status}"}
        )
    return described


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": _TITLES[status],
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }


def _problems(op: Operation) -> list[int]:
    statuses: list[int] = []
    if op.access != "open":
        statuses += [401, 403, 503]
    if op.work != "none":
        statuses.append(429)
    if op.parameters or op.body is not None:
        statuses.append(422)
    if op.body is not None:
        statuses += [400, 413, 415]
    goes_on = any(parameter["name"] == "after" for parameter in op.parameters)
    if "<" in op.path or goes_on:  # after what may be gone by now
        statuses.append(404)
    if op.method != "GET" and op.work != "ingest":
        statuses.append(409)
    return sorted(statuses)
