"""Usual ranges, lines ahead, and what came otherwise than foretold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quadra.anomalies.usual import LEAST, MOST, usual_range, window_of
from quadra.field.field import Forecast
from quadra.field.foretold import ASKED, SHOWN, Ahead, Surprises

pytestmark = pytest.mark.unit

START = 1_767_225_600_000
NONE_ODD = np.zeros(1_000, np.bool_)
T = START + 1_000 * np.arange(1_000)


def noise(seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return 10 + np.random.default_rng(seed).standard_normal(1_000)


def test_four_in_five_values_lie_in_their_usual_range() -> None:
    v = noise()
    found = usual_range(T, v, NONE_ODD, START, most=2_000)
    mine = v[LEAST:]
    assert T[LEAST:].tolist() == found.t.tolist()
    assert 0.75 < np.mean((found.low <= mine) & (mine <= found.high)) < 0.85
    assert 8.2 < found.low.mean() < 9.2
    assert 10.8 < found.high.mean() < 11.8


def test_the_range_hangs_on_what_was_before_alone() -> None:
    v = noise()
    later = v.copy()
    later[700:] += 50
    for one, other in zip(
        usual_range(T, v, NONE_ODD, START, 2_000),
        usual_range(T, later, NONE_ODD, START, 2_000),
        strict=True,
    ):
        np.testing.assert_array_equal(one[: 701 - LEAST], other[: 701 - LEAST])


def test_what_was_anomalous_is_none_of_what_is_usual() -> None:
    v, odd = noise(), NONE_ODD.copy()
    v[500:560] = 99
    assert usual_range(T, v, odd, START, 2_000).high.max() == 99
    odd[500:560] = True
    assert usual_range(T, v, odd, START, 2_000).high.max() < 13


def test_a_range_is_asked_for_from_some_time_on_and_thinned() -> None:
    found = usual_range(T, noise(), NONE_ODD, int(T[600]), 50)
    assert (50, int(T[600]), int(T[-1])) == (len(found.t), found.t[0], found.t[-1])


def test_a_series_with_little_history_or_none_has_no_range() -> None:
    for n in (0, 1, LEAST):
        found = usual_range(T[:n], noise()[:n], NONE_ODD[:n], START)
        assert (0, 0, 0) == tuple(len(part) for part in found)
    v = np.full(1_000, math.nan)
    assert 0 == len(usual_range(T, v, NONE_ODD, START).t)


@pytest.mark.parametrize(("step_ms", "values"), [(1_000, MOST), (60_000, 60), (600_000, LEAST)])
def test_a_range_stands_for_an_hour_within_bounds(step_ms: int, values: int) -> None:
    assert values == window_of(step_ms)


def foretold(value: float, half: float = 1.0) -> Forecast:
    one = np.full((2, 1), value)
    return Forecast(one, one - half, one + half)


def test_the_far_forecasts_of_the_last_steps_are_the_line_ahead() -> None:
    ahead = Ahead(300, 1.0)
    for second in range(1_000):
        ahead.add(float(second), foretold(second / 10))
    line = ahead.line(0, 999.0)
    assert SHOWN == len(line["timestamps"]) == len(line["value"])
    assert (1_000.0, 1_299.0) == (line["timestamps"][0], line["timestamps"][-1])
    assert (70.0, 99.9) == (line["value"][0], line["value"][-1])
    assert [-1.0] * SHOWN == pytest.approx(np.subtract(line["low"], line["value"]).tolist())
    assert [] == ahead.line(0, 5_000.0)["timestamps"]


def test_only_proven_forecasts_are_surprised_and_each_time_less_easily() -> None:
    surprises = Surprises(2)
    expected = Forecast(np.full((2, 2), 5.0), np.full((2, 2), 4.0), np.full((2, 2), 6.0))
    proven = np.array([True, False])
    off, values = np.array([2 * ASKED, 2 * ASKED]), np.array([20.0, 20.0])
    for second in range(3):
        surprises.see(float(second), values, off, expected, proven)
    found = surprises.take()
    assert [(0, 0.0), (0, 1.0)] == [(one.series, one.seconds) for one in found]
    assert 2.0 == found[0].evidence > found[1].evidence
    assert 5.0 == found[0].expected
    assert found[0].low < 4
    assert 6 < found[0].high < found[0].value
    assert [] == surprises.take()
    surprises.see(3.0, values, np.array([math.nan, math.inf]), expected, np.array([True, True]))
    assert [] == surprises.take()
