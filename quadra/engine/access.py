"""Who may do what: tokens with scopes, browser sessions, the sign-in code of the first start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quadra.engine.ports import Clock
from quadra.errors import Fault, InvalidError, NotFoundError, UnauthenticatedError
from quadra.settings import MAX_TOKEN_LENGTH, MIN_TOKEN_LENGTH

SCOPES = ("ingest", "read", "write", "admin")
_IMPLIED = {"admin": {"ingest", "read", "write", "admin"}, "write": {"write", "read"}}
ADMINISTRATOR = "administrator"
FIRST_STEPS = "first-steps"
SESSION_SECONDS = 30 * 86_400.0
CODE_SECONDS = 86_400.0
CACHE_SECONDS = 3.0
_CACHE_LIMIT = 10_000
MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never the secret itself. Times in unix seconds."""

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def is_valid(self, now: float) -> bool:
        """Say whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever stands behind a request or a socket."""

    token_id: int
    name: str
    scopes: frozenset[str]
    credential: bytes
    is_session: bool

    def may(self, scope: str) -> bool:
        """Say whether the scope is held, directly or through a wider one."""
        return scope in self.scopes


class AccessStore(Protocol):
    """Where tokens, sessions and codes are kept; all blocking; raises StorageError."""

    def add_token(
        self, name: str, digest: bytes, scopes: Sequence[str], now: float, expires: float | None
    ) -> Token:
        """Keep a new token."""

    def put_own_token(self, purpose: str, digest: bytes, scopes: Sequence[str], now: float) -> bool:
        """Make this the token for one of Quadra's own purposes and end the one before.

        Says no, and changes nothing, when somebody has revoked this very token.
        """

    def token_by_digest(self, digest: bytes) -> Token | None:
        """Find a token, valid or not."""

    def tokens(self) -> list[Token]:
        """List all tokens that are not revoked."""

    def revoke_token(self, token_id: int, now: float) -> bool:
        """End a token; says whether it was there and not ended before."""

    def add_session(self, digest: bytes, token_id: int, now: float, expires: float) -> None:
        """Keep a new session, and drop those that have run out."""

    def session_token(self, digest: bytes, now: float) -> Token | None:
        """Find the token behind a session that has not run out."""

    def end_session(self, digest: bytes) -> None:
        """End a session."""

    def put_code(self, digest: bytes, now: float) -> None:
        """Make this the only sign-in code that can be used."""

    def use_code(self, digest: bytes, now: float, oldest: float) -> bool:
        """Use a code up; says whether it was unused and made after ``oldest``."""

    def code_was_used(self) -> bool:
        """Say whether anybody ever signed in with a code."""

    def own_token_id(self, purpose: str) -> int | None:
        """Give the token in force for one of Quadra's own purposes."""


def fingerprint(secret: str) -> bytes:
    """Give the SHA-256 under which a secret is kept; secrets here have 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_secret() -> str:
    """Make a token that scanners recognise by its prefix."""
    return f"qdr_{secrets.token_urlsafe(32)}"


class Access:
    """Decides who somebody is. Blocking: run it off the loop, except ``cached``."""

    def __init__(self, store: AccessStore, clock: Clock, secret_key: bytes) -> None:
        """Wire the parts; ``secret_key`` signs CSRF tokens."""
        self._store = store
        self._clock = clock
        self._secret_key = secret_key
        self._cache: dict[tuple[bytes, bool], tuple[float, Principal | None]] = {}

    def cached(self, secret: str, *, session: bool) -> tuple[bool, Principal | None]:
        """Answer from memory where the answer is fresh: (known, principal)."""
        hit = self._cache.get((fingerprint(secret), session))
        if hit is None or self._clock() - hit[0] > CACHE_SECONDS:
            return False, None
        return True, hit[1]

    def by_token(self, secret: str) -> Principal | None:
        """Find who holds a token; None when it opens nothing."""
        if not MIN_TOKEN_LENGTH <= len(secret) <= MAX_TOKEN_LENGTH:
            return None
        mark = fingerprint(secret)
        return self._remember(mark, self._store.token_by_digest(mark), session=False)

    def by_session(self, cookie: str) -> Principal | None:
        """Find who a browser session belongs to; None when it is over."""
        if not MIN_TOKEN_LENGTH <= len(cookie) <= MAX_TOKEN_LENGTH:
            return None
        mark = fingerprint(cookie)
        return self._remember(mark, self._store.session_token(mark, self._clock()), session=True)

    def still_valid(self, principal: Principal) -> bool:
        """Look again whether a credential that opened a socket still holds."""
        if principal.is_session:
            token = self._store.session_token(principal.credential, self._clock())
        else:
            token = self._store.token_by_digest(principal.credential)
        return token is not None and token.is_valid(self._clock())

    def sign_in(self, secret: str, *, admin_allowed: bool, any_token: bool) -> str:
        """Exchange a credential for a session cookie; raises UnauthenticatedError.

        The code of the first start works once, from anywhere. A token works where the login
        form took it (``any_token``); in an address only the administrator's does, and only
        with ``admin_allowed``, which is true on loopback.
        """
        now = self._clock()
        mark = fingerprint(secret)
        token_id: int | None = None
        if self._store.use_code(mark, now, now - CODE_SECONDS):
            token_id = self._store.own_token_id(ADMINISTRATOR)
        else:
            principal = self.by_token(secret)
            if principal is not None and principal.may("read"):
                is_admin_token = principal.token_id == self._store.own_token_id(ADMINISTRATOR)
                if any_token or (admin_allowed and is_admin_token):
                    token_id = principal.token_id
        if token_id is None:
            msg = "This token or sign-in code is not valid, or was used already."
            raise UnauthenticatedError(msg, code="bad_credential")
        cookie = secrets.token_urlsafe(32)
        self._store.add_session(fingerprint(cookie), token_id, now, now + SESSION_SECONDS)
        return cookie

    def sign_out(self, cookie: str) -> None:
        """End a session at once."""
        mark = fingerprint(cookie)
        self._cache.pop((mark, True), None)
        self._store.end_session(mark)

    def csrf_token(self, principal: Principal) -> str:
        """Give the token that pages of this session must send back with every change."""
        return hmac.new(self._secret_key, principal.credential, hashlib.sha256).hexdigest()

    def create_token(
        self, name: str, scopes: Sequence[str], expires_in: float | None = None
    ) -> tuple[Token, str]:
        """Make a token; returns it with its secret, which is shown this once."""
        faults = []
        if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
            faults.append(Fault(None, "name", f"use 1 to {MAX_NAME_LENGTH} printable characters"))
        if not scopes or any(scope not in SCOPES for scope in scopes):
            faults.append(Fault(None, "scopes", f"choose from {', '.join(SCOPES)}"))
        if faults:
            msg = "The token was not made."
            raise InvalidError(msg, faults=tuple(faults))
        secret = new_secret()
        now = self._clock()
        expires = None if expires_in is None else now + expires_in
        unique = [scope for scope in SCOPES if scope in scopes]
        return self._store.add_token(name, fingerprint(secret), unique, now, expires), secret

    def tokens(self) -> list[Token]:
        """List the tokens in force."""
        return self._store.tokens()

    def revoke(self, token_id: int) -> None:
        """End a token; raises NotFoundError."""
        if not self._store.revoke_token(token_id, self._clock()):
            msg = f"There is no token {token_id}."
            raise NotFoundError(msg)
        self._cache.clear()

    def introduce(self, purpose: str, secret: str, scopes: Sequence[str]) -> bool:
        """Make ``secret`` the token of one of Quadra's own purposes; no when it was revoked."""
        return self._store.put_own_token(purpose, fingerprint(secret), scopes, self._clock())

    def first_run_code(self) -> str | None:
        """Make the sign-in code to print, or None when somebody has signed in with one before."""
        if self._store.code_was_used():
            return None
        code = secrets.token_urlsafe(24)
        self._store.put_code(fingerprint(code), self._clock())
        return code

    def _remember(self, mark: bytes, token: Token | None, *, session: bool) -> Principal | None:
        now = self._clock()
        principal = None
        if token is not None and token.is_valid(now):
            scopes = frozenset().union(*(_IMPLIED.get(s, {s}) for s in token.scopes))
            principal = Principal(token.id, token.name, scopes, mark, session)
            # Only what was found is remembered, so that guesses can't fill the memory.
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            self._cache[(mark, session)] = (now, principal)
        return principal
