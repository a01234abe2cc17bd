"""Which tables a database has, told without alembic: loading that takes time and 11 MB."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from quadra.errors import StorageError
from quadra.storage.database import Database

VERSIONS = Path(__file__).resolve().parents[2] / "alembic" / "versions"


def newest_revision() -> str:
    """Give the last of this version's revisions; their files are named by number."""
    return max(path.name for path in VERSIONS.glob("[0-9]*.py")).partition("_")[0]


def is_up_to_date(database: Database) -> bool:
    """Say whether the tables are known to be this version's; whatever is odd says that they aren't.

    ``migrations.upgrade`` looks closer then, and names what is wrong.
    """
    asked = sa.text("SELECT version_num FROM alembic_version")
    try:
        with database.engine.connect() as connection:
            found = connection.execute(asked).scalars().all()
    except (sa.exc.SQLAlchemyError, StorageError, OSError):
        return False
    return [newest_revision()] == found
