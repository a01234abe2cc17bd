"""The default detector: time a sample, one series at a time and many at once, and memory.

With LABELLED_METRICS=FOLDER also how well it detects; see ``labelled`` for what the folder holds.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from quadra.anomalies.columns import ColumnDetector
from quadra.anomalies.single import SeriesDetector
from scripts.benchmarks import labelled

SERIES = 10_000
WARM, ROUNDS = 320, 60  # samples of each series before, and while measured
ALONE = 20_000
STEP_MS = 300_000
START = 1_767_225_600_000


def measure() -> dict[str, float]:
    """Measure on Gaussian noise with a daily course."""
    figures = {"one_by_one_us": _alone()} | _together()
    figures["one_to_many_ratio"] = figures["one_by_one_us"] / figures["batched_us"]
    if folder := os.environ.get("LABELLED_METRICS"):
        figures |= labelled.measure(Path(folder))
    return figures


def _alone() -> float:
    rng = np.random.default_rng(1)
    t = [START + STEP_MS * i for i in range(ALONE)]
    day = np.sin(2 * np.pi * np.arange(ALONE) / 288)
    v = (100 + 20 * day + rng.standard_normal(ALONE)).tolist()
    learn = SeriesDetector().learn_one
    began = time.process_time()
    for at, value in zip(t, v, strict=True):
        learn(at, value)
    return (time.process_time() - began) / ALONE * 1e6


def _together() -> dict[str, float]:
    rng = np.random.default_rng(2)
    detector = ColumnDetector()
    ids = np.arange(SERIES, dtype=np.uint32)
    took = 0.0
    for i in range(WARM + ROUNDS):
        t = np.full(SERIES, START + STEP_MS * i)
        v = 100 + 20 * np.sin(2 * np.pi * i / 288) + rng.standard_normal(SERIES)
        began = time.process_time()
        detector.learn(ids, t, v)
        took += time.process_time() - began if i >= WARM else 0.0
    return {
        "batched_us": took / ROUNDS / SERIES * 1e6,
        "bytes_a_series": detector.nbytes / SERIES,
        "saved_bytes_a_series": len(detector.state()) / SERIES,
    }


if __name__ == "__main__":
    print(measure())
