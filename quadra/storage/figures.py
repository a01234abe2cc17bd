"""What the worker has counted, as one row."""

from __future__ import annotations

import orjson
import sqlalchemy as sa

from quadra.engine.figures import State
from quadra.storage.alert_rows import upsert
from quadra.storage.database import Database
from quadra.storage.tables import figures


class SqlFigures:
    """Implements ``engine.figures.FigureStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def keep(self, state: State, now: float) -> None:
        """Keep the newest state; ``now`` in unix seconds."""
        self._database.write(self._keep, orjson.dumps(state).decode(), now)

    def kept(self) -> State:
        """Give what was kept, empty before the first."""
        text = self._database.read(_kept)
        return {} if text is None else orjson.loads(text)

    def _keep(self, connection: sa.Connection, text: str, now: float) -> None:
        row = {"state": text, "kept_at": now}
        connection.execute(
            upsert(self._database, figures)
            .values(id=1, **row)
            .on_conflict_do_update(index_elements=["id"], set_=row)
        )


def _kept(connection: sa.Connection) -> str | None:
    return connection.execute(sa.select(figures.c.state)).scalar_one_or_none()
