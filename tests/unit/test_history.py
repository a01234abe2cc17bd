import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.history import History
from quadra.engine.journal import Journal
from quadra.errors import InvalidError, UnavailableError
from quadra.telemetry.selector import parse_selector
from tests.unit.fakes import NOW, MemoryJournal, SetClock, ThreadRuntime, batch

T0 = int(NOW * 1000)
EVER = (0, 1 << 60)


@pytest.fixture
def store() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(max_series=5_000)


@pytest.fixture
def history(store: MemoryJournal, catalog: Catalog) -> History:
    journal = Journal(store, catalog, ThreadRuntime(), SetClock())
    journal.start()
    journal.append(batch("a", 1.0, 2.0, 3.0, host="x"))
    journal.append(batch("a", 5.0, host="y"))
    journal.append(batch("b", 7.0))
    journal.append(batch("a", 20.0, t=T0 + 1000, host="x"))
    return History(store, catalog, ThreadRuntime())


def ask(
    history: History,
    selector: str,
    start: int = EVER[0],
    end: int = EVER[1],
    step: int | None = None,
    agg: str = "avg",
) -> list[tuple[str, list[int], list[float]]]:
    lines = history.query([parse_selector(selector)], start, end, step, agg)
    return [
        (line.info.labels.get("host", ""), (line.t - T0).tolist(), line.v.tolist())
        for line in lines
    ]


def test_each_series_is_a_line_and_a_sample_sent_again_replaces_its_former_self(
    history: History,
) -> None:
    assert [("x", [0, 1000, 2000], [1.0, 20.0, 3.0]), ("y", [0], [5.0])] == ask(history, "a")


def test_both_ends_of_the_span_belong_to_it(history: History) -> None:
    assert [("x", [1000, 2000], [20.0, 3.0])] == ask(history, "a", T0 + 1000, T0 + 2000)


def test_series_without_samples_in_the_span_are_left_out(history: History) -> None:
    assert [] == ask(history, "b", T0 + 1)
    assert [] == ask(history, "unknown")


def test_steps_hold_the_aggregate_of_their_samples(history: History) -> None:
    found = ask(history, 'a{host="x"}', step=2000, agg="max")
    assert [("x", [0, 2000], [20.0, 3.0])] == found


def test_too_many_series_at_once_are_refused(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.history.MAX_SERIES_A_QUERY", 1)
    with pytest.raises(InvalidError) as caught:
        ask(history, "a")
    assert "too_many_series_selected" == caught.value.code


def test_too_many_points_are_refused_unless_they_are_put_into_steps(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.history.MAX_POINTS_A_QUERY", 3)
    with pytest.raises(InvalidError) as caught:
        ask(history, "a")
    assert "too_many_points" == caught.value.code
    assert 2 == len(ask(history, "a", step=10_000))


def test_a_few_queries_run_at_once_and_the_others_wait_for_their_turn(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.engine.history.MAX_QUERIES_AT_ONCE", 1)
    monkeypatch.setattr("quadra.engine.history.MAX_POINTS_A_QUERY", 3)
    for _ in range(3):  # one that fails gives its place back too
        with pytest.raises(InvalidError):
            ask(history, "a")
    history._running = 1
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            history._running = 0

    monkeypatch.setattr(history._runtime, "sleep", pause)
    assert 1 == len(ask(history, "b"))
    assert 3 == len(waited)


def test_who_waits_too_long_for_a_turn_is_put_off(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history._running = 99
    with pytest.raises(UnavailableError) as caught:
        ask(history, "a")
    assert ("overloaded", 2) == (caught.value.code, caught.value.retry_after)
    monkeypatch.setattr("quadra.engine.history.MAX_QUERIES_WAITING", 0)
    history._running = 0
    with pytest.raises(UnavailableError):
        ask(history, "a")


def test_what_a_selector_means_is_looked_for_again_once_series_came(
    history: History, catalog: Catalog
) -> None:
    assert 1 == len(ask(history, "b"))
    history._catalog.add(99, ("b", (("host", "z"),)))
    assert [3, 99] == history._selected([parse_selector("b")]).tolist()
