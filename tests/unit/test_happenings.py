"""Marks as people post them: what is taken, and what is refused by name."""

from __future__ import annotations

import pytest

from quadra.alerts.ledger import Alert, Changes, Event
from quadra.engine.happenings import OWN_KINDS, happening_from
from quadra.errors import InvalidError
from quadra.storage.happenings import of_alerts, of_anomalies

NOW = 1_750_000_000.0


def test_a_title_is_enough() -> None:
    mark = happening_from({"title": " chat-api deployed "}, NOW, "ci")
    assert ("chat-api deployed", "deploy", NOW, "ci") == (mark.title, mark.kind, mark.at, mark.by)


def test_the_same_posted_again_has_the_same_key() -> None:
    wish = {"title": "v41", "at": NOW - 5}
    assert happening_from(wish, NOW, "a").key == happening_from(wish, NOW + 9, "b").key


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "kind": "Deploy now"}, "kind"),
        *(({"title": "x", "kind": kind}, "kind") for kind in OWN_KINDS),
        ({"title": "x", "at": "yesterday"}, "at"),
        ({"title": "x", "at": True}, "at"),
        ({"title": "x", "at": NOW + 3600}, "at"),
        ({"title": "x", "labels": {"a": 1}}, "labels"),
        ({"title": "x", "labels": {"a-b": "c"}}, "labels"),
        ({"title": "x", "labels": {f"l{n}": "c" for n in range(17)}}, "labels"),
        ({"title": "x", "text": "\0"}, "text"),
        ({"title": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(wish: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        happening_from(wish, NOW, "ci")
    assert field in [fault.field for fault in refused.value.faults]


def test_mild_anomalies_are_no_news() -> None:
    shown = {
        "id": 7,
        "metric": "m",
        "started_at": NOW,
        "reason": "high",
        "labels": {},
        "severity": "high",
    }
    told = of_anomalies([shown, {**shown, "id": 8, "severity": "medium"}])
    assert [("anomaly", "7", "high")] == [(one.kind, one.ref, one.severity) for one in told]


def test_alerts_that_fire_and_clear_are_told_each_once() -> None:
    alert = Alert(3, 1, "Slow", 1, "m", "f", "warning", {}, "firing", 1.0, NOW)
    changes = Changes({3: alert}, [])
    for kind, ref in (("pending", "3.1"), ("firing", "3.2"), ("resolved", "3.3")):
        changes.events.append(Event(3, NOW, kind, ref=ref))
    told = of_alerts(changes)
    assert ["Slow fired", "Slow cleared"] == [one.title for one in told]
    assert ["alert:3.2", "alert:3.3"] == [one.key for one in told]
