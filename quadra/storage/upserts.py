"""Inserts that know what to do on a conflict: each database has its own, loaded where used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def insert_into(table: sa.Table, *, is_sqlite: bool) -> Any:
    """Give the insert of SQLite or of Postgres for a table."""
    if is_sqlite:
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - see above

        return insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgres  # noqa: PLC0415 - as above

    return postgres(table)
