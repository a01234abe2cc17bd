"""The key that all processes of one installation share, kept where all of them are anyway."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from quadra.storage.database import Database
from quadra.storage.tables import installation
from quadra.storage.upserts import insert_into

_KEY = "key"


def installation_key(database: Database) -> bytes:
    """Give the key, which whoever comes first makes; raises StorageError."""
    insert = insert_into(installation, is_sqlite=database.is_sqlite)
    make = insert.values(name=_KEY, value=secrets.token_bytes(32)).on_conflict_do_nothing()
    read = sa.select(installation.c.value).where(installation.c.name == _KEY)

    def work(connection: sa.Connection) -> bytes:
        connection.execute(make)
        return bytes(connection.execute(read).scalar_one())

    return database.write(work)
