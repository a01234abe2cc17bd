"""Makes backups: collects, archives, and gives the archive its name when it is whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quadra import __version__
from quadra.backup import contents
from quadra.backup.archive import ArchiveWriter
from quadra.backup.ciphers import cipher_of, writing
from quadra.backup.folder import BackupFolder, remove_bit_by_bit
from quadra.backup.names import Kind
from quadra.backup.outcomes import BackupError, DamagedBackupError
from quadra.errors import StorageError
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.storage.postgres_tools import dump
from quadra.storage.snapshots import copy_sqlite, find_damage, revision_of, rows_of_tables

SQLITE_NAME, POSTGRES_NAME = "database/quadra_matrix.db", "database/quadra_matrix.dump"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    path: Path
    seconds: float
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A database's copy on its way into an archive."""

    name: str
    path: Path
    about: dict[str, Any]


def make_backup(
    kind: Kind,
    settings: Settings,
    clock: Callable[[], float],
    wait_s: float,
    calm: Callable[[], None] = lambda: None,
) -> Made:
    """Make a backup of a kind; waits up to ``wait_s`` seconds for another one to end.

    ``calm`` is called once the database is copied: from then on nothing waits for this. Raises
    BackupError, and then all earlier backups are as they were.
    """
    began = time.monotonic()
    folder = BackupFolder(settings.backup_dir)
    recipient = settings.backup_encrypt_to
    with folder.locked(wait_s), folder.scratch() as scratch:
        now = clock()
        # Before the database: what it says of a position in the journal must not be ahead of that.
        state = _copy_state(settings, scratch) if kind == "full" else []
        copy = None if kind == "models" else _copy_database(settings, folder, scratch)
        calm()
        archive = scratch / "archive"
        with writing(archive, recipient) as sink:
            writer = ArchiveWriter(sink)
            _fill(writer, kind, settings, copy, now)
            for name, path in state:
                writer.add(name, path)
            writer.finish(_about(kind, settings, copy, now), now)
        target = folder.publish(archive, kind, now, cipher_of(recipient))
        folder.note_success(kind, target, clock())
    return Made(target, time.monotonic() - began, tuple(writer.skipped))


def _fill(
    writer: ArchiveWriter, kind: Kind, settings: Settings, copy: _Copy | None, now: float
) -> None:
    if kind != "database":
        for name, path in contents.model_files(settings):
            writer.add(name, path)
    if copy is not None:
        writer.add(copy.name, copy.path)
        remove_bit_by_bit(copy.path)
    if kind == "full":
        for name, path in (*contents.log_files(settings, now), *contents.rule_files(settings)):
            writer.add(name, path)
        writer.add_bytes(contents.SETTINGS_FILE, contents.shown_settings(settings), now)


def _about(kind: Kind, settings: Settings, copy: _Copy | None, now: float) -> dict[str, Any]:
    return {
        "kind": kind,
        "created_at": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "version": __version__,
        "environment": settings.environment,
        "database": copy.about if copy is not None else None,
    }


def _copy_state(settings: Settings, scratch: Path) -> list[tuple[str, Path]]:
    folder = scratch / "state"
    folder.mkdir(mode=0o700)
    copied = []
    for name, path in contents.state_files(settings, Database(settings.database_url).file):
        with suppress(FileNotFoundError):
            copied.append((name, shutil.copy2(path, folder / path.name)))
    return [(name, Path(path)) for name, path in copied]


def _copy_database(settings: Settings, folder: BackupFolder, scratch: Path) -> _Copy:
    database = Database(settings.database_url)
    try:
        if database.is_sqlite:
            return _copy_file(database, folder, scratch)
        target = scratch / "dump"
        rows, revision = dump(database.url, target)
        about = {"backend": "postgresql", "revision": revision, "rows": rows}
        return _Copy(POSTGRES_NAME, target, about)
    except StorageError as error:
        raise BackupError(error.detail) from error


def _copy_file(database: Database, folder: BackupFolder, scratch: Path) -> _Copy:
    source = database.file
    if source is None or not source.is_file():
        raise BackupError(f"DATABASE_URL: there is no database at {source}.")
    folder.need(2 * source.stat().st_size)  # the copy, and the archive where nothing shrinks
    target = scratch / "copy.db"
    copy_sqlite(source, target)
    copied = Database(f"sqlite:///{target}")
    try:
        if damage := find_damage(copied):
            raise DamagedBackupError(
                f"The database is damaged, and no backup was made of it: {'; '.join(damage)}. "
                "Earlier backups stay as they are."
            )
        rows, revision = copied.read(rows_of_tables), copied.read(revision_of)
    finally:
        copied.close()
    about = {"backend": "sqlite", "revision": revision, "rows": rows}
    return _Copy(SQLITE_NAME, target, about)
