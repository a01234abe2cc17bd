"""The kept metadata of metrics."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from quadra.storage.database import Database
from quadra.storage.tables import descriptions
from quadra.telemetry.metadata import Metadata


class SqlDescriptions:
    """Implements ``engine.descriptions.MetadataStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def load(self) -> list[Metadata]:
        """Give everything that is kept."""
        return self._database.read(_load)

    def put(self, described: Sequence[Metadata]) -> None:
        """Keep these, in place of what was said of the same names."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(descriptions)
        new = insert.excluded
        statement = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"type": new.type, "unit": new.unit, "help": new.help},
        )
        rows = [
            {"name": one.name, "type": one.type, "unit": one.unit, "help": one.help}
            for one in described
        ]
        self._database.write(_put, statement, rows)


def _load(connection: sa.Connection) -> list[Metadata]:
    return [
        Metadata(row.name, row.type, row.unit, row.help)
        for row in connection.execute(sa.select(descriptions))
    ]


def _put(connection: sa.Connection, statement: sa.Insert, rows: Sequence[dict[str, str]]) -> None:
    connection.execute(statement, rows)
