"""Each port's suite runs over SQLite and over a real Postgres, that of history over more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from tests.contract.houses import House, RemoteHouse
from tests.servers.stores import PrometheusStore, VictoriaMetrics

BACKENDS = ("sqlite", "postgres")
HOUSES = (*BACKENDS, "victoria_metrics", "prometheus_store")


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


@pytest.fixture(scope="session")
def victoria_metrics() -> Iterator[PrometheusStore]:
    """A VictoriaMetrics for this worker."""
    with VictoriaMetrics.running() as running:
        yield running


@pytest.fixture(scope="session")
def prometheus_store() -> Iterator[PrometheusStore]:
    """A Prometheus that takes remote write, for this worker."""
    with PrometheusStore.running() as running:
        yield running


@pytest.fixture(params=HOUSES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A journal and its past, on each kind of history store."""
    url = f"sqlite:///{tmp_path}/quadra.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    assert upgrade(database)
    made = House(database)
    if request.param not in BACKENDS:
        store = request.getfixturevalue(request.param)
        made = RemoteHouse(database, store, secrets.token_hex(6))
    yield made
    made.close()
