from collections.abc import Sequence

import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.journal import Journal
from quadra.errors import StorageError
from quadra.intake.host import Reading
from quadra.intake.sampler import Sampler, batch_of
from quadra.telemetry.series import series_key
from tests.servers.process import wait_until
from tests.unit.fakes import NOW, MemoryJournal, SetClock, TaskOverError, ThreadRuntime

READINGS: list[Reading] = [("a", {"x": "1"}, 1.0), ("b", {}, 2.0), ("a", {"x": "1"}, 3.0)]


def test_readings_become_a_batch_of_one_moment() -> None:
    made = batch_of(READINGS, NOW, "host")
    assert (series_key("a", {"x": "1"}), series_key("b", {})) == made.keys
    assert [0, 1, 0] == made.index.tolist()
    assert [int(NOW * 1000)] * 3 == made.t.tolist()
    assert ([1.0, 2.0, 3.0], "host") == (made.v.tolist(), made.source)


@pytest.fixture
def store() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def journal(store: MemoryJournal) -> Journal:
    made = Journal(store, Catalog(max_series=10), ThreadRuntime(), SetClock())
    made.start()
    return made


@pytest.mark.parametrize("blocking", [True, False])
def test_what_a_source_reads_is_kept_in_the_journal(
    journal: Journal, store: MemoryJournal, blocking: bool
) -> None:
    clock = SetClock()
    sampler = Sampler(
        "x", lambda _now: READINGS, journal, ThreadRuntime(), clock, blocking=blocking
    )
    sampler.sample()
    assert [[1.0, 2.0, 3.0]] == [row.columns.v.tolist() for row in store.rows]


def test_a_source_that_has_nothing_writes_nothing(journal: Journal, store: MemoryJournal) -> None:
    Sampler("x", lambda _now: [], journal, ThreadRuntime(), SetClock(), blocking=False).sample()
    assert [] == store.rows


class Beats(ThreadRuntime):
    """Notes how long the task wanted to sleep, and ends it after some rounds."""

    def __init__(self, clock: SetClock, rounds: int) -> None:
        super().__init__(clock)
        self.slept: list[float] = []
        self._rounds = rounds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= self._rounds:
            raise TaskOverError
        super().sleep(seconds)


def test_it_samples_on_the_full_second_and_outlives_faults_of_source_and_store(
    journal: Journal, store: MemoryJournal
) -> None:
    clock = SetClock(NOW + 0.25)
    runtime = Beats(clock, rounds=5)
    moments: list[float] = []

    def read(now: float) -> Sequence[Reading]:
        moments.append(now)
        store.error = StorageError("gone") if len(moments) == 2 else None
        if len(moments) == 1:
            message = "unplugged"
            raise OSError(message)
        return READINGS

    Sampler("x", read, journal, runtime, clock, blocking=False).start()
    assert wait_until(lambda: len(runtime.slept) == 5, timeout=5, every=0.001)
    assert [NOW + 1, NOW + 2, NOW + 3, NOW + 4] == moments
    assert [0.75, 1.0, 1.0, 1.0, 1.0] == runtime.slept
    assert 2 == len(store.rows)
