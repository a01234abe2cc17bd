"""How much of each class of work one client may ask for."""

from __future__ import annotations

import time
from typing import cast

from flask import Flask, Response, g, request
from limits import parse
from limits.storage import Storage
from werkzeug.exceptions import TooManyRequests

from quadra.engine.access import Principal
from quadra.engine.link import Link
from quadra.settings import Settings
from quadra.web.addresses import visitor_of
from quadra.web.identity import client_address
from quadra.web.operations import all_operations, operation
from quadra.web.shared_counters import SharedCounters
from utils.metrics import MetricsManager

_PREFIX = "quadra2"


class SpentError(Exception):
    """The allowance is used up; ``headers`` say when to come again."""

    def __init__(self, limit: str, headers: dict[str, str]) -> None:
        super().__init__(limit)
        self.headers = headers


class Allowances:
    """What is left to each client of each class of work.

    A client is a token, or else whoever has the address that a request comes from. The routes of
    one class share one allowance.
    """

    def __init__(self, settings: Settings, metrics: MetricsManager, counters: Storage) -> None:
        """Take the limits from the settings."""
        self._enabled = settings.ratelimit_enabled
        self._metrics = metrics
        self._counters = counters
        limits = {
            "read": settings.ratelimit_read,
            "write": settings.ratelimit_write,
            "ingest": settings.ratelimit_ingest,
            "heavy": settings.ratelimit_heavy,
            "login": settings.ratelimit_login,
        }
        self._limits = {work: parse(text) for work, text in limits.items()}
        for declared in all_operations():
            if declared.work in limits:  # shown at zero, so that a rate sees the first refusal
                metrics.rate_limited.labels(declared.path)

    def spend(self, work: str, client: str, route: str) -> dict[str, str]:
        """Count one request; gives the headers that say what is left, none where none is limited.

        Raises SpentError when the allowance is used up, and whatever the counters raise when they
        can't be reached.
        """
        limit = self._limits.get(work)
        if limit is None or not self._enabled:
            return {}
        key = f"{_PREFIX}/{work}/{client}/{limit.amount}/{limit.get_expiry()}"
        count = self._counters.incr(key, limit.get_expiry())
        reset = int(self._counters.get_expiry(key) + 1)
        headers = {
            "X-RateLimit-Limit": str(limit.amount),
            "X-RateLimit-Remaining": str(max(limit.amount - count, 0)),
            "X-RateLimit-Reset": str(reset),
        }
        if count > limit.amount:
            self._metrics.rate_limited.labels(route).inc()
            headers["Retry-After"] = str(max(int(reset - time.time()), 1))
            raise SpentError(str(limit), headers)
        return headers


class IngestAllowance:
    """The allowance of the class ``ingest``, counted where Flask's requests are counted too."""

    def __init__(self, allowances: Allowances) -> None:
        """Share the counters."""
        self._allowances = allowances

    def spend(self, principal: Principal, route: str) -> dict[str, str]:
        """Count one request of a token, as ``Allowances.spend`` does."""
        return self._allowances.spend("ingest", _of_token(principal), route)


def _of_token(principal: Principal) -> str:
    return principal.client


def _client() -> str:
    principal = cast("Principal | None", g.get("principal"))
    return visitor_of(client_address(request)) if principal is None else _of_token(principal)


def install(app: Flask, settings: Settings, metrics: MetricsManager, link: Link) -> IngestAllowance:
    """Limit every route by its declared class of work; install it behind what finds out who asks.

    Gives what counts for the express lane.
    """
    allowances = Allowances(settings, metrics, SharedCounters(link=link))

    def count() -> None:
        declared = operation(request.endpoint)
        if declared is None or declared.work == "none":
            return
        try:
            g.allowance = allowances.spend(declared.work, _client(), str(request.url_rule))
        except SpentError as spent:
            g.allowance = spent.headers
            raise TooManyRequests(str(spent)) from spent

    def tell(response: Response) -> Response:
        left = g.get("allowance")
        if left:
            response.headers.extend(left)
        return response

    app.before_request(count)
    app.after_request(tell)
    return IngestAllowance(allowances)
