import math
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.telemetry.aggregate import AGGREGATES, into_steps
from quadra.telemetry.batch import Columns

Points = list[tuple[int, float]]


def percentile(q: float) -> Callable[[list[float]], float]:
    """Blend linearly between the two nearest ranks, as numpy and Prometheus do."""

    def of(values: list[float]) -> float:
        ordered = sorted(values)
        place = (len(ordered) - 1) * q
        low = math.floor(place)
        high = math.ceil(place)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return of


NAIVE: dict[str, Callable[[list[float]], float]] = {
    "avg": fmean,
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
    "last": lambda values: values[-1],
    "p50": percentile(0.5),
    "p90": percentile(0.9),
    "p95": percentile(0.95),
    "p99": percentile(0.99),
}


def naive(points: Points, step: int, agg: str) -> Points:
    steps: dict[int, list[float]] = {}
    for t, v in points:
        steps.setdefault(t // step * step, []).append(v)
    return [(start, NAIVE[agg](values)) for start, values in sorted(steps.items())]


def naive_rate(points: Points, step: int) -> Points:
    rises: dict[int, list[tuple[float, float]]] = {}
    for (t0, v0), (t1, v1) in pairwise(points):
        rise = v1 - v0 if v1 >= v0 else v1
        rises.setdefault(t1 // step * step, []).append((rise, (t1 - t0) / 1000))
    return [
        (start, sum(r for r, _ in found) / sum(s for _, s in found))
        for start, found in sorted(rises.items())
    ]


def run(points: Points, step: int, agg: str) -> Points:
    t = np.array([p[0] for p in points], np.int64)
    v = np.array([p[1] for p in points], np.float64)
    found = into_steps(Columns(np.zeros(len(t), np.uint32), t, v), step, agg)
    found_t, found_v = found.t, found.v
    return list(zip(found_t.tolist(), found_v.tolist(), strict=True))


POINTS = st.dictionaries(st.integers(-5_000, 50_000), st.floats(-1e6, 1e6), max_size=40).map(
    lambda found: sorted(found.items())
)
STEPS = st.sampled_from([1, 7, 1000, 10_000, 1_000_000])


def same(expected: Points, actual: Points) -> None:
    assert [t for t, _ in expected] == [t for t, _ in actual]
    assert [v for _, v in actual] == pytest.approx([v for _, v in expected], rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("agg", sorted(NAIVE))
@given(points=POINTS, step=STEPS)
def test_each_aggregate_agrees_with_the_naive_one(agg: str, points: Points, step: int) -> None:
    same(naive(points, step, agg), run(points, step, agg))


@given(points=POINTS, step=STEPS)
def test_the_rate_agrees_with_the_naive_one(points: Points, step: int) -> None:
    same(naive_rate(points, step), run(points, step, "rate"))


def test_every_aggregate_of_the_public_contract_is_there() -> None:
    assert {"avg", "min", "max", "sum", "count", "last", "rate", "p50", "p95", "p99"} <= set(
        AGGREGATES
    )
    assert {*NAIVE, "rate"} == set(AGGREGATES)


@pytest.mark.parametrize("agg", AGGREGATES)
def test_nothing_comes_of_nothing(agg: str) -> None:
    assert [] == run([], 1000, agg)


def test_a_gap_stays_a_gap() -> None:
    assert [(0, 1.0), (5000, 2.0)] == run([(0, 1.0), (5500, 2.0)], 1000, "avg")


def test_a_counter_that_began_again_has_risen_from_zero() -> None:
    points = [(0, 100.0), (1000, 110.0), (2000, 5.0), (3000, 15.0)]
    assert [(0, 10.0), (2000, 7.5)] == run(points, 2000, "rate")


def test_no_increase_falls_between_two_steps() -> None:
    points = [(i * 900, float(i)) for i in range(100)]
    found = run(points, 1000, "rate")
    assert [1 / 0.9] * len(found) == pytest.approx([v for _, v in found])


def test_an_unknown_aggregate_is_refused() -> None:
    with pytest.raises(KeyError):
        run([(0, 1.0)], 1000, "median")


def test_times_before_1970_fall_into_the_step_they_belong_to() -> None:
    assert [(-1000, 2.0), (0, 1.0)] == run([(-1, 2.0), (0, 1.0)], 1000, "last")


@pytest.mark.parametrize("agg", AGGREGATES)
def test_series_are_aggregated_each_by_itself(agg: str) -> None:
    rng = np.random.default_rng(7)
    lines = []
    for series_id in (3, 4, 9):
        t = np.cumsum(rng.integers(1, 4_000, 50))
        lines.append(Columns(np.full(50, series_id, np.uint32), t, rng.normal(size=50)))
    together = into_steps(Columns.concat(lines), 10_000, agg)
    apart = Columns.concat([into_steps(line, 10_000, agg) for line in lines])
    assert apart.ids.tolist() == together.ids.tolist()
    assert apart.t.tolist() == together.t.tolist()
    assert np.allclose(apart.v, together.v)
