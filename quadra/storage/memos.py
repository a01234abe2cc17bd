"""What sources note for themselves, in the commit of the samples that it led to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from quadra.engine.ports import Memo
from quadra.storage.database import Database
from quadra.storage.plain import plain_insert, plain_rows
from quadra.storage.tables import memos
from quadra.storage.upserts import insert_into

KEPT_S = 90 * 86_400.0
DROPPED_A_COMMIT = 200
_KEYS_A_STATEMENT = 500

_FIND = sa.select(memos.c.key, memos.c.value).where(
    memos.c.key.in_(sa.bindparam("keys", expanding=True)),
    memos.c.kept_at >= sa.bindparam("oldest"),
)
_DROP = memos.delete().where(
    memos.c.key.in_(
        sa.select(memos.c.key)
        .where(memos.c.kept_at < sa.bindparam("oldest"))
        .limit(DROPPED_A_COMMIT)
    )
)


class SqlMemos:
    """Implements ``engine.ports.MemoStore``."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """Wire the store; ``clock`` gives unix seconds."""
        self._database = database
        self._clock = clock

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Give those memos of these keys that are there and not too old to matter."""
        return self._database.read(_find, keys, self._clock() - KEPT_S)


def put_memos(
    connection: sa.Connection, found: Sequence[Memo], now: float, *, is_sqlite: bool
) -> None:
    """Write memos in the place of those with the same keys, and drop some that are too old."""
    insert = insert_into(memos, is_sqlite=is_sqlite)
    statement = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"value": insert.excluded.value, "kept_at": insert.excluded.kept_at},
    )
    newest = {memo.key: memo.content for memo in found}
    rows = [{"key": key, "value": value, "kept_at": now} for key, value in newest.items()]
    plain_insert(connection, statement, rows)
    connection.execute(_DROP, {"oldest": now - KEPT_S})


def _find(connection: sa.Connection, keys: Sequence[bytes], oldest: float) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for at in range(0, len(keys), _KEYS_A_STATEMENT):
        some = {"keys": keys[at : at + _KEYS_A_STATEMENT], "oldest": oldest}
        rows = plain_rows(connection, _FIND, some)
        found |= {bytes(key): bytes(value) for key, value in rows}
    return found
