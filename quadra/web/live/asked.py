"""How much one console has asked for within a second. Pure; the time is passed in."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Asked:
    """The events of a second, which begins with the first of them.

    Seconds of the clock would let what is asked at the end of one be forgotten at once.
    """

    _since: float = -math.inf
    _count: int = 0

    def again(self, now: float) -> int:
        """Count an event at ``now``, in seconds; return how many this second has had with it."""
        if now - self._since >= 1:
            self._since, self._count = now, 0
        self._count += 1
        return self._count

    def add(self, events: int) -> None:
        """Have what was asked last count as so many events more."""
        self._count += events
