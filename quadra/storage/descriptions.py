"""The kept metadata of metrics."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from quadra.storage.database import Database
from quadra.storage.tables import descriptions
from quadra.storage.upserts import insert_into
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
        insert = insert_into(descriptions, is_sqlite=self._database.is_sqlite)
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
