"""Services and hosts as the API shows them: columns, so that a thousand stay small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.engine.services import Row, Snapshot
from quadra.services.conventions import GOLDEN, OF_HOSTS
from quadra.services.reading import Choice
from quadra.services.standing import ORDER
from quadra.services.window import STEP_MS, STEPS

MOST_OTHERS = 12


def render_services(offset: int, lines: int, hosts: int) -> Callable[[Snapshot], dict[str, Any]]:
    """Make what writes a snapshot as the API gives it, with so many lines from ``offset`` on."""

    def render(found: Snapshot) -> dict[str, Any]:
        counts = Counter(row.standing for row in found.services)
        document: dict[str, Any] = {
            "at": found.at / 1000,
            "step": STEP_MS // 1000,
            "start": (found.at // STEP_MS - STEPS + 1) * STEP_MS // 1000,
            "complete": found.is_complete,
            "standing": {name: counts[name] for name in ORDER},
            "services": _columns(found),
            "costs": found.has_costs,
            "others": {"count": len(found.others), "names": found.others[:MOST_OTHERS]},
        }
        if lines:
            document["lines"] = _lines(found, found.services[offset : offset + lines], offset)
        if hosts:
            document["hosts"] = _hosts(found, hosts)
        return document

    return render


def _columns(found: Snapshot) -> dict[str, Any]:
    rows = found.services
    places = np.array([row.place for row in rows], np.int64)
    return {
        "name": [row.choice.subject.name for row in rows],
        "standing": [row.standing for row in rows],
        "age": [round(row.age / 1000) for row in rows],
        **{signal: rounded(found.now[signal][places]) for signal in GOLDEN},
        "units": [_units(found, row.choice) for row in rows],
        "troubles": {str(n): _trouble(row) for n, row in enumerate(rows) if row.judged.cause},
    }


def _units(found: Snapshot, choice: Choice) -> str:
    """Give the units of errors and saturation, which differ, by a comma."""
    return ",".join(
        found.reader.unit(choice, signal) if signal in choice.families else "-"
        for signal in ("errors", "saturation")
    )


def _trouble(row: Row) -> dict[str, Any]:
    cause = row.judged.cause
    shown: dict[str, Any] = {"signals": row.judged.signals}
    return shown if cause is None else {**shown, cause.kind: cause.id}


def _lines(found: Snapshot, rows: Sequence[Row], offset: int) -> dict[str, Any]:
    choices = [row.choice for row in rows]
    return {
        "offset": offset,
        **{signal: rounded(found.reader.lines(choices, signal)) for signal in GOLDEN},
        "metrics": [
            {signal: family.metric for signal, family in choice.families.items()}
            for choice in choices
        ],
        "match": [choice.subject.match for choice in choices],
        "every": [row.every / 1000 for row in rows],
    }


def _hosts(found: Snapshot, most: int) -> list[dict[str, Any]]:
    hosts = found.hosts[:most]
    lines = {signal: found.reader.lines(hosts, signal) for signal in OF_HOSTS}
    now = {signal: found.reader.now(hosts, signal) for signal in OF_HOSTS}
    return [
        {
            "name": choice.subject.name,
            "signals": {
                signal: {
                    "now": rounded(now[signal][n : n + 1])[0],
                    "unit": family.unit,
                    "metric": family.metric,
                    "line": rounded(lines[signal][n]),
                }
                for signal, family in choice.families.items()
            },
        }
        for n, choice in enumerate(hosts)
    ]


def rounded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to 4 significant digits, so that a thousand lines stay small."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** (3 - np.nan_to_num(size, posinf=0.0, neginf=0.0))
    return np.round(values * scale) / scale
