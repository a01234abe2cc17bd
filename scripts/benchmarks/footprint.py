"""What Quadra costs before anybody uses it: start, memory, what a browser loads."""

from __future__ import annotations

import gzip
import json
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from scripts.benchmarks.server import REPOSITORY, quadra

STARTS = 3
IDLE_S = 5.0


def starts(rounds: int = STARTS) -> dict[str, float]:
    """Time from the command to an answer, first on an empty folder, then again on the same."""
    first, again = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            with quadra(Path(folder)) as server:
                first.append(server.start_seconds)
            with quadra(Path(folder)) as server:
                again.append(server.start_seconds)
    return {"first_s": statistics.median(first), "second_s": statistics.median(again)}


def memory(idle: float = IDLE_S) -> dict[str, float]:
    """Give the memory of a server that only watches its host and itself."""
    with quadra() as server:
        time.sleep(idle)
        return {"rss_mb": psutil.Process(server.pid).memory_info().rss / 1e6}


def script() -> dict[str, float]:
    """Give the size of what the first page loads, as sent with gzip."""
    dist = REPOSITORY / "frontend" / "dist"
    names = json.loads((dist / "manifest.json").read_text())
    sizes = {
        kind: sum(
            len(gzip.compress((dist / names[name]).read_bytes(), 9))
            for name in names
            if name.endswith(kind) and name.startswith("console")
        )
        for kind in (".js", ".css")
    }
    return {"script_gzip_kb": sizes[".js"] / 1000, "style_gzip_kb": sizes[".css"] / 1000}
