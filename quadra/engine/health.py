"""Whether each part works: the database, the disk, Redis, the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from quadra.engine.disk import Disk
from quadra.engine.journal import Journal
from quadra.engine.link import Link
from quadra.engine.ports import JournalStore, Runtime
from quadra.engine.shipper import ShipmentReport
from quadra.errors import StorageError

State = Literal["ok", "degraded", "down", "off"]

SILENT_S = 5.0
STARTING_S = 10.0
_HELPFUL = {"redis", "worker"}  # without which samples are taken and shown all the same


@dataclass(frozen=True, slots=True)
class Part:
    """The state of one part, and why when it is not ok."""

    state: State
    detail: str = ""
    since: float | None = None
    """When the state began, unix s."""
    age: float | None = None
    """Seconds since it was last seen alive."""

    def as_dict(self, *, detailed: bool = True) -> dict[str, str | float]:
        """Give the part as the API shows it; strangers see it without the words."""
        shown: dict[str, str | float] = {"state": self.state}
        if detailed and self.detail:
            shown["detail"] = self.detail
        if self.since is not None:
            shown["since"] = round(self.since, 3)
        if self.age is not None:
            shown["age"] = round(self.age, 1)
        return shown


class Health:
    """Looks at every part when asked."""

    def __init__(
        self,
        journal: Journal,
        store: JournalStore,
        runtime: Runtime,
        disk: Disk,
        worker_age: Callable[[], float | None],
        link: Link,
        uptime: Callable[[], float],
        shipping: Callable[[], ShipmentReport] | None = None,
    ) -> None:
        """Wire the looks.

        ``worker_age`` says how long the worker is silent, None for no worker; ``shipping`` how
        the way to a store elsewhere is, None where there is no such store.
        """
        self._shipping = shipping
        self._worker_age = worker_age
        self._link = link
        self._uptime = uptime
        self._journal = journal
        self._store = store
        self._runtime = runtime
        self._disk = disk

    def parts(self) -> dict[str, Part]:
        """Give the state of every part."""
        return {
            "database": self._database(),
            "disk": self._disk_part(),
            "redis": self._redis(),
            "worker": self._worker_part(),
            "history": self._history_part(),
        }

    def shipping(self) -> tuple[int, int]:
        """Give the samples not yet safely in the store elsewhere, and those it refused.

        Zeros where there is no such store. Raises StorageError.
        """
        if self._shipping is None:
            return 0, 0
        report = self._runtime.offload(self._shipping)
        return self._runtime.offload(self._store.gap, report.seq).samples, report.refused

    def _database(self) -> Part:
        if self._journal.failing_since is not None:
            return Part("down", "samples can't be written")
        if self._journal.silent_for > SILENT_S:
            return Part("down", f"it has not answered for {self._journal.silent_for:.0f} s")
        try:
            self._runtime.offload(self._store.head)
        except StorageError as error:
            return Part("down", error.detail)
        return Part("ok")

    def _history_part(self) -> Part:
        if self._shipping is None:
            return Part("off", "kept in the database")
        try:
            report = self._runtime.offload(self._shipping)
            gap = self._runtime.offload(self._store.gap, report.seq)
        except StorageError as error:
            return Part("down", error.detail)
        if report.trouble:
            return Part(
                "degraded", f"{report.trouble} {gap.samples} samples wait here; nothing is lost."
            )
        if report.refused:
            return Part("ok", f"{report.refused} samples were refused there and stand here")
        return Part("ok")

    def _worker_part(self) -> Part:
        age = self._worker_age()
        if age is not None and age <= SILENT_S:
            return Part("ok", age=age)
        if self._uptime() < STARTING_S:
            return Part("degraded", "it is starting")
        return Part("down", "history is not sealed until one is back; nothing is lost", age=age)

    def _redis(self) -> Part:
        link = self._link.state
        if link.name == "off":
            return Part("off", "REDIS_ENABLED is false")
        if link.name == "ok":
            return Part("ok", since=link.since)
        if link.name == "connecting":
            return Part("degraded", "connecting")
        words = "each process goes on by itself; limits count in each, nothing is lost"
        return Part("down", words, since=link.since)

    def _disk_part(self) -> Part:
        try:
            complaint = self._runtime.offload(self._disk.complaint)
        except StorageError:
            return Part("ok")  # the database says so itself
        return Part("degraded", complaint) if complaint else Part("ok")


def is_ready(parts: dict[str, Part]) -> bool:
    """Say whether samples can be taken and shown."""
    return all(part.state != "down" for name, part in parts.items() if name not in _HELPFUL)
