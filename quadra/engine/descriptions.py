"""Remembers what senders say of their metrics, and keeps it when it is news."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from quadra.engine.ports import Runtime
from quadra.errors import StorageError
from quadra.telemetry.metadata import Metadata

log = logging.getLogger(__name__)

MAX_DESCRIBED = 50_000
# A histogram's parts are described under the family's name.
_PARTS = ("_bucket", "_sum", "_count", "_total")


class MetadataStore(Protocol):
    """Where metadata is kept; blocking; raises StorageError."""

    def load(self) -> list[Metadata]:
        """Give everything that is kept."""

    def put(self, described: Sequence[Metadata]) -> None:
        """Keep these, in place of what was said of the same names."""


class Descriptions:
    """The metadata of every metric, in memory."""

    def __init__(self, store: MetadataStore, runtime: Runtime) -> None:
        """Wire; ``restore`` fills it."""
        self._store = store
        self._runtime = runtime
        self._known: dict[str, Metadata] = {}
        self.on_news: Callable[[], None] = lambda: None
        """Called when something new was kept, so that other processes may be told."""

    def restore(self) -> None:
        """Take over what was kept, by this process or another."""
        self._known |= {one.name: one for one in self._runtime.offload(self._store.load)}

    def learn(self, described: Iterable[Metadata]) -> None:
        """Keep what is new; metadata is worth no refusal, so a failure is only logged."""
        news = [one for one in described if self._known.get(one.name) != one]
        news = news[: MAX_DESCRIBED - len(self._known)]
        if not news:
            return
        self._known |= {one.name: one for one in news}
        try:
            self._runtime.offload(self._store.put, news)
        except StorageError:
            for one in news:
                self._known.pop(one.name, None)
            log.warning("Metadata of %d metrics was not kept this time", len(news))
        else:
            self.on_news()

    def of(self, name: str) -> Metadata | None:
        """Give what is known of a metric, also of a part of a histogram."""
        found = self._known.get(name)
        if found is not None:
            return found
        for part in _PARTS:
            family = self._known.get(name.removesuffix(part)) if name.endswith(part) else None
            if family is not None:
                return family
        return None
