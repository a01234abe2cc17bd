"""The folder of backups: one maker at a time, whole files only, and what was made when."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quadra.backup.names import SUM_SUFFIX, Kind, name_of, parse_name
from quadra.backup.outcomes import BackupError, BusyError, DamagedBackupError, NoRoomError
from quadra.backup.retention import Kept
from quadra.backup.status import Status, read_status, write_status

PARTIAL = ".partial-"
_LOCK = ".lock"
_RESERVE_BYTES = 64 << 20
_LOOK_AGAIN_S = 0.2
_READ = 1 << 20
_FREED_AT_ONCE = 16 << 20
_FREEING_PAUSE_S = 0.02


class BackupFolder:
    """Knows the names and the order of the backups in a folder."""

    def __init__(self, path: Path) -> None:
        """Wire it; the folder is made, for its owner alone, when something is first written."""
        self.path = path

    @contextmanager
    def locked(self, wait_s: float) -> Iterator[None]:
        """Keep all others out meanwhile; raises BusyError after ``wait_s`` seconds of waiting.

        What a maker that was killed has left behind is cleared away first.
        """
        with _told_plainly(self.path):
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = (self.path / _LOCK).open("w")
        with handle:  # not inherited by the programs that are started meanwhile
            until = time.monotonic() + wait_s
            pause = threading.Event()
            while not _lock(handle.fileno()):
                if time.monotonic() >= until:
                    raise BusyError(f"Another backup has been running in {self.path}; try later.")
                pause.wait(_LOOK_AGAIN_S)
            for left in self.path.glob(f"{PARTIAL}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty folder on the same file system, which is gone afterwards."""
        with (
            _told_plainly(self.path),
            tempfile.TemporaryDirectory(
                prefix=PARTIAL, dir=self.path, ignore_cleanup_errors=True
            ) as folder,
        ):
            yield Path(folder)

    def need(self, size: int) -> None:
        """Raise NoRoomError when ``size`` bytes would not fit, with a reserve for everyone else."""
        free = shutil.disk_usage(self.path).free
        if free < size + _RESERVE_BYTES:
            raise NoRoomError(
                f"BACKUP_DIR: {self.path} has {free >> 20} MiB left, and {size >> 20} MiB may be "
                "needed; earlier backups stay as they are."
            )

    def publish(self, made: Path, kind: Kind, at: float, cipher: str) -> Path:
        """Give a finished archive its name and its checksum file, so that both appear whole.

        A clock that was set back must not overwrite what is there: the next free second is taken.
        """
        with _told_plainly(self.path):
            digest = sha256_of(made)
            while (target := self.path / name_of(kind, at, cipher)).exists():
                at += 1
            sums = made.with_name(made.name + SUM_SUFFIX)
            sums.write_text(f"{digest}  {target.name}\n", encoding="ascii")
            for file in (made, sums):
                file.chmod(0o600)
                _sync(file)
            sums.replace(sum_file(target))  # first: no archive is ever there without it
            made.replace(target)
            _sync(self.path)
        return target

    def note_success(self, kind: Kind, target: Path, at: float) -> None:
        """Remember that a backup was made, for /metrics and for the order of things."""
        status = self.status()
        order = {name: n for name, n in status.order.items() if (self.path / name).exists()}
        number = max(status.order.values(), default=0) + 1
        with _told_plainly(self.path):
            write_status(
                self.path,
                Status({**status.last_success, kind: at}, {**order, target.name: number}),
            )

    def status(self) -> Status:
        """Give what was remembered."""
        return read_status(self.path)

    def kept(self) -> list[Kept]:
        """List the backups, the oldest first."""
        order = self.status().order
        names = filter(None, (parse_name(path.name) for path in self._files()))
        # What nobody remembers was put here by hand: its name says where it belongs.
        by_name = sorted(names, key=lambda name: (order.get(name.name, 0), name.at))
        found = []
        for number, name in enumerate(by_name):
            with suppress(FileNotFoundError):
                found.append(Kept(name, number, (self.path / name.name).stat().st_mtime))
        return found

    def remove(self, one: Kept) -> None:
        """Remove a backup and its checksum."""
        with _told_plainly(self.path):
            path = self.path / one.name.name
            path.unlink(missing_ok=True)
            sum_file(path).unlink(missing_ok=True)

    def lone_sums(self) -> list[Path]:
        """List checksum files whose archive is not there."""
        sums = (path for path in self._files() if path.name.endswith(SUM_SUFFIX))
        return [
            path
            for path in sums
            if parse_name(path.name.removesuffix(SUM_SUFFIX))
            and not path.with_name(path.name.removesuffix(SUM_SUFFIX)).exists()
        ]

    def _files(self) -> list[Path]:
        with _told_plainly(self.path):
            return [path for path in self.path.iterdir() if path.is_file()]


def remove_bit_by_bit(path: Path) -> None:
    """Remove a large file of our own, from its end.

    To free a gigabyte at once holds up the file system's journal, and with it every commit.
    """
    size = path.stat().st_size
    pause = threading.Event()
    while size > 0:
        size = max(size - _FREED_AT_ONCE, 0)
        os.truncate(path, size)
        pause.wait(_FREEING_PAUSE_S)
    path.unlink()


def sum_file(archive: Path) -> Path:
    """Give the path of an archive's checksum file."""
    return archive.with_name(archive.name + SUM_SUFFIX)


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ):
            digest.update(block)
    return digest.hexdigest()


def check_sum(archive: Path) -> None:
    """Hold an archive against its checksum file; raises DamagedBackupError."""
    sums = sum_file(archive)
    try:
        digest, _, name = sums.read_text(encoding="ascii").strip().partition("  ")
    except FileNotFoundError:
        raise DamagedBackupError(
            f"{sums.name} is missing, so {archive.name} can't be checked."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedBackupError(f"{sums} can't be read ({error}).") from None
    if name != archive.name:
        raise DamagedBackupError(f"{sums.name} is not the checksum of {archive.name}.")
    if digest != sha256_of(archive):
        raise DamagedBackupError(
            f"{archive.name} is damaged: its SHA-256 is not what {sums.name} says."
        )


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turn errors of the disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoomError(
                f"BACKUP_DIR: no space left in {path}; earlier backups stay as they are."
            ) from error
        raise BackupError(f"BACKUP_DIR: {error.strerror}: {error.filename or path}.") from error
