"""Samples into the field's steps, and the field beside plain forecasts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.field.field import Field, Shape
from quadra.field.grid import MAX_EMPTY_STEPS, Grid
from quadra.field.reservoir import Vector
from quadra.field.skill import METHODS, Skill
from quadra.telemetry.batch import Columns

GAUGE, COUNTER = 7, 4


def columns(*rows: tuple[int, float, float]) -> Columns:
    """Make columns of (id, unix s, value)."""
    ids, t, v = zip(*rows, strict=True)
    return Columns(
        np.array(ids, np.uint32), np.round(np.array(t) * 1000).astype(np.int64), np.array(v, float)
    )


def grid() -> Grid:
    return Grid(np.array([GAUGE, COUNTER], np.uint32), np.array([False, True]), 10.0)


def steps(made: Grid, *parts: Columns) -> list[tuple[float, Vector]]:
    return [step for part in parts for step in made.add(part)]


def test_a_step_of_a_gauge_is_its_mean() -> None:
    found = steps(grid(), columns((GAUGE, 101, 2), (GAUGE, 109, 4), (GAUGE, 112.5, 9)))
    assert [(110.0, 3.0)] == [(end, float(values[0])) for end, values in found]


def test_a_step_waits_for_samples_that_are_a_little_late() -> None:
    made = grid()
    assert [] == steps(made, columns((GAUGE, 101, 2), (GAUGE, 111, 9)))
    found = steps(made, columns((GAUGE, 109, 4)), columns((GAUGE, 112, 9)))
    assert [(110.0, 3.0)] == [(end, float(values[0])) for end, values in found]


def test_what_comes_after_its_step_has_ended_changes_nothing() -> None:
    made = grid()
    steps(made, columns((GAUGE, 101, 2), (GAUGE, 123, 9)))
    found = steps(made, columns((GAUGE, 105, 1000)), columns((GAUGE, 133, 5)))
    assert [9.0] == [float(values[0]) for _, values in found if np.isfinite(values[0])]


def test_a_counter_is_its_increase_a_second_also_where_it_began_again() -> None:
    rows = [(COUNTER, 100.0, 50.0), (COUNTER, 110.0, 70.0), (COUNTER, 120.0, 5.0)]
    found = steps(grid(), columns(*rows, (COUNTER, 140.0, 5.0)))
    values = [float(values[1]) for _, values in found]
    assert math.isnan(values[0])
    assert [2.0, 0.5] == values[1:3]


def test_counters_go_on_over_several_parts() -> None:
    made = grid()
    found = steps(
        made, columns((COUNTER, 100, 50)), columns((COUNTER, 110, 70)), columns((COUNTER, 122, 90))
    )
    assert 2.0 == found[-1][1][1]


def test_a_gap_gives_few_empty_steps() -> None:
    found = steps(grid(), columns((GAUGE, 101, 2), (GAUGE, 9001, 3), (GAUGE, 9013, 3)))
    values = [float(values[0]) for _, values in found]
    assert 2.0 == values[0]
    assert MAX_EMPTY_STEPS == sum(math.isnan(value) for value in values)
    assert [3.0] == values[MAX_EMPTY_STEPS + 1 :]


def test_other_series_and_staleness_markers_are_passed_by() -> None:
    found = steps(grid(), columns((1, 101, 5), (9, 102, 5), (GAUGE, 103, math.nan), (8, 500, 1)))
    assert [] == found


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(-1e6, 1e6)), max_size=50))
def test_the_steps_hang_on_the_samples_not_on_how_they_are_cut(
    rows: list[tuple[int, float]],
) -> None:
    ordered = [(GAUGE, float(t), v) for t, v in sorted(rows)]
    last = (GAUGE, 1000.0, 0.0)
    whole = steps(grid(), columns(*ordered, last))
    single = steps(grid(), *(columns(row) for row in [*ordered, last]))
    assert [end for end, _ in whole] == [end for end, _ in single]
    for (_, a), (_, b) in zip(whole, single, strict=True):
        np.testing.assert_allclose(a, b)


def test_skill_tells_who_foretells_best() -> None:
    field, skill = Field(Shape(1, 64, 0, ahead=6)), Skill(1, 3600.0, 6)
    random = np.random.default_rng(0)
    for number in range(800):
        value = np.array([10 * math.sin(number * math.tau / 24) + 0.1 * random.standard_normal()])
        skill.judge(value, field.scales)
        field.train(3600.0 * number, value)
        skill.foretell(value, field.forecast())
    near, far = skill.compared().errors
    errors = dict(zip(METHODS, near, strict=True))
    assert errors["field"] < 0.2 * errors["last"]
    assert errors["last"] < errors["average"]
    assert METHODS[int(np.argmax(far))] in {"last", "average"}
    assert far[METHODS.index("day_before")] == pytest.approx(0.1 * math.sqrt(2) / 7.07, rel=0.3)


def test_skill_survives_gaps() -> None:
    field, skill = Field(Shape(1, 16, 0, ahead=3)), Skill(1, 10.0, 3)
    for number in range(100):
        value = np.array([math.nan if number % 7 == 0 else float(number)])
        skill.judge(value, field.scales)
        field.train(10.0 * number, value)
        skill.foretell(value, field.forecast())
    assert np.isfinite(skill.compared().errors[:, :2]).all()
