"""Copies of a database that is being written to, and whether a copy holds what it should."""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from quadra.errors import StorageError
from quadra.storage.database import Database, sqlite_driver
from quadra.storage.sealed import checksum
from quadra.storage.tables import chunks, rollups

_STEP_BYTES = 4 << 20
_PAUSE_S = 0.02  # between steps, in which the writer has the disk for itself
_WAIT_S = 30.0
_ROWS = 2_000
_MOST_NAMED = 5
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


def copy_sqlite(source: Path, target: Path, breathe: Callable[[], None] = lambda: None) -> None:
    """Copy a SQLite database as of this moment, while others write to it.

    Page by page through SQLite's own backup, under one read transaction that is held from before
    the first page to after the last: what is committed meanwhile stays in the WAL, so nothing
    makes the copy begin again, and no writer waits. Every few MB go to disk at once, for a
    gigabyte that was left to the system to write would hold up the writer's own commits.
    ``breathe`` is called in between. Raises StorageError.
    """
    driver = sqlite_driver()
    try:
        with (
            closing(_open(driver, source, "rw")) as there,
            closing(_open(driver, target, "rwc")) as here,
        ):
            there.execute("BEGIN")
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
                here.execute(f"PRAGMA {pragma}")
            page = there.execute("PRAGMA page_size").fetchone()[0]

            def on_step(_status: int, _left: int, _all: int) -> None:
                flush(target)
                breathe()

            there.backup(here, pages=_STEP_BYTES // page, progress=on_step, sleep=_PAUSE_S)
            there.execute("COMMIT")
        flush(target)
    except driver.Error as error:
        raise StorageError(f"The database can't be copied: {error}.") from error


def flush(path: Path) -> None:
    """Have what was written to a file put on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)


def is_in_use(file: Path) -> bool:
    """Say whether another process has this SQLite database open; changes nothing about it.

    Whoever uses a WAL keeps a shared lock on some bytes of the database for as long as the
    connection is open: https://www.sqlite.org/lockingv3.html names them.
    """
    try:
        with file.open("r+b") as handle:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise StorageError(f"{file}: {error.strerror}.") from error
    return False


def rows_of_tables(connection: sa.Connection) -> dict[str, int]:
    """Count the rows of every table."""
    names = sorted(sa.inspect(connection).get_table_names())
    return {
        name: connection.execute(
            sa.select(sa.func.count()).select_from(sa.table(name))
        ).scalar_one()
        for name in names
    }


def revision_of(connection: sa.Connection) -> str:
    """Give the revision of the tables, empty for none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    statement: sa.Select[str] = sa.select(sa.column("version_num", sa.String)).select_from(
        sa.table("alembic_version")
    )
    return connection.execute(statement).scalar() or ""


def find_damage(database: Database) -> list[str]:
    """Read everything and say what is wrong with it."""
    try:
        return _damage(database)
    except StorageError as error:
        return [error.detail]


def _damage(database: Database) -> list[str]:
    found: list[str] = []
    if database.is_sqlite:
        found += [said for said in database.read(_pragma, "integrity_check(10)") if said != "ok"]
        orphans = database.read(_pragma, "foreign_key_check")
        found += [f"rows without their parent in {table}" for table in sorted(set(orphans))]
    if not found:
        found += database.read(_wrong_sums)
    return found


def _open(driver: Any, path: Path, mode: str) -> Any:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return driver.connect(address, uri=True, isolation_level=None, timeout=_WAIT_S)


def _pragma(connection: sa.Connection, pragma: str) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {pragma}")]


def _wrong_sums(connection: sa.Connection) -> list[str]:
    there = set(sa.inspect(connection).get_table_names())
    wrong: list[str] = []
    if chunks.name in there:
        names = ("id", "first_t", "last_t", "step", "count", "times", "values", "checksum")
        columns = [chunks.c[name] for name in names]
        read = _rows(connection, sa.select(*columns).where(chunks.c.checksum.is_not(None)))
        wrong += [f"chunk {row[0]}" for row in read if checksum(row[1:7]) != row[7]]
    if rollups.name in there:
        r = rollups.c
        read = _rows(connection, sa.select(r.series_id, r.first_t, r.data, r.checksum))
        wrong += [
            f"rollup of series {row[0]} at {row[1]}" for row in read if zlib.crc32(row[2]) != row[3]
        ]
    more = [f"and {len(wrong) - _MOST_NAMED} more"] if len(wrong) > _MOST_NAMED else []
    return [f"{one} is damaged" for one in wrong[:_MOST_NAMED]] + more


def _rows(connection: sa.Connection, statement: sa.Executable) -> Iterator[Any]:
    """Give rows as the driver does, a few thousand at a time."""
    with connection.execution_options(yield_per=_ROWS).execute(statement) as result:
        for part in result.partitions():
            yield from part
