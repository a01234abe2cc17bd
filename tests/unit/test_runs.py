"""Runs of even pace give the steps that their samples would have given."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quadra.telemetry.aggregate import AGGREGATES, into_steps
from quadra.telemetry.runs import Runs, before
from quadra.telemetry.runs import into_steps as runs_into_steps

AGGS = tuple(agg for agg in AGGREGATES if agg != "rate")


@st.composite
def runs(draw: st.DrawFn) -> Runs:
    """Draw runs of a few series, each a little after the one before."""
    ids, first, pace, length = [], [], [], []
    for series in range(draw(st.integers(0, 3))):
        at = draw(st.integers(-50_000, 50_000))
        for _ in range(draw(st.integers(1, 4))):
            ids.append(series)
            pace.append(draw(st.sampled_from([1, 7, 250, 1_000])))
            length.append(draw(st.integers(1, 40)))
            first.append(at)
            at += pace[-1] * (length[-1] - 1) + draw(st.integers(1, 5_000))
    v = np.arange(sum(length)) * 7.0 % 31
    whole = (np.array(column, np.int64) for column in (first, pace, length))
    return Runs._make((np.array(ids, np.uint32), *whole, v))


@given(runs(), st.sampled_from([1_000, 1_700, 10_000]), st.sampled_from(AGGS))
def test_the_steps_are_those_of_the_samples(some: Runs, step: int, agg: str) -> None:
    expected = into_steps(some.columns(), step, agg)
    found = runs_into_steps(some, step, agg)
    assert expected.ids.tolist() == found.ids.tolist()
    assert expected.t.tolist() == found.t.tolist()
    assert expected.v.tolist() == found.v.tolist()


def test_samples_before_a_time_are_counted() -> None:
    first, pace = np.array([1_000, 1_000, 1_000]), np.array([10, 10, 10])
    assert [0, 1, 1] == before(first, pace, np.array([1_000, 1_001, 1_010])).tolist()
    assert [-99, -99, -99] == before(first, pace, 10).tolist()
