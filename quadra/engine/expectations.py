"""What is expected of series over a span: read again from history whenever somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.anomalies.rates import Growth
from quadra.anomalies.usual import LEAST, MOST, UsualRange, usual_range, window_of
from quadra.engine.anomalies import AnomalyQuestion, AnomalyStore, KeptAnomaly
from quadra.engine.history import History, Line
from quadra.engine.ports import Runtime
from quadra.errors import InvalidError
from quadra.telemetry.batch import TimeArray, ValueArray
from quadra.telemetry.selector import Selector

MAX_SERIES = 60
MAX_POINTS = 200_000
MAX_POINTS_A_SERIES = 5_000
MAX_ANOMALIES = 1_000
POINTS_SHOWN = 240
RAW_STEP_MS = 1_000
"""What samples that are asked for as they came are taken to be apart, at least."""


@dataclass(frozen=True, slots=True)
class UsualAsk:
    """Which series, over which span (unix ms, both ends in), in which steps (ms; None: as sent).

    ``rate``: they are counters, and their growth a second is meant.
    """

    selectors: Sequence[Selector]
    start: int
    end: int
    step: int | None
    rate: bool


class Expectations:
    """Works out usual ranges, off the loop."""

    def __init__(self, history: History, anomalies: AnomalyStore, runtime: Runtime) -> None:
        """Wire it."""
        self._history = history
        self._anomalies = anomalies
        self._runtime = runtime

    def usual(self, ask: UsualAsk) -> list[dict[str, Any]]:
        """Give the usual range of each series that has one; raises InvalidError, StorageError."""
        step = ask.step or RAW_STEP_MS
        lead = window_of(step) * step
        if (ask.end - ask.start + lead) / step > MAX_POINTS_A_SERIES:
            msg = f"At most {MAX_POINTS_A_SERIES} steps; ask for longer ones or a shorter span."
            raise InvalidError(msg, code="too_many_steps")
        agg = "rate" if ask.rate and ask.step is not None else "avg"
        start = ask.start - lead
        lines = self._history.query(ask.selectors, start, ask.end, ask.step, agg)
        if len(lines) > MAX_SERIES or sum(len(line.t) for line in lines) > MAX_POINTS:
            msg = f"At most {MAX_SERIES} series at once; name fewer."
            raise InvalidError(msg, code="too_many_series_selected")
        question = AnomalyQuestion(start=start / 1000, end=ask.end / 1000, limit=MAX_ANOMALIES)
        found = self._runtime.offload(self._anomalies.anomalies, question).items
        return self._runtime.offload(_ranges, lines, found, ask)


def _ranges(
    lines: Sequence[Line], anomalies: Sequence[KeptAnomaly], ask: UsualAsk
) -> list[dict[str, Any]]:
    told = []
    for line in lines:
        t, v = _growing(line) if ask.rate and ask.step is None else (line.t, line.v)
        if len(t) < LEAST:
            continue
        mine = [one for one in anomalies if one.series == line.info.id]
        found = usual_range(t, v, _odd(t, mine, ask.step or 0), ask.start, min(MOST, POINTS_SHOWN))
        if len(found.t):
            told.append(_as_document(line.info.id, found))
    return told


def _growing(line: Line) -> tuple[TimeArray, ValueArray]:
    ids = np.zeros(len(line.t), np.uint32)
    grown, seconds = Growth().learn(ids, line.t, line.v)
    known = np.isfinite(grown)
    return line.t[known], grown[known] / seconds[known]


def _odd(t: TimeArray, anomalies: Sequence[KeptAnomaly], step: int) -> npt.NDArray[np.bool_]:
    odd = np.zeros(len(t), np.bool_)
    for one in anomalies:
        until = np.inf if one.ended_at is None else one.ended_at * 1000
        odd |= (t > one.started_at * 1000 - step) & (t <= until)
    return odd


def _as_document(series: int, found: UsualRange) -> dict[str, Any]:
    return {
        "id": series,
        "timestamps": (found.t / 1000).tolist(),
        "low": found.low.tolist(),
        "high": found.high.tolist(),
    }
