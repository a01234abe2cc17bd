"""The kept silences and maintenance windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.silences import Maintenance, Matchers, Silence, maintenance_from, matchers_from
from quadra.engine.alerting import MAX_MAINTENANCE, MAX_SILENCES
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.alert_rows import dumps, orders_changed
from quadra.storage.database import Database
from quadra.storage.tables import maintenance_windows, silences


class SqlQuiet:
    """Implements ``engine.alerting.QuietStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def silences(self) -> list[Silence]:
        """Give all silences, the newest first."""
        return self._database.read(silences_of)[::-1]

    def silence(self, silence_id: int) -> Silence:
        """Give one; raises NotFoundError."""
        return self._database.read(_silence, silence_id)

    def add_silence(self, silence: Silence, now: float) -> Silence:
        """Keep a new one; raises ConflictError."""
        return self._database.write(self._add_silence, silence, now)

    def end_silence(self, silence_id: int, now: float) -> None:
        """End one now; raises NotFoundError."""
        self._database.write(self._end_silence, silence_id, now)

    def windows(self) -> list[Maintenance]:
        """Give all maintenance windows, by id."""
        return self._database.read(maintenance_windows_of)

    def put_window(self, window: Maintenance) -> Maintenance:
        """Keep a new one, or change one; raises NotFoundError, ConflictError."""
        return self._database.write(self._put_window, window)

    def remove_window(self, window_id: int) -> None:
        """Drop one; raises NotFoundError."""
        self._database.write(self._remove_window, window_id)

    def _add_silence(self, connection: sa.Connection, silence: Silence, now: float) -> Silence:
        running = sa.select(sa.func.count()).where(silences.c.ends_at > now)
        if connection.execute(running).scalar_one() >= MAX_SILENCES:
            msg = f"There are {MAX_SILENCES} silences already; end one first."
            raise ConflictError(msg, code="too_many_silences")
        row = {
            "matchers": dumps(list(silence.matchers.texts)),
            "starts_at": silence.starts_at,
            "ends_at": silence.ends_at,
            "reason": silence.reason,
            "created_by": silence.created_by,
            "created_at": silence.created_at,
        }
        made = connection.execute(silences.insert().returning(silences.c.id), row)
        orders_changed(connection, self._database)
        return replace(silence, id=made.scalar_one())

    def _end_silence(self, connection: sa.Connection, silence_id: int, now: float) -> None:
        _silence(connection, silence_id)
        connection.execute(
            silences.update()
            .where(silences.c.id == silence_id, silences.c.ends_at > now)
            .values(ends_at=now)
        )
        orders_changed(connection, self._database)

    def _put_window(self, connection: sa.Connection, window: Maintenance) -> Maintenance:
        row = {"document": dumps(_document(window))}
        if window.id:
            changed = connection.execute(
                maintenance_windows.update()
                .where(maintenance_windows.c.id == window.id)
                .values(row)
            )
            if changed.rowcount != 1:
                raise _no_window(window.id)
        else:
            count = sa.select(sa.func.count()).select_from(maintenance_windows)
            if connection.execute(count).scalar_one() >= MAX_MAINTENANCE:
                msg = f"There are {MAX_MAINTENANCE} maintenance windows already; remove one first."
                raise ConflictError(msg, code="too_many_windows")
            made = maintenance_windows.insert().returning(maintenance_windows.c.id)
            window = replace(window, id=connection.execute(made, row).scalar_one())
        orders_changed(connection, self._database)
        return window

    def _remove_window(self, connection: sa.Connection, window_id: int) -> None:
        gone = connection.execute(
            maintenance_windows.delete().where(maintenance_windows.c.id == window_id)
        )
        if gone.rowcount != 1:
            raise _no_window(window_id)
        orders_changed(connection, self._database)


def silences_of(connection: sa.Connection) -> list[Silence]:
    """Read all silences, by id."""
    return [_silence_of(row) for row in connection.execute(sa.select(silences).order_by("id"))]


def _silence(connection: sa.Connection, silence_id: int) -> Silence:
    row = connection.execute(sa.select(silences).where(silences.c.id == silence_id)).first()
    if row is None:
        msg = f"There is no silence {silence_id}."
        raise NotFoundError(msg)
    return _silence_of(row)


def _silence_of(row: sa.Row[Any]) -> Silence:
    matchers: Matchers = matchers_from(orjson.loads(row.matchers), [])
    return Silence(
        row.id,
        matchers,
        row.starts_at,
        row.ends_at,
        row.reason,
        row.created_by,
        row.created_at,
    )


def maintenance_windows_of(connection: sa.Connection) -> list[Maintenance]:
    """Read all maintenance windows, by id."""
    rows = connection.execute(sa.select(maintenance_windows).order_by("id"))
    return [replace(maintenance_from(orjson.loads(row.document)), id=row.id) for row in rows]


def _document(window: Maintenance) -> dict[str, Any]:
    return {
        "name": window.name,
        "matchers": list(window.matchers.texts),
        "days": list(window.days),
        "begins": window.begins,
        "duration": f"{round(window.seconds * 1000)}ms",
        "timezone": window.timezone,
        "enabled": window.enabled,
    }


def _no_window(window_id: int) -> NotFoundError:
    msg = f"There is no maintenance window {window_id}."
    return NotFoundError(msg)
