"""How soon the faults of `make demo` are found, and what is found between them.

The seconds of a fault are from its first bad sample, as the truth of the demo has it, to the sample
at which the first anomaly of a series that it hits opens (0 if it opens before, as of a leak that
is still within the noise). The simulated service runs
as fast as it can, through the reader of OTLP and past the detector, with the seeds and hours below:
none of them was looked at while the detector was made.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quadra.anomalies.events import AnomalyEvent
from quadra.anomalies.observer import Observer
from quadra.engine.anomaly_watch import is_record, trait_of
from quadra.intake.otlp import PROTOBUF, OtlpState, parse_metrics
from quadra.telemetry.batch import Batch
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey, SeriesRules
from scripts.demo.faults import Fault, plan
from scripts.demo.otlp import encode
from scripts.demo.simulation import Simulation
from scripts.demo.truth import affected

MONDAY = 1_790_553_600
RUNS = ((401, 2), (402, 6), (403, 10), (404, 14), (405, 18), (406, 22))
"""Seed, and the hour of the day at which the run begins."""
SECONDS = 2_400
SOON_S = 5.0
LAST_S = 6
"""A fault that shows so late in a run can't be found in time."""


@dataclass
class Run:
    """What went wrong and what was said of it; seconds from the run's beginning.

    ``faults`` with the second of the first bad sample; ``wrong`` from when to when one was.
    """

    faults: list[tuple[Fault, float]] = field(default_factory=list)
    wrong: list[tuple[float, float]] = field(default_factory=list)
    said: list[tuple[float, AnomalyEvent]] = field(default_factory=list)
    keys: dict[SeriesKey, int] = field(default_factory=dict)
    series: int = 0


def play(seed: int, hour: int, seconds: int = SECONDS) -> Run:
    """Let the service run, and the detector beside it."""
    start = float(MONDAY + seed % 7 * 86_400 + hour * 3_600)
    simulation = Simulation(seed, start, 0.0, plan(seed, start, 120.0, 240.0))
    state, rules, run, observer = OtlpState(), SeriesRules(), Run(), Observer()
    described: dict[str, Metadata] = {}
    for second in range(1, seconds + 1):
        now = start + second
        for change in simulation.step(now):
            fault = change.fault
            if change.what == "begins":
                run.wrong.append((math.ceil(fault.start - start), fault.end - start))
            if change.what == "shows" and second <= seconds - LAST_S:
                run.faults.append((fault, float(second)))
        body = encode(simulation.services, start, now - 1, now)
        received = parse_metrics(body, PROTOBUF, now, rules, state)
        described |= {one.name: one for one in received.metadata}
        for event in _observe(observer, received.batch, run, described):
            run.said.append((float(second), event))
    return run


def _observe(
    observer: Observer, batch: Batch, run: Run, described: Mapping[str, Metadata]
) -> Iterator[AnomalyEvent]:
    watched = [
        not key[0].endswith("_bucket") and not is_record(key[0], described) for key in batch.keys
    ]
    new = [key for key, is_watched in zip(batch.keys, watched, strict=True) if is_watched]
    new = [key for key in new if key not in run.keys]
    for key in new:
        run.keys[key] = len(run.keys) + 1
    if new:
        traits = {i: trait_of(key, described, run.keys) for key, i in run.keys.items()}
        observer.describe(traits)
    ids = np.array([run.keys.get(key, 0) for key in batch.keys], np.uint32)[batch.index]
    order = np.argsort(ids, kind="stable")
    order = order[ids[order] > 0]
    run.series = max(run.series, len(order))
    for change in observer.observe(ids[order], batch.t[order], batch.v[order]):
        if change.change == "opened":
            yield change.event


def measure() -> dict[str, float]:
    """Play all runs; gives counts and rates."""
    found: dict[str, list[float]] = defaultdict(list)
    false, hours = 0, 0.0
    for seed, hour in RUNS:
        run = play(seed, hour)
        by_id = {number: key for key, number in run.keys.items()}
        for fault, bad in run.faults:
            hit = affected(fault)
            began, ended = _span(run, bad)
            delays = [
                max(at - bad, 0.0)
                for at, event in run.said
                if began <= at <= ended + 1 and _is_hit(by_id[event.series], hit)
            ]
            found[fault.kind].append(min(delays, default=math.inf))
        false += _between(run)
        calm = SECONDS - sum(min(end, SECONDS) - began for began, end in run.wrong)
        hours += calm / 3_600 * run.series / 50
    figures: dict[str, float] = {}
    every = [delay for delays in found.values() for delay in delays]
    for kind, delays in [*sorted(found.items()), ("all", every)]:
        figures[f"{kind}_faults"] = len(delays)
        figures[f"{kind}_found"] = sum(delay < math.inf for delay in delays)
        figures[f"{kind}_within_5_s"] = sum(delay <= SOON_S for delay in delays)
        figures[f"{kind}_median_s"] = float(np.median(delays))
    return figures | {"false_an_hour_and_50_series": false / hours}


def _span(run: Run, bad: float) -> tuple[float, float]:
    return next((began, end) for began, end in run.wrong if began <= bad <= end)


def _between(run: Run) -> int:
    """Count events that opened between faults; of a group that a fault began, they are its wake."""
    began: dict[str, float] = {}
    for at, event in run.said:
        began.setdefault(event.group, at)

    def calm(at: float) -> bool:
        return not any(start <= at <= end + 1 for start, end in run.wrong)

    return sum(calm(at) and calm(began[event.group]) for at, event in run.said)


def _is_hit(key: SeriesKey, hit: list[dict[str, Any]]) -> bool:
    name, labels = key[0], dict(key[1])
    return any(
        (name == one["metric"] or name.startswith(f"{one['metric']}_"))
        and one["labels"].items() <= labels.items()
        for one in hit
    )


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:32} {value:.3g}")
