"""People, as rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from quadra.engine.users import MAX_USERS, User
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.database import Database
from quadra.storage.tables import sessions, users


class SqlUsers:
    """Implements ``engine.users.UserStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def users(self) -> list[User]:
        """Give all, by name."""
        return self._database.read(_users)

    def user(self, user_id: int) -> User:
        """Give one; raises NotFoundError."""
        return self._database.read(_user, user_id)

    def with_hash(self, key: str) -> tuple[User, str] | None:
        """Find somebody by the key of their name."""
        return self._database.read(_with_hash, key)

    def add(self, name: str, key: str, role: str, kept: str, now: float) -> User:
        """Keep somebody new; raises ConflictError."""
        return self._database.write(_add, name, key, role, kept, now)

    def change(self, user_id: int, role: str | None, disabled: bool | None, now: float) -> User:  # noqa: FBT001 - as the port has it
        """Change what somebody may; their sessions end with it."""
        values: dict[str, Any] = {"changed_at": now}
        if role is not None:
            values["role"] = role
        if disabled is not None:
            values["disabled_at"] = now if disabled else None
        return self._database.write(_change, user_id, values)

    def set_password(self, user_id: int, kept: str, now: float, *, end_sessions: bool) -> None:
        """Keep another hash."""
        values = {"password": kept, "changed_at": now}
        self._database.write(_change, user_id, values, end_sessions=end_sessions)

    def signed_in(self, user_id: int, now: float) -> None:
        """Note that somebody came in."""
        self._database.write(_change, user_id, {"signed_in_at": now}, end_sessions=False)

    def meet(self, subject: str, name: str, key: str, role: str, now: float) -> User:
        """Find or make who the OpenID provider vouches for."""
        return self._database.write(_meet, subject, name, key, role, now)


def user_of(row: sa.Row[Any]) -> User:
    """Give the person that a row holds."""
    return User(
        row.id,
        row.name,
        row.role,
        row.created_at,
        row.changed_at,
        row.disabled_at,
        row.signed_in_at,
        bool(row.password),
        row.subject or "",
    )


def _users(connection: sa.Connection) -> list[User]:
    return [user_of(row) for row in connection.execute(sa.select(users).order_by(users.c.key))]


def _user(connection: sa.Connection, user_id: int) -> User:
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    if row is None:
        msg = f"There is no user {user_id}."
        raise NotFoundError(msg)
    return user_of(row)


def _with_hash(connection: sa.Connection, key: str) -> tuple[User, str] | None:
    row = connection.execute(sa.select(users).where(users.c.key == key)).first()
    return None if row is None else (user_of(row), row.password)


def _add(
    connection: sa.Connection,
    name: str,
    key: str,
    role: str,
    kept: str,
    now: float,
    subject: str | None = None,
) -> User:
    if connection.execute(sa.select(users.c.id).where(users.c.key == key)).first() is not None:
        msg = f"There is a user {name!r} already; choose another name."
        raise ConflictError(msg, code="user_exists")
    count = sa.select(sa.func.count()).select_from(users)
    if connection.execute(count).scalar_one() >= MAX_USERS:
        msg = f"There are {MAX_USERS} users already."
        raise ConflictError(msg, code="too_many_users")
    values = {
        "name": name,
        "key": key,
        "role": role,
        "password": kept,
        "subject": subject,
        "created_at": now,
        "changed_at": now,
    }
    return user_of(connection.execute(users.insert().returning(users), values).one())


def _change(
    connection: sa.Connection, user_id: int, values: dict[str, Any], *, end_sessions: bool = True
) -> User:
    row = connection.execute(
        users.update().where(users.c.id == user_id).values(values).returning(users)
    ).first()
    if row is None:
        msg = f"There is no user {user_id}."
        raise NotFoundError(msg)
    if end_sessions:
        connection.execute(sessions.delete().where(sessions.c.user_id == user_id))
    return user_of(row)


def _meet(
    connection: sa.Connection, subject: str, name: str, key: str, role: str, now: float
) -> User:
    row = connection.execute(sa.select(users).where(users.c.subject == subject)).first()
    if row is None:
        return _add(connection, name, key, role, "", now, subject)
    if row.role == role:
        return user_of(row)
    return _change(connection, row.id, {"role": role, "changed_at": now})
