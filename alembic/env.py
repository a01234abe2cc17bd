"""Runs migrations: within Quadra's start on its own connection, or by the alembic command."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import context
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.storage.tables import metadata


def run(connection: sa.Connection) -> None:
    """Migrate on a connection.

    SQLite changes a table by making it anew and dropping the old one, and with foreign keys on
    that drop deletes what refers to it; so they are off meanwhile and checked afterwards.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    driver: Any = connection.connection.dbapi_connection
    if is_sqlite:
        driver.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=is_sqlite,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                msg = f"The migration would leave {len(broken)} rows without what they refer to."
                raise RuntimeError(msg)
    if is_sqlite:
        connection.commit()
        driver.execute("PRAGMA foreign_keys=ON")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(Settings.from_env().database_url).engine.connect() as own:
        run(own)
        own.commit()
