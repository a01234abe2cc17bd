"""Errors as HTTP says them: problem+json (RFC 9457) with a stable code."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from quadra import errors
from utils.metrics import MetricsManager

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RATE_LIMITED = "rate_limited"
MAX_FAULTS = 1_000
"""So many faults are told of; who has made more begins with these."""

# The rest of a large body is not read on: who sends its next request behind it would get no answer.
_LEFT_UNREAD = {"Connection": "close"}

_STATUS: tuple[tuple[type[errors.QuadraError], int], ...] = (
    (errors.MalformedError, 400),
    (errors.UnauthenticatedError, 401),
    (errors.ForbiddenError, 403),
    (errors.NotFoundError, 404),
    (errors.MethodError, 405),
    (errors.ConflictError, 409),
    (errors.TooLargeError, 413),
    (errors.UnsupportedTypeError, 415),
    (errors.InvalidError, 422),
    (errors.TooManyError, 429),
    (errors.UnavailableError, 503),
)
_HTTP_CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    414: "address_too_long",
    415: "unsupported_media_type",
    429: RATE_LIMITED,
}


def status_of(error: errors.QuadraError) -> int:
    """Give the HTTP status that says this error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    faults: Iterable[errors.Fault] = (),
) -> dict[str, Any]:
    """Make the body of a problem."""
    body: dict[str, Any] = {
        "type": f"urn:quadra:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    listed = [fault.as_dict() for fault in islice(faults, MAX_FAULTS)]
    if listed:
        body["errors"] = listed
    return body


def problem_of(error: errors.QuadraError) -> dict[str, Any]:
    """Make the body that says an error of ours."""
    return problem(status_of(error), error.code, error.title, error.detail, error.faults)


def headers_of(error: errors.QuadraError) -> dict[str, str]:
    """Give the headers that say an error of ours, beside its body."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if isinstance(error, errors.UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="quadra"'
    if isinstance(error, errors.TooLargeError):
        headers |= _LEFT_UNREAD
    return headers


def note(error: errors.QuadraError, metrics: MetricsManager, component: str) -> None:
    """Count and log an error of ours that is not the visitor's fault."""
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        metrics.errors.labels(type(error).__name__, component).inc()
        log.warning("Answered %s: %s", status_of(error), error.detail)


def unexpected_problem(
    error: Exception, metrics: MetricsManager, component: str, where: str, request_id: str
) -> dict[str, Any]:
    """Count and log what nobody expected, and make the body that says so."""
    metrics.errors.labels(type(error).__name__, component).inc()
    log.error("Unexpected error in %s", where, exc_info=error)
    detail = f"It is in the log under request {request_id}."
    return problem(500, errors.QuadraError.code, errors.QuadraError.title, detail)


def limit_problem(limit: object) -> dict[str, Any]:
    """Make the body that says that a rate limit is reached."""
    detail = f"The limit is {limit}. Wait for Retry-After seconds."
    return problem(429, RATE_LIMITED, HTTPStatus.TOO_MANY_REQUESTS.phrase, detail)


def register(app: Flask, metrics: MetricsManager) -> None:
    """Make every error of the application come out as a problem."""

    def ours(error: errors.QuadraError) -> Response:
        g.refused_for = error.reason
        note(error, metrics, request.blueprint or "web")
        body = problem_of(error)
        return Response(
            orjson.dumps(body), body["status"], headers_of(error), content_type=CONTENT_TYPE
        )

    def http(error: HTTPException) -> ResponseReturnValue:
        if isinstance(error, MethodNotAllowed) and not _is_there(error):
            error = NotFound()
        status = error.code or 500
        if status < HTTPStatus.BAD_REQUEST:  # a redirect
            return error.get_response()
        code = g.refused_for = _HTTP_CODES.get(status, f"http_{status}")
        detail = _http_detail(status, error)
        body = problem(status, code, error.name, detail)
        response = Response(orjson.dumps(body), status, content_type=CONTENT_TYPE)
        for name, value in error.get_headers(request.environ):
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            response.headers.update(_LEFT_UNREAD)
        return response

    def unexpected(error: Exception) -> Response:
        where = f"{request.method} {request.path}"
        component = request.blueprint or "web"
        body = unexpected_problem(error, metrics, component, where, g.get("request_id", ""))
        g.refused_for = errors.QuadraError.code
        return Response(orjson.dumps(body), 500, content_type=CONTENT_TYPE)

    app.register_error_handler(errors.QuadraError, ours)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unexpected)


def _is_there(error: MethodNotAllowed) -> bool:
    """Say whether any method leads somewhere: an id out of range looks like a wrong method."""
    adapter = current_app.create_url_adapter(request)
    methods = error.valid_methods or ()
    return adapter is not None and any(adapter.test(method=method) for method in methods)


def _http_detail(status: int, error: HTTPException) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address. The API is described at /api/docs."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"The limit is {error.description}. Wait for Retry-After seconds."
    return error.description or error.name
