"""Windows and their values, held against plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.alerts.rows import Rows
from quadra.alerts.windows import Windows, aggregate, first_after

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
LINES = st.lists(st.tuples(st.integers(1, 3_000), NUMBERS), min_size=0, max_size=30)


def plain_quantile(values: list[float], q: float) -> float:
    """Interpolate as PromQL's quantile_over_time does."""
    ordered = sorted(values)
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (rank - low)) + ordered[high] * (rank - low)


def plain_rate(samples: list[tuple[int, float]], start: int, end: int) -> float:
    """Write out extrapolatedRate of Prometheus 2."""
    if len(samples) < 2:
        return math.nan
    increase = samples[-1][1] - samples[0][1]
    for (_t0, before), (_t1, after) in pairwise(samples):
        increase += before if after < before else 0.0
    to_start, to_end = (samples[0][0] - start) / 1000, (end - samples[-1][0]) / 1000
    sampled = (samples[-1][0] - samples[0][0]) / 1000
    between = sampled / (len(samples) - 1)
    if increase > 0 and samples[0][1] >= 0:
        to_start = min(to_start, sampled * (samples[0][1] / increase))
    whole = sampled
    whole += to_start if to_start < between * 1.1 else between / 2
    whole += to_end if to_end < between * 1.1 else between / 2
    return increase * (whole / sampled / ((end - start) / 1000))


PLAIN: dict[str, Callable[[list[float]], float]] = {
    "avg": lambda v: sum(v) / len(v),
    "min": min,
    "max": max,
    "sum": sum,
    "count": lambda v: float(len(v)),
    "last": lambda v: v[-1],
    "p50": lambda v: plain_quantile(v, 0.5),
    "p90": lambda v: plain_quantile(v, 0.9),
    "p95": lambda v: plain_quantile(v, 0.95),
    "p99": lambda v: plain_quantile(v, 0.99),
}


def laid_out(lines: list[list[tuple[int, float]]], window: int) -> tuple[Windows, list[list[int]]]:
    """Put lines one after another, and a window at each sample and one after all of each line."""
    t: list[int] = []
    v: list[float] = []
    low, high, end, members = [], [], [], []
    for one in lines:
        begin = len(t)
        now = 0
        for step, value in one:
            now += step
            t.append(now)
            v.append(value)
        for moment in [*t[begin:], now + window // 2]:
            low.append(begin)
            high.append(begin + sum(x <= moment for x in t[begin:]))
            end.append(moment)
            members.append([p for p in range(begin, len(t)) if moment - window < t[p] <= moment])
    times, ends = np.array(t, np.int64), np.array(end, np.int64)
    starts = ends - window
    lows = first_after(times, np.array(low), np.array(high), starts) if t else np.array(low)
    return Windows(times, np.array(v), lows, np.array(high), starts, ends), members


@pytest.mark.parametrize("agg", [*PLAIN, "rate"])
@settings(max_examples=12)
@given(lines=st.lists(LINES, min_size=1, max_size=4), window=st.integers(1, 8_000))
def test_values_are_those_of_a_plain_loop(
    agg: str, lines: list[list[tuple[int, float]]], window: int
) -> None:
    windows, members = laid_out(lines, window)
    found = aggregate(windows, agg).tolist()
    for place, (value, inside) in enumerate(zip(found, members, strict=True)):
        samples = [(int(windows.t[p]), float(windows.v[p])) for p in inside]
        if agg == "rate":
            expected = plain_rate(samples, int(windows.start[place]), int(windows.end[place]))
        else:
            expected = PLAIN[agg]([v for _t, v in samples]) if samples else math.nan
        assert expected == pytest.approx(value, rel=1e-9, abs=1e-6, nan_ok=True)


def test_rows_keep_the_window_and_stay_bounded() -> None:
    rows = Rows(10_000)
    rows.grow(2)
    for n in range(1_500):
        both = np.array([0, 1])
        high = rows.append(both, np.array([n * 100, n * 100]), np.array([n, -n], float)) + 1
        windows = rows.windows(both, high, np.array([n * 100, n * 100]))
        wanted = min(n + 1, 100)
        assert [wanted, wanted] == aggregate(windows, "count").tolist()
        assert [float(n), float(-n)] == aggregate(windows, "last").tolist()
    assert rows.t.shape[1] < 500


def test_a_row_that_would_grow_beyond_its_bound_forgets_its_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quadra.alerts.rows.MAX_CELLS", 64)
    rows = Rows(1_000_000)
    rows.grow(1)
    one = np.array([0])
    for n in range(300):
        high = rows.append(one, np.array([n]), np.array([float(n)])) + 1
        windows = rows.windows(one, high, np.array([n]))
        assert aggregate(windows, "count")[0] <= 64
        assert float(n) == aggregate(windows, "last")[0]


def test_late_samples_go_where_they_belong_and_replace() -> None:
    rows = Rows(10_000)
    rows.grow(1)
    rows.append(np.zeros(3, np.int64), np.array([1_000, 2_000, 4_000]), np.array([1.0, 2.0, 4.0]))
    rows.insert(0, np.array([2_000, 3_000]), np.array([20.0, 3.0]))
    begin, end = int(rows.begin[0]), int(rows.end[0])
    assert [1_000, 2_000, 3_000, 4_000] == rows.t[0, begin:end].tolist()
    assert [1.0, 20.0, 3.0, 4.0] == rows.v[0, begin:end].tolist()
