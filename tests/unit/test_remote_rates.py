"""Which steps have to be read whole for a rate, and which their last sample tells."""

from __future__ import annotations

import numpy as np

from quadra.storage.prometheus.rates import Ends, to_be_read
from quadra.telemetry.batch import Columns

STEP = 1_000
NONE = Columns.empty()


def ends(last: list[float], low: list[float], falls: list[float], series: int = 1) -> Ends:
    """Make steps from 0 on, each ending 1 ms before the next."""
    n = len(last)
    start = np.arange(n, dtype=np.int64) * STEP
    columns = (np.array(column, np.float64) for column in (last, low, falls))
    return Ends(np.full(n, series, np.uint32), start, start + STEP - 1, *columns)


def test_a_counter_that_only_rises_is_told_by_its_ends() -> None:
    whole = to_be_read(ends([1, 2, 3, 4], [0, 1, 2, 3], [0, 0, 0, 0]), NONE, STEP)
    assert whole is not None
    assert ([], []) == (whole.ids.tolist(), whole.spans)


def test_falls_within_a_step_and_between_two_are_read() -> None:
    last, low = [1.0, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8], [0.0, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7]
    whole = to_be_read(ends(last, low, [0, 0, 0, 1, *[0] * 8]), NONE, STEP)
    assert whole is not None
    assert ([1], [(3 * STEP, 5 * STEP)]) == (whole.ids.tolist(), whole.spans)


def test_a_fall_below_a_sample_read_before_the_first_step_counts() -> None:
    before = Columns(np.array([1], np.uint32), np.array([-5]), np.array([9.0]))
    whole = to_be_read(ends([10.0, 11, 12, 13], [8.0, 10, 11, 12], [0] * 4), before, STEP)
    assert whole is not None
    assert [(0, STEP)] == whole.spans


def test_what_falls_all_the_time_is_read_at_once() -> None:
    assert to_be_read(ends([1.0, 0, 1, 0], [1.0, 0, 1, 0], [0] * 4), NONE, STEP) is None
