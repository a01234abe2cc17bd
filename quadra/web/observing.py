"""What every request leaves behind: an id, counts and durations, a log line, safe headers."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, g, has_request_context, request
from prometheus_client import Counter, Histogram

from quadra.engine.ports import Clock
from quadra.intake.own import RequestLog
from quadra.web.gate import METHODS
from quadra.web.operations import operation
from utils.metrics import MetricsManager

access_log = logging.getLogger("quadra.web.access")

GATE_LINES_A_SECOND = 5

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(slots=True)
class Visit:
    """A request that is being served; ``began`` by the performance counter."""

    began: float
    request_id: str
    trace_id: str | None


express_visit: ContextVar[Visit | None] = ContextVar("express_visit", default=None)
"""The request that this task serves without Flask."""


def content_policy(host: str) -> str:
    """Give the policy of our pages: own scripts and styles only, nothing inline, no frames."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' ws://{host} wss://{host}; font-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def log_context() -> dict[str, str]:
    """Give what log lines say of the request being served."""
    if has_request_context():
        found = {k: g.get(k) for k in ("request_id", "trace_id")}
    else:
        visit = express_visit.get()
        if visit is None:
            return {}
        found = {"request_id": visit.request_id, "trace_id": visit.trace_id}
    return {k: v for k, v in found.items() if v}


def _route() -> str:
    """Name the route, never the path, so that visitors can't make labels."""
    return request.url_rule.rule if request.url_rule is not None else "none"


class Watch:
    """Sees every request, whichever lane serves it: its id, its count, its line in the log."""

    def __init__(self, metrics: MetricsManager, requests: RequestLog) -> None:
        """Wire to what counts."""
        self._metrics = metrics
        self._requests = requests
        # Looking a child up by its labels takes longer than counting: they are kept.
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    @staticmethod
    def begin(sent_id: str, traceparent: str) -> Visit:
        """Note a request as it comes in, with the values of its two headers."""
        request_id = sent_id if _ID.fullmatch(sent_id) else secrets.token_hex(8)
        trace = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
        return Visit(time.perf_counter(), request_id, trace[1] if trace else None)

    def end(
        self, visit: Visit, method: str, route: str, status: int, *, says_state: bool = False
    ) -> float:
        """Count a request that is answered; gives the seconds it took.

        ``says_state``: that /ready says no, or the heartbeat, is an answer and no failure.
        """
        seconds = time.perf_counter() - visit.began
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR and not says_state
        self._requests.done(seconds, failed=failed)
        counted = self._counted.get((method, route, status))
        if counted is None:
            counted = self._counted[method, route, status] = (
                self._metrics.http_requests.labels(method, route, status),
                self._metrics.http_request_duration.labels(method, route, status),
            )
        counted[0].inc()
        counted[1].observe(seconds)
        return seconds

    def refused(self, reason: str) -> None:
        """Count a request with samples that was refused."""
        self._metrics.samples_rejected.labels(reason).inc()

    @staticmethod
    def log(level: int, request_line: tuple[str, str, int], path: str, seconds: float) -> None:
        """Write the line of a request: method, route and status, its path and time."""
        method, route, status = request_line
        extra = {
            "method": method,
            "route": route,
            "status": status,
            "path": path[:500],
            "duration_ms": round(seconds * 1000, 2),
        }
        access_log.log(level, "%s %s %d", method, route, status, extra=extra)


class GateLog:
    """Counts what the gate refuses, and logs it: a few lines a second, however many come."""

    def __init__(self, metrics: MetricsManager, monotonic: Clock = time.monotonic) -> None:
        """Begin with nothing refused."""
        self._metrics = metrics
        self._monotonic = monotonic
        self._second = float("-inf")
        self._lines = 0
        self._unsaid = 0

    def refused(self, method: str, status: int, code: str) -> None:
        """Take note of one refusal."""
        known = method if method in METHODS else "other"
        self._metrics.http_requests.labels(known, "gate", status).inc()
        now = self._monotonic()
        if now - self._second >= 1:
            self._second, self._lines = now, 0
        if self._lines >= GATE_LINES_A_SECOND:
            self._unsaid += 1
            return
        self._lines += 1
        unsaid, self._unsaid = self._unsaid, 0
        extra = {"method": known, "status": status, "code": code, "unsaid": unsaid}
        access_log.info("%s refused at the gate %d", known, status, extra=extra)


def install(app: Flask, watch: Watch) -> None:
    """Watch every request that Flask serves."""

    def begin() -> None:
        headers = request.headers
        visit = watch.begin(headers.get("X-Request-ID", ""), headers.get("traceparent", ""))
        g.visit = visit
        g.request_id = visit.request_id
        if visit.trace_id:
            g.trace_id = visit.trace_id

    def end(response: Response) -> Response:
        route = _route()
        status = response.status_code
        declared = operation(request.endpoint)
        says_state = declared is not None and declared.access == "open"
        seconds = watch.end(g.visit, request.method, route, status, says_state=says_state)
        headers = response.headers
        headers["X-Request-ID"] = g.request_id
        headers.extend(SAFE_HEADERS)
        if headers.get("Content-Type", "").startswith("text/html"):
            headers["Content-Security-Policy"] = content_policy(request.host)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        if declared is not None and declared.work == "ingest" and "refused_for" in g:
            watch.refused(g.refused_for)
        if declared is None or declared.work != "ingest" or status >= HTTPStatus.BAD_REQUEST:
            level = logging.DEBUG if declared and declared.access == "open" else logging.INFO
            watch.log(level, (request.method, route, status), request.path, seconds)
        return response

    app.before_request(begin)
    app.after_request(end)
