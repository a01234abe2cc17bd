"""Keeps the first and last time of every series across restarts."""

from __future__ import annotations

import logging

from quadra.engine.catalog import Catalog
from quadra.engine.feed import Feed
from quadra.engine.ports import Clock, Runtime, SeriesStore
from quadra.errors import StorageError

log = logging.getLogger(__name__)

KEEP_EVERY_S = 30.0
_SERIES_A_WRITE = 2_000
_EVER = -(1 << 62)


class SeriesTimes:
    """Writes changed times down now and then; after a crash, reads the rest off the journal."""

    def __init__(
        self,
        catalog: Catalog,
        series: SeriesStore,
        feed: Feed,
        runtime: Runtime,
        clock: Clock,
        ends_after_s: float | None,
    ) -> None:
        """Wire the keeper.

        Of a series whose newest sample is ``ends_after_s`` old nothing is left: it makes room for
        others at the next start, and is there again once it sends. None keeps all for good.
        """
        self._catalog = catalog
        self._series = series
        self._feed = feed
        self._runtime = runtime
        self._clock = clock
        self._ends_after_s = ends_after_s
        self._kept = 0

    def restore(self) -> None:
        """Fill the catalog; called once, before the journal starts."""
        since = _EVER
        if self._ends_after_s is not None:
            since = round((self._clock() - self._ends_after_s) * 1000)
        known, seq = self._runtime.offload(self._series.load, since)
        self._kept = seq
        self._catalog.load(known)
        self._feed.restore(seq)

    def start(self) -> None:
        """Keep the times every half minute."""
        self._runtime.spawn(self._keep_forever)

    def keep(self) -> None:
        """Write the changed times now; raises StorageError."""
        before = self._kept
        seq = self._feed.seq
        ids = self._catalog.take_changed()
        done = 0
        try:
            while done < len(ids) or done == 0:
                portion = ids[done : done + _SERIES_A_WRITE]
                done += _SERIES_A_WRITE
                # Only with the last portion are the times right up to the position.
                reached = seq if done >= len(ids) else before
                times = self._catalog.times_of(portion)
                self._runtime.offload(self._series.keep_times, times, reached)
            self._kept = seq
        except StorageError:
            self._catalog.mark_changed(ids)
            raise

    def _keep_forever(self) -> None:
        while True:
            self._runtime.sleep(KEEP_EVERY_S)
            try:
                self.keep()
            except StorageError:
                # The journal's writer reports the outage; after a restart the journal is read.
                log.debug("Series times were not kept this time", exc_info=True)
