"""Brings the database to this version's tables; refuses one that a newer Quadra has changed."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from quadra.errors import SettingsError, StorageError
from quadra.storage.database import Database

_ROOT = Path(__file__).resolve().parents[2]
_LOCK_KEY = 7_305_801_142  # any number that no other program on this Postgres uses


def upgrade(database: Database) -> bool:
    """Upgrade an empty or older database; says whether anything was done.

    Several processes may call this at once: one does the work under a lock, the others look
    again once it is theirs. Raises SettingsError when the database can't be used.
    """
    config = Config(str(_ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(_ROOT / "alembic"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    try:
        if _current(database) == head:
            return False
        with lock(database), database.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            connection.rollback()
            if current == head:
                return False
            _refuse_newer(scripts, current)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            return True
    except (sa.exc.SQLAlchemyError, StorageError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        msg = f"DATABASE_URL: can't use {_shown(database)}: {str(cause).strip().splitlines()[0]}."
        raise SettingsError(msg) from error


def _shown(database: Database) -> str:
    return database.url.render_as_string(hide_password=True)


def _current(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(scripts: ScriptDirectory, current: str | None) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        msg = (
            f"DATABASE_URL: this database was upgraded by a newer Quadra (revision {current}). "
            "Start that version, or restore a backup from before."
        )
        raise SettingsError(msg)


@contextmanager
def lock(database: Database) -> Iterator[None]:
    """Keep all others from migrating this database meanwhile, whichever way they were started."""
    if database.file is not None:
        with Path(f"{database.file}.migrating").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    with database.engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK_KEY)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK_KEY)))
