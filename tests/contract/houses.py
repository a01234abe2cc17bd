"""A journal and what makes a past of it, on every kind of history store there is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quadra.engine.history import read_lines
from quadra.engine.ports import Entry, HistoryStore
from quadra.engine.sealer import KEEP_SEALED_ROWS_S, Sealer
from quadra.engine.shipper import SETTLED_AFTER_S, Shipper
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.prometheus.address import Address, parse_address
from quadra.storage.prometheus.asking import Asker
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.history import RemoteHistory
from quadra.storage.prometheus.writing import WRITE_PATH, Writer
from quadra.storage.series import SqlSeries
from quadra.storage.shipments import SqlShipments
from quadra.telemetry.batch import Batch, Columns, IdArray, TimeArray, ValueArray, latest_of_each
from quadra.telemetry.series import SeriesKey, series_key
from tests.servers.stores import PrometheusStore
from tests.unit.fakes import SetClock

EVER = 1 << 45


class House:
    """A past in the database alone."""

    keeps_full_precision = True

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock()
        self.journal = SqlJournal(database, self.clock)
        self.chunks = SqlChunks(database)
        self.history: HistoryStore = SqlHistory(database)
        self.ids: dict[SeriesKey, int] = {}

    def key(self, name: str, labels: Mapping[str, str]) -> SeriesKey:
        return series_key(name, labels)

    def write(
        self, name: str, samples: list[tuple[int, float]], labels: Mapping[str, str] | None = None
    ) -> int:
        """Keep samples (unix ms, value) of one series in one commit; gives its id."""
        t, v = np.array([t for t, _v in samples]), np.array([v for _t, v in samples], np.float64)
        return self.write_columns([self.key(name, labels or {})], np.zeros(len(t), np.uint32), t, v)

    def write_columns(
        self, keys: list[SeriesKey], index: IdArray, t: TimeArray, v: ValueArray
    ) -> int:
        batch = Batch(tuple(keys), index, t, v)
        known = [self.ids.get(key, 0) for key in keys]
        done = self.journal.append([Entry(batch, known)])
        self.ids |= {key: number for number, key in done.met}
        return self.ids[keys[0]]

    def settle(self) -> None:
        """Bring everything to where it stays, and drop the journal's rows."""
        Sealer(self.journal, self.chunks, self.clock, None).run(everything=True)
        self.clock.forward(KEEP_SEALED_ROWS_S + 1)
        self.chunks.finish(self.chunks.claim(), self.chunks.sealed(), self.clock())
        assert [] == self.journal.since(0, 1)

    def close(self) -> None:
        self.database.close()

    def send(self) -> None:
        """Bring on its way what can go, without waiting until that is safe."""

    def begin_again(self) -> None:
        """Forget what a worker that died had in memory."""

    def past(self, *ids: int, start: int = 0, end: int = EVER) -> Columns:
        return latest_of_each(self.history.between(start, end, np.array(ids, np.uint32)))

    def points(self, number: int, start: int = 0, end: int = EVER) -> list[tuple[int, float]]:
        found = self.past(number, start=start, end=end)
        return list(zip(found.t.tolist(), found.v.tolist(), strict=True))

    def steps(
        self, number: int, start: int, end: int, step: int, agg: str
    ) -> list[tuple[int, float]]:
        lines = read_lines(self.history, np.array([number], np.uint32), start, end, step, agg)
        return [pair for _i, t, v in lines for pair in zip(t.tolist(), v.tolist(), strict=True)]


class RemoteHouse(House):
    """A past in a store elsewhere, and what that can't hold in the database.

    The store is shared by all tests: each has series of its own, by a label of the test.
    """

    def __init__(
        self,
        database: Database,
        store: PrometheusStore,
        lane: str,
        *,
        asks: Address | None = None,
        writes: tuple[Address, str] | None = None,
    ) -> None:
        """``asks`` and ``writes`` (with a path) are other ways to the store than straight."""
        super().__init__(database)
        self.store = store
        self.lane = lane
        self.keeps_full_precision = store.keeps_full_precision
        self.address = asks or parse_address(store.url)
        write_at, self.write_path = writes or (self.address, WRITE_PATH)
        self.shipments = SqlShipments(database)
        self.series = SqlSeries(database)
        self.asking = Client(self.address)
        self.sending = Client(write_at, 1)
        self.history = RemoteHistory(
            SqlHistory(database),
            Asker(self.asking),
            self.shipments.newest_dropped,
            self.series.keys_of,
            self.clock,
        )
        self.begin_again()

    def key(self, name: str, labels: Mapping[str, str]) -> SeriesKey:
        return series_key(name, {"lane": self.lane, **labels})

    def close(self) -> None:
        super().close()
        self.asking.close()
        self.sending.close()

    def begin_again(self) -> None:
        self.sending.close()
        self.writer = Writer(self.sending, self.write_path, self.series.keys_of)
        self.shipper = Shipper(
            self.journal,
            self.chunks,
            self.shipments,
            self.writer,
            self.clock,
            keep_seconds=None,
            chance=lambda: 1.0,
        )

    def send(self) -> None:
        self.shipper.run()

    def settle(self) -> None:
        self.shipper.run()
        self.clock.forward(SETTLED_AFTER_S)
        self.shipper.run()
        assert [] == self.journal.since(0, 1)
        self.store.show()
