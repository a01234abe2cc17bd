"""Loads a long past into a Quadra that is stopped, straight through the sealer, for trials.

    .venv/bin/python scripts/load_history.py --series 200 --days 30 --every 10

writes into the database that DATABASE_URL or DATA_DIR names: series `trial_past{n="…"}` that end
now, half of them random walks, a quarter counters, a quarter noise of three decimals.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from quadra.engine.ports import Entry
from quadra.engine.roller import Roller
from quadra.engine.sealer import Sealer
from quadra.settings import Settings
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.migrations import upgrade
from quadra.storage.rollups import SqlRollups
from quadra.storage.series import SqlSeries
from quadra.telemetry.batch import Batch, Columns, IdArray, ValueArray
from quadra.telemetry.rollups import HOUR

DAY_S = 86_400
_WIDTH = 40


def mixed(series: int, samples: int, parts: int) -> Iterator[ValueArray]:
    """Make values (series, samples) part after part, each going on from the one before."""
    rng = np.random.default_rng(20)
    kind = np.arange(series) % 4
    walks, counters = np.flatnonzero(kind < 2), np.flatnonzero(kind == 2)  # noqa: PLR2004 - quarters
    level = np.zeros((series, 1))
    for _ in range(parts):
        v = rng.normal(100, 5, (series, samples))
        v[walks] = rng.normal(0, 0.5, (len(walks), samples)).cumsum(axis=1)
        v[counters] = rng.integers(0, 20, (len(counters), samples)).cumsum(axis=1)
        v += level
        v = v.round(3)
        v[walks] = v[walks].round(2)
        level[walks], level[counters] = v[walks, -1:], v[counters, -1:]
        yield v


class Progress:
    """A bar on the terminal."""

    def __init__(self, words: str, total: int) -> None:
        """Begin at nothing of ``total``."""
        self._words, self._total, self._began = words, total, time.monotonic()

    def show(self, done: int) -> None:
        """Draw the bar anew."""
        part = done / self._total
        left = (time.monotonic() - self._began) * (1 - part) / part if done else 0.0
        bar = "#" * round(part * _WIDTH)
        end = "\n" if done >= self._total else ""
        sys.stderr.write(f"\r{self._words} [{bar:<{_WIDTH}}] {part:4.0%}, {left:4.0f} s left{end}")
        sys.stderr.flush()


def register(journal: SqlJournal, series: int, first: int) -> IdArray:
    """Make the series known with one sample each, at a time (unix ms); gives their ids."""
    keys = tuple(("trial_past", (("n", str(n)),)) for n in range(series))
    batch = Batch(
        keys, np.arange(series, dtype=np.uint32), np.full(series, first), np.zeros(series)
    )
    return journal.append([Entry(batch, [0] * series)]).columns.ids


def load(database: Database, series: int, days: int, every: int, end: int) -> int:
    """Seal the past that ends at a time (unix ms) and roll it up; gives the number of samples."""
    journal, store = SqlJournal(database, time.time), SqlChunks(database)
    roller = Roller(SqlRollups(database), time.time, None, None)
    sealer = Sealer(journal, store, time.time, None, roller)
    samples = DAY_S // every
    first = end - days * DAY_S * 1000
    ids = register(journal, series, first)
    sealer.run(everything=True)
    claim = store.claim()
    bar = Progress("Sealing   ", days)
    for day, v in enumerate(mixed(series, samples, days)):
        t = first + (day * samples + np.arange(samples, dtype=np.int64)) * every * 1000
        sealer.seal(claim, Columns(np.repeat(ids, samples), np.tile(t, series), v.ravel()))
        bar.show(day + 1)
    last = end - every * 1000
    SqlSeries(database).keep_times([(i, first, last) for i in ids.tolist()], journal.head())
    bar = Progress("Rolling up", (end - first) // HOUR)
    while roller.run(time.time()):
        bar.show(min((roller.marks().rolled_until - first) // HOUR, (end - first) // HOUR))
    bar.show((end - first) // HOUR)
    return series * samples * days


def main() -> int:
    """Load what was asked for, and tell what it takes."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--series", type=int, default=200)
    reader.add_argument("--days", type=int, default=30)
    reader.add_argument("--every", type=int, default=10, help="seconds between samples")
    chosen = reader.parse_args()
    settings = Settings.from_env()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    upgrade(database)
    began = time.monotonic()
    count = load(database, chosen.series, chosen.days, chosen.every, int(time.time()) * 1000)
    took = time.monotonic() - began
    database.close()
    print(f"{count:,} samples in {took:.0f} s, {count / took / 1e6:.1f} million a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
