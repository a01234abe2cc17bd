"""Each port's suite runs over SQLite and over a real Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quadra.storage.database import Database
from quadra.storage.migrations import upgrade

BACKENDS = ("sqlite", "postgres")


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/quadra.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def connect(database_url: str) -> Iterator[Callable[[], Database]]:
    """Give a function that connects anew, as another process or a restarted one would."""
    made: list[Database] = []

    def one() -> Database:
        made.append(Database(database_url))
        return made[-1]

    yield one
    for database in made:
        database.close()


@pytest.fixture
def database(connect: Callable[[], Database]) -> Database:
    """A database with its tables."""
    made = connect()
    assert upgrade(made)
    return made
