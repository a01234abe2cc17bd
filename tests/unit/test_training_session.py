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
