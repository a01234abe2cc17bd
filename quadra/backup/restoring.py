"""Brings a backup back into the folders and the database that the settings name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from quadra.backup.archive import Unpacked
from quadra.backup.checking import check, unpacked
from quadra.backup.making import POSTGRES_NAME, SQLITE_NAME
from quadra.backup.outcomes import BackupError
from quadra.errors import StorageError
from quadra.settings import Settings
from quadra.storage import postgres_tools
from quadra.storage.database import Database
from quadra.storage.snapshots import is_in_use

_SIDE_FILES = ("-wal", "-shm", "-journal")
_OF_THE_DATABASE = ("anomalies.state",)  # it speaks of positions in the journal
ASIDE = "before-restore-"


@dataclass(slots=True)
class Restored:
    """What was done: lines for people, and where that lies which was there before."""

    lines: list[str] = field(default_factory=list)
    aside: list[Path] = field(default_factory=list)


def restore_backup(
    archive: Path, settings: Settings, clock: Callable[[], float], *, force: bool
) -> Restored:
    """Restore an archive after all of it was checked; raises BackupError.

    What is there is never overwritten without ``force``, and even then only set aside.
    """
    if not force:
        _refuse_running(settings)
    done = Restored()
    with (
        _scratch(settings.data_dir) as scratch,
        unpacked(archive, settings, scratch, unsigned=force) as found,
    ):
        if not force:
            _refuse_full(found, settings)
        done.lines += check(found, settings)
        stamp = f"{datetime.fromtimestamp(clock(), UTC):%Y%m%d_%H%M%S}"
        mover = _Mover(found, stamp, done)
        _put_database(mover, found, settings, force=force)
        mover.put("models", settings.models_dir)
        mover.put("dashboard_state", settings.data_dir)
        if settings.rules_dir is not None:
            mover.put("rules", settings.rules_dir)
        elif found.under("rules"):
            done.lines.append("rules: RULES_DIR is not set, so they stay in the archive")
        if not any(settings.logs_dir.glob("*")):
            mover.put("logs", settings.logs_dir)
    return done


class _Mover:
    """Moves files to their places; what is there goes into a folder of its own beside it."""

    def __init__(self, found: Unpacked, stamp: str, done: Restored) -> None:
        self._found = found
        self.stamp = stamp
        self.done = done

    def put(self, top: str, folder: Path) -> None:
        for name in self._found.under(top):
            self.place(name, folder / name.removeprefix(f"{top}/"))

    def place(self, name: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self.set_aside(target)
        # Beside its place first: the rename that shows it is then within one file system.
        fresh = target.with_name(f".{target.name}-{self.stamp}")
        shutil.move(self._found.folder / name, fresh)
        fresh.chmod(0o600)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(target)

    def set_aside(self, path: Path) -> None:
        if not path.exists():
            return
        aside = path.parent / f"{ASIDE}{self.stamp}"
        aside.mkdir(exist_ok=True, mode=0o700)
        path.replace(aside / path.name)
        if aside not in self.done.aside:
            self.done.aside.append(aside)


def _put_database(mover: _Mover, found: Unpacked, settings: Settings, *, force: bool) -> None:
    """Bring the database first: of all parts it alone may still refuse."""
    database = Database(settings.database_url)
    names = {SQLITE_NAME, POSTGRES_NAME} & set(found.names)
    if not names:
        return
    if {POSTGRES_NAME} == names:
        if database.is_sqlite:
            raise BackupError("DATABASE_URL: this backup is of Postgres; name a Postgres database.")
        _load_dump(mover, found, database, force=force)
    elif database.file is None:
        raise BackupError("DATABASE_URL: this backup is of SQLite; name a SQLite file.")
    else:
        # A WAL that is left from before would be read into the database that comes now.
        for suffix in _SIDE_FILES:
            mover.set_aside(database.file.with_name(database.file.name + suffix))
        mover.place(SQLITE_NAME, database.file)
    for name in _OF_THE_DATABASE:
        mover.set_aside(settings.data_dir / name)


def _load_dump(mover: _Mover, found: Unpacked, database: Database, *, force: bool) -> None:
    aside = f"{postgres_tools.ASIDE}{mover.stamp}" if force else ""
    try:
        postgres_tools.restore(database.url, found.folder / POSTGRES_NAME, aside=aside)
    except StorageError as error:
        raise BackupError(error.detail) from error
    if aside:
        mover.done.lines.append(f"database: what was there before is in the schema {aside}")


def _refuse_running(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        if database.file is not None:
            running = is_in_use(database.file)
        else:
            running = postgres_tools.look(database.url)[1] > 0
    except StorageError as error:
        raise BackupError(error.detail) from error
    if running:
        raise BackupError(
            "The database is in use: stop Quadra first. (--force restores all the same.)"
        )


def _refuse_full(found: Unpacked, settings: Settings) -> None:
    database = Database(settings.database_url)
    there = [
        str(folder / name.removeprefix(f"{top}/"))
        for top, folder in (("models", settings.models_dir), ("dashboard_state", settings.data_dir))
        for name in found.under(top)
        if (folder / name.removeprefix(f"{top}/")).exists()
    ]
    if {SQLITE_NAME, POSTGRES_NAME} & set(found.names):
        if database.file is not None and database.file.exists():
            there.append(str(database.file))
        if database.file is None and postgres_tools.look(database.url)[0]:
            there.append("tables in the database")
    if there:
        raise BackupError(
            f"There is something already: {', '.join(there[:3])}{' …' if len(there) > 3 else ''}. "  # noqa: PLR2004
            "--force sets it aside and restores."
        )


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as scratch:
            yield Path(scratch)
    except OSError as error:
        raise BackupError(f"DATA_DIR: {error.strerror}: {error.filename or folder}.") from error
