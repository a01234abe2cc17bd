"""``pg_dump`` and ``pg_restore``, which Postgres users have; found on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from quadra.errors import StorageError
from quadra.storage.snapshots import revision_of, rows_of_tables

ASIDE = "before_restore_"  # what the schemas are called that a restore has set aside
_CONNECT_S = 10
_MOST_SAID = 400


def dump(url: URL, target: Path) -> tuple[dict[str, int], str]:
    """Write a dump of the whole database; gives the rows of its tables and their revision.

    Both are of the very same moment, through a snapshot that the counting exports. Raises
    StorageError.
    """
    engine = _engine(url)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
            rows, revision = rows_of_tables(connection), revision_of(connection)
            # Compressed with the rest, once.
            options = ["--format=custom", "--compress=0", f"--snapshot={snapshot}"]
            options.append(f"--exclude-schema={ASIDE}*")
            run("pg_dump", url, *options, f"--file={target}")
            return rows, revision
    except sa.exc.SQLAlchemyError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def restore(url: URL, dumped: Path, *, aside: str = "") -> None:
    """Bring a dump back in one transaction; raises StorageError, and then nothing has changed.

    With ``aside`` what is there is kept under that name, as a schema of its own.
    """
    if aside:
        _rename_schema(url, "public", aside)
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    try:
        run("pg_restore", url, *options, str(dumped))
    except StorageError:
        if aside:
            _rename_schema(url, aside, "public")
        raise


def _rename_schema(url: URL, old: str, new: str) -> None:
    """Give a schema another name; an empty one is left, or taken away, where public was."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '15s'"))
            if new == "public":
                connection.execute(sa.schema.DropSchema("public"))
            quoted = [connection.dialect.identifier_preparer.quote(name) for name in (old, new)]
            connection.exec_driver_sql(f"ALTER SCHEMA {quoted[0]} RENAME TO {quoted[1]}")
            if old == "public":
                connection.execute(sa.schema.CreateSchema("public"))
    except sa.exc.SQLAlchemyError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def look(url: URL) -> tuple[int, int]:
    """Give the number of tables, and of others who are connected; raises StorageError."""
    engine = _engine(url)
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    try:
        with engine.connect() as connection:
            tables = len(sa.inspect(connection).get_table_names())
            return tables, connection.execute(others).scalar_one()
    except sa.exc.SQLAlchemyError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


@contextmanager
def scratch_database(url: URL, name: str) -> Iterator[URL]:
    """Give an empty database beside this one, dropped afterwards; raises StorageError."""
    engine = _engine(url)
    quoted = engine.dialect.identifier_preparer.quote(name)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {quoted} TEMPLATE template0")
            try:
                yield url.set(database=name)
            finally:
                connection.exec_driver_sql(f"DROP DATABASE {quoted} WITH (FORCE)")
    except sa.exc.SQLAlchemyError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def run(program: str, url: URL | None, *arguments: str) -> str:
    """Run one of Postgres's programs, on a database; gives what it printed. Raises StorageError."""
    path = shutil.which(program)
    if path is None:
        raise StorageError(f"{program} is not on PATH; install Postgres's client programs.")
    if url is None:
        return _run([path, *arguments], os.environ)
    # The password is for the environment: arguments can be seen by every user of the machine.
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    env = {**os.environ, "PGPASSWORD": url.password or os.environ.get("PGPASSWORD", "")}
    return _run([path, "--no-password", f"--dbname={plain.render_as_string()}", *arguments], env)


def _run(command: Sequence[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - the program was looked up, and no shell is asked
        command,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[:_MOST_SAID]
        raise StorageError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
    return done.stdout


def _engine(url: URL) -> sa.Engine:
    return sa.create_engine(
        url, poolclass=sa.pool.NullPool, connect_args={"connect_timeout": _CONNECT_S}
    )


def _refused(error: Exception) -> StorageError:
    cause = getattr(error, "orig", None) or error
    words = str(cause).strip().splitlines() or [type(cause).__name__]
    return StorageError(f"The database refused: {words[0]}.")
