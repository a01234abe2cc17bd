"""The outermost door, before Flask and before the live socket: Host, Origin, method, handshakes.

``/socket.io`` does not pass through Flask, so what must hold for both is held here.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.wsgi import ClosingIterator

from quadra.errors import (
    ForbiddenError,
    MalformedError,
    MethodError,
    QuadraError,
    TooManyError,
    UnavailableError,
)
from quadra.web.addresses import visitor_of
from quadra.web.problems import CONTENT_TYPE, problem_of

SOCKET_PATH = "/socket.io"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    503: "Service Unavailable",
}

_HOST = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^\s/\\@?#:\[\]]+)(?::\d{1,5})?")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class HostRules:
    """Which Host and Origin headers are ours.

    An address given as numbers can't be the work of DNS rebinding, so all of them are let in;
    a name must be known.
    """

    def __init__(self, names: Iterable[str], origins: Iterable[str]) -> None:
        """Take the allowed host names and the foreign origins that may call."""
        self._names = {name.lower().rstrip(".") for name in names}
        self._origins = {origin.rstrip("/").lower() for origin in origins}
        self.host_allowed = lru_cache(maxsize=256)(self._is_ours)

    def _is_ours(self, host: str) -> bool:
        """Say whether a Host header names this server."""
        if not _HOST.fullmatch(host):
            return False
        try:
            parts = urlsplit(f"//{host}")
            name = parts.hostname or ""
            _ = parts.port  # raises where it is no port
        except ValueError:
            return False
        if name.rstrip(".") in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def origin_allowed(self, origin: str, host: str) -> bool:
        """Say whether a page from ``origin`` may speak to this server, reached as ``host``."""
        if origin.rstrip("/").lower() in self._origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


class Gate:
    """Wraps the whole application."""

    def __init__(
        self,
        app: WsgiApp,
        rules: HostRules,
        *,
        connect_limit: str | None,
        counters: Storage,
        websocket_only: bool,
        consoles: Callable[[], int],
        max_consoles: int,
        refused: Callable[[str, int, str], None],
    ) -> None:
        """Wire the gate; ``connect_limit`` bounds live connections an address, None for none.

        ``refused`` is told of every refusal: the method, the status and the error's code.
        """
        self._app = app
        self._rules = rules
        self._limit = parse(connect_limit) if connect_limit else None
        self._limiter = FixedWindowRateLimiter(counters)
        self._websocket_only = websocket_only
        self._consoles = consoles
        self._max_consoles = max_consoles
        self._refused = refused
        self._closing = False
        self.in_flight = 0

    def close(self) -> None:
        """Let no more requests in; those inside go on."""
        self._closing = True

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Let a request in, or answer it here."""
        try:
            if self._closing:
                msg = "Quadra is stopping. Send this again in a moment."
                raise UnavailableError(msg, retry_after=2)
            is_socket = self._check(environ)
        except QuadraError as error:
            body = problem_of(error)
            status = body["status"]
            self._refused(environ["REQUEST_METHOD"], status, error.code)
            headers = [
                ("Content-Type", CONTENT_TYPE),
                ("Connection", "close"),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Request-ID", secrets.token_hex(8)),
            ]
            if error.retry_after is not None:
                headers.append(("Retry-After", str(int(error.retry_after))))
            if isinstance(error, MethodError):
                headers.append(("Allow", ", ".join(sorted(METHODS))))
            start_response(f"{status} {_REASONS[status]}", headers)
            return [orjson.dumps(body)]
        if is_socket:
            return self._app(environ, start_response)
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True  # every server here ends the stream by itself
        self.in_flight += 1
        try:
            answer = self._app(environ, start_response)
        except BaseException:
            self._left()
            raise
        return ClosingIterator(answer, self._left)

    def _left(self) -> None:
        self.in_flight -= 1

    def _check(self, environ: dict[str, Any]) -> bool:
        """Raise for what may not pass; says whether the live socket is meant."""
        host = environ.get("HTTP_HOST", "")
        if not self._rules.host_allowed(host):
            msg = f"This server does not answer to the host {host[:100]!r} (ALLOWED_HOSTS)."
            raise MalformedError(msg, code="unknown_host")
        method = environ["REQUEST_METHOD"]
        if method not in METHODS:
            msg = "This HTTP method is not used here."
            raise MethodError(msg, code="unknown_method")
        is_socket: bool = environ.get("PATH_INFO", "").startswith(SOCKET_PATH)
        origin = environ.get("HTTP_ORIGIN")
        if (
            origin is not None
            and (is_socket or method not in _SAFE)
            and not self._rules.origin_allowed(origin, host)
        ):
            msg = "Pages from another origin may not do this (CORS_ORIGINS)."
            raise ForbiddenError(msg, code="foreign_origin")
        if is_socket:
            self._check_socket(environ)
        return is_socket

    def _check_socket(self, environ: dict[str, Any]) -> None:
        upgrades = environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        if self._websocket_only and not (upgrades and environ["REQUEST_METHOD"] == "GET"):
            msg = 'Only websocket is open here: set transports: ["websocket"].'
            raise MalformedError(msg, code="websocket_only")
        if self._websocket_only and "sid" in parse_qs(environ.get("QUERY_STRING", "")):
            # That is how polling goes over to websocket; engine.io would fail on a guess.
            msg = "There is no such session to go on with: open a websocket without sid."
            raise MalformedError(msg, code="unknown_session")
        if self._consoles() >= self._max_consoles:
            msg = "As many live connections as allowed are open (MAX_CONSOLES)."
            raise TooManyError(msg, code="too_many_consoles", retry_after=10)
        visitor = visitor_of(environ.get("REMOTE_ADDR", ""))
        if self._limit is not None and not self._limiter.hit(self._limit, "connect", visitor):
            msg = f"Too many live connections opened from one address: {self._limit}."
            raise TooManyError(msg, retry_after=10)
