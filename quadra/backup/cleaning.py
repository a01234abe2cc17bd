"""Removes old backups, and keeps their log short."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quadra.backup.folder import BackupFolder, check_sum
from quadra.backup.outcomes import DamagedBackupError
from quadra.backup.retention import Kept, expired
from quadra.settings import Settings

LOG = "backup.log"
_LOG_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The names of what went, and how many backups are left."""

    removed: tuple[str, ...]
    left: int


def clean(settings: Settings, now: float, wait_s: float, *, dry_run: bool) -> Cleaned:
    """Remove what BACKUP_RETENTION says, but the newest good one of each kind never.

    Good is what fits its checksum. Raises BackupError.
    """
    folder = BackupFolder(settings.backup_dir)
    with folder.locked(wait_s):
        kept = folder.kept()

        def is_good(one: Kept) -> bool:
            try:
                check_sum(settings.backup_dir / one.name.name)
            except DamagedBackupError:
                return False
            return True

        keep = settings.backup_retention
        gone = [] if keep is None else expired(kept, now, keep, is_good)
        lone = folder.lone_sums()
        if not dry_run:
            for one in gone:
                folder.remove(one)
            for path in lone:
                path.unlink(missing_ok=True)
            _shorten(settings.backup_dir / LOG)
    names = [*(one.name.name for one in gone), *(path.name for path in lone)]
    return Cleaned(tuple(names), len(kept) - len(gone))


def _shorten(log: Path) -> None:
    """Keep the last part of a log that cron writes; nobody else does."""
    with suppress(OSError):
        if log.stat().st_size > _LOG_BYTES:
            tail = log.read_bytes()[-_LOG_BYTES // 2 :]
            # In place: a command that is running goes on writing to this very file.
            with log.open("r+b") as file:
                file.write(tail[tail.find(b"\n") + 1 :])
                file.truncate()
