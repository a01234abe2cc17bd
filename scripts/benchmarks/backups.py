"""A full backup of a large database while samples come in, and the drill that checks it."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from scripts.benchmarks.load import lane, request
from scripts.benchmarks.server import REPOSITORY, Running, cores, pinned, quadra

GIGABYTE = 10**9
EVERY_S = 0.02
SAMPLES = 100  # a request: 5,000 a second
BEFORE_S = 15.0
_BLOB = 4_000
_ROWS = 2_000


def measure(size: int = GIGABYTE) -> dict[str, float]:
    """Give times in seconds, and the 99th percentile of a request before and meanwhile in ms."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        folder = Path(scratch)
        (folder / "data").mkdir()
        fill(folder / "data/quadra_matrix.db", size)
        with quadra(folder, BACKUP_DIR=str(folder / "backups")) as server, pinned(cores()[1]):
            env = {
                **os.environ,
                "DATA_DIR": str(folder / "data"),
                "LOGS_DIR": str(folder / "logs"),
                "BACKUP_DIR": str(folder / "backups"),
            }
            load = _Load(server)
            threading.Event().wait(2.0)
            before = load.during(lambda: threading.Event().wait(BEFORE_S))
            began = time.perf_counter()
            meanwhile = load.during(lambda: _script("full_backup.sh", env=env))
            took = time.perf_counter() - began
            after = load.during(lambda: threading.Event().wait(BEFORE_S))
            failed = load.stop()
        archive = next((folder / "backups").glob("full_backup_*.tar.gz"))
        began = time.perf_counter()
        _script("verify_backup.sh", str(archive), env=env)
        drill = time.perf_counter() - began
        quiet = statistics.mean((_p99(before), _p99(after)))
        return {
            "database_mb": size / 1e6,
            "archive_mb": archive.stat().st_size / 1e6,
            "backup_seconds": took,
            "drill_seconds": drill,
            "writes_failed": float(failed),
            "request_p99_ms_without": quiet * 1e3,
            "request_p99_ms_meanwhile": _p99(meanwhile) * 1e3,
            "request_p99_ratio": _p99(meanwhile) / quiet,
        }


def fill(file: Path, size: int) -> None:
    """Make a database with rows that can't shrink, in a table that nothing of Quadra looks at."""
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    insert = sa.text("INSERT INTO filler (data) VALUES (:data)")

    def make(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE filler (id INTEGER PRIMARY KEY, data BLOB)"))

    def work(connection: sa.Connection) -> None:
        rows = [{"data": secrets.token_bytes(_BLOB)} for _ in range(_ROWS)]
        connection.execute(insert, rows)

    database.write(make)
    while file.stat().st_size < size:
        database.write(work)
    database.close()


class _Load:
    """Posts one request each 20 ms and keeps how long each took from when it was due."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._latencies: list[float] = []
        self._failed = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def during(self, work: Callable[[], object]) -> list[float]:
        first = len(self._latencies)
        work()
        return self._latencies[first:]

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self._failed

    def _run(self) -> None:
        with lane(self._server.port) as post:
            due = time.perf_counter()
            while not self._stop.is_set():
                due += EVERY_S
                self._stop.wait(max(due - time.perf_counter(), 0.0))
                try:
                    post(self._request())
                except RuntimeError:
                    self._failed += 1
                self._latencies.append(time.perf_counter() - due)

    def _request(self) -> bytes:
        values = ",".join(
            f'{{"name":"bench","labels":{{"n":"{n}"}},"value":{n}}}' for n in range(SAMPLES)
        )
        body = f'{{"samples":[{values}]}}'.encode()
        kind = {"Content-Type": "application/json"}
        return request("/api/v1/samples", self._server.token, body, kind)


def _p99(latencies: list[float]) -> float:
    return statistics.quantiles(latencies, n=100)[98]


def _script(name: str, *arguments: str, env: dict[str, str]) -> None:
    subprocess.run(
        [str(REPOSITORY / "scripts" / name), *arguments],
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    print(measure())
