"""Queries past SQLAlchemy give what SQLAlchemy gives, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from quadra.errors import StorageError
from quadra.storage import plain
from quadra.storage.database import Database
from quadra.storage.plain import plain_each, plain_rows
from quadra.storage.tables import positions

COUNT = 40
OF = sa.select(positions.c.follower, positions.c.seq).where(
    positions.c.seq.in_(sa.bindparam("numbers", expanding=True)),
    positions.c.seq >= sa.bindparam("least"),
    positions.c.follower.in_(["f0", "f1", "f2", "f3", "f5", "f30"]),
)


@pytest.fixture
def filled(database: Database) -> Database:
    rows = [{"follower": f"f{i}", "seq": i} for i in range(COUNT)]
    database.write(lambda connection: connection.execute(positions.insert(), rows).rowcount)
    return database


@pytest.mark.parametrize("numbers", [[], [3], [1, 2, 5], list(range(5)), list(range(COUNT))])
@pytest.mark.parametrize("ask", [plain_rows, plain_each])
def test_lists_of_any_length(filled: Database, ask: Any, numbers: list[int]) -> None:
    values = {"numbers": numbers, "least": 2}
    wanted = filled.read(lambda connection: connection.execute(OF, values).all())
    found = filled.read(lambda connection: [tuple(row) for row in ask(connection, OF, values)])
    assert sorted(map(tuple, wanted)) == sorted(found)


def test_every_query_is_measured(database: Database) -> None:
    told: list[tuple[str, str]] = []
    measured = Database(
        database.url.render_as_string(hide_password=False),
        meter=lambda operation, table, _seconds: told.append((operation, table)),
    )
    values = {"numbers": [1], "least": 0}
    measured.read(lambda connection: list(plain_rows(connection, OF, values)))
    measured.close()
    assert [("select", "positions")] == told


def test_what_is_wrong_is_said_as_ever(database: Database) -> None:
    missing = sa.select(sa.table("not_there", sa.column("x")).c.x)
    with pytest.raises(StorageError, match="not_there"):
        database.read(lambda connection: plain_rows(connection, missing, {}))
    assert [] == database.read(
        lambda connection: list(plain_rows(connection, OF, {"numbers": [1], "least": 0}))
    )


def test_few_statements_are_made_for_lists_of_many_lengths(database: Database) -> None:
    plain._compiled.cache_clear()
    for size in range(1, 200):
        database.read(plain_rows, OF, {"numbers": list(range(size)), "least": 0})
    assert plain._compiled.cache_info().misses <= 9
