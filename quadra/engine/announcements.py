"""Events that all processes should hear of, in one order: alerts, anomalies, changed targets.

They are rows of the database, so that whoever commits something announces it in the same
transaction, and nothing announced is lost with a Redis that is away; Redis only says sooner that
there is something to read. Not for samples, and not for what comes many times a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from quadra.engine.link import Link
from quadra.engine.ports import Clock, Runtime
from quadra.errors import StorageError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
KEEP_S = 600.0
MOST_A_READ = 500
NEWS = "news"

Hearer = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event with its JSON object."""

    id: int
    event: str
    body: Any


class AnnouncementStore(Protocol):
    """Where announcements stand for a while; blocking; raises StorageError."""

    def head(self) -> int:
        """Give the newest id, 0 when there is none."""

    def say(self, event: str, body: Any, now: float) -> None:
        """Add one, and drop those older than ``KEEP_S``; times in unix seconds."""

    def since(self, after: int, limit: int) -> Sequence[Announcement]:
        """Give those after an id, in order."""


class Announcements:
    """Says events to all processes, and hears all of them, its own too."""

    def __init__(
        self, store: AnnouncementStore, link: Link, runtime: Runtime, clock: Clock
    ) -> None:
        """Wire; ``start`` begins to hear."""
        self._store = store
        self._link = link
        self._runtime = runtime
        self._clock = clock
        self._hearers: list[tuple[str | None, Hearer]] = []
        self._wake = runtime.signal()
        self._last = 0
        link.follow(NEWS, lambda _message: self._wake.set())

    @property
    def last(self) -> int:
        """Give the id of the newest that was handed on here; 0 before the first."""
        return self._last

    def hear(self, hearer: Hearer, event: str | None = None) -> None:
        """Have ``hearer(event, body)`` called, off no lock: for one event, or for all."""
        self._hearers.append((event, hearer))

    def start(self) -> None:
        """Begin with what comes from now on; raises StorageError."""
        self._last = self._runtime.offload(self._store.head)
        self._runtime.spawn(self._look_forever)

    def say(self, event: str, body: Any) -> None:
        """Announce; returns when it is kept. Raises StorageError."""
        self._runtime.offload(self._store.say, event, body, self._clock())
        self.news()

    def news(self) -> None:
        """Say that something was announced within another's transaction: all read at once."""
        self._wake.set()
        self._link.publish(NEWS, b"")

    def look(self) -> None:
        """Hear what has come; raises StorageError."""
        while True:
            found = self._runtime.offload(self._store.since, self._last, MOST_A_READ)
            for one in found:
                self._last = one.id
                self._hand_on(one)
            if len(found) < MOST_A_READ:
                return

    def _hand_on(self, one: Announcement) -> None:
        for event, hearer in self._hearers:
            if event is not None and event != one.event:
                continue
            try:
                hearer(one.event, one.body)
            except Exception:
                log.exception("An announcement could not be used: %s", one.event)

    def _look_forever(self) -> None:
        while True:
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()
            try:
                self.look()
            except StorageError:
                log.debug("Announcements could not be read", exc_info=True)
                self._runtime.sleep(LOOK_EVERY_S)
            except Exception:
                log.exception("Announcements could not be heard")
                self._runtime.sleep(LOOK_EVERY_S)
