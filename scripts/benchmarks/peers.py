"""Servers of the trade, started for a measurement beside Quadra: the same load, the same core."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benchmarks.server import REPOSITORY, cores, pinned

_START_TIMEOUT_S = 20
_FRONTEND = REPOSITORY / "frontend"


def prometheus_program() -> str | None:
    """Find Prometheus where `make test` puts it, or on the PATH."""
    fetched = REPOSITORY / ".cache" / "tools" / "prometheus" / "usr" / "bin" / "prometheus"
    return str(fetched) if fetched.exists() else shutil.which("prometheus")


@contextmanager
def prometheus(program: str) -> Iterator[tuple[int, int]]:
    """Start a Prometheus that takes remote write; gives its port and process id."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        config = Path(scratch) / "prometheus.yml"
        config.write_text("storage: {tsdb: {out_of_order_time_window: 1h}}\n")
        with pinned(cores()[0]):
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={scratch}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--web.enable-remote-write-receiver",
                    "--log.level=error",
                ],
            )
        try:
            _wait_until_ready(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(10)


def socketio_is_here() -> bool:
    """Say whether Node and its Socket.IO server are installed, see scripts/tools/npm.sh."""
    return shutil.which("node") is not None and (_FRONTEND / "node_modules" / "socket.io").is_dir()


@contextmanager
def socketio() -> Iterator[tuple[int, int]]:
    """Start a Socket.IO server on Node; gives its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("socketio_peer.mjs")
    process = subprocess.Popen(
        [shutil.which("node") or "node", str(script), str(port)],
        cwd=_FRONTEND,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        if process.stdout.readline().strip() != "READY":
            msg = "the peer did not start"
            raise RuntimeError(msg)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    msg = "the peer did not start"
    raise RuntimeError(msg)
