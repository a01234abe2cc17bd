"""Which part of the past a question reads as cells and which as samples."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quadra.telemetry.rollups import HOUR, MINUTE
from quadra.telemetry.tiers import NEVER, Marks, Span, plan

hours = st.one_of(st.just(NEVER), st.integers(0, 60).map(lambda n: n * HOUR))
steps = st.one_of(
    st.sampled_from([1, 10_000, MINUTE, 5 * MINUTE, HOUR, 90 * MINUTE, 24 * HOUR]),
    st.integers(1, 40 * HOUR),
)


def test_without_rollups_all_is_read_as_samples() -> None:
    made = plan(5, HOUR, MINUTE, Marks())
    assert ((), ((5, HOUR),), (5, HOUR)) == (made.cells, made.raw, made.plain)
    assert made.gone[0] == made.gone[1]


def test_whole_cells_spare_the_samples_within() -> None:
    made = plan(HOUR + 1, 5 * HOUR, HOUR, Marks(rolled_until=4 * HOUR))
    assert HOUR == made.tier
    assert ((2 * HOUR, 4 * HOUR),) == made.cells
    assert ((HOUR + 1, 2 * HOUR), (4 * HOUR, 5 * HOUR)) == made.raw


def test_cells_that_a_step_cuts_are_read_as_samples() -> None:
    step = 7 * HOUR + MINUTE
    made = plan(0, 10 * HOUR, step, Marks(rolled_until=10 * HOUR))
    assert ((0, 7 * HOUR), (8 * HOUR, 10 * HOUR)) == made.cells
    assert ((7 * HOUR, 8 * HOUR),) == made.raw
    assert MINUTE == plan(0, 200 * HOUR, 90 * MINUTE, Marks(rolled_until=200 * HOUR)).tier


def test_what_has_ended_is_told_by_cells_alone_however_fine_the_step() -> None:
    marks = Marks(raw_from=2 * HOUR, rolled_until=8 * HOUR)
    made = plan(MINUTE + 1, 3 * HOUR, 1_000, marks)
    assert (MINUTE, (MINUTE, 2 * HOUR)) == (made.tier, made.gone)
    assert ((), (2 * HOUR, 3 * HOUR)) == (made.cells, made.plain)


def test_cells_that_have_ended_are_not_counted_on() -> None:
    marks = Marks(rolled_until=8 * HOUR, rollups_from=6 * HOUR)
    assert ((6 * HOUR, 8 * HOUR),) == plan(0, 8 * HOUR, HOUR, marks).cells


@given(st.integers(0, 60 * HOUR), st.integers(1, 40 * HOUR), steps, hours, hours, hours)
def test_every_moment_is_told_once_and_no_cell_reaches_over_a_step(
    start: int, length: int, step: int, ended: int, rolled: int, dropped: int
) -> None:
    end = start + length
    marks = Marks(min(ended, rolled), rolled, dropped)
    made = plan(start, end, step, marks)
    told = sorted([*made.raw, *made.cells, *([made.gone] if made.gone[0] < made.gone[1] else [])])
    assert start // made.tier * made.tier <= told[0][0] <= start
    assert end == told[-1][1]
    assert all(a[1] == b[0] for a, b in pairwise(told))
    assert told[0][1] > start
    for span in made.cells:
        assert is_whole(span, made.tier)
        assert max(start, marks.raw_from, marks.rollups_from) <= span[0]
        assert span[1] <= min(end, marks.rolled_until)
        borders = range(-(-span[0] // step) * step, span[1], step)
        assert all(border % made.tier == 0 for border in borders)
    assert (max(start, min(marks.raw_from, end)), end) == made.plain


def is_whole(span: Span, tier: int) -> bool:
    return span[0] % tier == 0 and span[1] % tier == 0
