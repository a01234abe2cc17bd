"""People: their roles, their passwords, and who they are elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from quadra.engine.passwords import Passwords
from quadra.engine.ports import Clock
from quadra.errors import ConflictError, Fault, InvalidError, UnauthenticatedError

Role = Literal["viewer", "editor", "admin"]
ROLES: tuple[str, ...] = get_args(Role)
SCOPES_OF = {"viewer": ("read",), "editor": ("read", "write"), "admin": ("admin",)}
MAX_USERS = 5_000
MAX_NAME = 100
MIN_PASSWORD, MAX_PASSWORD = 10, 200
_WRONG = "This name and password do not open anything."


@dataclass(frozen=True, slots=True)
class User:
    """A person. Times in unix seconds; ``subject`` says who they are at the OpenID provider."""

    id: int
    name: str
    role: str
    created_at: float
    changed_at: float
    disabled_at: float | None = None
    signed_in_at: float | None = None
    has_password: bool = False
    subject: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Give what the role may."""
        return SCOPES_OF.get(self.role, ())

    def is_valid(self, _now: float) -> bool:
        """Say whether they may come in."""
        return self.disabled_at is None


class UserStore(Protocol):
    """Where people are kept; blocking; raises StorageError.

    Whatever changes what somebody may do ends their sessions in the same transaction.
    """

    def users(self) -> list[User]:
        """Give all, by name."""

    def user(self, user_id: int) -> User:
        """Give one; raises NotFoundError."""

    def with_hash(self, key: str) -> tuple[User, str] | None:
        """Find somebody by the key of their name, with the hash of their password ("" for none)."""

    def add(self, name: str, key: str, role: str, kept: str, now: float) -> User:
        """Keep somebody new; raises ConflictError."""

    def change(self, user_id: int, role: str | None, disabled: bool | None, now: float) -> User:  # noqa: FBT001 - None: as it is
        """Change what somebody may; raises NotFoundError."""

    def set_password(self, user_id: int, kept: str, now: float, *, end_sessions: bool) -> None:
        """Keep another hash; raises NotFoundError."""

    def signed_in(self, user_id: int, now: float) -> None:
        """Note that somebody came in."""

    def meet(self, subject: str, name: str, key: str, role: str, now: float) -> User:
        """Find or make who the OpenID provider vouches for, with the role that it says.

        Raises ConflictError when the name is another's.
        """


def name_key(name: str) -> str:
    """Give what two names have in common that look alike."""
    return unicodedata.normalize("NFKC", name).casefold()


def key_of_typed(name: str) -> str:
    """Give the key of what somebody has typed as a name, of any length."""
    return name_key(name[:MAX_NAME])


class Users:
    """Makes, changes and recognises people. Blocking: run it off the loop."""

    def __init__(
        self,
        store: UserStore,
        passwords: Passwords,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Wire; ``changed`` hears that what somebody may do is another."""
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._changed = changed

    def users(self) -> list[User]:
        """Give all, by name."""
        return self._store.users()

    def user(self, user_id: int) -> User:
        """Give one; raises NotFoundError."""
        return self._store.user(user_id)

    def named(self, name: str) -> User | None:
        """Find somebody by name."""
        found = self._store.with_hash(key_of_typed(name))
        return None if found is None else found[0]

    def create(self, name: str, role: str, password: str | None) -> User:
        """Keep somebody new; raises InvalidError, ConflictError.

        Without a password only the OpenID provider lets them in.
        """
        faults = _name_faults(name) + _role_faults(role)
        if password is not None:
            faults += _password_faults(password, name)
        _refuse(faults, "The user was not made.")
        kept = "" if password is None else self._passwords.hash(password)
        return self._store.add(name, name_key(name), role, kept, self._clock())

    def change(
        self, user_id: int, *, role: str | None = None, disabled: bool | None = None
    ) -> User:
        """Change what somebody may; their sessions end. Raises InvalidError, NotFoundError."""
        _refuse([] if role is None else _role_faults(role), "The user was not changed.")
        user = self._store.change(user_id, role, disabled, self._clock())
        self._changed()
        return user

    def set_password(self, user_id: int, password: str) -> None:
        """Give somebody another password; their sessions end."""
        user = self._store.user(user_id)
        _refuse(_password_faults(password, user.name), "The password was not changed.")
        kept = self._passwords.hash(password)
        self._store.set_password(user_id, kept, self._clock(), end_sessions=True)
        self._changed()

    def recognise(self, name: str, password: str) -> User:
        """Say who this is; raises UnauthenticatedError, the same and as late for every reason."""
        found = self._store.with_hash(key_of_typed(name))
        kept = found[1] or None if found is not None else None
        right = self._passwords.matches(kept, password[:MAX_PASSWORD])
        if found is None or kept is None or not right or len(password) > MAX_PASSWORD:
            raise UnauthenticatedError(_WRONG, code="bad_credential")
        user, now = found[0], self._clock()
        if not user.is_valid(now):
            raise UnauthenticatedError(_WRONG, code="bad_credential")
        if self._passwords.is_outdated(kept):
            anew = self._passwords.hash(password)
            self._store.set_password(user.id, anew, user.changed_at, end_sessions=False)
        self._store.signed_in(user.id, now)
        return user

    def vouched_for(self, subject: str, name: str, role: str) -> User:
        """Let in whom the OpenID provider vouches for; raises UnauthenticatedError."""
        shown = "".join(c for c in name.strip() if c.isprintable())[:MAX_NAME] or "somebody"
        try:
            user = self._store.meet(subject, shown, name_key(shown), role, self._clock())
        except ConflictError as error:
            raise UnauthenticatedError(error.detail, code="name_taken") from None
        if not user.is_valid(self._clock()):
            msg = "This user is disabled here."
            raise UnauthenticatedError(msg, code="user_disabled")
        self._changed()
        self._store.signed_in(user.id, self._clock())
        return user


def _name_faults(name: str) -> list[Fault]:
    good = 1 <= len(name) <= MAX_NAME and name.isprintable() and name == name.strip()
    reason = f"use 1 to {MAX_NAME} printable characters, no space around them"
    return [] if good else [Fault(None, "name", reason)]


def _role_faults(role: str) -> list[Fault]:
    return [] if role in ROLES else [Fault(None, "role", f"use one of {', '.join(ROLES)}")]


def _password_faults(password: str, name: str) -> list[Fault]:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return [Fault(None, "password", f"use {MIN_PASSWORD} to {MAX_PASSWORD} characters")]
    if name_key(password) == name_key(name):
        return [Fault(None, "password", "use another one than the name")]
    return []


def _refuse(faults: list[Fault], what: str) -> None:
    if faults:
        raise InvalidError(f"{what} {faults[0].field}: {faults[0].reason}.", faults=tuple(faults))
