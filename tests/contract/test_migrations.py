"""Alembic alone makes the tables, and every path between revisions works on both databases."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from quadra.engine.ports import Entry
from quadra.errors import SettingsError
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.migrations import upgrade
from quadra.storage.tables import metadata
from tests.servers.process import REPOSITORY
from tests.unit.fakes import SetClock, batch


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def config() -> Config:
    made = Config(str(REPOSITORY / "alembic.ini"))
    made.set_main_option("script_location", str(REPOSITORY / "alembic"))
    return made


def head() -> str | None:
    return ScriptDirectory.from_config(config()).get_current_head()


def migrate(database: Database, move: Callable[[Config, str], object], to: str) -> None:
    chosen = config()
    with database.engine.connect() as connection:
        chosen.attributes["connection"] = connection
        move(chosen, to)
        connection.commit()


def test_an_empty_database_gets_every_table(connect: Callable[[], Database]) -> None:
    database = connect()
    assert set() == tables(database)
    assert upgrade(database)
    assert set(metadata.tables) | {"alembic_version"} == tables(database)
    assert head() == revision(database)


def test_a_second_upgrade_has_nothing_to_do(database: Database) -> None:
    assert not upgrade(database)


def test_an_upgrade_leaves_what_is_there(database: Database) -> None:
    SqlJournal(database, SetClock()).append([Entry(batch("a", 1.0), [0])])
    assert not upgrade(database)
    assert 1 == SqlJournal(database, SetClock()).head()


def test_the_tables_are_what_the_code_says(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, metadata)


def test_every_revision_can_be_gone_back_from_and_to(database: Database) -> None:
    revisions = [
        script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()
    ]
    for _ in revisions:
        migrate(database, command.downgrade, "-1")
    assert {"alembic_version"} >= tables(database)
    for _ in revisions:
        migrate(database, command.upgrade, "+1")
    assert set(metadata.tables) | {"alembic_version"} == tables(database)
    with database.engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), metadata)


def test_there_is_one_line_of_revisions() -> None:
    assert 1 == len(ScriptDirectory.from_config(config()).get_heads())


def test_a_database_that_a_newer_version_has_changed_is_refused(
    database: Database, connect: Callable[[], Database]
) -> None:
    with database.engine.connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(SettingsError, match="newer Quadra") as caught:
        upgrade(connect())
    assert caught.value.detail.startswith("DATABASE_URL")
    assert "9999" == revision(database)


def _upgrade_in_a_process(url: str, start: Any, out: Any) -> None:
    start.wait(30)
    database = Database(url)
    try:
        out.put(upgrade(database))
    except Exception as error:  # noqa: BLE001 - to be told in the test
        out.put(repr(error))
    finally:
        database.close()


def test_of_several_processes_that_start_at_once_one_upgrades(
    database_url: str, connect: Callable[[], Database]
) -> None:
    context = multiprocessing.get_context("spawn")
    start, out = context.Event(), context.Queue()
    processes = [
        context.Process(target=_upgrade_in_a_process, args=(database_url, start, out))
        for _ in range(4)
    ]
    for process in processes:
        process.start()
    start.set()
    told = [out.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)
    out.close()
    out.join_thread()
    assert [False, False, False, True] == sorted(told, key=str)
    assert head() == revision(connect())
