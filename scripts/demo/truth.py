"""The truth about what goes wrong, so that what a monitor says can be held against it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Literal

from scripts.demo import catalogue as c
from scripts.demo.faults import Fault
from scripts.demo.instruments import Instrument

Effect = Literal["rises", "falls", "stops"]
Hit = tuple[Instrument, Effect, dict[str, str]]

_CHAT = {"gen_ai.operation.name": "chat"}


def affected(fault: Fault) -> list[dict[str, object]]:
    """List the series that a fault moves, with names and labels as Quadra shows them.

    ``metric`` of a histogram stands for its ``_bucket``, ``_count`` and ``_sum``.
    """
    return [
        {
            "metric": instrument.shown,
            "labels": {name.replace(".", "_"): value for name, value in sorted(labels.items())},
            "effect": effect,
        }
        for instrument, effect, labels in _hits(fault)
    ]


def _hits(fault: Fault) -> list[Hit]:
    here = {"service.name": fault.service} | dict(fault.target)
    service = {"service.name": fault.service}
    if fault.kind == "latency_step":
        model = dict(fault.target)
        callers = [c.CHAT_API, c.AGENTS] if c.LARGE.name in model.values() else [c.CHAT_API]
        return [
            (c.REQUEST_DURATION, "rises", here),
            (c.TIME_TO_FIRST_TOKEN, "rises", here),
            (c.QUEUE_DEPTH, "rises", here),
            *(
                (c.OPERATION_DURATION, "rises", {"service.name": caller} | model)
                for caller in callers
            ),
        ]
    if fault.kind == "error_burst":
        return [
            (c.OPERATION_DURATION, "rises", here),
            (c.REQUESTS, "rises", service | _CHAT | {"outcome": "error"}),
        ]
    if fault.kind == "slow_leak":
        return [(c.MEMORY, "rises", service)]
    if fault.kind == "traffic_drop":
        hits: list[Hit] = [
            (c.REQUESTS, "falls", service),
            (c.OPERATION_DURATION, "falls", service),
            (c.TOKEN_USAGE, "falls", service),
            (c.COST, "falls", service),
        ]
        return [*hits, (c.SESSIONS, "falls", service)] if fault.service == c.CHAT_API else hits
    if fault.kind == "cost_runaway":
        return [(c.COST, "rises", here), (c.TOKEN_USAGE, "rises", here)]
    return [
        (c.WORKER_JOBS, "stops", here),
        (c.WORKER_BUSY, "stops", here),
        (c.QUEUE_DEPTH, "rises", service),
    ]


class TruthFile:
    """Appends to a file of JSON lines: each fault as it starts, first shows, and ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: Fault | None = None
        self._first_bad: float | None = None

    def began(self, now: float, seed: int, services: tuple[str, ...]) -> None:
        """Note that a simulation begins."""
        self._write({"event": "run", "time": _text(now), "seed": seed, "services": services})

    def starts(self, fault: Fault) -> None:
        """Note that a fault has begun; the line has no end yet."""
        self._open, self._first_bad = fault, None
        planned = {"planned_end": round(fault.end, 3)}
        self._write(_line("start", fault, fault.start, None, None) | planned)

    def shows(self, fault: Fault, now: float) -> None:
        """Note the time of the first bad sample, the first that was made under the fault."""
        self._first_bad = now
        self._write(_line("show", fault, now, None, now))

    def ends(self, fault: Fault, now: float) -> None:
        """Note that a fault is over."""
        self._open = None
        self._write(_line("end", fault, now, now, self._first_bad))

    def stop(self, now: float) -> None:
        """End a fault that is cut short with the simulation."""
        if self._open is not None:
            self.ends(self._open, now)

    def _write(self, document: dict[str, object]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def _line(
    event: str, fault: Fault, time: float, end: float | None, first_bad: float | None
) -> dict[str, object]:
    return {
        "event": event,
        "id": fault.number,
        "time": _text(time),
        "kind": fault.kind,
        "service": fault.service,
        "start": round(fault.start, 3),
        "first_bad": None if first_bad is None else round(first_bad, 3),
        "end": None if end is None else round(end, 3),
        "strength": fault.strength,
        "series": affected(fault),
    }


def _text(seconds: float) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
