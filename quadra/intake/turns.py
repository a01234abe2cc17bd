"""A bounded number of tasks at once; the others wait for their turn, in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from quadra.engine.ports import Runtime, Signal


class Turns:
    """Hands out turns."""

    def __init__(self, runtime: Runtime, limit: int) -> None:
        """Let ``limit`` tasks have a turn at once."""
        self._runtime = runtime
        self._free = limit
        self._waiting: deque[Signal] = deque()
        self._lock = threading.Lock()  # only ASYNC_MODE=threading ever waits for it

    @contextmanager
    def turn(self, timeout: float | None) -> Iterator[bool]:
        """Wait for a turn, ``timeout`` seconds at most, and hold it; says whether it came."""
        is_ours = self._take(timeout)
        try:
            yield is_ours
        finally:
            if is_ours:
                self._give_back()

    def _take(self, timeout: float | None) -> bool:
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            called = self._runtime.signal()
            self._waiting.append(called)
        if called.wait(timeout):
            return True
        with self._lock:
            if called not in self._waiting:  # it was called at the last moment
                return True
            self._waiting.remove(called)
            return False

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
