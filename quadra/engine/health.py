"""Whether each part works: the database, the disk, Redis, the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from quadra.engine.disk import Disk
from quadra.engine.journal import Journal
from quadra.engine.ports import JournalStore, Runtime
from quadra.engine.shipper import ShipmentReport
from quadra.errors import StorageError

State = Literal["ok", "degraded", "down", "off"]


@dataclass(frozen=True, slots=True)
class Part:
    """The state of one part, and why when it is not ok."""

    state: State
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Give the part as the API shows it."""
        return {"state": self.state, **({"detail": self.detail} if self.detail else {})}


class Health:
    """Looks at every part when asked."""

    def __init__(
        self,
        journal: Journal,
        store: JournalStore,
        runtime: Runtime,
        disk: Disk,
        worker: Callable[[], bool | None],
        shipping: Callable[[], ShipmentReport] | None = None,
    ) -> None:
        """Wire the looks.

        ``worker`` says whether it runs, None where it is not ours to watch; ``shipping`` how the
        way to a store elsewhere is, None where there is no such store.
        """
        self._shipping = shipping
        self._worker = worker
        self._journal = journal
        self._store = store
        self._runtime = runtime
        self._disk = disk

    def parts(self) -> dict[str, Part]:
        """Give the state of every part."""
        return {
            "database": self._database(),
            "disk": self._disk_part(),
            "redis": Part("off", "one process needs none"),
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
        alive = self._worker()
        if alive is None:
            return Part("off", "runs apart from this process")
        if not alive:
            return Part("degraded", "history is not sealed until it is back; nothing is lost")
        return Part("ok")

    def _disk_part(self) -> Part:
        try:
            complaint = self._runtime.offload(self._disk.complaint)
        except StorageError:
            return Part("ok")  # the database says so itself
        return Part("degraded", complaint) if complaint else Part("ok")


def is_ready(parts: dict[str, Part]) -> bool:
    """Say whether samples can be taken and shown."""
    return all(part.state != "down" for part in parts.values())
