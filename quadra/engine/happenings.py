"""Follows what the judge and people write down for consoles, and tells them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from quadra.engine.alerting import AlertStore, HappeningStore
from quadra.engine.ports import Runtime
from quadra.errors import QuadraError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
AT_ONCE = 500
_COUNT_EVERY = 60

Tell = Callable[[str, dict[str, Any]], None]


class HappeningFeed:
    """Reads new happenings when woken, and now and then by itself. Runs on the loop."""

    def __init__(
        self,
        store: HappeningStore,
        alerts: AlertStore,
        runtime: Runtime,
        tell: Tell,
        count: Callable[[dict[str, int]], None],
    ) -> None:
        """Wire; ``tell`` gets each event's name and object, ``count`` the alerts that fire."""
        self._store = store
        self._alerts = alerts
        self._runtime = runtime
        self._tell = tell
        self._count = count
        self._news = runtime.signal()
        self._last = 0

    def start(self) -> None:
        """Begin with what happens from now on; raises StorageError."""
        self._last = self._runtime.offload(self._store.newest)
        self._runtime.spawn(self._follow)

    def wake(self) -> None:
        """Say that there is news."""
        self._news.set()

    def _follow(self) -> None:
        failing = False
        rounds = 0
        while True:
            try:
                told = self.round()
                if told or rounds % _COUNT_EVERY == 0:
                    self._count(self._runtime.offload(self._alerts.firing))
                failing = False
            except QuadraError as error:
                if not failing:
                    log.warning("Consoles can't be told of alerts now: %s", error.detail)
                failing = True
            except Exception:
                log.exception("Consoles could not be told of alerts")
            rounds += 1
            self._news.wait(LOOK_EVERY_S)
            self._news.clear()

    def round(self) -> int:
        """Tell what is new; gives how much that was."""
        told = 0
        while found := self._runtime.offload(self._store.after, self._last, AT_ONCE):
            for one in found:
                self._tell(one.kind, one.document)
                self._last = one.id
            told += len(found)
        return told
