"""Whether anybody judges, and who of several processes says so first."""

from __future__ import annotations

import sqlalchemy as sa

from quadra.engine.alerting import Beat
from quadra.storage.alert_rows import upsert
from quadra.storage.database import Database
from quadra.storage.tables import journal, judging, positions


class SqlBeat:
    """Implements ``engine.alerting.BeatStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def beat(self) -> Beat:
        """Give the latest beat."""
        return self._database.read(_beat)

    def claim(self, what: str, mark: int) -> bool:
        """Say whether this process is the first to do a thing for a mark, or a later one."""
        return self._database.write(self._claim, what, mark)

    def _claim(self, connection: sa.Connection, what: str, mark: int) -> bool:
        done = connection.execute(
            upsert(self._database, positions)
            .values(follower=what, seq=mark)
            .on_conflict_do_update(
                index_elements=["follower"], set_={"seq": mark}, where=positions.c.seq < mark
            )
            .returning(positions.c.seq)
        )
        return done.first() is not None


def _beat(connection: sa.Connection) -> Beat:
    row = connection.execute(sa.select(judging.c.beat_at, judging.c.seq)).first()
    head = connection.execute(sa.select(sa.func.max(journal.c.seq))).scalar() or 0
    return Beat(0.0, 0, head) if row is None else Beat(row.beat_at, row.seq or 0, head)
