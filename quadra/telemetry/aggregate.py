"""Put the samples of one series into steps of time: average, extremes, rate, quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import TimeArray, ValueArray

_Edges = npt.NDArray[np.intp]

AGGREGATES = ("avg", "min", "max", "sum", "count", "last", "rate", "p50", "p90", "p95", "p99")


def into_steps(t: TimeArray, v: ValueArray, step: int, agg: str) -> tuple[TimeArray, ValueArray]:
    """Aggregate one series into steps.

    ``t`` (unix ms, sorted, without doubles) and ``v`` have length n; ``step`` is in ms. Returns
    the start of each step that holds at least one sample, a multiple of ``step``, and the value
    there. Empty steps are left out, so that a gap stays one. Raises KeyError for an unknown
    ``agg``. ``rate`` is the increase a second since the sample before, over the step, where a
    fall of a counter means that it began again at zero, as in Prometheus.
    """
    reduce = _REDUCERS[agg]
    if len(t) == 0:
        return t, v
    slot = t // step
    first = np.flatnonzero(np.r_[True, slot[1:] != slot[:-1]])
    starts: TimeArray = slot[first] * step
    if agg == "rate":
        return _rate(t, v, first, starts)
    return starts, reduce(v, first)


def _counts(first: _Edges, n: int) -> npt.NDArray[np.intp]:
    return np.diff(np.append(first, n))


def _avg(v: ValueArray, first: _Edges) -> ValueArray:
    means: ValueArray = np.add.reduceat(v, first) / _counts(first, len(v))
    return means


def _last(v: ValueArray, first: _Edges) -> ValueArray:
    newest: ValueArray = v[np.append(first[1:], len(v)) - 1]
    return newest


def _count(v: ValueArray, first: _Edges) -> ValueArray:
    return _counts(first, len(v)).astype(np.float64)


def _min(v: ValueArray, first: _Edges) -> ValueArray:
    return np.minimum.reduceat(v, first)


def _max(v: ValueArray, first: _Edges) -> ValueArray:
    return np.maximum.reduceat(v, first)


def _sum(v: ValueArray, first: _Edges) -> ValueArray:
    return np.add.reduceat(v, first)


def _quantile(q: float) -> Callable[[ValueArray, _Edges], ValueArray]:
    def reduce(v: ValueArray, first: _Edges) -> ValueArray:
        # Sorted once within the steps; then each quantile is two look-ups and a blend.
        counts = _counts(first, len(v))
        step_of = np.repeat(np.arange(len(first)), counts)
        ordered = v[np.lexsort((v, step_of))]
        place = first + (counts - 1) * q
        low = np.floor(place).astype(np.intp)
        high = np.ceil(place).astype(np.intp)
        blend: ValueArray = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
        return blend

    return reduce


def _rate(
    t: TimeArray, v: ValueArray, first: _Edges, starts: TimeArray
) -> tuple[TimeArray, ValueArray]:
    if len(t) == 1:
        return starts[:0], v[:0]
    rise = np.diff(v)
    rise = np.where(rise < 0, v[1:], rise)
    span = np.diff(t) / 1000.0
    # A step's rise runs from the last sample before it, so that no increase falls between steps.
    rise = np.concatenate(([0.0], rise))
    span = np.concatenate(([0.0], span))
    rises = np.add.reduceat(rise, first)
    spans = np.add.reduceat(span, first)
    known = spans > 0
    return starts[known], rises[known] / spans[known]


_REDUCERS: dict[str, Callable[[ValueArray, _Edges], ValueArray]] = {
    "avg": _avg,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "last": _last,
    "rate": _last,  # dispatched to _rate, which needs the times too
    "p50": _quantile(0.50),
    "p90": _quantile(0.90),
    "p95": _quantile(0.95),
    "p99": _quantile(0.99),
}
