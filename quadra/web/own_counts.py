"""What this process has counted for its rate limits, in fixed windows. Pure; time is passed in.

The ``limits`` library has such a thing too, but starts a timer for each count, which costs more
than all the rest of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

LOOK_AT = 10_000
MOST = 100_000
"""Windows that are kept, some 20 MB of them: of more, those counted in longest ago are dropped."""


class OwnCounts:
    """Counts by key; a window begins with its first count. Times in unix seconds."""

    def __init__(self, most: int = MOST) -> None:
        """Begin with nothing; ``most`` windows are kept."""
        self._most = most
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._look_at = LOOK_AT
        self._lock = threading.Lock()  # only ASYNC_MODE=threading ever waits for it

    def __len__(self) -> int:
        """Give the number of windows that are kept."""
        return len(self._counts)

    def add(self, key: str, window: float, amount: int, now: float) -> int:
        """Count in the window that is open, or in a new one of so many seconds."""
        with self._lock:
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                self._forget_ended(now)
                count, ends = 0, now + window
            self._counts[key] = count + amount, ends
            self._counts.move_to_end(key)
            if len(self._counts) > self._most:
                self._counts.popitem(last=False)
            return count + amount

    def get(self, key: str, now: float) -> int:
        """Give the count of the open window, 0 when none is."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > now else 0

    def ends(self, key: str, now: float) -> float:
        """Give when the open window ends, now when none is."""
        return max(self._counts.get(key, (0, now))[1], now)

    def clear(self, key: str) -> None:
        """Forget one key."""
        self._counts.pop(key, None)

    def reset(self) -> int:
        """Forget all; gives how many there were."""
        counts, self._counts = self._counts, OrderedDict()
        return len(counts)

    def _forget_ended(self, now: float) -> None:
        """Drop windows that have ended, seldom enough to cost nothing."""
        if len(self._counts) < self._look_at:
            return
        kept = ((key, one) for key, one in self._counts.items() if one[1] > now)
        self._counts = OrderedDict(kept)
        self._look_at = max(LOOK_AT, 2 * len(self._counts))
