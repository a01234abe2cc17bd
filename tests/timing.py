"""Bounds on time that a slow program breaks, and a busy machine does not."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil

_LOOK_EVERY_S = 0.1


class Stopwatch:
    """Measures a `with` block, less the time for which the machine had no core for who took part.

    That is this process, and `pids` with all that they start meanwhile. So a bound can be as tight
    as a quiet machine allows: where others keep the cores busy, what they cost is left out. What
    somebody sleeps, waits for or computes counts in full.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = (psutil.Process().pid, *pids)
        self._before: dict[tuple[int, str], float] = {}
        self._waited: dict[tuple[int, str], float] = {}
        self._over = threading.Event()
        self._looker = threading.Thread(target=self._look_on, daemon=True)
        self.seconds = float("inf")
        """How long it took; known at the end of the block."""

    def __enter__(self) -> Self:
        self._before = dict(self._waits())
        self._looker.start()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        self._over.set()
        self._looker.join(10)
        self._look()
        kept_waiting = sum(
            waited - self._before.get(task, 0.0) for task, waited in self._waited.items()
        )
        self.seconds = took - kept_waiting

    def _look_on(self) -> None:
        """Look again and again: of a process that has ended nothing more can be known."""
        while not self._over.wait(_LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        self._waited.update(self._waits())

    def _waits(self) -> Iterator[tuple[tuple[int, str], float]]:
        """Give for each thread how long (s) it was ready to run and did not, where Linux tells."""
        for pid in self._family():
            for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                tid = file.parent.name
                with contextlib.suppress(OSError, IndexError):  # it has ended
                    if tid != str(self._looker.native_id):
                        yield (pid, tid), int(file.read_text().split()[1]) / 1e9

    def _family(self) -> Iterator[int]:
        own, *others = self._pids
        yield own
        for pid in others:
            with contextlib.suppress(psutil.NoSuchProcess):
                yield pid
                yield from (child.pid for child in psutil.Process(pid).children(recursive=True))
