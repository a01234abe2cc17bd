"""Alerts that other programs have judged: read, begun, ended, told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.alerts.external import (
    RESOLVE_TIMEOUT_S,
    External,
    ExternalWatch,
    external_from,
    external_rule,
    moment_from,
    moment_text,
)
from quadra.alerts.ledger import Changes, Ledger
from quadra.alerts.notices import Desk, Quiet
from quadra.alerts.shown import alert_as_dict, paged_alert
from quadra.errors import Fault
from tests.unit.fakes import NOW

LABELS = {"alertname": "DiskSlow", "host": "a", "severity": "page"}


def read(now: float = NOW, **fields: Any) -> External:
    faults: list[Fault] = []
    found = external_from({"labels": LABELS, **fields}, 0, now, faults)
    assert found is not None, faults
    return found


def said(**fields: Any) -> list[tuple[str, str]]:
    faults: list[Fault] = []
    external_from({"labels": LABELS, **fields}, 3, NOW, faults)
    assert {3} == {fault.index for fault in faults}
    return [(fault.field, fault.reason) for fault in faults]


def test_what_prometheus_sends_is_read() -> None:
    found = read(
        annotations={"summary": "slow"},
        startsAt=moment_text(NOW - 60),
        endsAt="2025-06-15T15:10:40.123456789Z",
        generatorURL="http://p/graph",
    )
    assert ("DiskSlow", {"host": "a", "severity": "page"}) == (found.name, found.labels)
    assert (NOW - 60, NOW + 240.123) == (found.starts_at, round(found.ends_at, 3))
    assert "critical" == found.severity


def test_without_times_it_begins_now_and_ends_after_a_while() -> None:
    nothing: dict[str, Any] = {}
    for times in (nothing, {"startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"}):
        found = read(**times)
        assert (NOW, NOW + RESOLVE_TIMEOUT_S) == (found.starts_at, found.ends_at)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"labels": {"host": "a"}}, "labels.alertname"),
        ({"labels": None}, "labels.alertname"),
        ({"labels": LABELS | {"x-y": "1"}}, "labels.x-y"),
        ({"labels": LABELS | {"n": 1}}, "labels.n"),
        ({"labels": [1]}, "labels"),
        ({"annotations": {"summary": 1}}, "annotations.summary"),
        ({"startsAt": "yesterday"}, "startsAt"),
        ({"endsAt": "2026-01-01T00:00:00"}, "endsAt"),
        ({"endsAt": "2099-01-01T00:00:00Z"}, "endsAt"),
        ({"generatorURL": 5}, "generatorURL"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(fields: dict[str, Any], field: str) -> None:
    assert field == said(**fields)[0][0]


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "alertname", "a"]), inner
    ),
))  # fmt: skip
def test_whatever_comes_is_read_or_named(document: object) -> None:
    faults: list[Fault] = []
    found = external_from(document, 0, NOW, faults)
    assert (found is None) == bool(faults)


@given(st.integers(0, 4_000_000_000_000))
def test_times_are_written_as_they_are_read(ms: int) -> None:
    assert ms == round(moment_from(moment_text(ms / 1000)) * 1000)


class Room:
    """A watch with its ledger and desk."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger()
        self.watch = ExternalWatch()
        self.desk = Desk()
        self.pages: list[tuple[str, int]] = []
        self.events: list[str] = []

    def take(self, now: float, *told: External) -> None:
        changes = Changes()
        self.watch.take(told, self.ledger, now, changes)
        notices = self.desk.decide(
            self.ledger, lambda a: external_rule(a.rule, a.severity), Quiet(), now, changes
        )
        self.pages += [(notice.status, len(notice.alerts)) for notice in notices]
        self.events += [event.kind for event in changes.events]


ONE = External("DiskSlow", {"host": "a"}, {"summary": "{{ value }}"}, NOW, NOW + 60, "", 7, 1)


def test_one_that_fires_is_told_and_again_when_it_has_ended_by_itself() -> None:
    room = Room()
    room.take(NOW, ONE)
    (alert,) = room.ledger
    assert ("firing", "DiskSlow", {"summary": "{{ value }}"}) == (
        alert.state, alert.rule, alert.annotations,
    )  # fmt: skip
    assert (None, None, "external") == tuple(
        alert_as_dict(alert)[name] for name in ("series", "threshold", "source")
    )
    assert paged_alert(alert)["threshold"] is None
    room.take(NOW + 59)
    assert [("firing", 1)] == room.pages
    room.take(NOW + 60)
    assert [("firing", 1), ("resolved", 1)] == room.pages
    assert NOW + 60 == alert.resolved_at
    assert ["firing", "paged", "resolved", "resolved_told"] == room.events


def test_one_that_is_sent_again_goes_on_without_a_word() -> None:
    room = Room()
    room.take(NOW, ONE)
    room.take(NOW + 50, replace(ONE, ends_at=NOW + 110, revision=2))
    room.take(NOW + 100)
    assert [("firing", 1)] == room.pages
    assert 2 == room.watch.revision


def test_one_that_comes_back_is_a_new_alert_and_told_again() -> None:
    room = Room()
    room.take(NOW, ONE)
    room.take(NOW + 60)
    room.take(NOW + 61, replace(ONE, starts_at=NOW + 61, ends_at=NOW + 200, revision=2))
    assert [("firing", 1), ("resolved", 1), ("firing", 1)] == room.pages
    assert 1 == len({alert.key for alert in room.ledger})


def test_the_end_of_what_was_never_told_is_no_news() -> None:
    room = Room()
    room.take(NOW, replace(ONE, ends_at=NOW - 1))
    assert ([], []) == (room.pages, room.events)


def test_after_a_restart_nothing_is_told_twice_and_what_was_forgotten_ends() -> None:
    room = Room()
    room.take(NOW, ONE, replace(ONE, id=8, name="Other"))
    again = Room(Ledger(list(room.ledger), next_id=3))
    again.take(NOW + 1, ONE)
    assert [("resolved", 1)] == again.pages
    assert ["DiskSlow"] == [alert.rule for alert in again.ledger if alert.is_open]
