import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.catalog import Catalog, SeriesInfo, SeriesQuotaError, TooManySeriesError
from quadra.engine.ports import KnownSeries, Owner
from quadra.telemetry.batch import Batch
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import series_key
from tests.unit.fakes import batch, columns


def catalog(*names: str, max_series: int = 1000) -> Catalog:
    made = Catalog(max_series=max_series)
    for number, name in enumerate(names, start=1):
        made.add(number, series_key(name, {"host": f"H{number}"}))
    return made


def changed(made: Catalog) -> list[tuple[int, int, int]]:
    return made.times_of(made.take_changed())


def test_a_batch_gets_the_ids_that_are_known_and_zero_for_others() -> None:
    made = catalog("a")
    assert [1] == made.entry_for(batch("a", 1.0, host="H1")).ids
    assert [0] == made.entry_for(batch("a", 1.0, host="other")).ids


def test_series_beyond_the_limit_are_refused_and_those_known_still_taken() -> None:
    made = catalog("a", "b", max_series=2)
    assert [2] == made.entry_for(batch("b", 1.0, host="H2")).ids
    with pytest.raises(TooManySeriesError, match="MAX_SERIES") as caught:
        made.entry_for(batch("c", 1.0))
    assert "too_many_series" == caught.value.code


def test_the_last_series_of_the_limit_is_still_taken() -> None:
    assert [0] == catalog("a", max_series=2).entry_for(batch("b", 1.0)).ids


MINE, YOURS = Owner(7, "flood"), Owner(8, "other")


def test_a_token_brings_only_so_many_series_and_keeps_no_other_out() -> None:
    made = Catalog(max_series=10, max_of_owner=2)
    for number, name in enumerate("ab", start=1):
        made.entry_for(batch(name, 1.0), MINE)
        made.add(number, series_key(name, {}), MINE.id)
    with pytest.raises(SeriesQuotaError, match="limit of 2 that the token “flood”") as caught:
        made.entry_for(batch("c", 1.0), MINE)
    assert "series_quota" == caught.value.code
    assert [1] == made.entry_for(batch("a", 2.0), MINE).ids
    assert [0] == made.entry_for(batch("c", 1.0), YOURS).ids
    assert [0] == made.entry_for(batch("c", 1.0)).ids


def test_whose_series_they_are_is_known_after_a_restart() -> None:
    made = Catalog(max_series=10, max_of_owner=1)
    made.load([KnownSeries(5, series_key("a", {}), 100, 200, MINE.id)])
    with pytest.raises(SeriesQuotaError):
        made.entry_for(batch("b", 1.0), MINE)


def test_series_that_wait_to_be_written_count_once_however_often_they_come() -> None:
    made = Catalog(max_series=10, max_of_owner=2)
    first, again = (made.entry_for(batch("a", 1.0), MINE) for _ in range(2))
    made.expect(first)
    made.expect(again)
    second = made.entry_for(batch("b", 1.0), MINE)
    made.expect(second)
    with pytest.raises(SeriesQuotaError):
        made.entry_for(batch("c", 1.0), MINE)
    made.settle(first)
    with pytest.raises(SeriesQuotaError):
        made.entry_for(batch("c", 1.0), MINE)
    made.settle(again)  # neither could be written
    assert [0] == made.entry_for(batch("c", 1.0), MINE).ids


def test_the_known_part_of_a_batch_keeps_its_samples_in_order() -> None:
    made = catalog("a", "b")
    keys = tuple(series_key(n, {"host": h}) for n, h in (("x", ""), ("b", "H2"), ("a", "H1")))
    index = np.array([0, 1, 2, 0, 1], np.uint32)
    whole = Batch(keys, index, np.arange(5), np.arange(5.0), "otlp")
    known = made.known_part(whole)
    assert (keys[1:], [0, 1, 0]) == (known.keys, known.index.tolist())
    assert ([1, 2, 4], [1.0, 2.0, 4.0], "otlp") == (
        known.t.tolist(),
        known.v.tolist(),
        known.source,
    )
    assert 0 == len(made.known_part(batch("new", 1.0)))


def test_a_series_is_learned_once() -> None:
    made = catalog("a")
    assert made.add(2, series_key("b", {}))
    assert not made.add(2, series_key("b", {}))
    assert 2 == len(made)


def test_first_and_last_times_follow_what_is_observed_in_any_order() -> None:
    made = catalog("a", "b")
    made.observe(columns([(1, 500, 1.0), (2, 7, 1.0), (1, 300, 1.0)]))
    made.observe(columns([(1, 400, 1.0)]))
    made.observe(columns([]))
    assert SeriesInfo(1, "a", {"host": "H1"}, 300, 500) == made.info(1)
    assert (7, 7) == (made.info(2).first, made.info(2).last)


def test_changed_times_are_handed_out_once_and_again_when_they_could_not_be_kept() -> None:
    made = catalog("a", "b")
    made.observe(columns([(2, 5, 1.0), (2, 9, 1.0)]))
    assert [(2, 5, 9)] == changed(made)
    assert [] == changed(made)
    made.mark_changed(np.array([2]))
    assert [(2, 5, 9)] == changed(made)


def test_what_was_kept_is_taken_over() -> None:
    made = Catalog(max_series=10)
    made.load([KnownSeries(5, series_key("a", {"x": "1"}), 100, 200)])
    assert SeriesInfo(5, "a", {"x": "1"}, 100, 200) == made.info(5)
    assert [] == changed(made)


@given(st.lists(st.integers(1, 20_000), unique=True, min_size=1, max_size=30))
def test_ids_may_have_gaps_and_be_large(ids: list[int]) -> None:
    made = Catalog(max_series=100)
    for number in ids:
        made.add(number, series_key(f"m{number}", {}))
    made.observe(columns([(number, number, 0.0) for number in ids]))
    assert sorted(ids) == [number for number, _first, _last in changed(made)]
    assert [number] * 2 == [made.info(number).first, made.info(number).last]
    assert max(ids) < made.capacity


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (["a"], [1, 3]),
        (["a", "b"], [1, 2, 3]),
        (['a{host="H3"}'], [3]),
        (['{host=~"H[12]"}'], [1, 2]),
        (["nothing"], []),
        ([], []),
    ],
)
def test_selectors_mean_ids_each_once_and_sorted(selectors: list[str], expected: list[int]) -> None:
    assert expected == catalog("a", "b", "a").select([parse_selector(s) for s in selectors])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["cpu"], [1, 2]),
        (["CPU", "h2"], [2]),
        (["h"], [1, 2, 3]),
        (["cpu", "memory"], []),
        ([], [1, 2, 3]),
        (["1\ncpu"], []),
    ],
)
def test_words_are_found_in_names_and_label_values_whatever_their_case(
    words: list[str], expected: list[int]
) -> None:
    assert expected == catalog("cpu_busy", "CPU_idle", "memory").search(words)


def test_an_unknown_id_is_an_error() -> None:
    with pytest.raises(KeyError):
        catalog("a").info(9)
