"""Announcements in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.announcements import KEEP_S, Announcement
from quadra.storage.database import Database
from quadra.storage.tables import announcements

_LOCK = 7_305_801_144


class SqlAnnouncements:
    """Implements ``engine.announcements.AnnouncementStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def head(self) -> int:
        """Give the newest id."""
        return self._database.read(_head)

    def say(self, event: str, body: Any, now: float) -> None:
        """Add one, and drop the old."""
        self._database.write(announce, event, body, now)

    def since(self, after: int, limit: int) -> Sequence[Announcement]:
        """Give those after an id, in order."""
        return self._database.read(_since, after, limit)


def announce(connection: sa.Connection, event: str, body: Any, now: float) -> None:
    """Add an announcement within a transaction that has a cause for it; best at its end."""
    announce_all(connection, event, [body], now)


def announce_all(connection: sa.Connection, event: str, bodies: Sequence[Any], now: float) -> None:
    """Add announcements of one event, in order, as ``announce`` does."""
    if not bodies:
        return
    if connection.dialect.name == "postgresql":
        # They must become visible in the order of their ids: whoever reads goes on from the last.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    connection.execute(announcements.delete().where(announcements.c.at < now - KEEP_S))
    connection.execute(
        announcements.insert(),
        [{"event": event, "body": orjson.dumps(body).decode(), "at": now} for body in bodies],
    )


def _head(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(announcements.c.id))).scalar() or 0


def _since(connection: sa.Connection, after: int, limit: int) -> list[Announcement]:
    rows = connection.execute(
        sa.select(announcements.c.id, announcements.c.event, announcements.c.body)
        .where(announcements.c.id > after)
        .order_by(announcements.c.id)
        .limit(limit)
    )
    return [Announcement(row.id, row.event, orjson.loads(row.body)) for row in rows]
