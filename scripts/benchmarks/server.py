"""A Quadra of its own for a measurement, in a scratch folder, pinned to one core."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 30
_STOP_TIMEOUT_S = 10
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    port: int
    token: str
    pid: int
    first_address: str
    start_seconds: float
    folder: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def cores() -> tuple[set[int], set[int]]:
    """Give the core for the server and those for the load; both all where there is only one."""
    have = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    return ({have[0]}, set(have[1:])) if len(have) > 1 else ({have[0]}, {have[0]})


@contextmanager
def pinned(cpus: set[int]) -> Iterator[None]:
    """Keep this thread on some cores meanwhile, and whatever it starts for good.

    A process that is pinned later leaves its other threads and its children where they were.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin_all(pid: int, cpus: set[int]) -> None:
    """Keep all threads of a process on some cores, those to come too."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for thread in psutil.Process(pid).threads():
        with suppress(OSError):
            os.sched_setaffinity(thread.id, cpus)


@contextmanager
def quadra(folder: Path | None = None, **settings: str) -> Iterator[Running]:
    """Start a server, give it when it is ready, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="quadra-bench-") as scratch:
        place = folder or Path(scratch)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        token = secrets.token_urlsafe(24)
        env = {
            **os.environ,
            "PORT": str(port),
            "DATA_DIR": str(place / "data"),
            "LOGS_DIR": str(place / "logs"),
            "QUADRA_ADMIN_TOKEN": token,
            "RATELIMIT_INGEST": "100000000 per minute",
            "RATELIMIT_CONNECT": "100000000 per minute",
            "RATELIMIT_READ": "100000000 per minute",
            **settings,
        }
        began = time.perf_counter()
        with pinned(cores()[0]):
            process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=REPOSITORY,
                env=env,
                stdout=subprocess.PIPE,
                text=True,
            )
        try:
            address = _first_address(process)
            took = time.perf_counter() - began
            yield Running(port, token, process.pid, address, took, place)
        finally:
            process.terminate()
            process.wait(_STOP_TIMEOUT_S)


def _first_address(process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    assert process.stdout is not None  # noqa: S101 - it was asked for above
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        found = _ADDRESS.search(line)
        if found:
            return found.group()
        if not line:
            break
    msg = "the server did not start"
    raise RuntimeError(msg)
