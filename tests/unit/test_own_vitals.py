import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.journal import Journal
from quadra.intake.own import _RECENT_S, LAG_PROBE_S, LoopLag, OwnSource, RequestLog
from tests.servers.process import wait_until
from tests.unit.fakes import MemoryJournal, SetClock, TaskOverError, ThreadRuntime, batch


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def requests(clock: SetClock) -> RequestLog:
    return RequestLog(clock)


@pytest.fixture
def journal() -> Journal:
    made = Journal(MemoryJournal(), Catalog(max_series=10), ThreadRuntime(), SetClock())
    made.start()
    return made


@pytest.fixture
def source(journal: Journal, requests: RequestLog, clock: SetClock) -> OwnSource:
    lag = LoopLag(ThreadRuntime(), clock)
    return OwnSource("here:5000", journal, journal._catalog, requests, lag, lambda: 3, lambda: 0.0)


def read(source: OwnSource, clock: SetClock) -> dict[str, float]:
    return {name: value for name, _labels, value in source.read(clock())}


def test_the_first_reading_has_no_rates_for_nothing_was_before_it(
    source: OwnSource, clock: SetClock
) -> None:
    found = read(source, clock)
    assert 3.0 == found["quadra_websocket_connections"]
    assert found["quadra_memory_bytes"] > 1e6
    assert not [name for name in found if name.endswith("per_second")]


def test_rates_come_from_the_difference_to_the_reading_before(
    source: OwnSource, clock: SetClock, journal: Journal, requests: RequestLog
) -> None:
    read(source, clock)
    journal.append(batch("a", *range(10)))
    for _ in range(6):
        requests.done(0.01)
    clock.forward(2)
    found = read(source, clock)
    assert (5.0, 3.0) == (
        found["quadra_samples_per_second"],
        found["quadra_http_requests_per_second"],
    )
    assert 1.0 == found["quadra_series"]
    clock.forward(1)
    assert 0.0 == read(source, clock)["quadra_samples_per_second"] == source.samples_per_second


def test_a_clock_that_stands_still_makes_no_rate(source: OwnSource, clock: SetClock) -> None:
    read(source, clock)
    assert "quadra_samples_per_second" not in read(source, clock)


def test_the_age_of_the_newest_backup_is_a_series_once_there_is_one(
    source: OwnSource, clock: SetClock
) -> None:
    assert "quadra_backup_age_seconds" not in read(source, clock)
    source._backup_at = lambda: clock.now - 90.0
    assert 90.0 == read(source, clock)["quadra_backup_age_seconds"]
    source._backup_at = lambda: clock.now + 3_600.0  # a clock that was set back
    assert 0.0 == read(source, clock)["quadra_backup_age_seconds"]


def test_every_series_says_which_instance_it_is_of(source: OwnSource, clock: SetClock) -> None:
    assert [{"instance": "here:5000"}] * 5 == [labels for _n, labels, _v in source.read(clock())]


def test_the_95th_percentile_is_of_the_last_minutes(requests: RequestLog, clock: SetClock) -> None:
    assert requests.p95() is None
    requests.done(9.0)
    clock.forward(_RECENT_S / 2)
    for hundredths in range(100):
        requests.done(hundredths / 100)
    assert 0.95 == pytest.approx(requests.p95(), abs=0.011)
    clock.forward(_RECENT_S)
    assert 0.95 == pytest.approx(requests.p95(), abs=0.011)
    clock.forward(0.1)
    assert requests.p95() is None
    assert 101 == requests.total


def test_one_request_is_its_own_percentile(requests: RequestLog) -> None:
    requests.done(0.25)
    assert 0.25 == requests.p95()


def test_the_memory_of_requests_is_bounded(requests: RequestLog) -> None:
    for _ in range(5_000):
        requests.done(0.1)
    assert 2_000 == len(requests._recent)
    assert 5_000 == requests.total


def test_lag_is_the_worst_lateness_since_the_last_look() -> None:
    clock = SetClock()
    lateness = [0.0, 0.2, 0.01]

    class LateRuntime(ThreadRuntime):
        def sleep(self, seconds: float) -> None:
            assert LAG_PROBE_S == seconds
            if not lateness:
                raise TaskOverError
            clock.forward(seconds + lateness.pop(0))

    lag = LoopLag(LateRuntime(), clock)
    lag.start()
    assert wait_until(lambda: not lateness, timeout=5, every=0.001)
    assert wait_until(lambda: lag._worst > 0.1, timeout=5, every=0.001)
    assert 0.2 == pytest.approx(lag.take(), abs=1e-6)
    assert lag.take() < 0.2
