"""Put samples into steps of time: average, extremes, rate, quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import Columns, ValueArray

_Edges = npt.NDArray[np.intp]

AGGREGATES = ("avg", "min", "max", "sum", "count", "last", "rate", "p50", "p90", "p95", "p99")


def into_steps(columns: Columns, step: int, agg: str) -> Columns:
    """Aggregate samples into steps, each series by itself.

    ``columns`` are sorted by series and time, without doubles; ``step`` is in ms. Gives a sample
    for each step of a series that holds at least one: its time is the start of the step, a
    multiple of ``step``. Empty steps are left out, so that a gap stays one. Raises KeyError for
    an unknown ``agg``. ``rate`` is the increase a second since the sample before, over the step,
    where a fall of a counter means that it began again at zero, as in Prometheus.
    """
    reduce = REDUCERS[agg]
    ids, t, v = columns.ids, columns.t, columns.v
    if len(t) == 0:
        return columns
    slot = t // step
    begins = np.empty(len(t), np.bool_)
    begins[0] = True
    np.logical_or(slot[1:] != slot[:-1], ids[1:] != ids[:-1], out=begins[1:])
    first = np.flatnonzero(begins)
    if agg == "rate":
        rates, known = _rates(columns, first)
        first = first[known]
        return Columns(ids[first], slot[first] * step, rates[known])
    return Columns(ids[first], slot[first] * step, reduce(v, first), columns.in_order)


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
        place = (counts - 1) * q  # within the step, so that its part after the point stays exact
        low = first + np.floor(place).astype(np.intp)
        high = first + np.ceil(place).astype(np.intp)
        share = place - np.floor(place)
        blend: ValueArray = ordered[low] + (ordered[high] - ordered[low]) * share
        return blend

    return reduce


def _rates(columns: Columns, first: _Edges) -> tuple[ValueArray, npt.NDArray[np.bool_]]:
    """Give each step's rate, and whether it has one: a series' first sample alone has none."""
    rise = np.diff(columns.v, prepend=columns.v[0])
    span = np.diff(columns.t, prepend=columns.t[0]) / 1000.0
    rise = np.where(rise < 0, columns.v, rise)
    # A step's rise runs from the last sample before it, so that no increase falls between steps;
    # but nothing rises from one series to the next.
    starts = np.flatnonzero(np.diff(columns.ids.astype(np.int64), prepend=-1))
    rise[starts] = 0.0
    span[starts] = 0.0
    rises = np.add.reduceat(rise, first)
    spans = np.add.reduceat(span, first)
    known = spans > 0
    return np.divide(rises, spans, out=np.zeros_like(rises), where=known), known


REDUCERS: dict[str, Callable[[ValueArray, _Edges], ValueArray]] = {
    "avg": _avg,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "last": _last,
    "rate": _last,  # dispatched to _rates, which needs the times too
    "p50": _quantile(0.50),
    "p90": _quantile(0.90),
    "p95": _quantile(0.95),
    "p99": _quantile(0.99),
}
