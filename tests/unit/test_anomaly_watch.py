"""Which series are shown to the detector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from quadra.engine import anomaly_watch
from quadra.engine.anomaly_watch import AnomalyWatch
from quadra.errors import StorageError
from quadra.storage.anomalies import FileMemory
from quadra.telemetry.batch import Columns
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey, series_key
from tests.unit.fakes import SetClock

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

    def named(self, ids: Sequence[int]) -> list[tuple[int, SeriesKey]]:
        return [(number, key) for number, key in enumerate(self.keys, 1) if number in ids]

    def tuned(self) -> dict[int, tuple[float, bool]]:
        return {}

    def described(self) -> dict[str, Metadata]:
        return {}


def samples(*ids: int, at: float = NOW) -> Columns:
    t = np.full(len(ids), round(at * 1000))
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


def test_who_has_ended_makes_room_and_is_met_again_on_return(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(anomaly_watch, "MAX_SERIES", 3)
    known = Known()
    known.keys = [
        series_key("calls_sum", {}), series_key("calls_count", {}),
        series_key("a", {}), series_key("b", {}),
    ]  # fmt: skip
    journal: Any = None  # nothing is learned again
    clock = SetClock()
    watch = AnomalyWatch(journal, Empty(), known, clock)
    watch.restore(0)
    watch.observe(samples(1, 2, 3, 4, at=clock()), 1)
    assert {1, 2, 3} == set(watch._keys)
    for day in range(1, 9):
        clock.forward(86_400)
        watch.observe(samples(3, 4, at=clock()), 1 + day)
    assert {3} == set(watch._keys)  # the others have just been let go
    clock.forward(61)
    watch.observe(samples(3, 4, at=clock()), 10)
    assert {3, 4} == set(watch._keys)
    watch.observe(samples(2, 1, at=clock()), 11)
    assert {2, 3, 4} == set(watch._keys) or {1, 3, 4} == set(watch._keys)
    assert 2 == len(caplog.messages)  # full before, and full again
    assert len(watch._observer.detector) <= 3


def test_what_was_learned_before_is_known_by_name_from_the_start(tmp_path: Path) -> None:
    memory = FileMemory(tmp_path / "state")
    known = Known()
    known.keys = [series_key("gone", {}), series_key("a", {})]
    journal: Any = None  # nothing is learned again
    watch = AnomalyWatch(journal, memory, known, lambda: NOW)
    watch.restore(0)
    watch.observe(samples(2), 0)
    watch.close()
    again = AnomalyWatch(journal, memory, known, lambda: NOW)
    again.restore(0)
    assert {2: series_key("a", {})} == again._keys


def test_what_could_not_be_read_of_a_series_is_read_with_its_next_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Known()
    known.keys = [series_key("a", {})]
    journal: Any = None  # nothing is learned again
    watch = AnomalyWatch(journal, Empty(), known, lambda: NOW)
    watch.restore(0)

    def away(_ids: Sequence[int]) -> list[tuple[int, SeriesKey]]:
        raise StorageError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(known, "named", away)
        with pytest.raises(StorageError):
            watch.observe(samples(1), 1)
    watch.observe(samples(1), 1)
    assert {1} == set(watch._keys)
