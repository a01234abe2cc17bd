"""What watching costs: a request with metrics, ids, limits and its log line, beside a bare route.

Both are one Flask route that answers the same bytes, called as the server calls it, turn by turn
in one process, so that the machine's moods meet both alike.
"""

from __future__ import annotations

import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, g
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry

from quadra.engine.access import Principal
from quadra.engine.link import NoLink
from quadra.intake.own import RequestLog
from quadra.settings import Settings
from quadra.web import limits, observing
from quadra.web.operations import route
from utils.metrics import MetricsManager
from utils.structured_logging import setup_structured_logging

TURNS, CALLS = 40, 100
PATH = "/bench/route"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def bare_app() -> Flask:
    """Make a Flask application with one route and nothing else."""
    app = Flask("bare", static_folder=None)

    def plain() -> ResponseReturnValue:
        return Response(b"{}", content_type="application/json")

    app.add_url_rule(PATH, "plain", plain)
    return app


def watched_app() -> Flask:
    """Make the same route as Quadra serves its own, sign-in aside."""
    app = Flask("watched", static_folder=None)
    metrics = MetricsManager(CollectorRegistry())
    observing.install(app, observing.Watch(metrics, RequestLog(time.time)))
    api = Blueprint("bench", __name__)

    @route(api, "GET", PATH, access="read", work="read", tag="Bench", summary="A route")
    def plain() -> ResponseReturnValue:
        return Response(b"{}", content_type="application/json")

    app.register_blueprint(api)
    principal = Principal(1, "bench", frozenset({"read"}), b"", is_session=False)

    def known() -> None:
        g.principal = principal

    app.before_request(known)
    settings = Settings.from_env({"RATELIMIT_READ": "100000000 per minute"})
    limits.install(app, settings, metrics, NoLink())
    return app


def call(app: Wsgi) -> float:
    """Serve a hundred requests; gives the seconds of one."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": PATH,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "5000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:5000",
        "HTTP_AUTHORIZATION": "Bearer x",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    began = time.perf_counter()
    for _ in range(CALLS):
        body = app(dict(environ), lambda _status, _headers: None)
        b"".join(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return (time.perf_counter() - began) / CALLS


def times(turns: int = TURNS) -> dict[str, list[float]]:
    """Measure both routes and a log line, in turns; seconds a call, one number a turn."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as folder:
        setup_structured_logging(
            "INFO", Path(folder), enable_console=False, context=observing.log_context
        )
        bare, watched = bare_app(), watched_app()
        call(bare), call(watched)
        found: dict[str, list[float]] = {"bare_route": [], "watched_route": [], "log_line": []}
        for _ in range(turns):
            found["bare_route"].append(call(bare))
            found["watched_route"].append(call(watched))
            found["log_line"].append(_log_lines())
        setup_structured_logging(enable_console=False, enable_file=False)
    return found


def measure() -> dict[str, float]:
    """Give medians over the turns in microseconds; ``watching_us`` is the difference in a turn."""
    found = times()
    pairs = zip(found["bare_route"], found["watched_route"], strict=True)
    medians = {f"{name}_us": statistics.median(one) * 1e6 for name, one in found.items()}
    return medians | {"watching_us": statistics.median(two - one for one, two in pairs) * 1e6}


def _log_lines() -> float:
    log = logging.getLogger("quadra.web.access")
    extra = {"method": "GET", "route": PATH, "status": 200, "path": PATH, "duration_ms": 1.25}
    began = time.perf_counter()
    for _ in range(CALLS):
        log.info("%s %s %d", "GET", PATH, 200, extra=extra)
    return (time.perf_counter() - began) / CALLS


if __name__ == "__main__":
    print(measure())
