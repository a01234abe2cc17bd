"""The kept list of series, and the first and last time of each."""

from __future__ import annotations

from collections.abc import Sequence
from sys import intern

import orjson
import sqlalchemy as sa

from quadra.engine.ports import KnownSeries
from quadra.storage.database import Database
from quadra.storage.tables import positions, series
from quadra.storage.upserts import insert_into
from quadra.telemetry.series import SeriesKey

_FOLLOWER = "series-times"
_SERIES_A_READ = 2_000
_IDS_A_STATEMENT = 500


class SqlSeries:
    """Implements ``engine.ports.SeriesStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def load(self, since: int) -> tuple[list[KnownSeries], int]:
        """Give the series with samples from ``since`` (unix ms) on, as far as times are kept.

        And the journal position up to which the times are right.
        """
        return self._database.read(_load, since)

    def named(self, ids: Sequence[int]) -> list[KnownSeries]:
        """Give the series of these ids, as far as they are there."""
        return self._database.read(_named, ids)

    def keep_times(self, times: Sequence[tuple[int, int, int]], seq: int) -> None:
        """Keep (id, first, last) of changed series together with the position.

        Another process may know more of them: times only widen, and the position only grows.
        """
        self._database.write(self._keep_times, times, seq)

    def keys_of(self, ids: Sequence[int]) -> dict[int, SeriesKey]:
        """Give the keys of those ids that exist."""
        return {one.id: one.key for one in self.named(ids)}

    def _keep_times(
        self, connection: sa.Connection, times: Sequence[tuple[int, int, int]], seq: int
    ) -> None:
        if times:
            first = sa.bindparam("first", type_=sa.BigInteger)
            last = sa.bindparam("last", type_=sa.BigInteger)
            statement = (
                series.update()
                .where(series.c.id == sa.bindparam("the_id"))
                .values(
                    first_t=sa.case((series.c.first_t < first, series.c.first_t), else_=first),
                    last_t=sa.case((series.c.last_t > last, series.c.last_t), else_=last),
                )
            )
            connection.execute(
                statement,
                [{"the_id": i, "first": t0, "last": t1} for i, t0, t1 in sorted(times)],
            )
        insert = insert_into(positions, is_sqlite=self._database.is_sqlite)
        connection.execute(
            insert.values(follower=_FOLLOWER, seq=seq).on_conflict_do_update(
                index_elements=["follower"],
                set_={"seq": seq},
                where=positions.c.seq < seq,
            )
        )


def _load(connection: sa.Connection, since: int) -> tuple[list[KnownSeries], int]:
    # The position first: whatever is written meanwhile is then read again, and not missed.
    seq = connection.execute(
        sa.select(positions.c.seq).where(positions.c.follower == _FOLLOWER)
    ).scalar()
    return _read(connection, series.c.last_t >= since), seq or 0


def _named(connection: sa.Connection, ids: Sequence[int]) -> list[KnownSeries]:
    found: list[KnownSeries] = []
    for at in range(0, len(ids), _IDS_A_STATEMENT):
        found += _read(connection, series.c.id.in_(ids[at : at + _IDS_A_STATEMENT]))
    return found


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[KnownSeries]:
    rows = connection.execute(
        sa.select(
            series.c.id,
            series.c.name,
            series.c.labels,
            series.c.first_t,
            series.c.last_t,
            series.c.token_id,
        )
        .where(which)
        .order_by(series.c.id)
    )
    pairs: dict[tuple[str, str], tuple[str, str]] = {}  # the same label of many series is kept once

    def key(name: str, labels: str) -> SeriesKey:
        kept: dict[str, str] = orjson.loads(labels)  # written in the order of a key
        return intern(name), tuple(pairs.setdefault(pair, pair) for pair in kept.items())

    return [
        KnownSeries(series_id, key(name, labels), first, last, owner or 0)
        for portion in rows.partitions(_SERIES_A_READ)
        for series_id, name, labels, first, last, owner in portion
    ]
