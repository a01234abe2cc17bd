"""Counters of rate limits that all processes share while the link between them works.

Every hit is also counted here, so that a limit still holds in each process when the link is
away, and does not begin anew when it comes back empty.
"""

from __future__ import annotations

import time
from typing import Any

from limits.storage import Storage

from quadra.engine.link import Link
from quadra.web.own_counts import MOST, OwnCounts

SCHEME = "quadra"
FRESH_S = 1.0
_MOST_KEYS = 20_000


class SharedCounters(Storage):
    """A storage of the ``limits`` library; never raises, never waits longer than the link."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the library wants it

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,  # noqa: FBT001, FBT002 - as the library calls it
        **options: Any,
    ) -> None:
        """Take the options ``link`` and ``most``, the number of keys that this process counts."""
        super().__init__(uri, wrap_exceptions)
        self._link: Link = options["link"]
        self._local = OwnCounts(options.get("most", MOST))
        # Of each key the count of all, when it was heard, and when its window ends.
        self._heard: dict[str, tuple[int, float, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing of ours is raised."""
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; gives the count of all processes, or of this one without the link."""
        ours = self._local.add(key, expiry, amount, time.time())
        shared = self._link.count(key, expiry, amount)
        if shared is None:
            return ours
        self._hear(key, *shared)
        return max(ours, shared[0])

    def get(self, key: str) -> int:
        """Give the count without counting."""
        now = time.time()
        ours = self._local.get(key, now)
        heard = self._heard.get(key)
        if heard is None or now - heard[1] > FRESH_S:
            shared = self._link.count(key, 0, 0)  # a window of no length leaves no key behind
            if shared is not None and shared[0]:
                self._hear(key, *shared)
                return max(ours, shared[0])
        return max(ours, heard[0]) if heard is not None and now < heard[2] else ours

    def get_expiry(self, key: str) -> float:
        """Give when the window ends, in unix seconds."""
        heard, now = self._heard.get(key), time.time()
        if heard is not None and heard[2] > now:
            return heard[2]
        return self._local.ends(key, now)

    def check(self) -> bool:
        """Say that it works: it always does."""
        return True

    def reset(self) -> int | None:
        """Forget what was counted here."""
        self._heard.clear()
        return self._local.reset()

    def clear(self, key: str) -> None:
        """Forget one key here."""
        self._heard.pop(key, None)
        self._local.clear(key)

    def _hear(self, key: str, count: int, left: float) -> None:
        now = time.time()
        if len(self._heard) >= _MOST_KEYS:
            self._heard = {k: one for k, one in self._heard.items() if one[2] > now}
            if len(self._heard) >= _MOST_KEYS:
                self._heard.clear()
        self._heard[key] = (count, now, now + left)
