"""The stores that Quadra is measured beside: how they are started, fed and asked."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.server import REPOSITORY, cores

_START_TIMEOUT_S = 30
_COLD_WITHIN_S = 40


@dataclass(frozen=True, slots=True)
class RunningStore:
    """A store that answers."""

    port: int
    pid: int
    folder: Path


class Store:
    """What all have in common; ``text_path`` and ``write_path`` are empty where there is none."""

    name = ""
    package = ""
    executable = ""
    text_path = ""
    write_path = ""
    ready_path = "/health"

    def program(self) -> str | None:
        """Find the program where `make test` puts it, or on the PATH."""
        fetched = REPOSITORY / ".cache/tools" / self.package / "usr/bin" / self.executable
        return str(fetched) if fetched.exists() else shutil.which(self.executable)

    def command(self, program: str, folder: Path, port: int) -> list[str]:
        """Say how it is started."""
        raise NotImplementedError

    def line(self, name: str, labels: Mapping[str, str], value: float, t: int) -> str:
        """Write one sample in its text form; ``t`` in unix ms."""
        raise NotImplementedError

    def question(self, number: int | None, start: int, end: int) -> tuple[str, dict[str, str]]:
        """Ask for means by 10 s of one series ``n``, or of all; unix ms."""
        raise NotImplementedError

    def cold_size(self, running: RunningStore) -> int:
        """Let it write and compress what it holds, and give the bytes of that."""
        raise NotImplementedError

    def prepare(self, port: int) -> None:
        """Make ready what must be there before the first write."""

    @contextmanager
    def running(self) -> Iterator[RunningStore]:
        """Start one on a core, in a folder of its own."""
        program = self.program()
        assert program is not None  # noqa: S101 - asked before
        with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
            folder, port = Path(scratch), _free_port()
            command = self.command(program, folder, port)
            process = subprocess.Popen(
                [*_on_cores(cores()[0]), *command],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                _wait_until_ready(f"http://127.0.0.1:{port}{self.ready_path}")
                self.prepare(port)
                yield RunningStore(port, process.pid, folder)
            finally:
                process.terminate()
                process.wait(30)


class VictoriaMetrics(Store):
    """VictoriaMetrics, single node."""

    name = "victoria_metrics"
    package = executable = "victoria-metrics"
    text_path = "/api/v1/import/prometheus"
    write_path = "/api/v1/write"

    def command(self, program: str, folder: Path, port: int) -> list[str]:
        """Say how it is started."""
        return [
            program,
            f"-storageDataPath={folder}/data",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-loggerLevel=ERROR",
        ]

    def line(self, name: str, labels: Mapping[str, str], value: float, t: int) -> str:
        """Write one sample as Prometheus's text format has it."""
        inner = ",".join(f'{label}="{text}"' for label, text in labels.items())
        return f"{name}{{{inner}}} {value} {t}"

    def question(self, number: int | None, start: int, end: int) -> tuple[str, dict[str, str]]:
        """Ask by PromQL."""
        return _promql(number, start, end)

    def cold_size(self, running: RunningStore) -> int:
        """Merge by force; the index counts, the caches beside do not."""
        _get(f"http://127.0.0.1:{running.port}/internal/force_flush")
        _get(f"http://127.0.0.1:{running.port}/internal/force_merge")
        return _steady_size(running.folder / "data", "data", "indexdb")


class Prometheus(Store):
    """Prometheus with its remote-write receiver."""

    name = "prometheus"
    package = executable = "prometheus"
    write_path = "/api/v1/write"
    ready_path = "/-/ready"

    def command(self, program: str, folder: Path, port: int) -> list[str]:
        """Say how it is started."""
        config = folder / "prometheus.yml"
        config.write_text("storage: {tsdb: {out_of_order_time_window: 2h}}\n")
        return [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
            "--web.enable-admin-api",
            "--log.level=error",
        ]

    def question(self, number: int | None, start: int, end: int) -> tuple[str, dict[str, str]]:
        """Ask by PromQL."""
        return _promql(number, start, end)

    def cold_size(self, running: RunningStore) -> int:
        """Take a snapshot, which is made of blocks."""
        url = f"http://127.0.0.1:{running.port}/api/v1/admin/tsdb/snapshot"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60):
            return size_on_disk(running.folder / "data" / "snapshots")


class InfluxDB(Store):
    """InfluxDB 1.x, with its cache written and its files compacted soon."""

    name = "influxdb"
    package, executable = "influxdb", "influxd"
    text_path = "/write?db=bench&precision=ms"
    ready_path = "/ping"

    def command(self, program: str, folder: Path, port: int) -> list[str]:
        """Say how it is started."""
        config = folder / "influxdb.conf"
        config.write_text(
            f'bind-address = "127.0.0.1:{_free_port()}"\nreporting-disabled = true\n'
            f'[meta]\ndir = "{folder}/meta"\n'
            f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            'query-log-enabled = false\ncache-snapshot-write-cold-duration = "2s"\n'
            'compact-full-write-cold-duration = "2s"\n'
            f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
            "[monitor]\nstore-enabled = false\n"
        )
        return [program, "-config", str(config)]

    def prepare(self, port: int) -> None:
        """Make the database."""
        url = f"http://127.0.0.1:{port}/query"
        data = urllib.parse.urlencode({"q": "CREATE DATABASE bench"}).encode()
        with urllib.request.urlopen(url, data, timeout=10):
            return

    def line(self, name: str, labels: Mapping[str, str], value: float, t: int) -> str:
        """Write one sample in the line protocol."""
        inner = ",".join(f"{label}={text}" for label, text in labels.items())
        return f"{name},{inner} value={value} {t}"

    def question(self, number: int | None, start: int, end: int) -> tuple[str, dict[str, str]]:
        """Ask by InfluxQL."""
        one = "" if number is None else f" AND n = '{number}'"
        query = (
            f"SELECT mean(value) FROM bench_past WHERE time >= {start}ms AND time <= {end}ms"  # noqa: S608 - numbers only
            f"{one} GROUP BY time(10s), n"
        )
        return "/query", {"db": "bench", "epoch": "ms", "q": query}

    def cold_size(self, running: RunningStore) -> int:
        """Wait until nothing is written any more; the write-ahead log is empty by then."""
        return _steady_size(running.folder, "data", "wal")


STORES: tuple[Store, ...] = (VictoriaMetrics(), Prometheus(), InfluxDB())


@contextmanager
def pinned_load() -> Iterator[None]:
    """Keep this process off the server's core meanwhile, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores()[1])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _promql(number: int | None, start: int, end: int) -> tuple[str, dict[str, str]]:
    one = "" if number is None else f'{{n="{number}"}}'
    query = f"avg_over_time(bench_past{one}[10s])"
    span = {"start": f"{start / 1000:.3f}", "end": f"{end / 1000:.3f}", "step": "10"}
    return "/api/v1/query_range", {"query": query, "nocache": "1", **span}


def _on_cores(cpus: set[int]) -> list[str]:
    taskset = shutil.which("taskset")
    return [taskset, "-c", ",".join(map(str, sorted(cpus)))] if taskset else []


def _steady_size(folder: Path, *parts: str) -> int:
    """Give the size of some folders once it no longer changes for some seconds."""
    until = time.monotonic() + _COLD_WITHIN_S
    size, since = -1, 0.0
    while time.monotonic() < until:
        now = sum(size_on_disk(folder / part) for part in parts)
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > 6:  # noqa: PLR2004 - seconds, three times what is set above
            break
        time.sleep(0.5)
    return size


def size_on_disk(folder: Path) -> int:
    """Give the bytes that files take, without the holes of those that are made large ahead."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512 if path.is_file() else 0
        except OSError:  # it was merged into another meanwhile
            continue
    return total


def _get(url: str) -> None:
    with urllib.request.urlopen(url, timeout=60):  # noqa: S310 - ours
        return


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - ours
                return
        except OSError:
            time.sleep(0.1)
    msg = "the peer did not start"
    raise RuntimeError(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
