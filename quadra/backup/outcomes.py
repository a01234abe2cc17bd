"""How a command on backups can end: its exit codes and the errors that lead to them."""

from __future__ import annotations

from quadra.errors import QuadraError

DONE = 0
FAILED = 1
WRONG_USE = 2
DAMAGED = 3
NO_ROOM = 4
BUSY = 75  # EX_TEMPFAIL of sysexits.h


class BackupError(QuadraError):
    """A backup could not be made or brought back; what was there before is unchanged."""

    code = "backup_failed"
    title = "The backup failed"
    exit_code = FAILED


class DamagedBackupError(BackupError):
    """An archive, or the database that was to go into one, is not what was once written."""

    code = "backup_damaged"
    title = "Damaged"
    exit_code = DAMAGED


class NoRoomError(BackupError):
    """There is not enough space on the disk."""

    code = "no_room"
    title = "No room"
    exit_code = NO_ROOM


class BusyError(BackupError):
    """Another backup is being made, for longer than was to be waited."""

    code = "backup_busy"
    title = "Another backup is running"
    exit_code = BUSY
