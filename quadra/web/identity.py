"""Who stands behind a request, and whether they may do what they ask."""

from __future__ import annotations

import hmac
import ipaddress
from typing import cast
from urllib.parse import quote

from flask import Request, g, redirect, request
from flask.typing import ResponseReturnValue
from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from quadra.engine.access import Access, Principal, fingerprint
from quadra.engine.ports import Runtime
from quadra.errors import ForbiddenError, NotFoundError, TooManyError, UnauthenticatedError
from quadra.web.addresses import visitor_of
from quadra.web.operations import operation

COOKIE = "quadra_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_API = ("/api/", "/otlp/", "/prometheus/")
_HOW_TO = "Send a token as `Authorization: Bearer …`, or sign in at /login."
_PROVEN_LIMIT = 10_000
_FORWARDED = (
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via",
)  # fmt: skip


class Identity:
    """Finds the principal of a request and refuses what they may not do."""

    def __init__(
        self, access: Access, runtime: Runtime, guess_limit: str | None, counters: Storage
    ) -> None:
        """Wire; ``guess_limit`` bounds wrong credentials an address, None for no bound."""
        self._access = access
        self._runtime = runtime
        self._limit = parse(guess_limit) if guess_limit else None
        self._limiter = FixedWindowRateLimiter(counters)
        self._proven: set[bytes] = set()

    def principal_of(
        self, bearer: str | None, cookie: str | None, address: str
    ) -> Principal | None:
        """Find who holds a credential; raises TooManyError after too many wrong ones."""
        if bearer is None and cookie is None:
            return None
        secret = cast("str", bearer if bearer is not None else cookie)
        session = bearer is None
        known, principal = self._access.cached(secret, session=session)
        if known and principal is not None:
            return principal
        mark = fingerprint(secret)
        if mark not in self._proven:
            # One sender with a wrong token must not lock out the others on its machine.
            self.refuse_guessing(address)
        find = self._access.by_session if session else self._access.by_token
        principal = self._runtime.offload(find, secret)
        if principal is not None:
            self._prove(mark)
        elif not session:
            self.count_wrong(address)
        return principal

    def known_sender(self, authorization: str) -> Principal | None:
        """Give who may send samples with this Authorization header, when that is known by heart.

        None says nothing: ask the long way.
        """
        secret = _bearer(authorization)
        if secret is None:
            return None
        _known, principal = self._access.cached(secret, session=False)
        return principal if principal is not None and principal.may("ingest") else None

    def _prove(self, mark: bytes) -> None:
        if len(self._proven) >= _PROVEN_LIMIT:
            self._proven.clear()
        self._proven.add(mark)

    def refuse_guessing(self, address: str) -> None:
        """Raise TooManyError when an address has sent too many wrong credentials."""
        if self._limit is not None and not self._limiter.test(
            self._limit, "wrong", visitor_of(address)
        ):
            msg = "Too many wrong credentials came from this address."
            raise TooManyError(msg, retry_after=self._limit.get_expiry())

    def count_wrong(self, address: str) -> None:
        """Note a wrong credential."""
        if self._limit is not None:
            self._limiter.hit(self._limit, "wrong", visitor_of(address))

    def recognise(self) -> ResponseReturnValue | None:
        """Find who asks, before anything else of a request is done; strangers end here."""
        g.principal = None
        if request.routing_exception is not None:
            self._refuse_strangers()
            return None  # 404 and 405 speak for themselves
        declared = operation(request.endpoint)
        if declared is None:
            if request.endpoint == "static":
                return None
            raise NotFoundError("There is nothing at this address.")
        if declared.access == "open" or (declared.access == "scrape" and is_local(request)):
            return None
        principal = g.principal = self._who_asks()
        if principal is None:
            if declared.access == "page":
                target = request.full_path.rstrip("?")
                return redirect("/login" if target == "/" else f"/login?next={quote(target)}")
            raise UnauthenticatedError(_HOW_TO)
        return None

    def authorize(self) -> None:
        """Refuse what whoever asks may not; default deny.

        What is refused is kept in the audit log, so it runs behind what counts requests: nobody
        pushes out what is there by asking for what they may not.
        """
        principal = cast("Principal | None", g.principal)
        declared = operation(request.endpoint)
        if principal is None or declared is None:
            return  # ``recognise`` has found that this is for anybody
        scope = {"page": "read", "scrape": "read"}.get(declared.access, declared.access)
        if not principal.may(scope):
            msg = f"This needs the scope “{scope}”; yours: {', '.join(sorted(principal.scopes))}."
            raise ForbiddenError(msg, code="missing_scope")
        self._demand_csrf_token(principal)

    def _demand_csrf_token(self, principal: Principal) -> None:
        if not principal.is_session or request.method in _SAFE:
            return
        sent = request.headers.get(CSRF_HEADER, "").encode()
        if not hmac.compare_digest(sent, self._access.csrf_token(principal).encode()):
            msg = f"Changes from a browser need the page's {CSRF_HEADER} header."
            raise ForbiddenError(msg, code="bad_csrf_token")

    def _who_asks(self) -> Principal | None:
        return self.principal_of(
            bearer_of(request), request.cookies.get(COOKIE), client_address(request)
        )

    def _refuse_strangers(self) -> None:
        """Don't tell a stranger which addresses of the API exist."""
        if request.path.startswith(_API) and self._who_asks() is None:
            raise UnauthenticatedError(_HOW_TO)


def current() -> Principal:
    """Give the principal of the request being served; only where the route demands one."""
    principal = g.get("principal")
    if principal is None:
        msg = "Sign in first."
        raise UnauthenticatedError(msg)
    return cast("Principal", principal)


def doer(given: object) -> object:
    """Give who does something: a person by their own name, a token for whom it says."""
    principal = current()
    return principal.name if principal.user_id or given is None else given


def signed(wish: dict[str, object], field: str) -> dict[str, object]:
    """Put a person's own name where somebody's name goes; tokens may say whose."""
    return wish | {field: current().name} if current().user_id else wish


def bearer_of(req: Request) -> str | None:
    """Give the bearer token, when one was sent."""
    return _bearer(req.headers.get("Authorization", ""))


def _bearer(header: str) -> str | None:
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else None


def client_address(req: Request) -> str:
    """Give the client's address; behind NUM_PROXIES it is the one that they saw."""
    return req.remote_addr or ""


def is_local(req: Request) -> bool:
    """Say whether a program on this very machine asks, without any proxy between."""
    if any(name in req.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(client_address(req)).is_loopback
    except ValueError:
        return False
