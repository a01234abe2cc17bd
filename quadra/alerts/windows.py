"""Aggregation over windows of time, many windows at once, as PromQL's ``*_over_time`` and ``rate``.

Samples lie in flat arrays; a window is a range of places in them. So the same code serves live
rows, one window each, and a month of history, a window for every sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import TimeArray, ValueArray

Places = npt.NDArray[np.int64]

_CELLS_AT_ONCE = 1 << 20
_QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows over flat samples, n of them.

    Window *i* holds the samples ``low[i]:high[i]`` of ``t`` (unix ms, rising within a window)
    and ``v``; it is the span from ``start[i]`` to ``end[i]`` (unix ms). ``v`` holds no NaN there.
    """

    t: TimeArray
    v: ValueArray
    low: Places
    high: Places
    start: TimeArray
    end: TimeArray

    def __len__(self) -> int:
        """Give the number of windows."""
        return len(self.low)

    def where(self, mask: npt.NDArray[np.bool_]) -> Windows:
        """Keep the windows at which ``mask`` (n,) is true."""
        return Windows(
            self.t, self.v, self.low[mask], self.high[mask], self.start[mask], self.end[mask]
        )


def first_after(t: TimeArray, low: Places, high: Places, moment: TimeArray) -> Places:
    """Give for each range ``low:high`` the first place whose time is later than its moment.

    A binary search over all ranges side by side; ``high`` where none is later.
    """
    low, high = low.copy(), high.copy()
    widest = int((high - low).max(initial=0))
    for _ in range(widest.bit_length()):
        middle = (low + high) >> 1
        open_ = low < high
        later = t[np.minimum(middle, len(t) - 1)] > moment
        high = np.where(open_ & later, middle, high)
        low = np.where(open_ & ~later, middle + 1, low)
    return low


def aggregate(windows: Windows, agg: str) -> ValueArray:
    """Give the value of each window (n,): NaN where it is empty or says nothing.

    Raises KeyError for an unknown ``agg``.
    """
    found = np.full(len(windows), np.nan)
    some = windows.high > windows.low
    if not some.any():
        return found
    full = some.all()
    values = _REDUCERS[agg](windows if full else windows.where(some))
    if full:
        return values
    found[some] = values
    return found


def _reduce(ufunc: np.ufunc, v: ValueArray, low: Places, high: Places) -> ValueArray:
    """Reduce ``v[low:high]`` for each range, none of them empty."""
    if int(high.max()) == len(v):
        v = np.append(v, 0.0)
    places = np.empty(2 * len(low), np.int64)
    places[0::2], places[1::2] = low, high
    with np.errstate(all="ignore"):  # between the ranges may lie anything
        reduced: ValueArray = ufunc.reduceat(v, places)[0::2]
    return reduced


def _sum(windows: Windows) -> ValueArray:
    return _reduce(np.add, windows.v, windows.low, windows.high)


def _avg(windows: Windows) -> ValueArray:
    means: ValueArray = _sum(windows) / (windows.high - windows.low)
    return means


def _min(windows: Windows) -> ValueArray:
    return _reduce(np.minimum, windows.v, windows.low, windows.high)


def _max(windows: Windows) -> ValueArray:
    return _reduce(np.maximum, windows.v, windows.low, windows.high)


def _count(windows: Windows) -> ValueArray:
    return (windows.high - windows.low).astype(np.float64)


def _last(windows: Windows) -> ValueArray:
    newest: ValueArray = windows.v[windows.high - 1]
    return newest


def _rate(windows: Windows) -> ValueArray:
    """Give the increase a second, as Prometheus 2 extrapolates it to the edges of the window.

    Source: ``extrapolatedRate`` in promql/functions.go. A fall means that the counter began
    again at zero; one sample alone has no rate.
    """
    rates = np.full(len(windows), np.nan)
    many = windows.high - windows.low > 1
    if not many.any():
        return rates
    windows = windows.where(many)
    low, high, t, v = windows.low, windows.high, windows.t, windows.v
    first, last = v[low], v[high - 1]
    with np.errstate(all="ignore"):
        lost = np.where(v[1:] < v[:-1], v[:-1], 0.0)  # place i: what fell between i and i + 1
        increase = last - first + _reduce(np.add, lost, low, high - 1)
        sampled = (t[high - 1] - t[low]) / 1000.0
        between = sampled / (high - low - 1)
        before = (t[low] - windows.start) / 1000.0
        after = (windows.end - t[high - 1]) / 1000.0
        to_zero = sampled * (first / increase)
        before = np.where((increase > 0) & (first >= 0) & (to_zero < before), to_zero, before)
        whole = sampled.copy()
        for edge in (before, after):
            whole += np.where(edge < between * 1.1, edge, between / 2)
        seconds = (windows.end - windows.start) / 1000.0
        rates[many] = increase * (whole / sampled / seconds)
    return rates


def _quantile(q: float) -> Callable[[Windows], ValueArray]:
    def reduce(windows: Windows) -> ValueArray:
        found = np.empty(len(windows))
        counts = windows.high - windows.low
        for part in _parts(counts):
            low, n = windows.low[part], counts[part]
            widest = int(n.max())
            places = low[:, None] + np.arange(widest)
            table = windows.v[np.minimum(places, len(windows.v) - 1)]
            table[np.arange(widest) >= n[:, None]] = np.inf
            table.sort(axis=1)
            rank = q * (n - 1)
            lower = np.floor(rank).astype(np.int64)
            upper = np.minimum(lower + 1, n - 1)
            weight = rank - lower
            row = np.arange(len(n))
            found[part] = table[row, lower] * (1 - weight) + table[row, upper] * weight
        return found

    return reduce


def _parts(counts: Places) -> Iterator[slice]:
    """Cut windows into runs whose table stays small."""
    rows = max(_CELLS_AT_ONCE // int(counts.max()), 1)
    for at in range(0, len(counts), rows):
        yield slice(at, at + rows)


_REDUCERS: dict[str, Callable[[Windows], ValueArray]] = {
    "avg": _avg,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "last": _last,
    "rate": _rate,
    **{name: _quantile(q) for name, q in _QUANTILES.items()},
}
