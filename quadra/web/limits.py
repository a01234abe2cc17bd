"""How much of each class of work one client may ask for."""

from __future__ import annotations

from typing import cast

from flask import Flask, g, request
from flask_limiter import Limiter, RequestLimit

from quadra.engine.link import Link
from quadra.settings import Settings
from quadra.web.identity import client_address
from quadra.web.operations import operation
from quadra.web.shared_counters import SCHEME
from utils.metrics import MetricsManager


def _work() -> str:
    declared = operation(request.endpoint)
    return "none" if declared is None else declared.work


def _client() -> str:
    """Name whose allowance it is: of the token, else of the address, and of which work."""
    principal = g.get("principal")
    who = f"token:{principal.token_id}" if principal is not None else client_address(request)
    return f"{_work()}:{who}"


def install(app: Flask, settings: Settings, metrics: MetricsManager, link: Link) -> None:
    """Limit every route by its declared class of work.

    The routes of one class share one allowance a client. Install it behind what finds out who
    asks: the limit is the first thing after that.
    """
    allowances = {
        "read": settings.ratelimit_read,
        "write": settings.ratelimit_write,
        "ingest": settings.ratelimit_ingest,
        "heavy": settings.ratelimit_heavy,
        "login": settings.ratelimit_login,
    }

    def on_breach(_limit: RequestLimit) -> None:
        metrics.rate_limited.labels(str(request.url_rule)).inc()

    app.extensions["quadra.limiter"] = Limiter(
        _client,
        app=app,
        application_limits=[lambda: allowances.get(_work(), settings.ratelimit_read)],
        application_limits_exempt_when=lambda: _work() not in allowances,
        storage_uri=f"{SCHEME}://",
        storage_options=cast("dict[str, str | int]", {"link": link}),  # handed on as it is
        strategy="fixed-window",
        headers_enabled=True,
        key_prefix="quadra1",
        on_breach=on_breach,
        enabled=settings.ratelimit_enabled,
    )
