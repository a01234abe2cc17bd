"""Wakes the worker's threads: each waits with an ear of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Bell:
    """Rung when there is work, and once more when the end has come."""

    def __init__(self) -> None:
        """Make a bell that nobody listens to yet."""
        self._ears: list[threading.Event] = []
        self._inner: list[Bell] = []
        self._end = threading.Event()

    def ear(self) -> Callable[[float], bool]:
        """Give a wait for one thread.

        It waits until the bell rings, ``seconds`` at most, and says whether the end has come.
        """
        rung = threading.Event()
        self._ears.append(rung)

        def wait(seconds: float) -> bool:
            if not self._end.is_set():
                rung.wait(seconds)
            rung.clear()
            return self._end.is_set()

        return wait

    def sleeper(self) -> Callable[[float], bool]:
        """Give a wait that only the end cuts short."""
        return self._end.wait

    def ring(self) -> None:
        """Wake all who wait."""
        for rung in self._ears:
            rung.set()
        for inner in list(self._inner):
            inner.ring()

    def pass_on(self, inner: Bell) -> None:
        """Ring another bell too, from now on; not its end."""
        self._inner.append(inner)

    def stop_passing(self, inner: Bell) -> None:
        """Ring the other bell no more."""
        self._inner.remove(inner)

    def end(self) -> None:
        """Say that the end has come."""
        self._end.set()
        self.ring()
