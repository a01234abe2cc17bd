"""The past: what a sample takes on disk once sealed, and how long questions take by HTTP."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from quadra.engine.ports import Entry
from quadra.engine.roller import Roller
from quadra.engine.sealer import Sealer
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.migrations import upgrade
from quadra.storage.rollups import SqlRollups
from quadra.telemetry.batch import Batch, IdArray, TimeArray, ValueArray
from quadra.telemetry.series import SeriesKey
from scripts.benchmarks.asking import Asker
from scripts.benchmarks.server import Running, cores, pinned, quadra
from scripts.load_history import load

SERIES = 100
HOUR_S = 3_600
HOURS = 6
COLD_HOURS = 12  # enough that a page for every table does not count for much
ASKED = 31
WAITING_SERIES = 500
WAITING_TICKS = 1_900  # as commits: with 2,000 the sealer begins
WARM_UP_S = 4.0  # the worker starts beside the server, and takes from its core meanwhile


def mix(series: int, samples: int) -> ValueArray:
    """Make values (samples, series): half walks, a quarter counters, a quarter noise."""
    rng = np.random.default_rng(20)
    walks = np.cumsum(rng.normal(0, 0.5, (samples, series)), axis=0).round(2)
    counters = np.cumsum(rng.integers(0, 20, (samples, series)), axis=0).astype(np.float64)
    noise = rng.normal(100, 5, (samples, series)).round(3)
    kind = np.arange(series) % 4
    return np.where(kind < 2, walks, np.where(kind == 2, counters, noise))  # noqa: PLR2004 - quarters


def journalled(
    folder: Path, values: ValueArray, end_ms: int, every_ms: int = 1_000, together: int = 60
) -> Database:
    """Keep samples of every series at an even pace, so many together as a commit."""
    (folder / "data").mkdir(parents=True)
    database = Database(f"sqlite:///{folder}/data/quadra_matrix.db")
    upgrade(database)
    journal = SqlJournal(database, time.time)
    keys: tuple[SeriesKey, ...] = tuple(
        ("bench_past", (("n", str(n)),)) for n in range(values.shape[1])
    )
    times = end_ms - every_ms * np.arange(len(values), dtype=np.int64)[::-1]
    ids = [0] * len(keys)
    for at in range(0, len(values), together):
        t, v = times[at : at + together], values[at : at + together]
        done = journal.append([Entry(_batch(keys, t, v), ids)])
        if done.met:
            found = {key: series_id for series_id, key in done.met}
            ids = [found[key] for key in keys]
    return database


def fill(
    folder: Path, values: ValueArray, end_ms: int, every_ms: int = 1_000, together: int = 60
) -> Database:
    """Keep samples as ``journalled`` does, and seal them."""
    database = journalled(folder, values, end_ms, every_ms, together)
    journal = SqlJournal(database, time.time)
    chunks = SqlChunks(database)
    roller = Roller(SqlRollups(database), time.time, None, None)
    Sealer(journal, chunks, time.time, None, roller).run(everything=True)
    while roller.run(time.time()):
        pass
    chunks.finish(chunks.claim(), chunks.sealed(), time.time() + 1)
    return database


def _batch(keys: tuple[SeriesKey, ...], t: TimeArray, v: ValueArray) -> Batch:
    index: IdArray = np.tile(np.arange(len(keys), dtype=np.uint32), len(t))
    return Batch(keys, index, np.repeat(t, len(keys)), v.ravel())


def measure() -> dict[str, float]:
    """Fill half a day of the mix, then ask."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        end = time.time()
        values = mix(SERIES, COLD_HOURS * HOUR_S)
        began = time.perf_counter()
        database = fill(folder, values, int(end * 1000))
        filled = time.perf_counter() - began
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM journal"))
        vacuum(database)
        size = sum(path.stat().st_size for path in (folder / "data").glob("quadra_matrix.db*"))
        figures = {
            "samples": float(values.size),
            "fill_and_seal_per_s": values.size / filled,
            "bytes_a_sample": size / values.size,
            "beyond_an_empty_database": (size - size_of_empty(folder / "empty")) / values.size,
        }
        with quadra(folder) as server, pinned(cores()[1]):
            time.sleep(WARM_UP_S)
            figures["100_series_1h_by_10s_ms"] = ask(server, "bench_past", end, 1, "10s")
            figures["1_series_1h_by_10s_ms"] = ask(server, 'bench_past{n="5"}', end, 1, "10s")
            figures["100_series_6h_by_1m_ms"] = ask(server, "bench_past", end, 6, "1m")
    return figures


def measure_long() -> dict[str, float]:
    """Load 200 series of 30 days at 10 s through the sealer, then ask over days and weeks."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        (folder / "data").mkdir()
        database = Database(f"sqlite:///{folder}/data/quadra_matrix.db")
        upgrade(database)
        end = int(time.time())
        began = time.perf_counter()
        samples = load(database, 200, 30, 10, end * 1000)
        figures = {"samples_loaded_per_s": samples / (time.perf_counter() - began)}
        database.close()
        size = sum(path.stat().st_size for path in (folder / "data").glob("quadra_matrix.db*"))
        figures["bytes_a_sample"] = size / samples
        twenty = 'trial_past{n=~"1?[0-9]"}'
        with quadra(folder) as server, pinned(cores()[1]):
            time.sleep(WARM_UP_S)
            figures["20_series_1d_by_1m_ms"] = ask(server, twenty, end, 24, "1m")
            figures["20_series_30d_by_1h_ms"] = ask(server, twenty, end, 720, "1h")
            figures["200_series_30d_by_1h_ms"] = ask(server, "trial_past", end, 720, "1h")
    return figures


def measure_waiting() -> dict[str, float]:
    """Ask for the last minutes while nearly a million samples wait for the sealer."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        values = mix(WAITING_SERIES, WAITING_TICKS)
        end = time.time()
        journalled(folder, values, int(end * 1000), every_ms=100, together=1).close()
        twenty = 'bench_past{n=~"1?[0-9]"}'
        with quadra(folder) as server, pinned(cores()[1]):
            time.sleep(WARM_UP_S)
            return {
                "samples": float(values.size),
                "20_series_1h_by_10s_ms": ask(server, twenty, end, 1, "10s"),
                "1_series_1h_by_10s_ms": ask(server, 'bench_past{n="5"}', end, 1, "10s"),
                "500_series_1h_by_1m_ms": ask(server, "bench_past", end, 1, "1m"),
            }


def ask(server: Running, match: str, end: float, hours: float, step: str) -> float:
    """Give the median milliseconds of a question by HTTP."""
    params = {"match": match, "start": str(end - hours * HOUR_S), "end": str(end), "step": step}
    return Asker(server.port, server.token).median_ms("/api/v1/history", params, ASKED)


def size_of_empty(folder: Path) -> int:
    """Give the bytes of a database that holds nothing: most of it a page for every table."""
    (folder / "data").mkdir(parents=True)
    database = Database(f"sqlite:///{folder}/data/quadra_matrix.db")
    upgrade(database)
    vacuum(database)
    return sum(path.stat().st_size for path in (folder / "data").glob("quadra_matrix.db*"))


def vacuum(database: Database) -> None:
    """Let a database be as large as what it holds, and close it."""
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("VACUUM")  # type: ignore[union-attr]
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    database.close()


if __name__ == "__main__":
    print(measure())
