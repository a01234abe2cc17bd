"""How much of each class of work one client may ask for."""

from __future__ import annotations

import time
from typing import cast

from flask import Flask, g, request
from flask_limiter import Limiter, RequestLimit
from limits import parse

from quadra.engine.access import Principal
from quadra.engine.link import Link
from quadra.settings import Settings
from quadra.web.identity import client_address
from quadra.web.operations import all_operations, operation
from quadra.web.shared_counters import SCHEME
from utils.metrics import MetricsManager

_PREFIX = "quadra1"
_SCOPE = "global"  # what Flask-Limiter calls the scope of limits on the whole application


def _work() -> str:
    declared = operation(request.endpoint)
    return "none" if declared is None else declared.work


def _client() -> str:
    """Name whose allowance it is: of the token, else of the address, and of which work."""
    principal = g.get("principal")
    return f"{_work()}:{client_address(request) if principal is None else _of_token(principal)}"


def _of_token(principal: Principal) -> str:
    return f"token:{principal.token_id}"


class IngestAllowance:
    """The allowance of the class ``ingest``, counted where Flask's requests are counted too."""

    def __init__(self, limiter: Limiter, settings: Settings, metrics: MetricsManager) -> None:
        """Share the counters of ``limiter``."""
        self._limiter = limiter
        self._limit = parse(settings.ratelimit_ingest)
        self._expiry = self._limit.get_expiry()
        self._metrics = metrics

    def spend(self, principal: Principal, route: str) -> dict[str, str] | None:
        """Count one request of a token; gives the headers that say what is left.

        None when limits are off. Raises SpentError when the allowance is used up, and whatever
        the counters raise when they can't be reached.
        """
        if not self._limiter.enabled:
            return None
        storage = self._limiter.limiter.storage
        key = self._limit.key_for(_PREFIX, f"ingest:{_of_token(principal)}", _SCOPE)
        count = storage.incr(key, self._expiry)
        reset = storage.get_expiry(key)
        headers = {
            "X-RateLimit-Limit": str(self._limit.amount),
            "X-RateLimit-Remaining": str(max(self._limit.amount - count, 0)),
            "X-RateLimit-Reset": str(int(reset + 1)),
        }
        if count > self._limit.amount:
            self._metrics.rate_limited.labels(route).inc()
            headers["Retry-After"] = str(max(int(reset + 1 - time.time()), 0))
            raise SpentError(str(self._limit), headers)
        return headers


class SpentError(Exception):
    """The allowance is used up; ``headers`` say when to come again."""

    def __init__(self, limit: str, headers: dict[str, str]) -> None:
        super().__init__(limit)
        self.headers = headers


def install(app: Flask, settings: Settings, metrics: MetricsManager, link: Link) -> IngestAllowance:
    """Limit every route by its declared class of work.

    The routes of one class share one allowance a client. Install it behind what finds out who
    asks: the limit is the first thing after that. Gives what counts for the express lane.
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

    limiter = Limiter(
        _client,
        app=app,
        application_limits=[lambda: allowances.get(_work(), settings.ratelimit_read)],
        application_limits_exempt_when=lambda: _work() not in allowances,
        storage_uri=f"{SCHEME}://",
        storage_options=cast("dict[str, str | int]", {"link": link}),  # handed on as it is
        strategy="fixed-window",
        headers_enabled=True,
        key_prefix=_PREFIX,
        on_breach=on_breach,
        enabled=settings.ratelimit_enabled,
    )
    app.extensions["quadra.limiter"] = limiter
    for declared in all_operations():
        if declared.work in allowances:  # shown at zero, so that a rate sees the first refusal
            metrics.rate_limited.labels(declared.path)
    return IngestAllowance(limiter, settings, metrics)
