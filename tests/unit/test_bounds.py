import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.intake.bounds import MAX_AGE_S, MAX_AHEAD_S, first_bad_time, time_fault
from tests.unit.fakes import NOW


@pytest.mark.parametrize("seconds", [NOW, NOW + MAX_AHEAD_S, NOW - MAX_AGE_S])
def test_times_within_the_bounds_are_believed(seconds: float) -> None:
    assert time_fault(seconds, NOW) is None


OFFSETS = st.integers(-(10**11), 10**11).map(lambda ms: NOW + ms / 1000)


@given(st.lists(OFFSETS | st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_the_column_check_finds_the_same_times_as_the_one_for_single_times(
    times: list[float],
) -> None:
    bad = [i for i, seconds in enumerate(times) if time_fault(seconds, NOW) is not None]
    assert (bad[0] if bad else None) == first_bad_time(np.array(times, np.float64), NOW)
