"""A process's turn at work that one does among several: begins with the lease, ends with it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from quadra.errors import StorageError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
AGAIN_AFTER_S = 1.0

Wait = Callable[[float], bool]


class Duty:
    """Does the work while it is ours, and stands by while it is another's."""

    def __init__(self, is_ours: Callable[[], bool], wait: Wait) -> None:
        """Wire; ``wait(seconds)`` says whether the process is to end."""
        self._is_ours = is_ours
        self._wait = wait

    def run(self, work: Callable[[Wait], None]) -> None:
        """Call ``work`` whenever the lease comes; it ends when its own ``wait`` says so.

        Work that a database which is away has interrupted is begun again.
        """
        stands_by = False
        while not self._wait(0 if self._is_ours() else LOOK_EVERY_S):
            if self._is_ours():
                log.info("This process does the work now")
                try:
                    work(self._wait_while_ours)
                except StorageError as error:
                    log.warning("The work begins again in a moment: %s", error.detail)
                    self._wait(AGAIN_AFTER_S)
                stands_by = False
            elif not stands_by:
                stands_by = True
                log.info("Another process does the work; standing by")

    def _wait_while_ours(self, seconds: float) -> bool:
        while True:
            step = min(seconds, LOOK_EVERY_S)
            if self._wait(step) or not self._is_ours():
                return True
            seconds -= step
            if seconds <= 0:
                return False
