"""`make soak`: twenty minutes of an ordinary busy day, and what has grown by its end.

200 consoles come and go, 5,000 samples a second come in, rules fire and clear, anomalies are looked
for, backups are made. Every few seconds memory, descriptors, threads and the time of an answer are
noted. At the end: was anything acknowledged lost, and has anything grown that would not stop?

    make soak                       twenty minutes
    make soak ARGS="--minutes 3"    a short look

Exit code 1 when a sample is missing or was refused, a frame was wrong, a backup failed, or
something grew by more than its bound over the second half and does not come to an end. Loopback
only, and bounded.

Memory is the least of each minute: in between it rises and falls with what is asked. Descriptors
and threads are its median: between one round of consoles and the next there are few. A cache that
fills up grows less and less: growth comes to an end when the last quarter of the time brought less
than half of what the quarter before did. What grows evenly, or ever faster, does not, and a short
look at a server that has just begun can't tell: then it says that it grows.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from scripts.benchmarks.server import Running, quadra  # noqa: E402 - the path comes first

SERIES = 500
BATCHES_A_SECOND = 10
CONSOLES = 200
STAY_S = 60.0  # a console leaves and another comes
RULES = 20
LOOK_EVERY_S = 5.0
BACKUP_EVERY_S = 120.0
MAX_MINUTES = 120.0
MAY_GROW = {"memory": 0.05, "descriptors": 0.10, "threads": 0.10}  # a share, over the second half
OF_A_MINUTE: dict[str, Callable[[list[float]], float]] = {
    "memory": min,
    "descriptors": statistics.median,
    "threads": statistics.median,
}
ENDS_BELOW = 0.5  # of what the quarter before brought


@dataclass(slots=True)
class Day:
    """What happened."""

    acknowledged: int = 0
    refused: int = 0
    post_ms: list[float] = field(default_factory=list)
    looks: list[dict[str, float]] = field(default_factory=list)
    consoles: list[dict[str, Any]] = field(default_factory=list)
    backups: list[int] = field(default_factory=list)


def main() -> int:
    """Soak, report, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="how long (%(default)s)")
    parser.add_argument("--output", type=Path, help="also write the figures there, as JSON")
    wish = parser.parse_args()
    seconds = min(max(wish.minutes, 0.5), MAX_MINUTES) * 60
    day = Day()
    with quadra() as server:
        began = time.time()
        with _meanwhile(day, server):
            _look(day, server, seconds)
        stored = _stored(server, began)
        alerts = _get(server, "/api/v1/alerts/history", limit=1000).get("events", [])
        anomalies = _get(server, "/api/v1/anomalies", limit=1000).get("anomalies", [])
    figures = _figures(day, stored) | {"alert_events": len(alerts), "anomalies": len(anomalies)}
    _print(figures)
    if wish.output:
        wish.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["verdict"] == "held" else 1


@contextmanager
def _meanwhile(day: Day, server: Running) -> Iterator[None]:
    """Let all of them work for so long."""
    _make_rules(server)
    over = threading.Event()
    tasks: list[Callable[[Day, Running, threading.Event], None]] = [_send, _watch, _back_up]
    threads = [threading.Thread(target=task, args=(day, server, over)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(STAY_S + 30)


def _make_rules(server: Running) -> None:
    for number in range(RULES):
        rule = {
            "name": f"Soak {number}",
            "selector": f'soak{{part="{number}"}}',
            "aggregate": "avg",
            "window": "10s",
            "op": ">",
            "threshold": 20.0,
            "cooldown": "1m",
        }
        requests.post(
            f"{server.url}/api/v1/alert-rules", json=rule, headers=_who(server), timeout=10
        ).raise_for_status()


def _send(day: Day, server: Running, over: threading.Event) -> None:
    """Send a sample of every series each tenth of a second; noise, with a step now and then."""
    rng = np.random.default_rng(7)
    session = requests.Session()
    session.headers.update(_who(server))
    due = time.monotonic()
    while not over.wait(max(due - time.monotonic(), 0)):
        due = max(due + 1 / BATCHES_A_SECOND, time.monotonic() - 1)
        now = round(time.time(), 3)
        odd = int(now / 60) % RULES  # one part is high for a minute
        values = rng.normal(10, 1, SERIES).round(2)
        values[odd::RULES] += 15
        series = [
            {
                "name": "soak",
                "labels": {"n": str(n), "part": str(n % RULES)},
                "timestamps": [now],
                "values": [value],
            }
            for n, value in enumerate(values.tolist())
        ]
        sent = time.perf_counter()
        with suppress(requests.RequestException):
            answer = session.post(
                f"{server.url}/api/v1/samples", json={"series": series}, timeout=30
            )
            day.post_ms.append((time.perf_counter() - sent) * 1000)
            if answer.status_code == requests.codes.ok:
                day.acknowledged += answer.json()["accepted"]
                continue
        day.refused += SERIES


def _watch(day: Day, server: Running, over: threading.Event) -> None:
    """Have consoles come, stay for a while, check what they are sent, and leave."""
    while not over.is_set():
        command = [
            *(sys.executable, str(REPOSITORY / "scripts" / "live_load.py")),
            *("--port", str(server.port), f"--token={server.token}"),
            *("--consoles", str(CONSOLES), "--series", 'soak{part=~"[0-3]"}'),
            *("--seconds", str(STAY_S)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        line = done.stdout.strip().rpartition("\n")[2]
        with suppress(json.JSONDecodeError):
            day.consoles.append(json.loads(line))


def _back_up(day: Day, server: Running, over: threading.Event) -> None:
    """Make a backup of the database every two minutes, as cron would."""
    env = _environment(server)
    command = [sys.executable, "-m", "flask", "--app", "app", "backup"]
    while not over.wait(BACKUP_EVERY_S):
        done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, check=False)
        day.backups.append(done.returncode)


def _look(day: Day, server: Running, seconds: float) -> None:
    """Note how the processes do, until the time is over; say so each minute."""
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds:
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        asked = time.perf_counter()
        _get(server, "/api/v1/history", match='soak{part="1"}', step="10", agg="max")
        look = {"at": gone, "answer_ms": (time.perf_counter() - asked) * 1000}
        for name, of in (
            ("memory", lambda one: one.memory_full_info().pss / 1e6),
            ("descriptors", lambda one: one.num_fds()),
            ("threads", lambda one: one.num_threads()),
        ):
            each = [_of(one, of) for one in family]
            look |= {name: float(sum(each)), f"{name}_serving": float(each[0])}
        day.looks.append(look)
        if len(day.looks) % 12 == 1:
            print(
                f"{gone / 60:5.1f} min  {look['memory']:7.1f} MB  {look['descriptors']:5.0f} files "
                f"{look['threads']:4.0f} threads  answer {look['answer_ms']:6.1f} ms  "
                f"{day.acknowledged / 1e6:6.2f} M samples",
                flush=True,
            )
        time.sleep(max(LOOK_EVERY_S - (time.monotonic() - began - gone), 0))


def _of(process: psutil.Process, read: Callable[[psutil.Process], float]) -> float:
    with suppress(psutil.Error):
        return read(process)
    return 0.0


def _stored(server: Running, began: float) -> int:
    """Count what is there of what was sent."""
    found = _get(
        server, "/api/v1/history", match="soak", start=began - 60, end=time.time() + 60,
        step="60", agg="count",
    )  # fmt: skip
    return int(sum(sum(one["values"]) for one in found.get("series", [])))


def _figures(day: Day, stored: int) -> dict[str, Any]:
    minutes = {name: _minutes(day.looks, name) for name in MAY_GROW}
    growth = {name: _growth(values[len(values) // 2 :]) for name, values in minutes.items()}
    ends = {name: _comes_to_an_end(values) for name, values in minutes.items()}
    answers = [look["answer_ms"] for look in day.looks]
    figures: dict[str, Any] = {
        "minutes": day.looks[-1]["at"] / 60,
        "acknowledged": day.acknowledged,
        "stored": stored,
        "refused": day.refused,
        "post_p50_ms": float(np.percentile(day.post_ms or [math.nan], 50)),
        "post_p99_ms": float(np.percentile(day.post_ms or [math.nan], 99)),
        "answer_p50_ms": float(np.percentile(answers, 50)),
        "answer_p99_ms": float(np.percentile(answers, 99)),
        **{f"{name}_last": day.looks[-1][name] for name in MAY_GROW},
        **{f"{name}_growth": share for name, share in growth.items()},
        **{
            f"{name}_growth_ends": end
            for name, end in ends.items()
            if growth[name] > MAY_GROW[name]
        },
        "memory_of_minutes": [round(mb, 1) for mb in minutes["memory"]],
        "memory_serving_of_minutes": [
            round(mb, 1) for mb in _minutes(day.looks, "memory", of="memory_serving")
        ],
        "console_rounds": len(day.consoles),
        "deliveries": sum(one["deliveries"] for one in day.consoles),
        "wrong_frames": sum(one["wrong"] for one in day.consoles),
        "consoles_cut": sum(one["closed"] for one in day.consoles),
        "backups": len(day.backups),
        "backups_failed": sum(code != 0 for code in day.backups),
    }
    grown = [name for name, share in growth.items() if share > MAY_GROW[name] and not ends[name]]
    return figures | {"verdict": ", ".join(grown + _failed(figures)) or "held"}


def _failed(figures: dict[str, Any]) -> list[str]:
    """Name what did not work; where nobody sent or watched, nothing was tried."""
    found = [name for name in ("refused", "wrong_frames", "backups_failed") if figures[name]]
    found += [] if figures["acknowledged"] else ["nothing_sent"]
    found += [] if figures["deliveries"] else ["no_console"]
    return found + (["lost"] if figures["stored"] < figures["acknowledged"] else [])


def _minutes(looks: list[dict[str, float]], name: str, of: str = "") -> list[float]:
    """Sum up each minute as is right for ``name``, without the first, in which all is loaded."""
    by_minute: dict[int, list[float]] = {}
    for look in looks:
        by_minute.setdefault(int(look["at"] // 60), []).append(look[of or name])
    found = [OF_A_MINUTE[name](values) for _minute, values in sorted(by_minute.items())]
    return found[1:] or found


def _comes_to_an_end(values: list[float]) -> bool:
    """Say whether the last quarter grew by less than half of what the quarter before did.

    Each is held against the one before by their medians, so that no single peak decides.
    """
    quarter = len(values) // 4
    if quarter < 1:
        return False
    second, third, last = (
        float(np.median(values[len(values) - n * quarter :][:quarter])) for n in (3, 2, 1)
    )
    return last - third <= ENDS_BELOW * max(third - second, 0.0)


def _growth(values: list[float]) -> float:
    """Give the growth over these looks as a share, by a straight line through them."""
    if len(values) < 2:  # noqa: PLR2004 - too few for a line
        return 0.0
    slope, start = np.polyfit(np.arange(len(values)), values, 1)
    return float(slope * (len(values) - 1) / max(start, 1.0))


def _print(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        shown = f"{value:,.3f}" if isinstance(value, float) else f"{value}"
        print(f"{name:20} {shown:>16}")


def _environment(server: Running) -> dict[str, str]:
    """Give the settings of the server, so that a command finds its database."""
    found = psutil.Process(server.pid).environ()
    return {**found, "BACKUP_DIR": str(server.folder / "backups")}


def _who(server: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token}"}


def _get(server: Running, path: str, **query: object) -> dict[str, Any]:
    answer = requests.get(
        server.url + path, params={k: str(v) for k, v in query.items()}, headers=_who(server),
        timeout=60,
    )  # fmt: skip
    found: dict[str, Any] = answer.json()
    return found


if __name__ == "__main__":
    sys.exit(main())
