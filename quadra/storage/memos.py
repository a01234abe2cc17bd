"""What sources note for themselves, in the commit of the samples that it led to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from quadra.engine.ports import Memo
from quadra.storage.database import Database, plain_insert
from quadra.storage.tables import memos

KEPT_S = 90 * 86_400.0
MAX_MEMOS = 100_000
MAX_BYTES = 64 << 20


class SqlMemos:
    """Implements ``engine.ports.MemoStore``."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Wire the store; ``clock`` gives unix seconds."""
        self._database = database
        self._clock = clock

    def load(self) -> dict[bytes, bytes]:
        """Give the newest memos by key, and drop those that are too old to matter."""
        return self._database.write(_load, self._clock() - KEPT_S)


def put_memos(
    connection: sa.Connection, found: Sequence[Memo], now: float, *, is_sqlite: bool
) -> None:
    """Write memos in the place of those with the same keys."""
    insert = (sqlite if is_sqlite else postgresql).insert(memos)
    statement = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"value": insert.excluded.value, "kept_at": insert.excluded.kept_at},
    )
    newest = {memo.key: memo.content for memo in found}
    rows = [{"key": key, "value": value, "kept_at": now} for key, value in newest.items()]
    plain_insert(connection, statement, rows)


def _load(connection: sa.Connection, oldest: float) -> dict[bytes, bytes]:
    connection.execute(memos.delete().where(memos.c.kept_at < oldest))
    rows = connection.execute(
        sa.select(memos.c.key, memos.c.value).order_by(memos.c.kept_at.desc()).limit(MAX_MEMOS)
    )
    found: dict[bytes, bytes] = {}
    room = MAX_BYTES
    for key, value in rows:
        room -= len(value)
        if room < 0:
            break
        found[bytes(key)] = bytes(value)
    return found
