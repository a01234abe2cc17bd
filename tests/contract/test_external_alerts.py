"""What other programs have judged, over real databases; and the claim of who says a thing first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quadra.alerts.external import External
from quadra.engine import alerting
from quadra.engine.alerting import AlertQuestion
from quadra.errors import ConflictError
from quadra.storage import external as storage_external
from quadra.storage.beat import SqlBeat
from quadra.storage.database import Database
from quadra.storage.external import SqlExternal
from tests.contract.test_judging import EVERYTHING, House
from tests.unit.fakes import NOW

ONE = External("DiskSlow", {"host": "a"}, {"summary": "slow"}, NOW - 30, NOW + 60)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_one_becomes_an_alert_is_paged_and_ends_by_itself(house: House) -> None:
    store = SqlExternal(house.database)
    store.put([ONE, replace(ONE, labels={"host": "b"}, ends_at=NOW - 1)], NOW)
    house.judge.round()
    (alert,) = house.alerts.alerts(EVERYTHING).items
    assert ("DiskSlow", "firing", NOW - 30, 1) == (
        alert.rule, alert.state, alert.started_at, alert.pages,
    )  # fmt: skip
    store.put([replace(ONE, starts_at=NOW, ends_at=NOW + 90)], NOW + 30)
    house.clock.forward(70)
    house.judge.round()
    assert ["firing"] == [status for status, _alerts in house.pages()]
    house.clock.forward(20)
    house.judge.round()
    assert ["firing", "resolved"] == [status for status, _alerts in house.pages()]


def test_a_judge_that_takes_over_repeats_nothing(house: House) -> None:
    store = SqlExternal(house.database)
    store.put([ONE], NOW)
    house.judge.round()
    second = house.new_judge()
    second.round()
    store.put([replace(ONE, labels={"host": "b"})], NOW)
    second.round()
    assert [("firing", 1), ("firing", 2)] == [
        (alert.state, alert.id)
        for alert in reversed(house.alerts.alerts(AlertQuestion(limit=10)).items)
    ]
    assert 2 == len(house.pages())


def test_an_end_that_is_sent_ends_it(house: House) -> None:
    store = SqlExternal(house.database)
    store.put([ONE], NOW)
    house.judge.round()
    store.put([replace(ONE, ends_at=NOW)], NOW)
    house.clock.forward(1)
    house.judge.round()
    (alert,) = house.alerts.alerts(EVERYTHING).items
    assert ("resolved", NOW) == (alert.state, alert.resolved_at)


def test_too_many_are_refused_and_ended_ones_make_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_external, "MAX_EXTERNAL", 2)
    assert alerting.MAX_EXTERNAL > 2
    store = SqlExternal(house.database)
    more = [replace(ONE, labels={"n": str(n)}) for n in range(3)]
    store.put(more[:2], NOW)
    with pytest.raises(ConflictError, match="more than 2"):
        store.put(more[2:], NOW)
    store.put(more[:2], NOW)  # what is known is never refused
    store.put([replace(more[2], ends_at=NOW + 200_000)], NOW + 100_000)


def test_of_many_one_is_first_for_each_mark(database: Database) -> None:
    store = SqlBeat(database)
    assert [True, False, True, False] == [
        store.claim("deadman-gone", mark) for mark in (5, 5, 6, 5)
    ]
    assert store.claim("deadman-back", 5)


def test_the_beat_says_how_far_it_is(house: House) -> None:
    store = SqlBeat(house.database)
    assert (0.0, 0, 0) == (store.beat().at, store.beat().seq, store.beat().head)
    house.send(1)
    house.judge.round()
    house.send(1)
    beat = store.beat()
    assert (NOW, 1, 2) == (beat.at, beat.seq, beat.head)
