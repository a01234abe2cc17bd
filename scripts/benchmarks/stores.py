"""Quadra beside the stores of the trade: the same samples, the same questions, one core each.

What differs stays visible: Quadra answers a write once it is on disk, VictoriaMetrics from
memory, Prometheus from a log that it does not wait for.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cramjam
import numpy as np
import requests

from quadra.storage.prometheus.labels import label_block
from quadra.storage.prometheus.writing import encode
from quadra.telemetry.batch import Columns, TimeArray, ValueArray
from quadra.telemetry.series import series_key
from scripts.benchmarks import history, ingest, remote_write
from scripts.benchmarks.asking import Asker
from scripts.benchmarks.load import drive, request
from scripts.benchmarks.server import quadra
from scripts.benchmarks.store_programs import STORES, Store, pinned_load, size_on_disk

SECONDS = 3.0
ROUNDS = 3
ASKED = 25
_MINUTES_A_REQUEST = 5
_RW_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Past:
    """The samples that everybody keeps: ``t`` (n,) in unix ms, ``v`` (n, series)."""

    t: TimeArray
    v: ValueArray

    @property
    def end(self) -> int:
        """The time of the newest sample, unix ms."""
        return int(self.t[-1])


def _median_rate(port: int, lanes: list[list[bytes]], samples: int) -> float:
    drive(port, lanes, 1.0)
    rates = []
    for _ in range(ROUNDS):
        outcome = drive(port, lanes, SECONDS)
        rates.append(outcome.requests * samples / outcome.seconds)
    return statistics.median(rates)


def _text_lanes(store: Store) -> list[list[bytes]]:
    """Make the ingest benchmark's requests in a store's own text form."""
    now = int(time.time()) * 1000
    lanes = []
    for lane in range(ingest.CONNECTIONS):
        made = []
        for variant in range(ingest.VARIANTS):
            start = now - 3_000_000 + variant * 100_000
            lines = []
            for n in range(ingest.SERIES):
                for i in range(ingest.SAMPLES // ingest.SERIES):
                    value = round(100 + 10 * ((i * 7 + n) % 13) / 13, 3)
                    labels = {"lane": str(lane), "n": str(n), "service": "bench"}
                    lines.append(store.line("bench_value", labels, value, start + i * 100))
            made.append(request(store.text_path, "none", "\n".join(lines).encode(), {}))
        lanes.append(made)
    return lanes


def _writes(figures: Figures) -> None:
    """Samples a second: each in its own best text form, and by remote write."""
    shape = (125, 8)
    size = shape[0] * shape[1]
    with quadra() as server, pinned_load():
        lanes = [ingest.bodies(server.token, lane) for lane in range(ingest.CONNECTIONS)]
        figures["quadra_json_per_s"] = _median_rate(server.port, lanes, ingest.SAMPLES)
        lanes = remote_write._lanes("/prometheus/api/v1/write", server.token, *shape)  # noqa: SLF001 - the same requests
        figures["quadra_remote_write_per_s"] = _median_rate(server.port, lanes, size)
    for store in _present():
        with store.running() as running, pinned_load():
            if store.text_path:
                rate = _median_rate(running.port, _text_lanes(store), ingest.SAMPLES)
                figures[f"{store.name}_text_per_s"] = rate
            if store.write_path:
                lanes = remote_write._lanes(store.write_path, "none", *shape)  # noqa: SLF001
                rate = _median_rate(running.port, lanes, size)
                figures[f"{store.name}_remote_write_per_s"] = rate


def _fill(store: Store, port: int, past: Past) -> None:
    """Send the past in order, some minutes a request."""
    keys = [series_key("bench_past", {"n": str(n)}) for n in range(past.v.shape[1])]
    blocks = {n: label_block(key) for n, key in enumerate(keys)}
    session = requests.Session()
    for at in range(0, len(past.t), _MINUTES_A_REQUEST * 60):
        t, v = past.t[at : at + _MINUTES_A_REQUEST * 60], past.v[at : at + _MINUTES_A_REQUEST * 60]
        if store.write_path:
            ids = np.repeat(np.arange(len(keys), dtype=np.uint32), len(t))
            plain = encode(Columns(ids, np.tile(t, len(keys)), v.T.ravel()), blocks)
            body, headers = bytes(cramjam.snappy.compress_raw(plain)), _RW_HEADERS
            path = store.write_path
        else:
            lines = [
                store.line("bench_past", {"n": str(n)}, value, when)
                for n in range(len(keys))
                for when, value in zip(t.tolist(), v[:, n].tolist(), strict=True)
            ]
            body, headers, path = "\n".join(lines).encode(), {}, store.text_path
        url = f"http://127.0.0.1:{port}{path}"
        session.post(url, data=body, headers=headers, timeout=60).raise_for_status()


def _ask(asker: Asker, path: str, params: Mapping[str, str], expected: int) -> float:
    """Give the median time (ms) of a question, whose answer must hold so many series."""
    found = asker.get(path, params).count(b'"values":')
    if found != expected:
        msg = f"{found} series were answered, not {expected}"
        raise RuntimeError(msg)
    return asker.median_ms(path, params, ASKED)


def _quadra_past(figures: Figures, past: Past) -> None:
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        database = history.fill(folder, past.v, past.end)
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM journal"))
        history.vacuum(database)
        figures["quadra_bytes_a_sample"] = size_on_disk(folder / "data") / past.v.size
        with quadra(folder) as server:
            time.sleep(history.WARM_UP_S)
            asker = Asker(server.port, server.token)
            span = {"start": str(past.end / 1000 - 3600), "end": str(past.end / 1000)}
            for name, match, series in (
                ("100_series", "bench_past", past.v.shape[1]),
                ("1_series", 'bench_past{n="5"}', 1),
            ):
                params = {"match": match, "step": "10s", **span}
                figures[f"quadra_{name}_ms"] = _ask(asker, "/api/v1/history", params, series)


def _pasts(figures: Figures) -> None:
    """Bytes a sample once cold, and the time of two questions."""
    v = history.mix(history.SERIES, history.COLD_HOURS * history.HOUR_S)
    now = int(time.time()) * 1000 - 120_000
    past = Past(now - 1_000 * np.arange(len(v), dtype=np.int64)[::-1], v)
    _quadra_past(figures, past)
    for store in _present():
        with store.running() as running:
            _fill(store, running.port, past)
            figures[f"{store.name}_bytes_a_sample"] = store.cold_size(running) / v.size
            asker = Asker(running.port)
            for name, number, series in (("100_series", None, v.shape[1]), ("1_series", 5, 1)):
                path, params = store.question(number, past.end - 3_600_000, past.end)
                figures[f"{store.name}_{name}_ms"] = _ask(asker, path, params, series)


def _present() -> list[Store]:
    return [store for store in STORES if store.program() is not None]


def measure() -> Figures:
    """Run writes, then the past, against all that are there."""
    figures: Figures = {}
    _writes(figures)
    _pasts(figures)
    return figures


if __name__ == "__main__":
    print(measure())
