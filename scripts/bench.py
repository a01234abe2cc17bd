"""`make bench`: measures Quadra on this machine and prints a table and JSON.

Machines are shared and noisy: compare runs on the same machine, as ratios.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from quadra import __version__
from scripts.benchmarks import (
    across,
    alerts,
    backups,
    console,
    detection,
    fanout,
    faults,
    footprint,
    history,
    ingest,
    instrumentation,
    lag,
    live,
    many_series,
    overview,
    recovery,
    remote_write,
    shipping,
    stores,
)

Figures = dict[str, float]

PARTS: dict[str, tuple[str, Callable[[], Figures]]] = {
    "ingest": ("Durable ingest, JSON columns, 1,000 a request, 8 connections", ingest.measure),
    "remote_write": ("Remote write beside Prometheus, 8 connections", remote_write.measure),
    "lag": ("The loop while samples come in at full speed and are sealed", lag.measure),
    "many_series": (
        "100,000 series: memory, lag, finding them, starting again",
        many_series.measure,
    ),
    "history": ("The past, sealed: size and answers", history.measure),
    "waiting": ("The past that waits for the sealer: answers", history.measure_waiting),
    "long_history": ("30 days of 200 series: size and answers", history.measure_long),
    "stores": ("Beside VictoriaMetrics, Prometheus and InfluxDB, one core each", stores.measure),
    "shipping": ("History in VictoriaMetrics (HISTORY_URL)", shipping.measure),
    "detection": ("Detection, a sample one by one and of 10,000 series", detection.measure),
    "faults": ("Faults of the demo: how soon they are found", faults.measure),
    "overview": ("The overview with 1,000 services in a browser", overview.measure),
    "socket": ("From POST to a console's socket", live.to_socket),
    "paint": ("From POST to paint in a browser", live.to_paint),
    "fanout": ("Deliveries to 500 consoles at full speed, beside Node", fanout.throughput),
    "paced": ("Ten frames a second to 500 consoles, beside Node", fanout.paced),
    "many": ("Thousands of consoles, a frame a second", fanout.many),
    "stuck": ("500 consoles of which 20 never read", fanout.stuck),
    "across": ("To a console of another process, by way of Redis", across.measure),
    "rules": ("Alert rules: series judged a second on one core", alerts.judged),
    "backtest": ("Alert rules: a month of 20 series, a sample each 15 s", alerts.backtest),
    "alert": ("From POST to the alert in a console", alerts.to_console),
    "page": ("From POST of a breach to a webhook's receipt of the page", alerts.to_webhook),
    "watching": ("Metrics, ids, limits and logs, beside a bare route", instrumentation.measure),
    "charts": (
        "120 charts of 3 series at 10 Hz in a browser: in view, and all",
        console.many_charts,
    ),
    "event_to_paint": ("From event to paint, 100 series at 10 Hz", console.event_to_paint),
    "heap": ("An hour of frames replayed fast: what the page keeps", console.heap),
    "backups": ("A full backup of 1 GB while samples come in, and its drill", backups.measure),
    "recovery": ("From the end of a fault to all being well, in seconds", recovery.measure),
    "start": ("From the command to ready", footprint.starts),
    "memory": ("Memory at idle", footprint.memory),
    "script": ("What the first page loads", footprint.script),
}


def machine() -> dict[str, str | int | float]:
    """Say what the figures were measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(psutil.getloadavg()[0], 2),
    }


def main() -> int:
    """Run the parts asked for."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--only", choices=sorted(PARTS), action="append", help="a part; repeatable")
    reader.add_argument("--output", type=Path, help="write the JSON here too")
    chosen = reader.parse_args()
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    results: dict[str, Figures] = {}
    for name, (title, measure) in PARTS.items():
        if chosen.only and name not in chosen.only:
            continue
        print(f"\n{title}")
        results[name] = measure()
        for figure, value in results[name].items():
            print(f"  {figure:<24} {value:>14,.1f}" if value >= 10 else  # noqa: PLR2004 - layout
                  f"  {figure:<24} {value:>14,.2f}")  # fmt: skip
    document = json.dumps(
        {"version": __version__, "at": time.time(), "machine": facts, "results": results}, indent=2
    )
    print(f"\n{document}")
    if chosen.output:
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        chosen.output.write_text(document + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
