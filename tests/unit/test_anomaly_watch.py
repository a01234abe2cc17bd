"""Which series are shown to the detector."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
import pytest

from quadra.engine import anomaly_watch
from quadra.engine.anomaly_watch import AnomalyWatch
from quadra.telemetry.batch import Columns
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey, series_key

NOW = 1_000_000.0


class Empty:
    """Keeps nothing, and nothing waits there."""

    def keep(self, _write: object) -> None:
        pass

    def kept(self) -> BinaryIO | None:
        return None


class Known:
    """Series as the database knows them."""

    def __init__(self) -> None:
        self.keys: list[SeriesKey] = []

    def series_after(self, series_id: int, limit: int) -> list[tuple[int, SeriesKey]]:
        return list(enumerate(self.keys, 1))[series_id : series_id + limit]

    def tuned(self) -> dict[int, tuple[float, bool]]:
        return {}

    def described(self) -> dict[str, Metadata]:
        return {}


def samples(*ids: int) -> Columns:
    t = np.full(len(ids), round(NOW * 1000))
    return Columns(np.array(ids, np.uint32), t, np.ones(len(ids)))


def test_the_log_says_once_that_there_are_more_series_than_are_watched(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(anomaly_watch, "MAX_SERIES", 2)
    known = Known()
    journal: Any = None  # nothing is learned again
    watch = AnomalyWatch(journal, Empty(), known, lambda: NOW)
    watch.restore(0)
    known.keys = [series_key("a", {}), series_key("b", {})]
    watch.observe(samples(1, 2), 1)
    assert [] == caplog.messages
    for number in (3, 4):
        known.keys.append(series_key("late", {"n": str(number)}))
        watch.observe(samples(1, 2, number), number)
    (said,) = caplog.messages
    assert "more than 2 series" in said
    assert {1, 2} == set(watch._keys)
