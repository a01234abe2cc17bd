"""Labelled metrics: how well the default detector does on them, at its one threshold.

The data are no part of this repository. A folder holds NAB's files (``category/file.csv`` with
``timestamp,value``, and ``windows.json``: first and last time of each anomaly window) and service
KPIs (``kpi/*.csv`` and ``kpi_events.json``: rows of warm-up, and first and last time of each
event). docs/detection.md tells where they come from.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.anomalies.__main__ import milliseconds
from quadra.anomalies.single import SeriesDetector

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FALSE_ALERT = 0.11  # NAB's standard profile; a missed window costs 1
FREE_SHARE, FREE_ROWS = 0.15, 750
FAR_PAST = 3.0  # window widths after which a false alert costs its full price
DELAY = 7  # rows within which an event of the KPIs must be met
ROUNDS = 500


def measure(folder: Path) -> dict[str, float]:
    """Give NAB's score, the KPIs' F1 and false alerts, and their spread over resampled files."""
    windows = json.loads((folder / "windows.json").read_text())
    events = json.loads((folder / "kpi_events.json").read_text())
    nab, kpi = [], []
    for name, spans in windows.items():
        t, scores = _scored(folder / name)
        nab.append((_nab(t, scores, spans), float(len(spans))))
    for name, known in events.items():
        t, scores = _scored(folder / name)
        kpi.append(_kpi(t, scores, known))
    files, series = np.array(nab), np.array(kpi)
    rng = np.random.default_rng(0)
    again = [_nab_score(files[rng.integers(0, len(files), len(files))]) for _ in range(ROUNDS)]
    more = [_f1(series[rng.integers(0, len(series), len(series))]) for _ in range(ROUNDS)]
    caught, missed, false, days = series.sum(axis=0)
    return {
        "nab": _nab_score(files),
        "nab_bootstrap_sd": float(np.std(again)),
        "kpi_f1": _f1(series),
        "kpi_f1_bootstrap_sd": float(np.std(more)),
        "kpi_precision": float(caught / max(1.0, caught + false)),
        "kpi_recall": float(caught / max(1.0, caught + missed)),
        "kpi_false_a_day": float(false / days),
    }


def _scored(path: Path) -> tuple[Ints, Floats]:
    with path.open(newline="") as file:
        rows = [
            (milliseconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)
        ]
    detector = SeriesDetector()
    return np.array([t for t, _ in rows]), np.array([detector.learn_one(t, v) for t, v in rows])


def _sigmoid(position: Floats) -> Floats:
    return np.asarray(2.0 / (1.0 + np.exp(5.0 * position)) - 1.0)


def _nab(t: Ints, scores: Floats, spans: list[list[str]]) -> float:
    """Add up what NAB gives for the alerts of one file (Lavin and Ahmad 2015)."""
    n = len(t)
    rows = np.arange(n)
    free = min(math.floor(FREE_SHARE * n), FREE_ROWS)
    alert = (scores >= 1.0) & (rows >= free)
    worth = np.full(n, -FALSE_ALERT)
    total = 0.0
    edges = sorted(
        (int(np.searchsorted(t, milliseconds(a))), int(np.searchsorted(t, milliseconds(b))))
        for a, b in spans
    )
    best = float(_sigmoid(np.array(-1.0)))
    for k, (first, last) in enumerate(edges):
        width = last - first + 1
        inside = rows[first : last + 1]
        met = inside[alert[first : last + 1]]
        if last >= free:
            gain = _sigmoid((met[:1] - last - 1) / width) / best
            total += float(gain[0]) if len(met) else -1.0
        worth[first : last + 1] = 0.0
        after = rows[last + 1 : edges[k + 1][0] if k + 1 < len(edges) else n]
        late = (after - last) / max(width - 1, 1)
        worth[after] = np.where(late > FAR_PAST, -1.0, _sigmoid(late)) * FALSE_ALERT
    return total + float(worth[alert].sum())


def _nab_score(files: Floats) -> float:
    total, count = files.sum(axis=0)
    return float(100.0 * (total + count) / (2.0 * count))


def _kpi(t: Ints, scores: Floats, known: Any) -> tuple[float, float, float, float]:
    """Count the events met in time, those missed, and runs of false alerts; and days."""
    free = int(known["unscored_rows"])
    t, alert = t[free:], scores[free:] >= 1.0
    outside = np.ones(len(t), np.bool_)
    caught = 0
    for a, b in known["events"]:
        first, last = (int(np.searchsorted(t, at * 1000)) for at in (a, b))
        caught += bool(alert[first : min(last, first + DELAY) + 1].any())
        outside[first : last + DELAY + 1] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (alert & outside).astype(int), [0]))))
    false = sum(
        math.ceil((b - a) / (DELAY + 1)) for a, b in zip(edges[::2], edges[1::2], strict=True)
    )
    days = float(t[-1] - t[0]) / 86_400_000.0
    return float(caught), float(len(known["events"]) - caught), float(false), days


def _f1(series: Floats) -> float:
    caught, missed, false, _ = series.sum(axis=0)
    return float(2.0 * caught / max(1.0, 2.0 * caught + missed + false))
