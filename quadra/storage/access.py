"""Tokens, browser sessions and sign-in codes. Secrets are never here, only their SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quadra.engine.access import Seen, Session, Token
from quadra.engine.users import User
from quadra.storage.database import Database
from quadra.storage.tables import sessions, sign_in_codes, tokens, users
from quadra.storage.users import user_of


class SqlAccess:
    """Implements ``engine.access.AccessStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def add_token(
        self, name: str, digest: bytes, scopes: Sequence[str], now: float, expires: float | None
    ) -> Token:
        """Keep a new token."""
        token_id = self._database.write(_add_token, name, digest, scopes, now, expires)
        return Token(token_id, name, tuple(scopes), now, expires)

    def put_own_token(self, purpose: str, digest: bytes, scopes: Sequence[str], now: float) -> bool:
        """Make this the token for a purpose; no when this very token was revoked."""
        return self._database.write(_put_own_token, purpose, digest, scopes, now)

    def token_by_digest(self, digest: bytes) -> Token | None:
        """Find a token, valid or not."""
        return self._database.read(_one_token, tokens.c.digest == digest)

    def tokens(self) -> list[Token]:
        """List all tokens that are not revoked."""
        return self._database.read(_all_tokens)

    def revoke_token(self, token_id: int, now: float) -> bool:
        """End a token."""
        return self._database.write(_revoke, token_id, now)

    def add_session(
        self, digest: bytes, holder: Token | User, now: float, expires: float, seen: Seen
    ) -> None:
        """Keep a new session, and drop those that have run out."""
        self._database.write(_add_session, digest, holder, now, expires, seen)

    def session_holder(self, digest: bytes, now: float) -> Token | User | None:
        """Find whoever is behind a session that has not run out."""
        return self._database.read(_session_holder, digest, now)

    def sessions(self, now: float) -> list[Session]:
        """Give the sessions that have not run out, the newest first."""
        return self._database.read(_sessions, now)

    def end_session_by_id(self, session_id: int) -> bool:
        """End a session; says whether it was there."""
        statement = sessions.delete().where(sessions.c.id == session_id)
        return self._database.write(_execute, statement) == 1

    def rotate_token(self, token_id: int, digest: bytes, now: float, until: float) -> Token | None:
        """Make a token that takes another's place, which ends at a time."""
        return self._database.write(_rotate, token_id, digest, now, until)

    def end_session(self, digest: bytes) -> None:
        """End a session."""
        self._database.write(_execute, sessions.delete().where(sessions.c.digest == digest))

    def put_code(self, digest: bytes, now: float) -> None:
        """Make this the only sign-in code that can be used."""
        self._database.write(_put_code, digest, now)

    def use_code(self, digest: bytes, now: float, oldest: float) -> bool:
        """Use a code up: of two that try at once only one changes the row."""
        statement = (
            sign_in_codes.update()
            .where(
                sign_in_codes.c.digest == digest,
                sign_in_codes.c.used_at.is_(None),
                sign_in_codes.c.created_at > oldest,
            )
            .values(used_at=now)
        )
        return self._database.write(_execute, statement) == 1

    def code_was_used(self) -> bool:
        """Say whether anybody ever signed in with a code."""
        return self._database.read(_code_was_used)

    def own_token_id(self, purpose: str) -> int | None:
        """Give the token in force for one of Quadra's own purposes."""
        condition = sa.and_(tokens.c.purpose == purpose, tokens.c.revoked_at.is_(None))
        token = self._database.read(_one_token, condition)
        return None if token is None else token.id


def _token(row: sa.Row[Any]) -> Token:
    return Token(
        row.id, row.name, tuple(row.scopes.split()), row.created_at, row.expires_at, row.revoked_at
    )


def _one_token(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Token | None:
    row = connection.execute(sa.select(tokens).where(condition)).first()
    return None if row is None else _token(row)


def _all_tokens(connection: sa.Connection) -> list[Token]:
    rows = connection.execute(
        sa.select(tokens).where(tokens.c.revoked_at.is_(None)).order_by(tokens.c.id)
    )
    return [_token(row) for row in rows]


def _add_token(
    connection: sa.Connection,
    name: str,
    digest: bytes,
    scopes: Sequence[str],
    now: float,
    expires: float | None,
) -> int:
    values = {
        "name": name,
        "digest": digest,
        "scopes": " ".join(scopes),
        "created_at": now,
        "expires_at": expires,
    }
    made = connection.execute(tokens.insert().returning(tokens.c.id), values)
    return int(made.scalar_one())


def _put_own_token(
    connection: sa.Connection, purpose: str, digest: bytes, scopes: Sequence[str], now: float
) -> bool:
    same = connection.execute(sa.select(tokens).where(tokens.c.digest == digest)).first()
    if same is not None and same.revoked_at is not None:
        return False
    if same is not None and same.purpose == purpose:
        return True
    connection.execute(tokens.delete().where(tokens.c.purpose == purpose))
    if same is None:
        token_id = _add_token(connection, purpose, digest, scopes, now, None)
    else:
        token_id = same.id
    connection.execute(
        tokens.update()
        .where(tokens.c.id == token_id)
        .values(purpose=purpose, scopes=" ".join(scopes))
    )
    return True


def _revoke(connection: sa.Connection, token_id: int, now: float) -> bool:
    statement = (
        tokens.update()
        .where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return connection.execute(statement).rowcount == 1


def _add_session(
    connection: sa.Connection,
    digest: bytes,
    holder: Token | User,
    now: float,
    expires: float,
    seen: Seen,
) -> None:
    connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
    is_user = isinstance(holder, User)
    connection.execute(
        sessions.insert().values(
            digest=digest,
            token_id=None if is_user else holder.id,
            user_id=holder.id if is_user else None,
            created_at=now,
            expires_at=expires,
            address=seen.address[:64],
            agent=seen.agent[:200],
        )
    )


def _session_holder(connection: sa.Connection, digest: bytes, now: float) -> Token | User | None:
    found = connection.execute(
        sa.select(sessions.c.token_id, sessions.c.user_id).where(
            sessions.c.digest == digest, sessions.c.expires_at > now
        )
    ).first()
    if found is None:
        return None
    if found.token_id is not None:
        return _one_token(connection, tokens.c.id == found.token_id)
    row = connection.execute(sa.select(users).where(users.c.id == found.user_id)).first()
    return None if row is None else user_of(row)


def _sessions(connection: sa.Connection, now: float) -> list[Session]:
    rows = connection.execute(
        sa.select(sessions, sa.func.coalesce(users.c.name, tokens.c.name).label("name"))
        .select_from(sessions.outerjoin(users).outerjoin(tokens))
        .where(sessions.c.expires_at > now)
        .order_by(sessions.c.id.desc())
    )
    return [
        Session(
            row.id,
            row.digest,
            row.name,
            row.user_id or 0,
            row.token_id or 0,
            row.created_at,
            row.expires_at,
            Seen(row.address, row.agent),
        )
        for row in rows
    ]


def _rotate(
    connection: sa.Connection, token_id: int, digest: bytes, now: float, until: float
) -> Token | None:
    usable = (tokens.c.id == token_id, tokens.c.revoked_at.is_(None), tokens.c.purpose.is_(None))
    former = connection.execute(sa.select(tokens).where(*usable).with_for_update()).first()
    if former is None or (former.expires_at is not None and former.expires_at <= now):
        return None
    life = None if former.expires_at is None else former.expires_at - former.created_at
    expires = None if life is None else now + life
    scopes = former.scopes.split()
    made = _add_token(connection, former.name, digest, scopes, now, expires)
    ends = until if former.expires_at is None else min(until, former.expires_at)
    connection.execute(tokens.update().where(tokens.c.id == token_id).values(expires_at=ends))
    return Token(made, former.name, tuple(scopes), now, expires)


def _put_code(connection: sa.Connection, digest: bytes, now: float) -> None:
    connection.execute(sign_in_codes.delete().where(sign_in_codes.c.used_at.is_(None)))
    connection.execute(sign_in_codes.insert().values(digest=digest, created_at=now))


def _code_was_used(connection: sa.Connection) -> bool:
    used = sa.select(sign_in_codes.c.digest).where(sign_in_codes.c.used_at.is_not(None)).limit(1)
    return connection.execute(used).first() is not None


def _execute(connection: sa.Connection, statement: sa.Update | sa.Delete) -> int:
    return connection.execute(statement).rowcount
