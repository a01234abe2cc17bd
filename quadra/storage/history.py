"""One past out of two places: sealed chunks, and the journal's rows that are not sealed yet."""

from __future__ import annotations

import sqlalchemy as sa

from quadra.storage.chunks import chunks_between
from quadra.storage.database import Database
from quadra.storage.journal import rows_between
from quadra.storage.tables import chunks, journal
from quadra.telemetry.batch import Columns, IdArray


class SqlHistory:
    """Implements ``engine.ports.HistoryStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        """Read samples of the wanted series with start <= t <= end (unix ms), in order written.

        Both places are read in one transaction, so that nothing that is sealed meanwhile is
        missed; what stands in both comes twice, the journal's copy later.
        """
        if len(wanted) == 0:
            return Columns.empty()
        return self._database.read(_between, start, end, wanted)

    def size(self) -> int:
        """Give the bytes on disk."""
        file = self._database.file
        if file is None:
            return self._database.read(_postgres_size)
        parts = (file, file.with_name(file.name + "-wal"))
        return sum(path.stat().st_size for path in parts if path.exists())


def _between(connection: sa.Connection, start: int, end: int, wanted: IdArray) -> Columns:
    sealed = chunks_between(connection, start, end, wanted)
    return Columns.concat([*sealed, *rows_between(connection, start, end, wanted)])


def _postgres_size(connection: sa.Connection) -> int:
    sizes = [sa.func.pg_total_relation_size(sa.literal(table.name)) for table in (journal, chunks)]
    first, second = connection.execute(sa.select(*sizes)).one()
    return int(first) + int(second)
