"""Whether the history still has room, said before there is none."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from quadra.errors import QuadraError
from quadra.sizes import parse_budget, shown

log = logging.getLogger(__name__)

MIN_FREE_BYTES = 200 * 1024 * 1024
WARN_FROM = 0.9  # of a budget in bytes
_CURE = "shorten RETENTION_RAW or RETENTION_ROLLUP, or raise DISK_BUDGET"


class Disk:
    """Compares what the history takes with what it may take."""

    def __init__(self, budget: str, folder: Path, size: Callable[[], int]) -> None:
        """Wire: ``budget`` as in DISK_BUDGET, the data folder, what gives the history's bytes."""
        self._budget = parse_budget(budget)
        self._folder = folder
        self._size = size
        self._said = ""

    def complaint(self) -> str:
        """Say what is wrong, nothing when there is room; blocking; raises StorageError."""
        usage = shutil.disk_usage(self._folder)
        if usage.free < MIN_FREE_BYTES:
            return f"{usage.free // 1024**2} MiB left in {self._folder}"
        if isinstance(self._budget, float):
            used = usage.used / (usage.used + usage.free)  # as df: what root keeps is nobody's
            if used < self._budget:
                return ""
            return f"the file system of {self._folder} is {used:.1%} full; {_CURE}"
        size = self._size()
        if size < self._budget * WARN_FROM:
            return ""
        words = "more than" if size > self._budget else "nearly all of"
        return f"history takes {shown(size)}, {words} the budget of {shown(self._budget)}; {_CURE}"

    def watch(self) -> None:
        """Write to the log what has become wrong since the last look, and when it is over."""
        try:
            complaint = self.complaint()
        except (QuadraError, OSError):
            return  # said elsewhere: nothing works then
        if complaint and not self._said:
            log.warning("The disk fills: %s", complaint)
        elif self._said and not complaint:
            log.info("The disk has room again")
        self._said = complaint
