"""What the worker does: seal what is due, roll it up, drop what is old, again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from quadra.engine.disk import Disk
from quadra.errors import QuadraError

log = logging.getLogger(__name__)

EVERY_S = 5.0


class Keeper(Protocol):
    """Brings the journal's past to where it stays: into chunks, or to a store elsewhere."""

    def run(self) -> int:
        """Do what is due; gives the samples that were brought there. Raises QuadraError."""

    def expire(self) -> int:
        """Drop a portion of what is too old; gives the number of chunks. Raises QuadraError."""


class Upkeep:
    """Runs the periodic jobs one after another; a job that fails is tried again next time."""

    def __init__(self, keeper: Keeper, disk: Disk) -> None:
        """Wire the jobs."""
        self._keeper = keeper
        self._disk = disk
        self._failing = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Work until ``wait(seconds)`` says that the end has come."""
        while True:
            self.round()
            if wait(EVERY_S):
                return

    def round(self) -> None:
        """Do once whatever is due."""
        self._disk.watch()
        try:
            dropped = self._keeper.expire()
            brought = self._keeper.run()
        except QuadraError as error:
            if not self._failing:
                log.warning("History can't be brought to its place now: %s", error.detail)
            self._failing = True
            return
        except Exception:
            log.exception("History could not be brought to its place")
            return
        self._failing = False
        if brought or dropped:
            log.debug("Brought %d samples to their place, dropped %d chunks", brought, dropped)
