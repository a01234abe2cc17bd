"""History in VictoriaMetrics: how fast the journal is shipped there, and answered from there."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import requests

from quadra.engine.shipper import SETTLED_AFTER_S, Shipper
from quadra.storage.chunks import SqlChunks
from quadra.storage.journal import SqlJournal
from quadra.storage.prometheus.address import parse_address
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.writing import WRITE_PATH, Writer
from quadra.storage.series import SqlSeries
from quadra.storage.shipments import SqlShipments
from scripts.benchmarks import history
from scripts.benchmarks.server import quadra
from scripts.benchmarks.store_programs import VictoriaMetrics, pinned_load

ASKED = 25


def ship(folder: Path, url: str, end: int) -> float:
    """Fill a journal with the mix, ship it, and let its rows go; gives samples a second."""
    values = history.mix(history.SERIES, history.HOURS * history.HOUR_S)
    database = history.journalled(folder, values, end)
    passed = [0.0]

    def clock() -> float:
        return time.time() + passed[0]

    client = Client(parse_address(url), 1)
    shipper = Shipper(
        SqlJournal(database, clock),
        SqlChunks(database),
        SqlShipments(database),
        Writer(client, WRITE_PATH, SqlSeries(database).keys_of),
        clock,
        keep_seconds=None,
        chance=lambda: 0.5,
    )
    began = time.perf_counter()
    shipped = shipper.run()
    took = time.perf_counter() - began
    passed[0] = SETTLED_AFTER_S
    shipper.run()
    client.close()
    database.close()
    return shipped / took


def measure() -> dict[str, float]:
    """Ship six hours of the mix, then ask Quadra."""
    store = VictoriaMetrics()
    if store.program() is None:
        return {}
    figures: dict[str, float] = {}
    with store.running() as running, tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        url = f"http://127.0.0.1:{running.port}"
        end = int(time.time() * 1000) - 600_000
        with pinned_load():
            figures["shipped_per_s"] = ship(Path(scratch), url, end)
        requests.get(f"{url}/internal/force_flush", timeout=10).raise_for_status()
        with quadra(Path(scratch), HISTORY_URL=url) as server:
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {server.token}"

            def ask(match: str, series: int, **more: str) -> float:
                params = {
                    "match": match,
                    "start": str((end - 3_600_000) // 1000),
                    "end": str(end // 1000),
                    **more,
                }
                took = []
                address = f"{server.url}/api/v1/history"
                answer = session.get(address, params=params, timeout=30)
                answer.raise_for_status()
                for _ in range(ASKED):
                    began = time.perf_counter()
                    session.get(address, params=params, timeout=30)
                    took.append(time.perf_counter() - began)
                if series != len(answer.json()["series"]):
                    msg = "not all series were answered"
                    raise RuntimeError(msg)
                return statistics.median(took) * 1000

            one = 'bench_past{n="5"}'
            figures["100_series_1h_by_10s_ms"] = ask("bench_past", history.SERIES, step="10s")
            figures["1_series_1h_by_10s_ms"] = ask(one, 1, step="10s")
            figures["100_series_1h_rate_ms"] = ask(
                "bench_past", history.SERIES, step="10s", agg="rate"
            )
            figures["1_series_1h_raw_ms"] = ask(one, 1)
    return figures


if __name__ == "__main__":
    print(measure())
