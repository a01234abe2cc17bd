"""The kept list of series, and the first and last time of each."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from quadra.engine.ports import KnownSeries
from quadra.storage.database import Database
from quadra.storage.tables import positions, series
from quadra.telemetry.series import SeriesKey, series_key

_FOLLOWER = "series-times"
_IDS_A_STATEMENT = 500


class SqlSeries:
    """Implements ``engine.ports.SeriesStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def load(self) -> tuple[list[KnownSeries], int]:
        """Give all series, and the journal position up to which their times are right."""
        return self._database.read(_load)

    def keep_times(self, times: Sequence[tuple[int, int, int]], seq: int) -> None:
        """Keep (id, first, last) of changed series together with the position."""
        self._database.write(self._keep_times, times, seq)

    def keys_of(self, ids: Sequence[int]) -> dict[int, SeriesKey]:
        """Give the keys of those ids that exist."""
        return self._database.read(_keys_of, ids)

    def _keep_times(
        self, connection: sa.Connection, times: Sequence[tuple[int, int, int]], seq: int
    ) -> None:
        if times:
            statement = (
                series.update()
                .where(series.c.id == sa.bindparam("the_id"))
                .values(first_t=sa.bindparam("first"), last_t=sa.bindparam("last"))
            )
            connection.execute(
                statement,
                [{"the_id": i, "first": first, "last": last} for i, first, last in times],
            )
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(positions)
        connection.execute(
            insert.values(follower=_FOLLOWER, seq=seq).on_conflict_do_update(
                index_elements=["follower"], set_={"seq": seq}
            )
        )


def _load(connection: sa.Connection) -> tuple[list[KnownSeries], int]:
    rows = connection.execute(
        sa.select(
            series.c.id,
            series.c.name,
            series.c.labels,
            series.c.first_t,
            series.c.last_t,
            series.c.token_id,
        ).order_by(series.c.id)
    )
    known = [
        KnownSeries(series_id, series_key(name, orjson.loads(labels)), first, last, owner or 0)
        for series_id, name, labels, first, last, owner in rows
    ]
    seq = connection.execute(
        sa.select(positions.c.seq).where(positions.c.follower == _FOLLOWER)
    ).scalar()
    return known, seq or 0


def _keys_of(connection: sa.Connection, ids: Sequence[int]) -> dict[int, SeriesKey]:
    found: dict[int, SeriesKey] = {}
    for at in range(0, len(ids), _IDS_A_STATEMENT):
        rows = connection.execute(
            sa.select(series.c.id, series.c.name, series.c.labels).where(
                series.c.id.in_(ids[at : at + _IDS_A_STATEMENT])
            )
        )
        found |= {row.id: series_key(row.name, orjson.loads(row.labels)) for row in rows}
    return found
