"""What every request leaves behind: an id, counts and durations, a log line, safe headers."""

from __future__ import annotations

import logging
import re
import secrets
import time

from flask import Flask, Response, g, has_request_context, request
from prometheus_flask_exporter import PrometheusMetrics

from quadra.engine.ports import Clock
from quadra.intake.own import RequestLog
from quadra.web.gate import METHODS
from quadra.web.operations import operation
from utils.metrics import PREFIX, MetricsManager

access_log = logging.getLogger("quadra.web.access")

GATE_LINES_A_SECOND = 5

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def content_policy(host: str) -> str:
    """Give the policy of our pages: own scripts and styles only, nothing inline, no frames."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' ws://{host} wss://{host}; font-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def log_context() -> dict[str, str]:
    """Give what log lines say of the request being served."""
    if not has_request_context():
        return {}
    return {k: g.get(k) for k in ("request_id", "trace_id") if g.get(k)}


def _route() -> str:
    """Name the route, never the path, so that visitors can't make labels."""
    return request.url_rule.rule if request.url_rule is not None else "none"


def endpoint(_request: object) -> str:
    """Group the exporter's metrics by route; its name becomes the label's."""
    return _route()


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
        access_log.info(
            "%s refused at the gate %d", known, status, extra={"code": code, "unsaid": unsaid}
        )


def install(app: Flask, metrics: MetricsManager, requests: RequestLog) -> None:
    """Watch every request of ``app``."""

    def begin() -> None:
        g.began = time.perf_counter()
        sent = request.headers.get("X-Request-ID", "")
        g.request_id = sent if _ID.fullmatch(sent) else secrets.token_hex(8)
        trace = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        if trace:
            g.trace_id = trace[1]

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.began
        requests.done(seconds)
        route = _route()
        metrics.http_requests.labels(request.method, route, response.status_code).inc()
        headers = response.headers
        headers["X-Request-ID"] = g.request_id
        headers.extend(_HEADERS)
        if response.status_code < 400:  # noqa: PLR2004 - the limiter adds it to every answer
            headers.pop("Retry-After", None)
        if response.mimetype == "text/html":
            headers["Content-Security-Policy"] = content_policy(request.host)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        declared = operation(request.endpoint)
        if declared is not None and declared.work == "ingest" and "refused_for" in g:
            metrics.samples_rejected.labels(g.refused_for).inc()
        if declared is None or declared.work != "ingest" or response.status_code >= 400:  # noqa: PLR2004
            level = logging.DEBUG if declared and declared.access == "open" else logging.INFO
            access_log.log(
                level,
                "%s %s %d",
                request.method,
                route,
                response.status_code,
                extra={"path": request.path[:500], "duration_ms": round(seconds * 1000, 2)},
            )
        return response

    app.before_request(begin)
    app.after_request(end)
    PrometheusMetrics(
        app,
        path=None,
        group_by=endpoint,
        defaults_prefix=PREFIX.rstrip("_"),
        registry=metrics.registry,
    )
