"""Sealed chunks in SQL: one row holds compressed samples of one series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa

from quadra.engine.sealer import OvertakenError, Stretch
from quadra.storage.database import Database
from quadra.storage.journal import JUDGED
from quadra.storage.sealed import PACKED, checksum, sound
from quadra.storage.tables import chunks, journal, positions
from quadra.storage.upserts import insert_into
from quadra.telemetry import chunks as codec

FOLLOWER = "sealer"
ROWS_A_DROP = 1_000
SAMPLES_A_DROP = 500_000  # about 5 MB
_CLAIM = "sealer-claim"


class SqlChunks:
    """Implements ``engine.sealer.ChunkStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def claim(self) -> int:
        """Begin a round; what earlier rounds still want to write is refused from now on."""
        return begin_round(self._database)

    def sealed(self) -> int:
        """Give the journal position up to which everything stands in chunks."""
        return self._database.read(read_sealed)

    def tails(self, series: Sequence[int]) -> dict[int, Stretch]:
        """Give the newest chunk of each series that has one; a damaged one is left as it is."""
        rows = sound(self._database.read(_tails, series), spare_damaged=True)
        t, v, bounds = codec.decode_many([codec.Chunk(*row[2:8]) for row in rows])
        return {
            row[1]: Stretch(row[1], t[low:high], v[low:high], row[0])
            for row, (low, high) in zip(rows, pairwise(bounds.tolist()), strict=True)
        }

    def put(self, claim: int, stretches: Sequence[Stretch]) -> None:
        """Write each as a chunk, in one short transaction."""
        bounds = np.cumsum([0, *(len(s.t) for s in stretches)])
        packed = codec.encode_many(
            np.concatenate([s.t for s in stretches]),
            np.concatenate([s.v for s in stretches]),
            bounds,
        )
        rows = [row_of(s.series_id, chunk) for s, chunk in zip(stretches, packed, strict=True)]
        new = [row for row, s in zip(rows, stretches, strict=True) if s.replaces is None]
        again = [
            {**row, "the_id": s.replaces}
            for row, s in zip(rows, stretches, strict=True)
            if s.replaces is not None
        ]
        self._database.write(_put, claim, new, again)

    def finish(
        self, claim: int, seq: int, committed_before: float, unjudged_before: float = math.inf
    ) -> int:
        """Keep the position reached and drop sealed rows that old, unjudged ones later."""
        insert = insert_into(positions, is_sqlite=self._database.is_sqlite)
        keep = insert.values(follower=FOLLOWER, seq=seq).on_conflict_do_update(
            index_elements=["follower"], set_={"seq": seq}
        )
        goes = sa.and_(
            journal.c.seq <= seq,
            journal.c.committed_at < committed_before,
            (journal.c.seq <= sa.func.coalesce(JUDGED.scalar_subquery(), seq))
            | (journal.c.committed_at < min(unjudged_before, committed_before)),
        )
        self._database.write(_finish, claim, keep)
        return self._database.write_in_portions(drop_rows, claim, goes)

    def expire(self, before: int, limit: int) -> int:
        """Drop at most ``limit`` chunks that ended before a time (unix ms)."""
        old = sa.select(chunks.c.id).where(chunks.c.last_t < before).limit(limit)
        return self._database.write(_execute, chunks.delete().where(chunks.c.id.in_(old)))


def begin_round(database: Database) -> int:
    """Begin a round of sealing or rolling up; earlier ones can write no more. Gives its number."""
    insert = insert_into(positions, is_sqlite=database.is_sqlite)
    statement = (
        insert.values(follower=_CLAIM, seq=1)
        .on_conflict_do_update(index_elements=["follower"], set_={"seq": positions.c.seq + 1})
        .returning(positions.c.seq)
    )
    return database.write(_claim, statement)


def row_of(series_id: int, chunk: codec.Chunk) -> dict[str, Any]:
    """Give the row of a chunk."""
    return {
        "series_id": series_id,
        "first_t": chunk.t0,
        "last_t": chunk.t1,
        "step": chunk.step,
        "count": chunk.count,
        "times": chunk.times,
        "values": chunk.values,
        "checksum": checksum(chunk),
    }


def read_sealed(connection: sa.Connection) -> int:
    """Read the journal position up to which everything stands in chunks."""
    statement = sa.select(positions.c.seq).where(positions.c.follower == FOLLOWER)
    return connection.execute(statement).scalar() or 0


def _tails(connection: sa.Connection, series: Sequence[int]) -> list[Any]:
    newest = (
        sa.select(chunks.c.series_id, sa.func.max(chunks.c.last_t).label("last_t"))
        .where(chunks.c.series_id.in_(series))
        .group_by(chunks.c.series_id)
        .subquery()
    )
    # Two chunks may end at the same time; the later written of them is the one to go on with.
    return list(
        connection.execute(
            sa.select(chunks.c.id, chunks.c.series_id, *PACKED)
            .join(
                newest,
                (chunks.c.series_id == newest.c.series_id) & (chunks.c.last_t == newest.c.last_t),
            )
            .order_by(chunks.c.id)
        )
    )


def _put(
    connection: sa.Connection, claim: int, new: list[dict[str, Any]], again: list[dict[str, Any]]
) -> None:
    hold_claim(connection, claim)
    if again:
        statement = (
            chunks.update()
            .where(chunks.c.id == sa.bindparam("the_id"))
            .values({name: sa.bindparam(name) for name in again[0] if name != "the_id"})
        )
        connection.execute(statement, again)
    if new:
        connection.execute(chunks.insert(), new)


def _claim(connection: sa.Connection, statement: sa.Executable) -> int:
    return int(connection.execute(statement).scalar_one())


def hold_claim(connection: sa.Connection, claim: int) -> None:
    """Raise OvertakenError unless the round is still the newest; nobody can begin one now."""
    newest = connection.execute(
        sa.select(positions.c.seq).where(positions.c.follower == _CLAIM).with_for_update()
    ).scalar()
    if newest != claim:
        msg = "Another process has begun to seal this history."
        raise OvertakenError(msg)


def _finish(connection: sa.Connection, claim: int, keep: sa.Executable) -> None:
    hold_claim(connection, claim)
    connection.execute(keep)


def drop_rows(connection: sa.Connection, claim: int, goes: sa.ColumnElement[bool]) -> int:
    """Drop a portion of the journal's rows that may go, the oldest first; gives how many."""
    hold_claim(connection, claim)
    oldest = sa.select(journal.c.seq, journal.c.samples).where(goes).order_by(journal.c.seq)
    last, room = None, SAMPLES_A_DROP
    for seq, samples in connection.execute(oldest.limit(ROWS_A_DROP)).all():
        room -= samples
        if room < 0 and last is not None:
            break
        last = seq
    if last is None:
        return 0
    return connection.execute(journal.delete().where(goes, journal.c.seq <= last)).rowcount


def _execute(connection: sa.Connection, statement: sa.Delete) -> int:
    return connection.execute(statement).rowcount
