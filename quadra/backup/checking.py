"""Restores a backup into a scratch folder and says what is in it, or what is wrong with it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from quadra.backup.archive import Unpacked, unpack
from quadra.backup.ciphers import reading
from quadra.backup.folder import check_sum, sha256_of
from quadra.backup.making import POSTGRES_NAME, SQLITE_NAME
from quadra.backup.names import parse_name
from quadra.backup.outcomes import BackupError, DamagedBackupError, NoRoomError
from quadra.errors import StorageError
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.storage.postgres_tools import restore, run, scratch_database
from quadra.storage.snapshots import find_damage, rows_of_tables

_RESERVE_BYTES = 64 << 20
_GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(
    archive: Path, settings: Settings, scratch: Path, *, unsigned: bool = False
) -> Iterator[Unpacked]:
    """Hold an archive against its checksum, and unpack it below ``scratch`` for the block.

    ``unsigned`` lets it have no checksum file; one that does not fit is refused all the same.
    Raises DamagedBackupError.
    """
    if not archive.is_file():
        raise BackupError(f"There is no file {archive}.")
    if not (unsigned and not archive.with_name(archive.name + ".sha256").exists()):
        check_sum(archive)
    room = shutil.disk_usage(scratch).free - _RESERVE_BYTES
    if room < archive.stat().st_size:
        raise NoRoomError(f"{scratch} has no room to unpack {archive.name} in.")
    folder = scratch / f"unpacked-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        with reading(archive, _cipher(archive), settings.backup_identity) as source:
            found = unpack(source, archive.stat().st_size, folder, room)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(found: Unpacked, settings: Settings) -> list[str]:
    """Check what was unpacked, each part by its own means; gives what there is, a line each.

    A database is opened and every row of it read; its checksums, its foreign keys and the number
    of rows in each table are held against what was noted when it was copied. A dump is loaded
    into a scratch database beside DATABASE_URL. Raises DamagedBackupError.
    """
    about = found.about
    made = f"{about.get('kind')} backup of {about.get('created_at')}"
    lines = [f"{made} by Quadra {about.get('version')}: {len(found.names)} files, checksums right"]
    if SQLITE_NAME in found.names:
        lines.append(_check_sqlite(found))
    if POSTGRES_NAME in found.names:
        lines.append(_check_dump(found, settings))
    if about.get("database") and not {SQLITE_NAME, POSTGRES_NAME} & set(found.names):
        raise DamagedBackupError("The archive speaks of a database and holds none.")
    if about.get("kind") != "database":
        lines.append(_check_models(found))
    for top, what in (("dashboard_state", "state"), ("rules", "rules"), ("logs", "logs")):
        if names := found.under(top):
            lines.append(f"{what}: {len(names)} files")
    return lines


def _cipher(archive: Path) -> str:
    name = parse_name(archive.name)
    if name is not None:
        return name.cipher
    return {".age": "age", ".gpg": "gpg"}.get(archive.suffix, "")


def _check_sqlite(found: Unpacked) -> str:
    database = Database(f"sqlite:///{found.folder / SQLITE_NAME}")
    try:
        if damage := find_damage(database):
            raise DamagedBackupError(f"The database in it is damaged: {'; '.join(damage)}.")
        return _compared(database.read(rows_of_tables), found.about)
    except StorageError as error:
        raise DamagedBackupError(f"The database in it is damaged: {error.detail}") from error
    finally:
        database.close()


def _check_dump(found: Unpacked, settings: Settings) -> str:
    dumped = found.folder / POSTGRES_NAME
    url = Database(settings.database_url).url
    if url.get_backend_name() != "postgresql":
        # Without a Postgres to load it into, its own reader at least goes through all of it.
        run("pg_restore", None, "--file=/dev/null", str(dumped))
        return "database: the dump can be read; set DATABASE_URL to a Postgres to have it loaded"
    try:
        with scratch_database(url, f"quadra_drill_{secrets.token_hex(6)}") as scratch:
            restore(scratch, dumped)
            database = Database(scratch.render_as_string(hide_password=False))
            try:
                if damage := find_damage(database):
                    raise DamagedBackupError(f"The database in it is damaged: {damage[0]}.")
                return _compared(database.read(rows_of_tables), found.about)
            finally:
                database.close()
    except StorageError as error:
        raise DamagedBackupError(f"The dump can't be loaded: {error.detail}") from error


def _compared(rows: dict[str, int], about: dict[str, Any]) -> str:
    noted = (about.get("database") or {}).get("rows")
    if rows != noted:
        wrong = sorted(
            name for name in {*rows, *(noted or {})} if rows.get(name) != (noted or {}).get(name)
        )
        raise DamagedBackupError(f"Rows are missing, or too many, in {', '.join(wrong[:9])}.")
    kept = ("series", "chunks", "journal", "alert_rules", "tokens")
    counted = ", ".join(f"{rows[name]} {name.replace('_', ' ')}" for name in kept if name in rows)
    return f"database: sound; {sum(rows.values())} rows in {len(rows)} tables ({counted})"


def _check_models(found: Unpacked) -> str:
    versions = [name for name in found.under("models") if name.endswith(".npz")]
    for name in versions:
        described = f"{name.removesuffix('.npz')}.json"
        if described not in found.names:
            continue  # it was being saved: the description comes last
        try:
            stated = orjson.loads((found.folder / described).read_bytes())["sha256"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise DamagedBackupError(f"{described} can't be read.") from None
        if stated != sha256_of(found.folder / name):
            raise DamagedBackupError(f"{name} is not what its description says.")
    return f"models: {len(versions)} versions"
