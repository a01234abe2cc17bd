"""Samples what lives in this process and machine once a second, into the same journal as all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from quadra.engine.journal import Journal
from quadra.engine.ports import Clock, Runtime
from quadra.errors import QuadraError
from quadra.intake.host import Reading
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesKey, series_key

log = logging.getLogger(__name__)

INTERVAL_S = 1.0

ReadSource = Callable[[float], Sequence[Reading]]


def batch_of(readings: Sequence[Reading], now: float, source: str) -> Batch:
    """Make a batch in which every reading has the time ``now`` (unix seconds)."""
    numbers: dict[SeriesKey, int] = {}
    index = [numbers.setdefault(series_key(n, lab), len(numbers)) for n, lab, _ in readings]
    t = np.full(len(readings), round(now * 1000), np.int64)
    values = np.array([value for _, _, value in readings], np.float64)
    return Batch(tuple(numbers), np.array(index, np.uint32), t, values, source)


class Sampler:
    """Reads one source on the full second and appends what it finds."""

    def __init__(
        self,
        name: str,
        read: ReadSource,
        journal: Journal,
        runtime: Runtime,
        clock: Clock,
        *,
        blocking: bool,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        """Wire a source; a ``blocking`` one is read on a native thread.

        ``is_ours`` says whether this process is the one that reads it.
        """
        self._is_ours = is_ours
        self._name = name
        self._read = read
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._blocking = blocking
        self._failing = False

    def start(self) -> None:
        """Begin sampling."""
        self._runtime.spawn(self._run)

    def sample(self) -> None:
        """Take one sample of everything the source has; raises what the source raises."""
        if not self._is_ours():
            return
        now = self._clock()
        read = self._runtime.offload(self._read, now) if self._blocking else self._read(now)
        if read:
            self._journal.append(batch_of(read, now, self._name))

    def _run(self) -> None:
        self._runtime.sleep(INTERVAL_S - self._clock() % INTERVAL_S)
        while True:
            try:
                self.sample()
                self._failing = False
            except QuadraError:
                # The journal reports its own outage; these samples are lost and the next come.
                log.debug("Samples of %s were not kept", self._name, exc_info=True)
            except Exception:
                if not self._failing:
                    log.exception("Source %s can't be read; trying again each second", self._name)
                self._failing = True
            self._runtime.sleep(INTERVAL_S - self._clock() % INTERVAL_S)
