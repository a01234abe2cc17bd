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
MAX_UNPROVEN = 25_000
"""Beyond so many, only metrics that have a series are learned: words alone push nobody out."""
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

    def __init__(
        self, store: MetadataStore, runtime: Runtime, has_series: Callable[[str], bool]
    ) -> None:
        """Wire; ``restore`` fills it. ``has_series`` says whether a name is that of any series."""
        self._store = store
        self._runtime = runtime
        self._has_series = has_series
        self._known: dict[str, Metadata] = {}
        self.on_news: Callable[[], None] = lambda: None
        """Called when something new was kept, so that other processes may be told."""

    def restore(self) -> None:
        """Take over what was kept, by this process or another."""
        self._known |= {one.name: one for one in self._runtime.offload(self._store.load)}

    def learn(self, described: Iterable[Metadata]) -> None:
        """Keep what is new; metadata is worth no refusal, so a failure is only logged."""
        news: dict[str, Metadata] = {}
        count = len(self._known)
        for one in described:
            former = self._known.get(one.name)
            if former == one:
                continue
            if former is None and one.name not in news:
                if not self._is_welcome(one.name, count):
                    continue
                count += 1
            news[one.name] = one
        if not news:
            return
        before = {name: self._known.get(name) for name in news}
        self._known |= news
        try:
            self._runtime.offload(self._store.put, list(news.values()))
        except StorageError:
            for name, former in before.items():
                self._known.pop(name, None)
                if former is not None:
                    self._known[name] = former
            log.warning("Metadata of %d metrics was not kept this time", len(news))
        else:
            self.on_news()

    def _is_welcome(self, name: str, count: int) -> bool:
        """Say whether one more name is learned beside ``count`` others."""
        if count < MAX_UNPROVEN:
            return True
        return count < MAX_DESCRIBED and any(
            self._has_series(name + part) for part in ("", *_PARTS)
        )

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
