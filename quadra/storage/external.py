"""The kept alerts of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.external import External
from quadra.engine.alerting import MAX_EXTERNAL
from quadra.errors import ConflictError
from quadra.storage.alert_rows import dumps, upsert
from quadra.storage.database import Database
from quadra.storage.tables import external_alerts, positions
from quadra.telemetry.series import digest, series_key

_REVISION = "external-alerts"
_KEPT_S = 86_400.0


class SqlExternal:
    """Implements ``engine.alerting.ExternalStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def put(self, told: Sequence[External], now: float) -> None:
        """Keep what was said; raises ConflictError when there would be too many."""
        self._database.write(self._put, told, now)

    def _put(self, connection: sa.Connection, told: Sequence[External], now: float) -> None:
        revision = self._next_revision(connection)  # first: its lock puts writers in order
        wanted = {digest(series_key(one.name, one.labels)): one for one in told}
        table = external_alerts.c
        connection.execute(external_alerts.delete().where(table.ends_at < now - _KEPT_S))
        rows = connection.execute(
            sa.select(table.digest, table.starts_at, table.ends_at).where(
                table.digest.in_([*wanted])
            )
        )
        known = {row.digest: row for row in rows}
        # The end of what nobody has told of is no news.
        new = [m for m, one in wanted.items() if m not in known and one.ends_at > now]
        self._refuse_too_many(connection, len(new))
        for mark, former in known.items():
            one = wanted[mark]
            values = _row(one, mark, revision)
            if former.ends_at > now:  # it goes on: it began when it was first said to
                values["starts_at"] = min(former.starts_at, one.starts_at)
            connection.execute(external_alerts.update().where(table.digest == mark).values(values))
        if new:
            rows_of_new = [_row(wanted[mark], mark, revision) for mark in new]
            connection.execute(external_alerts.insert(), rows_of_new)

    def _next_revision(self, connection: sa.Connection) -> int:
        made = connection.execute(
            upsert(self._database, positions)
            .values(follower=_REVISION, seq=1)
            .on_conflict_do_update(index_elements=["follower"], set_={"seq": positions.c.seq + 1})
            .returning(positions.c.seq)
        )
        return int(made.scalar_one())

    @staticmethod
    def _refuse_too_many(connection: sa.Connection, more: int) -> None:
        count = sa.select(sa.func.count()).select_from(external_alerts)
        if more and connection.execute(count).scalar_one() + more > MAX_EXTERNAL:
            msg = (
                f"There would be more than {MAX_EXTERNAL} alerts of other programs. Group them "
                "where they are judged, or send fewer."
            )
            raise ConflictError(msg, code="too_many_external_alerts")


def external_after(connection: sa.Connection, revision: int, limit: int) -> list[External]:
    """Read what was said after a revision, in order."""
    rows = connection.execute(
        sa.select(external_alerts)
        .where(external_alerts.c.revision > revision)
        .order_by(external_alerts.c.revision, external_alerts.c.id)
        .limit(limit)
    )
    return [
        External(
            row.name,
            orjson.loads(row.labels),
            orjson.loads(row.annotations),
            row.starts_at,
            row.ends_at,
            row.url,
            row.id,
            row.revision,
        )
        for row in rows
    ]


def _row(one: External, mark: bytes, revision: int) -> dict[str, Any]:
    return {
        "digest": mark,
        "name": one.name,
        "labels": dumps(dict(one.labels)),
        "annotations": dumps(dict(one.annotations)),
        "url": one.url,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "revision": revision,
    }
