"""How much of each class of work one client may ask for."""

from __future__ import annotations

from typing import cast

from flask import Flask, g, request
from flask.typing import RouteCallable
from flask_limiter import Limiter, RequestLimit

from quadra.settings import Settings
from quadra.web.identity import client_address
from quadra.web.operations import Work, operation
from utils.metrics import MetricsManager


def _client() -> str:
    principal = g.get("principal")
    return f"token:{principal.token_id}" if principal is not None else client_address(request)


def install(app: Flask, settings: Settings, metrics: MetricsManager) -> None:
    """Limit every route that is registered by its declared class of work.

    The routes of one class share one allowance a client, known by token, else by address.
    """

    def on_breach(_limit: RequestLimit) -> None:
        metrics.rate_limited.labels(str(request.url_rule)).inc()

    limiter = Limiter(
        _client,
        app=app,
        storage_uri="memory://",
        strategy="fixed-window",
        headers_enabled=True,
        key_prefix="quadra1",
        on_breach=on_breach,
        enabled=settings.ratelimit_enabled,
    )
    allowances: dict[Work, str] = {
        "read": settings.ratelimit_read,
        "write": settings.ratelimit_write,
        "ingest": settings.ratelimit_ingest,
        "heavy": settings.ratelimit_heavy,
        "login": settings.ratelimit_login,
    }
    shared = {
        work: limiter.shared_limit(allowance, scope=work) for work, allowance in allowances.items()
    }
    for endpoint, view in list(app.view_functions.items()):
        declared = operation(endpoint)
        if declared is not None and declared.work in shared:
            app.view_functions[endpoint] = cast("RouteCallable", shared[declared.work](view))
        else:
            limiter.exempt(view)
    app.extensions["quadra.limiter"] = limiter  # its wrappers hold it only weakly
