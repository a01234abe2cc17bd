"""The express lane: ordinary requests with samples go round Flask, to the same receivers.

Flask, its sessions and its limiter's hooks take more of a core than reading and keeping the
samples. What is ordinary here is what senders do all day: a POST with a token that was looked up
moments ago and a body of known length. Everything else takes the long way through Flask, which
gives the same answers: both lanes share who may (``identity``), the counters of the limit
(``limits``), the ids, counts and log lines (``observing``), the problems and the receivers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask

from quadra.engine.access import Principal
from quadra.errors import MalformedError, QuadraError
from quadra.web import problems
from quadra.web.api.receiving import Answer, Door, Sending, content_type, owner_of
from quadra.web.identity import Identity
from quadra.web.limits import IngestAllowance, SpentError
from quadra.web.observing import SAFE_HEADERS, Visit, Watch, express_visit
from utils.metrics import MetricsManager

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_MOST_DIGITS = 12
_ALWAYS = [*SAFE_HEADERS.items(), ("Cache-Control", "no-store")]


class Express:
    """Serves ordinary requests with samples, and hands all others to the application."""

    def __init__(
        self,
        app: Flask,
        *,
        identity: Identity,
        allowance: IngestAllowance,
        watch: Watch,
        metrics: MetricsManager,
        max_body: int,
    ) -> None:
        """Take over the routes of ``app`` that take samples; ``max_body`` in bytes."""
        self._app = app
        rules = app.url_map.iter_rules()
        views = ((rule.rule, app.view_functions[rule.endpoint]) for rule in rules)
        self._doors = {path: view for path, view in views if isinstance(view, Door)}
        self._identity = identity
        self._allowance = allowance
        self._watch = watch
        self._metrics = metrics
        self._max_body = max_body

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Serve a request, or pass it on."""
        path = environ.get("PATH_INFO", "")
        door = self._doors.get(path)
        if door is None or not self._is_ordinary(environ):
            return self._app.wsgi_app(environ, start_response)
        principal = self._identity.known_sender(environ.get("HTTP_AUTHORIZATION", ""))
        if principal is None:
            return self._app.wsgi_app(environ, start_response)
        refused: SpentError | None = None
        try:
            left = self._allowance.spend(principal, path)
        except SpentError as spent:
            left, refused = spent.headers, spent
        except Exception:  # noqa: BLE001 - the counters can't be reached; the long way copes
            return self._app.wsgi_app(environ, start_response)
        visit = self._watch.begin(
            environ.get("HTTP_X_REQUEST_ID", ""), environ.get("HTTP_TRACEPARENT", "")
        )
        token = express_visit.set(visit)
        try:
            answer = (
                _refusal(refused)
                if refused is not None
                else self._receive(door, environ, principal, visit)
            )
            if answer.refused_for is not None:
                self._watch.refused(answer.refused_for)
            seconds = self._watch.end(visit, "POST", path, answer.status)
            if answer.status >= HTTPStatus.BAD_REQUEST:
                self._watch.log(logging.INFO, ("POST", path, answer.status), path, seconds)
        finally:
            express_visit.reset(token)
        return _said(answer, visit, left, start_response)

    def _is_ordinary(self, environ: dict[str, Any]) -> bool:
        length = environ.get("CONTENT_LENGTH") or ""
        return (
            environ["REQUEST_METHOD"] == "POST"
            and "HTTP_ORIGIN" not in environ
            and "HTTP_TRANSFER_ENCODING" not in environ
            and length.isascii()
            and length.isdigit()
            and len(length) <= _MOST_DIGITS
            and int(length) <= self._max_body
        )

    def _receive(
        self, door: Door, environ: dict[str, Any], principal: Principal, visit: Visit
    ) -> Answer:
        mimetype, parameters = content_type(environ.get("CONTENT_TYPE") or "")
        encoding = environ.get("HTTP_CONTENT_ENCODING")
        owner = owner_of(principal)
        sent = Sending(owner, mimetype, parameters, encoding, lambda: _body(environ))
        try:
            return door.receive(sent)
        except QuadraError as error:
            problems.note(error, self._metrics, door.component)
            body = problems.problem_of(error)
            headers = problems.headers_of(error)
            return Answer(
                body["status"],
                orjson.dumps(body),
                problems.CONTENT_TYPE,
                headers,
                refused_for=error.reason,
            )
        except Exception as error:  # noqa: BLE001 - as Flask does: said, logged, counted
            where = f"POST {environ['PATH_INFO']}"
            body = problems.unexpected_problem(
                error, self._metrics, door.component, where, visit.request_id
            )
            return Answer(
                500, orjson.dumps(body), problems.CONTENT_TYPE, refused_for=QuadraError.code
            )


def _refusal(spent: SpentError) -> Answer:
    body = orjson.dumps(problems.limit_problem(spent))
    return Answer(429, body, problems.CONTENT_TYPE, refused_for=problems.RATE_LIMITED)


def _said(
    answer: Answer, visit: Visit, left: dict[str, str], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    headers = [("X-Request-ID", visit.request_id), *_ALWAYS]
    headers += [*left.items(), *answer.headers.items()]
    if answer.content_type is not None:
        headers.append(("Content-Type", answer.content_type))
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(_STATUS_LINES[answer.status], headers)
    return [answer.body]


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ["CONTENT_LENGTH"])
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except OSError:
        body = b""
    if len(body) != length:
        msg = f"The body ends before its {length} bytes."
        raise MalformedError(msg, code="cut_short")
    return body
