"""A log file that several processes write and rotate: no line is torn, lost or written twice."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sys
import time
from pathlib import Path

_SAY_EVERY_S = 60.0


class SharedFileHandler(logging.Handler):
    """Appends each line by one system call; whoever finds the file full rotates it, once.

    ``max_bytes`` is the size at which a file is full; of full ones the newest ``kept`` stay, as
    ``NAME.1`` (the newest) and so on. The file is opened with the first line. While it can't be
    rotated (no descriptor is left, say) it grows; while it can't be written, stderr is told so
    once a minute.
    """

    def __init__(self, path: Path, max_bytes: int, kept: int) -> None:
        """Prepare; opens nothing yet."""
        super().__init__()
        self._path = os.path.abspath(path)  # noqa: PTH100 - plain text: looked at for every line
        self._max_bytes = max_bytes
        self._kept = kept
        self._fd = -1
        self._opened: tuple[int, int] = (-1, -1)
        self._lost = 0
        self._say_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, to the file that has the name now."""
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            self._make_ready(len(line))
            while line:
                line = line[os.write(self._fd, line) :]
        except OSError as error:
            self._lose(error)
        except Exception:  # noqa: BLE001 - whoever logs must not fail because of it
            self.handleError(record)

    def _lose(self, error: OSError) -> None:
        """Say that a line is lost: not for each of them, there may be thousands."""
        self._lost += 1
        if sys.stderr is None or time.monotonic() < self._say_at:
            return
        self._say_at = time.monotonic() + _SAY_EVERY_S
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(
                f"The log file {self._path} can't be written ({error.strerror}): "
                f"{self._lost} lines are not in it\n"
            )

    def close(self) -> None:
        """Close the file."""
        with self.lock or _NoLock():
            self._leave()
        super().close()

    def _make_ready(self, more: int) -> None:
        """See to it that the open file is the one with the name, and has room."""
        try:
            now = os.stat(self._path)  # noqa: PTH116 - as said
        except FileNotFoundError:
            self._open()
            return
        if (now.st_ino, now.st_dev) != self._opened:
            self._open()
            now = os.fstat(self._fd)
        if now.st_size and now.st_size + more > self._max_bytes:
            with contextlib.suppress(OSError):  # else it grows until it can be
                self._rotate(more)

    def _open(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._leave()
        self._fd = fd
        opened = os.fstat(self._fd)
        self._opened = (opened.st_ino, opened.st_dev)

    def _leave(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._opened = -1, (-1, -1)

    def _rotate(self, more: int) -> None:
        """Rotate, unless another process has just done it."""
        with Path(f"{self._path}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = Path(self._path)
            if path.exists() and path.stat().st_size + more > self._max_bytes:
                for number in range(self._kept - 1, 0, -1):
                    former = Path(f"{self._path}.{number}")
                    if former.exists():
                        former.replace(f"{self._path}.{number + 1}")
                path.replace(f"{self._path}.1")
            self._open()


class _NoLock:
    def __enter__(self) -> None:
        """Nothing to take."""

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""
