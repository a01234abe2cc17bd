"""Real stores that take remote write and answer PromQL: VictoriaMetrics and Prometheus."""

import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.servers import programs
from tests.servers.process import (
    Process,
    ProcessEndedError,
    free_port,
    plain_environment,
    wait_until,
)


class PrometheusStore:
    """One store of its own, in a folder that is kept from start to start."""

    ready = "Server is ready to receive web requests"
    keeps_full_precision = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, port: int) -> list[str | Path]:
        config = self.folder / "prometheus.yml"
        config.write_text("storage: {tsdb: {out_of_order_time_window: 12h}}\n")
        return [
            programs.prometheus(),
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder}/data",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
        ]

    def start(self, *, attempts: int = 3) -> Self:
        """Start it, or start it again on the port that it had."""
        port = self.port or free_port()
        process = Process(
            self.command(port),
            log=self.folder / "output.log",
            env=plain_environment(TZ="UTC"),
            cwd=self.folder,
        )
        try:
            process.wait_for_line(self.ready, timeout=30)
        except ProcessEndedError:
            process.close()
            if attempts > 1 and "in use" in process.output:
                return self.start(attempts=attempts - 1)
            raise
        assert wait_until(lambda: self._listens(port), timeout=10)
        self.port = port
        self._process = process
        return self

    @staticmethod
    def _listens(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it; without asking, unless told otherwise."""
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.stop(number, timeout=20)
            finally:
                process.close()

    def show(self) -> None:
        """See to it that what was taken is found when asked; Prometheus does so by itself."""

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """Give a new store; nothing of it is left afterwards."""
        with tempfile.TemporaryDirectory(prefix="quadra-store-") as folder:
            server = cls(Path(folder)).start()
            try:
                yield server
            finally:
                server.stop()


class VictoriaMetrics(PrometheusStore):
    """VictoriaMetrics, single node; what it has just taken shows only seconds later."""

    ready = "started VictoriaMetrics"
    keeps_full_precision = False  # it keeps decimals

    def command(self, port: int) -> list[str | Path]:
        return [
            programs.victoria_metrics(),
            f"-storageDataPath={self.folder}/data",
            "-retentionPeriod=100y",
            f"-httpListenAddr=127.0.0.1:{port}",
        ]

    def show(self) -> None:
        with urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=10):
            pass
