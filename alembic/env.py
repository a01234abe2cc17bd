"""Runs migrations: within Quadra's start on its own connection, or by the alembic command."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import context
from quadra.errors import SettingsError
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.storage.migrations import lock
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
        process_revision_directives=number_next,
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


def number_next(
    _migrations: MigrationContext, _revision: object, directives: list[MigrationScript]
) -> None:
    """Name a new revision by the number after the newest, as all are named."""
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    if directives and not getattr(context.config.cmd_opts, "rev_id", None):
        directives[0].rev_id = f"{int(newest or 0) + 1:04}"


def run_alone() -> None:
    """Migrate for the alembic command: with the settings' database, made where it is not there."""
    try:
        database = Database(Settings.from_env().database_url)
    except SettingsError as error:
        raise SystemExit(f"alembic: {error.detail}") from None
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    with lock(database), database.engine.connect() as own:
        run(own)
        own.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    run_alone()
