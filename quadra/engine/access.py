"""Who may do what: tokens with scopes, browser sessions, the sign-in code of the first start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quadra.engine.ports import Clock
from quadra.engine.users import User
from quadra.errors import Fault, InvalidError, NotFoundError, UnauthenticatedError
from quadra.setting_values import MAX_TOKEN_LENGTH, MIN_TOKEN_LENGTH

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
    """Whoever stands behind a request or a socket: a token, or a person (``user_id``)."""

    token_id: int
    name: str
    scopes: frozenset[str]
    credential: bytes
    is_session: bool
    user_id: int = 0

    @property
    def client(self) -> str:
        """Name whose allowance is spent."""
        return f"user:{self.user_id}" if self.user_id else f"token:{self.token_id}"

    def may(self, scope: str) -> bool:
        """Say whether the scope is held, directly or through a wider one."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class Seen:
    """From where somebody signed in."""

    address: str = ""
    agent: str = ""


NOWHERE = Seen()


@dataclass(frozen=True, slots=True)
class Session:
    """A browser session as it is kept. Times in unix seconds."""

    id: int
    digest: bytes
    name: str
    user_id: int
    token_id: int
    created_at: float
    expires_at: float
    seen: Seen = NOWHERE


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

    def add_session(
        self, digest: bytes, holder: Token | User, now: float, expires: float, seen: Seen
    ) -> None:
        """Keep a new session, and drop those that have run out."""

    def session_holder(self, digest: bytes, now: float) -> Token | User | None:
        """Find whoever is behind a session that has not run out."""

    def sessions(self, now: float) -> list[Session]:
        """Give the sessions that have not run out, the newest first."""

    def end_session_by_id(self, session_id: int) -> bool:
        """End a session; says whether it was there."""

    def rotate_token(self, token_id: int, digest: bytes, now: float, until: float) -> Token | None:
        """Make a token that takes another's place, which ends at a time; None if it is not there.

        It lives as long from now on as the former was given.
        """

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
        if hit is None or not 0 <= self._clock() - hit[0] <= CACHE_SECONDS:
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
        return self._remember(mark, self._store.session_holder(mark, self._clock()), session=True)

    def still_valid(self, principal: Principal) -> bool:
        """Look again whether a credential that opened a socket still holds."""
        token: Token | User | None
        if principal.is_session:
            token = self._store.session_holder(principal.credential, self._clock())
        else:
            token = self._store.token_by_digest(principal.credential)
        return token is not None and token.is_valid(self._clock())

    def sign_in(
        self, secret: str, *, admin_allowed: bool, any_token: bool, seen: Seen = NOWHERE
    ) -> str:
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
        token = next((one for one in self._store.tokens() if one.id == token_id), None)
        if token is None:
            msg = "This token or sign-in code is not valid, or was used already."
            raise UnauthenticatedError(msg, code="bad_credential")
        return self.open_session(token, seen)

    def open_session(self, holder: Token | User, seen: Seen = NOWHERE) -> str:
        """Begin a session; gives its cookie."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        self._store.add_session(fingerprint(cookie), holder, now, now + SESSION_SECONDS, seen)
        return cookie

    def sessions(self, principal: Principal, *, of_all: bool = False) -> list[Session]:
        """Give somebody's own sessions, or everybody's."""
        return [
            one
            for one in self._store.sessions(self._clock())
            if of_all or (one.user_id, one.token_id) == (principal.user_id, principal.token_id)
        ]

    def end_session(self, principal: Principal, session_id: int) -> None:
        """End a session of one's own, or anybody's for an admin; raises NotFoundError."""
        mine = self.sessions(principal, of_all=principal.may("admin"))
        if session_id not in {one.id for one in mine}:
            msg = f"There is no session {session_id}."
            raise NotFoundError(msg)
        self._store.end_session_by_id(session_id)
        self.forget()

    def forget(self) -> None:
        """Ask the store again from now on: somebody may do something else."""
        self._cache.clear()

    def sign_out(self, cookie: str) -> None:
        """End a session at once."""
        mark = fingerprint(cookie)
        self._cache.pop((mark, True), None)
        self._store.end_session(mark)

    def seal(self, purpose: str, body: bytes) -> str:
        """Give what proves that a text was written here, for one purpose."""
        message = purpose.encode() + b":" + body
        return hmac.new(self._secret_key, message, hashlib.sha256).hexdigest()

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

    def rotate(self, token_id: int, overlap: float) -> tuple[Token, str]:
        """Give a token a new secret; the former one opens for ``overlap`` seconds more.

        Raises NotFoundError.
        """
        secret, now = new_secret(), self._clock()
        token = self._store.rotate_token(token_id, fingerprint(secret), now, now + overlap)
        if token is None:
            msg = f"There is no token {token_id} that can be rotated."
            raise NotFoundError(msg)
        self.forget()
        return token, secret

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

    def _remember(
        self, mark: bytes, holder: Token | User | None, *, session: bool
    ) -> Principal | None:
        now = self._clock()
        principal = None
        if holder is not None and holder.is_valid(now):
            scopes = frozenset().union(*(_IMPLIED.get(s, {s}) for s in holder.scopes))
            user_id, token_id = (holder.id, 0) if isinstance(holder, User) else (0, holder.id)
            principal = Principal(token_id, holder.name, scopes, mark, session, user_id)
            # Only what was found is remembered, so that guesses can't fill the memory.
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            self._cache[(mark, session)] = (now, principal)
        return principal
