"""What every SeriesStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quadra.engine.ports import Entry, KnownSeries, Owner
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.series import SqlSeries
from quadra.telemetry.series import series_key
from tests.unit.fakes import NOW, SetClock, batch

T0 = int(NOW * 1000)
EVER = 0


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """The ids of two series in the journal, whose samples lie an hour apart."""
    entries = [
        Entry(batch("a", 1.0, 2.0, zone="ä"), [0]),
        Entry(batch("b", 1.0, t=T0 - 3_600_000), [0]),
    ]
    done = SqlJournal(database, SetClock()).append(entries)
    return {key[0]: number for number, key in done.met}


def test_a_new_database_has_no_series(database: Database) -> None:
    assert ([], 0) == SqlSeries(database).load(EVER)


def test_series_are_listed_with_the_times_of_their_own_first_samples(
    database: Database, ids: dict[str, int]
) -> None:
    known, seq = SqlSeries(database).load(EVER)
    assert [
        KnownSeries(ids["a"], series_key("a", {"zone": "ä"}), T0, T0 + 1000),
        KnownSeries(ids["b"], series_key("b", {}), T0 - 3_600_000, T0 - 3_600_000),
    ] == sorted(known, key=lambda series: series.key)
    assert 0 == seq


def test_times_are_kept_together_with_the_position_they_stand_for(
    database: Database, ids: dict[str, int], connect: Callable[[], Database]
) -> None:
    store = SqlSeries(database)
    store.keep_times([(ids["a"], 5, T0)], 17)
    store.keep_times([(ids["b"], 6, T0 + 7)], 18)
    known, seq = SqlSeries(connect()).load(EVER)
    assert {("a", 5, T0 + 1000), ("b", 6, T0 + 7)} == {(s.key[0], s.first, s.last) for s in known}
    assert 18 == seq


def test_a_process_that_knows_less_takes_nothing_back(
    database: Database, ids: dict[str, int]
) -> None:
    store = SqlSeries(database)
    store.keep_times([(ids["a"], 5, T0 + 9000)], 20)
    store.keep_times([(ids["a"], 7, T0)], 18)
    known, seq = store.load(EVER)
    assert [(5, T0 + 9000)] == [(s.first, s.last) for s in known if s.id == ids["a"]]
    assert 20 == seq


def test_some_series_can_be_asked_for_by_id(database: Database, ids: dict[str, int]) -> None:
    store = SqlSeries(database)
    assert ["b"] == [s.key[0] for s in store.named([ids["b"], 4_000])]
    assert ["a", "b"] == sorted(s.key[0] for s in store.named(range(1, 1_200)))
    assert [] == store.named([])


def test_a_position_may_be_kept_without_any_times(database: Database) -> None:
    store = SqlSeries(database)
    store.keep_times([], 3)
    store.keep_times([], 4)
    assert ([], 4) == store.load(EVER)


def test_the_token_that_brought_a_series_first_is_kept(database: Database) -> None:
    one, other = Owner(3, "one"), Owner(4, "other")
    entries = [
        Entry(batch("nobodys", 1.0), [0]),
        Entry(batch("both", 1.0), [0], one),
        Entry(batch("both", 2.0), [0], other),
    ]
    journal = SqlJournal(database, SetClock())
    journal.append(entries)
    journal.append([Entry(batch("nobodys", 1.0), [0], other)])
    owners = {series.key[0]: series.owner for series in SqlSeries(database).load(EVER)[0]}
    assert {"nobodys": 0, "both": 3} == owners


def test_a_series_that_ended_is_left_out_and_is_the_same_when_it_comes_again(
    database: Database, ids: dict[str, int]
) -> None:
    store = SqlSeries(database)
    known, _seq = store.load(T0 - 3_599_999)
    assert [ids["a"]] == [series.id for series in known]
    assert 2 == len(store.load(T0 - 3_600_000)[0])
    assert [ids["b"]] == [series.id for series in store.named([ids["b"]])]
    again = SqlJournal(database, SetClock()).append([Entry(batch("b", 2.0), [0])])
    assert [(ids["b"], series_key("b", {}))] == again.met
