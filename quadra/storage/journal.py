"""The journal in SQL: one packed row a commit, and the series that came with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import orjson
import sqlalchemy as sa

from quadra.engine.ports import Appended, Entry, Gap, Row, payers
from quadra.errors import InvalidError
from quadra.storage.database import Database
from quadra.storage.memos import put_memos
from quadra.storage.plain import plain_insert, plain_rows
from quadra.storage.tables import journal, judging, series
from quadra.storage.upserts import insert_into
from quadra.telemetry.batch import Batch, Columns
from quadra.telemetry.packing import pack, unpack
from quadra.telemetry.series import SeriesKey, digest

_APPEND_LOCK = 7_305_801_143
_SERIES_A_STATEMENT = 500
MAX_SAMPLES_A_READ = 12_000_000

JUDGED = sa.select(sa.func.min(judging.c.seq))
"""The position up to which samples have been judged; NULL where nobody judges."""


_BY_DIGEST = sa.select(series.c.id, series.c.digest).where(
    series.c.digest.in_(sa.bindparam("digests", expanding=True))
)


class SqlJournal:
    """Implements ``engine.ports.JournalStore`` on SQLite and Postgres."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Wire the store; ``clock`` gives unix seconds."""
        self._database = database
        self._clock = clock

    def append(self, entries: Sequence[Entry]) -> Appended:
        """Write all entries in one durable transaction."""
        return self._database.write(self._append, entries)

    def head(self) -> int:
        """Give the newest position."""
        return self._database.read(_head)

    def gap(self, seq: int) -> Gap:
        """Tell how much stands behind a position, without reading it."""
        return self._database.read(_gap, seq)

    def since(self, seq: int, limit: int, samples: int = 4_000_000) -> list[Row]:
        """Read the rows after a position in order, within both bounds."""
        return self._database.read(_since, seq, limit, samples)

    def _append(self, connection: sa.Connection, entries: Sequence[Entry]) -> Appended:
        if not self._database.is_sqlite:
            # Positions must become visible in their order, also with several processes writing.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPEND_LOCK)))
        made = self._ids_of_unknown(connection, entries)
        columns = Columns.concat([_columns(entry, made) for entry in entries])
        statement = journal.insert().returning(journal.c.seq)
        now = self._clock()
        row = {
            "committed_at": now,
            "first_t": int(columns.t.min()) if len(columns) else 0,
            "last_t": int(columns.t.max()) if len(columns) else 0,
            "samples": len(columns),
            "columns": pack(columns),
        }
        seq = connection.execute(statement, row).scalar_one()
        memos = [memo for entry in entries for memo in entry.memos]
        if memos:
            put_memos(connection, memos, now, is_sqlite=self._database.is_sqlite)
        return Appended(seq, columns, [(series_id, key) for key, series_id in made.items()])

    def _ids_of_unknown(
        self, connection: sa.Connection, entries: Sequence[Entry]
    ) -> dict[SeriesKey, int]:
        times: dict[SeriesKey, tuple[int, int]] = {}
        for entry in entries:
            if 0 not in entry.ids:
                continue
            spans = _spans(entry.batch)
            for key, series_id, span in zip(entry.batch.keys, entry.ids, spans, strict=True):
                if series_id == 0:
                    first, last = times.get(key, span)
                    times[key] = (min(first, span[0]), max(last, span[1]))
        made: dict[SeriesKey, int] = {}
        keys = list(times)
        owners = payers(entries) if keys else {}
        for at in range(0, len(keys), _SERIES_A_STATEMENT):
            made |= self._make(connection, keys[at : at + _SERIES_A_STATEMENT], times, owners)
        return made

    def _make(
        self,
        connection: sa.Connection,
        keys: list[SeriesKey],
        times: dict[SeriesKey, tuple[int, int]],
        owners: dict[SeriesKey, int],
    ) -> dict[SeriesKey, int]:
        digests = {digest(key): key for key in keys}
        insert = insert_into(series, is_sqlite=self._database.is_sqlite)
        rows = [
            {
                "digest": mark,
                "name": key[0],
                "labels": orjson.dumps(dict(key[1])).decode(),
                "first_t": times[key][0],
                "last_t": times[key][1],
                "token_id": owners.get(key),
            }
            for mark, key in digests.items()
        ]
        plain_insert(connection, insert.on_conflict_do_nothing(index_elements=["digest"]), rows)
        found = plain_rows(connection, _BY_DIGEST, {"digests": list(digests)})
        return {digests[bytes(mark)]: series_id for series_id, mark in found}


def too_many_samples() -> InvalidError:
    """Make the error of a question that would read more than one may."""
    msg = (
        f"This would read more than {MAX_SAMPLES_A_READ} samples. Shorten the span, or choose "
        "fewer series."
    )
    return InvalidError(msg, code="too_many_samples")


def _spans(batch: Batch) -> list[tuple[int, int]]:
    """Give the first and last time of each of the batch's series, in unix ms."""
    first = np.full(len(batch.keys), np.iinfo(np.int64).max)
    last = np.full(len(batch.keys), np.iinfo(np.int64).min)
    np.minimum.at(first, batch.index, batch.t)
    np.maximum.at(last, batch.index, batch.t)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _columns(entry: Entry, made: dict[SeriesKey, int]) -> Columns:
    batch = entry.batch
    ids = [series_id or made[key] for key, series_id in zip(batch.keys, entry.ids, strict=True)]
    return Columns(np.array(ids, np.uint32)[batch.index], batch.t, batch.v)


def _head(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(journal.c.seq))).scalar() or 0


def _gap(connection: sa.Connection, seq: int) -> Gap:
    rows, samples, oldest = connection.execute(
        sa.select(
            sa.func.count(), sa.func.sum(journal.c.samples), sa.func.min(journal.c.committed_at)
        ).where(journal.c.seq > seq)
    ).one()
    return Gap(rows, samples or 0, oldest or 0.0)


def _since(connection: sa.Connection, seq: int, limit: int, samples: int) -> list[Row]:
    behind = journal.c.seq > seq
    sizes = connection.execute(
        sa.select(journal.c.seq, journal.c.samples)
        .where(behind)
        .order_by(journal.c.seq)
        .limit(limit)
    )
    last = seq
    for position, size in sizes.all():
        samples -= size
        if samples < 0 and last != seq:
            break
        last = position
    rows = connection.execute(
        sa.select(journal.c.seq, journal.c.committed_at, journal.c.columns)
        .where(behind, journal.c.seq <= last)
        .order_by(journal.c.seq)
    )
    return [Row(position, committed_at, unpack(blob)) for position, committed_at, blob in rows]
