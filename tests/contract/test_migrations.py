"""Alembic alone makes the tables, and every path between revisions works on both databases."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import CommandLine, Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from quadra.engine.audit import AuditQuestion, as_lines
from quadra.engine.ports import Entry
from quadra.errors import SettingsError
from quadra.storage.audit import SqlAudit
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.migrations import upgrade
from quadra.storage.revisions import is_up_to_date, newest_revision
from quadra.storage.tables import metadata
from tests.servers.process import REPOSITORY, plain_environment
from tests.unit.fakes import NOW, SetClock, batch


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


def test_what_needs_no_upgrade_is_seen_without_alembic(connect: Callable[[], Database]) -> None:
    database = connect()
    assert head() == newest_revision()
    assert not is_up_to_date(database), "it is empty"
    migrate(database, command.upgrade, "0002")
    assert not is_up_to_date(database)
    assert upgrade(database)
    assert is_up_to_date(database)
    with database.engine.connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    assert not is_up_to_date(database), "a newer one is for `upgrade` to refuse"


def test_an_upgrade_leaves_what_is_there(database: Database) -> None:
    SqlJournal(database, SetClock()).append([Entry(batch("a", 1.0), [0])])
    assert not upgrade(database)
    assert 1 == SqlJournal(database, SetClock()).head()


def test_the_tables_are_what_the_code_says(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, metadata)


def test_every_revision_keeps_what_is_there_on_the_way_up_and_back(
    connect: Callable[[], Database],
) -> None:
    database = connect()
    revisions = [
        script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()
    ]
    kept: dict[str, dict[str, Any]] = {}
    for _ in revisions:
        migrate(database, command.upgrade, "+1")
        assert_kept(database, kept)
        for table in sorted(tables(database) - {*kept, "alembic_version"}, key=_parents_first):
            kept[table] = fill(database, table)
    assert set(metadata.tables) == set(kept)
    with database.engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), metadata)
    for _ in revisions:
        migrate(database, command.downgrade, "-1")
        kept = {table: kept[table] for table in tables(database) & set(kept)}
        assert_kept(database, kept)
    assert {"alembic_version"} >= tables(database)
    assert upgrade(database)


def _parents_first(table: str) -> int:
    return [one.name for one in metadata.sorted_tables].index(table)


def fill(database: Database, name: str) -> dict[str, Any]:
    """Put one row into a table as it is at its revision; give it."""
    with database.engine.connect() as connection:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        row = {column.name: value_for(column) for column in table.columns}
        connection.execute(table.insert(), row)
        connection.commit()
    return row


def value_for(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.LargeBinary):
        return b"\x00\xff" * 8
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.Float):
        return 1_750_000_000.25
    return 1 if isinstance(column.type, sa.Integer) else "1"


def assert_kept(database: Database, kept: dict[str, dict[str, Any]]) -> None:
    """Hold that every row is there, in the columns that there were when it was put in."""
    with database.engine.connect() as connection:
        for name, row in kept.items():
            (there,) = connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()  # noqa: S608
            assert {one: row[one] for one in there if one in row} == {
                one: there[one] for one in there if one in row
            }, name


def test_secrets_that_the_audit_log_kept_are_taken_out(connect: Callable[[], Database]) -> None:
    database = connect()
    migrate(database, command.upgrade, "0017")
    target = {"url": "…", "interval": 5.0, "labels": {"job": "gpu ä"}}
    secrets = {
        "bearer_token": "SECRET",
        "Basic_Auth": ["me", "SECRET"],
        "settings": [{"headers": {"X-Api_Key": "SECRET", "note": "kept"}}],
    }
    deed = {"at": NOW, "actor": "mira", "kind": "user", "action": "Make a target",
            "target": "POST /api/v1/targets", "status": 201, "address": "::1"}  # fmt: skip
    details: list[dict[str, Any]] = [
        {"name": "a token"},
        target,
        target | secrets,
        *[target | secrets] * 1_200,
        {},
    ]
    rows = [deed | {"id": n + 7, "detail": json.dumps(one)} for n, one in enumerate(details)]
    audit = metadata.tables["audit"]
    with database.engine.connect() as connection:
        connection.execute(audit.insert(), rows)
        connection.commit()
    assert upgrade(database)
    with database.engine.connect() as connection:
        found = connection.execute(sa.select(audit).order_by(audit.c.id)).mappings().all()
    masked = {
        "bearer_token": "…",
        "Basic_Auth": "…",
        "settings": [{"headers": {"X-Api_Key": "…", "note": "kept"}}],
    }
    expected = [one if "bearer_token" not in one else target | masked for one in details]
    assert expected == [json.loads(row["detail"]) for row in found]
    without = [{k: v for k, v in row.items() if k != "detail"} for row in rows]
    assert without == [{k: row[k] for k in without[0]} for row in found]
    exported = as_lines(SqlAudit(database).deeds(AuditQuestion(limit=5_000)).items)
    assert len(details) == exported.count("\n")
    assert "SECRET" not in exported
    if database.file is not None:
        database.close()
        # But for copies that SQLite made of a page before, when it split one.
        assert database.file.read_bytes().count(b"SECRET") < len(details) // 4


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


@pytest.fixture
def alembic_at(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Give the alembic command, on a copy of its folder and a database that is not there yet."""
    for name in ("alembic.ini", "alembic"):
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    url = database_url.replace("/quadra.db", "/not/there/yet.db")
    monkeypatch.setenv("DATABASE_URL", url)

    return lambda *arguments: alembic_command(tmp_path / "alembic.ini", *arguments)


def alembic_command(ini: Path, *arguments: str) -> str:
    """Do as the command of that name does; gives what it prints."""
    line = CommandLine()
    options = line.parser.parse_args(["-c", str(ini), *arguments])
    said = io.StringIO()
    line.run_cmd(Config(str(ini), stdout=said, cmd_opts=options), options)
    return said.getvalue()


def test_the_commands_that_people_type_work(alembic_at: Callable[..., str], tmp_path: Path) -> None:
    newest = head()
    assert newest is not None
    alembic_at("upgrade", "head")
    assert f"{newest} (head)" in alembic_at("current")
    alembic_at("downgrade", "-1")
    assert f"{int(newest) - 1:04}" == alembic_at("current").strip()
    alembic_at("upgrade", "head")
    assert "No new upgrade operations detected" in alembic_at("check")
    assert f"Rev: {newest} (head)" in alembic_at("history", "--verbose")
    alembic_at("revision", "--autogenerate", "-m", "Add new column")
    made = tmp_path / f"alembic/versions/{int(newest) + 1:04}_add_new_column.py"
    assert 2 == made.read_text().count("    pass\n")  # nothing is missing in either direction


def test_the_command_says_which_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere")
    with pytest.raises(SystemExit, match="DATABASE_URL"):
        alembic_command(REPOSITORY / "alembic.ini", "current")


UPGRADER = """
import sys
from quadra.storage.database import Database
from quadra.storage.migrations import upgrade

database = Database(sys.argv[1])
sys.stdin.readline()
print(upgrade(database))
database.close()
"""


def test_of_several_processes_that_start_at_once_one_upgrades(
    database_url: str, connect: Callable[[], Database]
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADER, database_url],
            cwd=REPOSITORY,
            env=plain_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:  # all at once
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert ["False", "False", "False", "True"] == sorted(told)
    assert head() == revision(connect())
