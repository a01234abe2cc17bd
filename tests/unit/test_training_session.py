"""What a field in training tells of the series that it watches."""

from __future__ import annotations

import numpy as np
import pytest

from quadra.engine.ports import KnownSeries
from quadra.engine.training_session import AHEAD_S, Plan, Session
from quadra.field.foretold import SHOWN
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import series_key

pytestmark = pytest.mark.unit

START = 1_795_850_003.0
STEP = 10.0
STEPS = 460


def session_of(values: np.typing.NDArray[np.float64]) -> Session:
    """Train on a value every ten seconds."""
    known = KnownSeries(7, series_key("oven_temperature", {}), 0, 1 << 50)
    session = Session(Plan(field_size=32, step=STEP), [known])
    t = np.round((START + STEP * np.arange(len(values))) * 1000).astype(np.int64)
    session.learn(Columns(np.full(len(values), 7, np.uint32), t, values))
    return session


def test_the_line_ahead_of_a_proven_forecast_has_its_own_times() -> None:
    i = np.arange(STEPS)
    noise = np.random.default_rng(1).standard_normal(STEPS)
    session = session_of(50 + 20 * np.sin(2 * np.pi * i / 9.3) + 0.5 * noise)
    (told,) = session.state()["series"]
    assert [True, True] == told["proven"]
    line, now = told["ahead"], session.seconds
    assert now is not None
    times = np.array(line["timestamps"])
    assert SHOWN == len(times) == len(line["value"]) == len(line["low"]) == len(line["high"])
    assert (np.diff(times) >= STEP).all()
    assert now < times[0] <= now + 2 * STEP
    assert now + AHEAD_S == times[-1]


def test_a_forecast_that_is_not_proven_has_no_line() -> None:
    session = session_of(np.random.default_rng(2).standard_normal(STEPS))
    (told,) = session.state()["series"]
    assert not told["proven"][1]
    assert {} == told["ahead"]


def told_by(session: Session) -> tuple[list[float], list[float]]:
    """Give values and lower ends of all that is foretold of the one series."""
    (told,) = session.state()["series"]
    now, line = told["forecast"], told["ahead"]
    return now["value"] + line.get("value", []), now["low"] + line.get("low", [])


def test_nothing_that_never_was_negative_is_foretold_to_be() -> None:
    noise = np.random.default_rng(3).standard_normal(STEPS)
    half = 40 * np.sin(2 * np.pi * np.arange(STEPS) / 31.7) + 0.5 * noise
    values, lows = told_by(session_of(np.maximum(half, 0.0)))  # it rests for half of the time
    assert SHOWN < len(values)
    assert 0.0 == min(values + lows)
    assert 0.0 < max(lows)
    assert all(low <= value for low, value in zip(lows, values, strict=True))


def test_what_was_negative_may_be_again_also_after_a_restart() -> None:
    noise = np.random.default_rng(1).standard_normal(STEPS)
    session = session_of(20 * np.sin(2 * np.pi * np.arange(STEPS) / 9.3) + 0.5 * noise)
    _values, lows = told_by(session)
    assert min(lows) < -5.0
    again = Session.resumed(session.dump(), None, session.watched)
    t = np.round((START + STEP * np.arange(STEPS, STEPS + 3)) * 1000).astype(np.int64)
    again.learn(Columns(np.full(3, 7, np.uint32), t, np.array([5.0, 15.0, 19.0])))
    _values, lows = told_by(again)
    assert min(lows) < -5.0
