"""When a frame may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.web.live.pacing import MAX_SLOWNESS, Pace, Tick


def sent(moments: list[float], *, tick: float = 0.08) -> list[float]:
    """Let a frame be wished for at each moment; give how long each had to wait."""
    pace, waits, free = Pace(0.0), [], 0.0
    for moment in moments:
        now = max(moment, free)
        now += pace.wait(now, tick)
        pace.take()
        waits.append(now - moment)
        free = now
    return waits


def test_the_first_after_a_quiet_moment_goes_at_once() -> None:
    assert [0.0, 0.0, 0.0] == sent([1.0, 2.0, 3.0])


@given(st.lists(st.floats(-0.05, 0.05), min_size=50, max_size=200))
def test_ten_a_second_never_wait_however_uneven(uneven: list[float]) -> None:
    moments = [1 + n / 10 + jitter for n, jitter in enumerate(uneven)]
    assert max(sent(moments, tick=Tick(10).seconds)) == pytest.approx(0, abs=1e-9)


def test_a_steady_stream_has_one_frame_a_tick() -> None:
    pace, count = Pace(0.0), 0
    for milliseconds in range(10_000):
        if pace.wait(milliseconds / 1000, 0.08) == 0:
            pace.take()
            count += 1
    assert count == pytest.approx(10 / 0.08 + Pace.BURST, abs=2)


def test_after_the_wait_that_is_told_a_frame_may_go() -> None:
    pace = Pace(0.0)
    for _ in range(3):
        assert 0 == pace.wait(0.0, 0.08)
        pace.take()
    wait = pace.wait(0.0, 0.08)
    assert 0.08 == pytest.approx(wait)
    assert 0 == pytest.approx(pace.wait(wait + 1e-9, 0.08))


def test_the_tick_grows_while_the_loop_lags_and_comes_back() -> None:
    tick = Tick(10)
    quick = tick.seconds
    tick.lagged(0.2)
    assert quick < tick.seconds
    for _ in range(100):
        tick.lagged(0.2)
    assert (MAX_SLOWNESS, 1.0) == (tick.slowness, tick.seconds)
    for _ in range(100):
        tick.lagged(0.001)
    assert quick == tick.seconds


def test_a_little_lag_neither_slows_down_nor_speeds_up() -> None:
    tick = Tick(10)
    tick.lagged(0.2)
    slow = tick.seconds
    tick.lagged(0.03)
    assert slow == tick.seconds
