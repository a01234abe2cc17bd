"""A Postgres that is written to: dumped, loaded into a scratch database, and brought back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from quadra.backup.checking import check, unpacked
from quadra.backup.making import make_backup
from quadra.backup.outcomes import BackupError
from quadra.backup.restoring import restore_backup
from quadra.settings import Settings
from quadra.storage.access import SqlAccess
from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from quadra.storage.postgres_tools import look
from tests.servers.postgres import Postgres

NOW = 1_766_286_000.0


@pytest.fixture
def settings(
    postgres: Postgres, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("PATH", f"{postgres.programs}:/usr/bin:/bin")
    return named(postgres_url, tmp_path)


def named(url: str, folder: Path) -> Settings:
    env = {name: str(folder / name) for name in ("DATA_DIR", "LOGS_DIR", "BACKUP_DIR")}
    return Settings.from_env({"DATABASE_URL": url, **env})


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings.database_url)
    upgrade(made)
    yield made
    made.close()


def tokens(url: str) -> list[str]:
    database = Database(url)
    found = [token.name for token in SqlAccess(database).tokens()]
    database.close()
    return found


def add(database: Database, *names: str) -> None:
    for name in names:
        SqlAccess(database).add_token(name, name.encode() * 8, ["read"], NOW, None)


def backup(settings: Settings) -> Path:
    return make_backup("full", settings, lambda: NOW, 5).path


def test_a_dump_that_is_made_while_rows_are_written_is_of_one_moment(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            add(database, f"token {number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archive = backup(settings)
    finally:
        over.set()
        writer.join()
    with unpacked(archive, settings, tmp_path) as found:
        lines = check(found, settings)
    assert any(line.startswith("database: sound") for line in lines), lines


def test_it_comes_back_into_an_empty_database(
    settings: Settings, database: Database, postgres: Postgres, tmp_path: Path
) -> None:
    add(database, "mine")
    archive = backup(settings)
    with postgres.database() as url:
        other = named(url, tmp_path / "other")
        restore_backup(archive, other, lambda: NOW, force=False)
        assert ["mine"] == tokens(url)
        fresh = Database(url)
        assert not upgrade(fresh)
        fresh.close()


def test_what_is_used_or_full_is_refused_and_forced_aside(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    add(database, "old")
    archive = backup(settings)
    add(database, "new")
    with pytest.raises(BackupError, match="in use"):
        restore_backup(archive, settings, lambda: NOW, force=False)
    database.close()
    with pytest.raises(BackupError, match="something already"):
        restore_backup(archive, settings, lambda: NOW, force=False)
    assert ["old", "new"] == tokens(settings.database_url)
    done = restore_backup(archive, settings, lambda: NOW, force=True)
    assert ["old"] == tokens(settings.database_url)
    schema = "before_restore_20251221_030000"
    assert any(schema in line for line in done.lines)
    with database.engine.connect() as connection:
        kept = connection.execute(sa.text(f"SELECT name FROM {schema}.tokens ORDER BY id"))  # noqa: S608 - ours
        assert ["old", "new"] == list(kept.scalars())
    # The next backup leaves it out: a scratch database has to take all of the dump.
    with unpacked(backup(settings), settings, tmp_path) as found:
        check(found, settings)


def test_a_restore_that_fails_half_way_changes_nothing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, "old")
    archive = backup(settings)
    add(database, "new")
    database.close()
    fails_on_the_second(monkeypatch)
    with pytest.raises(BackupError, match="pg_restore ended"):
        restore_backup(archive, settings, lambda: NOW, force=True)
    assert ["old", "new"] == tokens(settings.database_url)


def fails_on_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drill pass, and the loading after it meet a Postgres that takes no more."""
    from quadra.storage import postgres_tools  # noqa: PLC0415 - to be patched

    real: Callable[..., str] = postgres_tools.run
    count = iter(range(9))

    def run(program: str, url: sa.URL | None, *arguments: str) -> str:
        late = program == "pg_restore" and next(count) > 0
        return real(program, url, *(("--role=nobody_known",) if late else ()), *arguments)

    monkeypatch.setattr(postgres_tools, "run", run)


def test_the_drill_leaves_no_database_behind(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    with unpacked(backup(settings), settings, tmp_path) as found:
        check(found, settings)
    names = sa.text("SELECT count(*) FROM pg_database WHERE datname LIKE 'quadra_drill_%'")
    with database.engine.connect() as connection:
        assert 0 == connection.execute(names).scalar_one()
    assert look(database.url)[0] > 10


def test_a_backup_of_one_kind_of_database_does_not_go_into_the_other(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    archive = backup(settings)
    sqlite = named(f"sqlite:///{tmp_path}/x.db", tmp_path / "other")
    with pytest.raises(BackupError, match="of Postgres"):
        restore_backup(archive, sqlite, lambda: NOW, force=False)


def test_without_pg_dump_the_backup_says_what_is_missing(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="pg_dump is not on PATH"):
        backup(settings)
    assert [] == list(settings.backup_dir.glob("*.gz"))
