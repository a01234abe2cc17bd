"""Rollups in SQL: one row holds the cells of one series over a window of time."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from quadra.engine.roller import Portion
from quadra.errors import DamagedError
from quadra.storage.chunks import begin_round, hold_claim
from quadra.storage.compacting import put_together
from quadra.storage.database import Database
from quadra.storage.journal import too_many_samples
from quadra.storage.plain import plain_rows
from quadra.storage.sealed import chunks_between
from quadra.storage.tables import chunks, minutes, positions, rollups, series
from quadra.storage.upserts import insert_into
from quadra.telemetry import blocks
from quadra.telemetry.batch import Columns, IdArray
from quadra.telemetry.rollups import WINDOWS, Rollup, merge
from quadra.telemetry.tiers import NEVER, Marks, Span

log = logging.getLogger(__name__)

MAX_CELLS_A_READ = 6_000_000
_MARKS = ("raw-from", "rolled-until", "rollups-from")  # in the order of Marks
ROWS_A_PORTION = 1_000


class SqlRollups:
    """Implements ``engine.roller.RollupStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def claim(self) -> int:
        """Begin a round; what earlier rounds still want to write is refused from now on."""
        return begin_round(self._database)

    def marks(self) -> Marks:
        """Tell how far samples and rollups reach."""
        return self._database.read(read_marks)

    def mark(self, claim: int, marks: Marks) -> None:
        """Keep how far samples and rollups reach."""
        insert = insert_into(positions, is_sqlite=self._database.is_sqlite)
        statement = insert.on_conflict_do_update(
            index_elements=["follower"], set_={"seq": insert.excluded.seq}
        )
        rows = [
            {"follower": follower, "seq": value}
            for follower, value in zip(_MARKS, marks, strict=True)
        ]
        self._database.write(_claimed, claim, statement, rows)

    def oldest(self) -> int | None:
        """Give the time of the oldest sealed sample (unix ms)."""
        return self._database.read(_oldest)

    def series(self) -> list[int]:
        """List the ids of all series."""
        return self._database.read(_series)

    def samples(self, span: Span, ids: IdArray) -> Columns:
        """Read what is sealed of these series within the span; damaged chunks are left out."""
        return self._database.read(chunks_between, span[0], span[1] - 1, ids, spare_damaged=True)

    def put_together(self, claim: int, portion: Portion) -> None:
        """Put chunks of the portion together that are shorter than they may be."""
        put_together(self._database, claim, portion.span, portion.ids)

    def minutes_since(self, ids: IdArray) -> dict[int, int]:
        """Tell from when on (unix ms) series have cells of minutes, for those that have."""
        return self._database.read(read_minutes_since, ids)

    def keep_minutes(self, claim: int, ids: Sequence[int], since: int) -> None:
        """Note that series have cells of minutes from now on."""
        insert = insert_into(minutes, is_sqlite=self._database.is_sqlite)
        rows = [{"series_id": number, "since": since} for number in ids]
        self._database.write(_claimed, claim, insert.on_conflict_do_nothing(), rows)

    def put(self, claim: int, step: int, cells: Rollup, portion: Portion) -> None:
        """Make these the cells of the portion's series and span, instead of those before."""
        ids, span = portion
        length = WINDOWS[step]
        first, until = span[0] // length * length, -(-span[1] // length) * length
        if (first, until) != span:  # the first and last window may hold other cells too
            old = self._database.read(
                cells_between, step, (first, until), ids, blocks.EVERYTHING, spare_damaged=True
            )
            others = old.where((old.start < span[0]) | (old.start >= span[1]))
            cells = merge([others, cells], step) if len(others.ids) else cells
        gone = rollups.delete().where(
            rollups.c.step == step,
            rollups.c.series_id.in_(ids.tolist()),
            rollups.c.first_t >= first,
            rollups.c.first_t < until,
        )
        self._database.write(_replace, claim, gone, _rows(cells, step))

    def drop_samples(self, claim: int, before: int, ids: IdArray) -> int:
        """Drop the chunks of these series that ended before a time; gives how many."""
        old = (
            sa.select(chunks.c.id)
            .where(chunks.c.series_id.in_(ids.tolist()), chunks.c.last_t < before)
            .limit(ROWS_A_PORTION)
        )
        statement = chunks.delete().where(chunks.c.id.in_(old))
        return self._database.write_in_portions(_drop, claim, statement)

    def drop_rollups(self, claim: int, before: int) -> int:
        """Drop a portion of the cells that ended before a time; gives the number of rows."""
        dropped = 0
        for step, length in WINDOWS.items():
            key = sa.tuple_(rollups.c.step, rollups.c.series_id, rollups.c.first_t)
            old = (
                sa.select(rollups.c.step, rollups.c.series_id, rollups.c.first_t)
                .where(rollups.c.step == step, rollups.c.first_t <= before - length)
                .limit(ROWS_A_PORTION)
            )
            dropped += self._database.write(_drop, claim, rollups.delete().where(key.in_(old)))
        return dropped


_READ_MARKS = sa.select(positions.c.follower, positions.c.seq).where(
    positions.c.follower.in_(_MARKS)
)


def read_marks(connection: sa.Connection) -> Marks:
    """Read how far samples and rollups reach."""
    found = dict(plain_rows(connection, _READ_MARKS, {}))
    return Marks(*(int(found.get(follower, NEVER)) for follower in _MARKS))


def read_minutes_since(connection: sa.Connection, ids: IdArray) -> dict[int, int]:
    """Read from when on series have cells of minutes."""
    rows = connection.execute(
        sa.select(minutes.c.series_id, minutes.c.since).where(minutes.c.series_id.in_(ids.tolist()))
    )
    return {number: int(since) for number, since in rows}


def cells_between(
    connection: sa.Connection,
    step: int,
    span: Span,
    ids: IdArray,
    wanted: Collection[str],
    *,
    spare_damaged: bool = False,
) -> Rollup:
    """Read the cells of series that begin within the span, sorted by series and start.

    Of damaged blocks raises DamagedError, or leaves them out and says so in the log.
    """
    length = WINDOWS[step]
    rows = connection.execute(
        sa.select(rollups.c.series_id, rollups.c.cells, rollups.c.data, rollups.c.checksum)
        .where(
            rollups.c.step == step,
            rollups.c.series_id.in_(ids.tolist()),
            rollups.c.first_t >= span[0] // length * length,
            rollups.c.first_t < span[1],
        )
        .order_by(rollups.c.series_id, rollups.c.first_t)
    ).all()
    if sum(row[1] for row in rows) > MAX_CELLS_A_READ:
        raise too_many_samples()
    good = [row for row in rows if zlib.crc32(row[2]) == row[3]]
    if len(good) < len(rows):
        damaged = sorted({row[0] for row in rows if zlib.crc32(row[2]) != row[3]})
        if not spare_damaged:
            msg = f"Rollups of the series {damaged[:9]} are damaged on disk; restore a backup."
            raise DamagedError(msg)
        log.error("Damaged rollups of the series %s are left out", damaged)
    cells = blocks.decode_blocks([row[2] for row in good], [row[0] for row in good], wanted)
    inside = (cells.start >= span[0]) & (cells.start < span[1])
    return cells if inside.all() else cells.where(inside)


def _rows(cells: Rollup, step: int) -> list[dict[str, Any]]:
    window = cells.start // WINDOWS[step] * WINDOWS[step]
    if not len(window):
        return []
    changes = (cells.ids[1:] != cells.ids[:-1]) | (window[1:] != window[:-1])
    begins = np.flatnonzero(np.concatenate(([True], changes)))
    bounds = np.append(begins, len(window))
    packed = blocks.encode_blocks(cells, bounds, step)
    return [
        {
            "step": step,
            "series_id": number,
            "first_t": first,
            "cells": count,
            "data": data,
            "checksum": zlib.crc32(data),
        }
        for number, first, count, data in zip(
            cells.ids[begins].tolist(),
            window[begins].tolist(),
            np.diff(bounds).tolist(),
            packed,
            strict=True,
        )
    ]


def _claimed(
    connection: sa.Connection, claim: int, statement: sa.Executable, rows: list[dict[str, Any]]
) -> None:
    hold_claim(connection, claim)
    connection.execute(statement, rows)


def _replace(
    connection: sa.Connection, claim: int, gone: sa.Delete, rows: list[dict[str, Any]]
) -> None:
    hold_claim(connection, claim)
    connection.execute(gone)
    if rows:
        connection.execute(rollups.insert(), rows)


def _drop(connection: sa.Connection, claim: int, statement: sa.Delete) -> int:
    hold_claim(connection, claim)
    return connection.execute(statement).rowcount


def _oldest(connection: sa.Connection) -> int | None:
    return connection.execute(sa.select(sa.func.min(chunks.c.first_t))).scalar()


def _series(connection: sa.Connection) -> list[int]:
    return [row[0] for row in connection.execute(sa.select(series.c.id).order_by(series.c.id))]
