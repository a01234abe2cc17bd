"""``status.json`` in the folder of backups: when each kind last succeeded, and their order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from quadra.backup.names import KINDS

FILE = "status.json"
_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Status:
    """``last_success`` in unix seconds by kind; ``order`` numbers the backups by name."""

    last_success: Mapping[str, float] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)


def read_status(folder: Path) -> Status:
    """Read it; what is missing or damaged is an empty one."""
    try:
        with (folder / FILE).open("rb") as file:
            kept = orjson.loads(file.read(_LARGEST))
        times: dict[str, float] = {
            kind: float(kept["last_success"].get(kind, 0.0)) for kind in KINDS
        }
        return Status(times, {str(name): int(n) for name, n in kept["order"].items()})
    except (OSError, orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return Status(dict.fromkeys(KINDS, 0.0))


def write_status(folder: Path, status: Status) -> None:
    """Replace it whole; raises OSError."""
    fresh = folder / f".{FILE}-{os.getpid()}"
    document = {"last_success": dict(status.last_success), "order": dict(status.order)}
    try:
        fresh.write_bytes(orjson.dumps(document))
        fresh.replace(folder / FILE)
    finally:
        fresh.unlink(missing_ok=True)


class LastBackups:
    """When each kind of backup last succeeded, read again only when the file has changed."""

    def __init__(self, folder: Path) -> None:
        """Wire it."""
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._times: Mapping[str, float] = dict.fromkeys(KINDS, 0.0)

    def times(self) -> Mapping[str, float]:
        """Give unix seconds by kind, 0 for never."""
        try:
            about = (self._folder / FILE).stat()
            now: tuple[int, int] | None = (about.st_ino, about.st_mtime_ns)
        except OSError:
            now = None  # no backup yet, or none of this machine's
        if now != self._seen:
            self._seen, self._times = now, read_status(self._folder).last_success
        return self._times

    def newest(self) -> float:
        """Give when the database was last backed up, alone or with everything, 0 for never."""
        times = self.times()
        return max(times["database"], times["full"])
