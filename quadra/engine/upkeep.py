"""What the worker does: seal what is due, drop what is old, again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from quadra.engine.sealer import Sealer
from quadra.errors import QuadraError

log = logging.getLogger(__name__)

EVERY_S = 5.0


class Upkeep:
    """Runs the periodic jobs one after another; a job that fails is tried again next time."""

    def __init__(self, sealer: Sealer) -> None:
        """Wire the jobs."""
        self._sealer = sealer
        self._failing = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Work until ``wait(seconds)`` says that the end has come."""
        while True:
            self.round()
            if wait(EVERY_S):
                return

    def round(self) -> None:
        """Do once whatever is due."""
        try:
            sealed = self._sealer.run()
            dropped = self._sealer.expire()
        except QuadraError as error:
            if not self._failing:
                log.warning("History can't be sealed now: %s", error.detail)
            self._failing = True
            return
        except Exception:
            log.exception("History could not be sealed")
            return
        self._failing = False
        if sealed or dropped:
            log.info("Sealed %d samples, dropped %d chunks", sealed, dropped)
