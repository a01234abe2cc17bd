"""Metrics to learn from: a file of them, or made ones whose anomalies are known."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

STEP_S = 300.0
_DAYS = 14
_DAY_S = 86_400.0
_MOST_BYTES = 1 << 30
_START = 1_767_225_600.0  # a Thursday's midnight, UTC
Span = tuple[float, float]


@dataclass(slots=True)
class Metric:
    """One metric over time; ``anomalies`` are [first, last] times, None where nobody knows."""

    name: str
    times: list[float]  # unix seconds
    values: list[float]
    anomalies: list[Span] | None = field(default=None)


def made(seed: int = 1) -> list[Metric]:
    """Make two weeks of six metrics, every five minutes, with anomalies in the second week."""
    rng = np.random.default_rng(seed)
    t = _START + STEP_S * np.arange(int(_DAYS * _DAY_S / STEP_S))
    n = len(t)
    day = np.sin(2 * np.pi * (t / _DAY_S - 0.3))
    noise = rng.standard_normal((6, n))
    shapes = {
        "response_time_ms": 120 + 30 * day + 6 * noise[0],
        "error_rate": np.abs(1 + 0.3 * noise[1]),
        "cost_per_request": 0.02 + 0.004 * day + 0.001 * noise[2],
        "requests_per_second": 400 + 250 * day + 15 * noise[3],
        "memory_mb": 900 + 40 * day + 8 * noise[4],
        "queue_depth": rng.poisson(4 + 2 * (day + 1)).astype(float),
    }
    return [_with_anomalies(name, t, values, rng) for name, values in shapes.items()]


def _with_anomalies(name: str, t: Any, values: Any, rng: np.random.Generator) -> Metric:
    """Put a spike, a fall and a shift of an hour into the second week."""
    size = float(np.diff(values).std())
    spans = []
    for kind, place in zip(("spike", "fall", "shift"), (0.62, 0.74, 0.88), strict=True):
        at = int(len(t) * (place + rng.uniform(-0.02, 0.02)))
        rows = {"spike": 3, "fall": 6, "shift": 12}[kind]
        strength = size * rng.uniform(10, 16)
        values[at : at + rows] += strength if kind != "fall" else -strength
        spans.append((float(t[at]), float(t[at + rows - 1])))
    return Metric(name, t.tolist(), np.maximum(values, 0.0).tolist(), spans)


def read(path: Path) -> list[Metric]:
    """Read metrics from JSON; see ``docs/detection.md`` for its shapes.

    Raises:
        OSError: The file can't be read.
        ValueError: It is not of a known shape; says where.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name}: larger than 1 GiB")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name}: not JSON: {error}") from error
    said = said.get("metrics", said) if isinstance(said, dict) else said
    if not isinstance(said, dict) or not said:
        raise ValueError(f'{path.name}: use {{"metric name": [values…], …}}')
    return [_metric(str(name), body) for name, body in said.items()]


def _metric(name: str, body: Any) -> Metric:
    try:
        if isinstance(body, dict):
            values = [float(value) for value in body["values"]]
            times = [float(at) for at in body.get("timestamps", _times(len(values)))]
            spans = body.get("anomalies")
            known = None if spans is None else [(float(a), float(b)) for a, b in spans]
        elif body and isinstance(body[0], list):
            times, values = ([float(pair[i]) for pair in body] for i in (0, 1))
            known = None
        else:
            values = [float(value) for value in body]
            times, known = _times(len(values)), None
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"metric {name!r}: use a list of values, of [time, value] pairs, or an object with "
            f"values, timestamps and anomalies ({error})"
        ) from error
    if len(times) != len(values) or any(b < a for a, b in pairwise(times)):
        raise ValueError(f"metric {name!r}: one timestamp a value, in order of time")
    return Metric(name, times, values, known)


def _times(n: int) -> list[float]:
    return [_START + 60.0 * i for i in range(n)]
