"""What every OutboxStore does, whatever it stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from quadra.alerts.ledger import Alert, Changes, Event
from quadra.alerts.routing import EVERYTHING, route_of
from quadra.engine import alerting as judged
from quadra.engine.alerting import AlertQuestion
from quadra.engine.channels import Channel, Outcome
from quadra.engine.queues import Waiting
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.alerts import SqlAlerts
from quadra.storage.channels import SqlChannels
from quadra.storage.database import Database
from quadra.storage.judging import SqlJudge
from quadra.storage.outbox import SqlOutbox
from quadra.storage.tables import outbox
from quadra.storage.vault import Vault

NOW = 1_750_000_000.0
VAULT = Vault(b"a secret key")


@pytest.fixture
def store(database: Database) -> SqlOutbox:
    return SqlOutbox(database)


def put(database: Database, key: str, channel: str = "", group: str = "g", **more: Any) -> None:
    """Write a page as the judge does."""
    row = {
        "digest": hashlib.blake2b(key.encode(), digest_size=16).digest(),
        "group_key": group,
        "channel": channel,
        "status": "firing",
        "kind": "first",
        "alerts": orjson.dumps([{"id": 1, "rule": key}]).decode(),
        "created_at": NOW,
        "state": "waiting",
        "attempts": 0,
        "due_at": NOW,
        "claimed_by": "",
        "error": "",
        "ref": "",
    }
    database.write(lambda connection: connection.execute(outbox.insert(), {**row, **more}))


def states(database: Database) -> dict[str, str]:
    rows = database.read(
        lambda connection: connection.execute(
            sa.select(outbox.c.channel, outbox.c.state).order_by(outbox.c.id)
        ).all()
    )
    return {row.channel: row.state for row in rows}


def test_a_page_for_whoever_there_is_goes_to_each_once(
    database: Database, store: SqlOutbox
) -> None:
    put(database, "a")
    everywhere = dict.fromkeys(["x", "y"], EVERYTHING)
    assert 1 == store.expand(everywhere, NOW)
    assert 0 == store.expand(everywhere, NOW)
    assert {"x": "waiting", "y": "waiting"} == states(database)
    ids = {store.claim(name, "me", NOW, NOW + 9, 5)[0].delivery_id for name in ("x", "y")}
    assert 2 == len(ids)


def test_pages_that_reach_nobody_end_and_say_why(database: Database, store: SqlOutbox) -> None:
    put(database, "a")
    put(database, "b", "gone")
    store.expand({}, NOW)
    assert {"": "failed", "gone": "failed"} == states(database)


def test_a_channel_made_since_the_others_were_read_gets_its_page(
    database: Database, store: SqlOutbox
) -> None:
    channels = SqlChannels(database, VAULT)
    channels.add(Channel("new", "webhook", "http://h"))
    channels.add(Channel("off", "webhook", "http://h", enabled=False))
    put(database, "a", "new")
    put(database, "b", "off")
    store.expand({}, NOW)
    assert {"new": "waiting", "off": "failed"} == states(database)
    assert 0 == store.expand({"new": EVERYTHING}, NOW)
    assert 1 == len(store.claim("new", "me", NOW, NOW + 9, 5))


def test_a_page_goes_to_the_channels_that_take_its_alerts(
    database: Database, store: SqlOutbox
) -> None:
    pages = [
        {"id": 1, "rule": "r", "labels": {"team": "ml"}, "severity": "warning"},
        {"id": 2, "rule": "r", "labels": {"team": "web", "severity": "page"}, "source": "external",
         "severity": "critical"},
        {"id": 3, "rule": "r", "labels": {}, "severity": "info"},
    ]  # fmt: skip
    put(database, "a", alerts=orjson.dumps(pages).decode())
    routes = {
        "ml": route_of(('team="ml"',)),
        "pager": route_of(('severity=~"critical|page"',)),
        "db": route_of(('team="db"',)),
    }
    store.expand(routes, NOW)
    found = {
        name: [
            alert["id"] for one in store.claim(name, "me", NOW, NOW + 9, 5) for alert in one.alerts
        ]
        for name in routes
    }
    assert {"ml": [1], "pager": [2], "db": []} == found


def test_the_history_does_not_say_paged_where_nobody_was_told(
    database: Database, store: SqlOutbox
) -> None:
    for number in (1, 2):
        one = alert(number)
        changes = Changes(
            {number: one}, [Event(number, NOW, "firing"), Event(number, NOW, "paged")]
        )
        SqlJudge(database).write(
            SqlJudge(database).begin(NOW, 0).epoch, judged.Outcome(1, number, changes), NOW
        )
    pages = [{"id": n, "rule": "r", "labels": {"n": str(n)}} for n in (1, 2)]
    put(database, "a", alerts=orjson.dumps(pages).decode())
    store.expand({"x": route_of(('n="1"',))}, NOW + 1)
    kinds = [
        (event.alert_id, event.kind, event.detail)
        for event, _alert in reversed(SqlAlerts(database).history(AlertQuestion()).items)
    ]
    assert sorted([
        (1, "firing", ""), (1, "paged", ""), (2, "firing", ""),
        (2, "nobody_told", "no channel takes it"),
    ]) == sorted(kinds)  # fmt: skip


def alert(number: int) -> Alert:
    """Make an alert that fires."""
    return Alert(
        id=number, rule_id=1, rule="r", series_id=number, metric="x", fingerprint=str(number),
        severity="warning", labels={}, state="firing", threshold=1.0, started_at=NOW, fired_at=NOW,
    )  # fmt: skip


def test_one_claimant_gets_a_page(database: Database, store: SqlOutbox) -> None:
    put(database, "a", "x")
    assert 1 == len(store.claim("x", "one", NOW, NOW + 45, 5))
    assert [] == store.claim("x", "two", NOW, NOW + 45, 5)
    assert {} == store.due(NOW)


def test_a_claim_runs_out_and_the_page_keeps_its_name(database: Database, store: SqlOutbox) -> None:
    put(database, "a", "x")
    first = store.claim("x", "dies", NOW, NOW + 45, 5)[0]
    again = store.claim("x", "lives", NOW + 46, NOW + 90, 5)[0]
    assert first.delivery_id == again.delivery_id
    assert (1, 2) == (first.attempts, again.attempts)
    assert 0 == store.settle([first], "dies", Outcome("failed", NOW, "late"), NOW + 47)
    assert 1 == store.settle([again], "lives", Outcome("sent", NOW), NOW + 47)
    assert {"x": "sent"} == states(database)


def test_what_a_dead_worker_sent_together_comes_together_again(
    database: Database, store: SqlOutbox
) -> None:
    for key in "abcde":
        put(database, key, "x", f"of {key}")
    first = store.claim("x", "dies", NOW, NOW + 45, 3)
    store.take_over("lives", NOW + 10)
    assert [4, 5] == [one.id for one in store.claim("x", "lives", NOW + 9, NOW + 54, 9)]
    again = store.claim("x", "lives", NOW + 10, NOW + 55, 1)
    assert [one.delivery_id for one in first] == [one.delivery_id for one in again]


def test_what_comes_again_is_not_mixed_with_what_is_new(
    database: Database, store: SqlOutbox
) -> None:
    put(database, "a", "x", "one", due_at=NOW - 1)
    put(database, "b", "x", "two", claimed_by="dead", claimed_until=NOW - 1)
    put(database, "c", "x", "three")
    claimed = [[one.id for one in store.claim("x", "me", NOW, NOW + 45, 9)] for _ in range(3)]
    assert [[1], [2], [3]] == claimed


def test_a_group_goes_in_order_and_groups_beside_each_other(
    database: Database, store: SqlOutbox
) -> None:
    for key, group in (("a", "one"), ("b", "one"), ("c", "two")):
        put(database, key, "x", group)
    claimed = store.claim("x", "me", NOW, NOW + 99, 5)
    assert ["one", "two"] == [delivery.group for delivery in claimed]
    store.settle(claimed[:1], "me", Outcome("waiting", NOW + 30, "later"), NOW)
    assert [] == store.claim("x", "me", NOW + 1, NOW + 9, 5)
    assert 1 == len(store.claim("x", "me", NOW + 30, NOW + 99, 5))


def test_an_answer_goes_into_the_thread_until_it_is_over(
    database: Database, store: SqlOutbox
) -> None:
    put(database, "a", "x")
    first = store.claim("x", "me", NOW, NOW + 9, 1)
    assert "" == first[0].thread
    store.settle(first, "me", Outcome("sent", NOW, ref="ts-1"), NOW)
    put(database, "b", "x", status="resolved")
    second = store.claim("x", "me", NOW, NOW + 9, 1)
    assert "ts-1" == second[0].thread
    store.settle(second, "me", Outcome("sent", NOW, ref="ts-2"), NOW)
    put(database, "c", "x")
    assert "" == store.claim("x", "me", NOW, NOW + 9, 1)[0].thread


@pytest.mark.parametrize("shift", [-3_600, 3_600])
def test_a_clock_that_steps_an_hour_holds_no_page_up_for_ever(
    database: Database, store: SqlOutbox, shift: int
) -> None:
    put(database, "a", "x")
    claimed = store.claim("x", "me", NOW, NOW + 45, 5)
    store.settle(claimed, "me", Outcome("waiting", NOW + 301, "later"), NOW)
    now = NOW + shift
    assert {"x": 1} == store.due(now + 1 if shift > 0 else now)


@pytest.mark.parametrize("step", [-3_600, 3_600])
def test_what_waits_moves_with_a_clock_that_is_set(
    database: Database, store: SqlOutbox, step: int
) -> None:
    for key in ("tried", "sending", "new"):
        put(database, key, key, key)
    tried = store.claim("tried", "me", NOW, NOW + 45, 1)
    store.settle(tried, "me", Outcome("waiting", NOW + 30, "later"), NOW)
    store.claim("sending", "me", NOW, NOW + 45, 1)
    now = NOW + step
    store.move_in_time(step, now)
    found = [set(store.due(now + after)) for after in (0, 30, 45)]
    assert [{"new"}, {"new", "tried"}, {"new", "tried", "sending"}] == found


def test_a_test_page_is_found_again(store: SqlOutbox) -> None:
    number = store.add_test("x", {"id": 0}, NOW)
    assert ("waiting", "", None) == store.outcome(number)
    claimed = store.claim("x", "me", NOW, NOW + 9, 1)
    store.settle(claimed, "me", Outcome("sent", NOW), NOW + 1)
    assert ("sent", "", NOW + 1) == store.outcome(number)
    with pytest.raises(NotFoundError):
        store.outcome(99_999)


def test_what_somebody_waits_for_is_known_until_it_was_tried(
    database: Database, store: SqlOutbox
) -> None:
    drill = orjson.dumps([{"id": 1, "metric": "quadra_drill"}]).decode()
    like_a_drill = {"summary": '"metric":"quadra_drill"'}  # what anybody may write into a rule
    told = orjson.dumps([{"id": 2, "metric": "m", "annotations": like_a_drill}]).decode()
    put(database, "tried", "x", "drills", alerts=drill, attempts=3, due_at=NOW + 60)
    put(database, "old", "x", "others", alerts=told)
    put(database, "later", "y", alerts=drill, due_at=NOW + 1)
    assert set() == store.asked_for(NOW)
    assert [] == store.claim("x", "me", NOW, NOW + 45, 1, asked=True)
    put(database, "drill", "x", "drills", alerts=drill)
    store.add_test("z", {"id": 0}, NOW)
    assert {"x", "z"} == store.asked_for(NOW)
    (taken,) = store.claim("x", "me", NOW, NOW + 45, 9, asked=True)
    assert ("drills", 1) == (taken.group, taken.attempts)
    assert "test" == store.claim("z", "me", NOW, NOW + 45, 1, asked=True)[0].kind
    assert set() == store.asked_for(NOW)
    assert "others" == store.claim("x", "me", NOW, NOW + 45, 1)[0].group


def test_channels_are_kept_changed_and_count_what_they_did(
    database: Database, store: SqlOutbox, connect: Callable[[], Database]
) -> None:
    channels = SqlChannels(database, VAULT)
    made = channels.add(Channel("x", "email", "smtp://h", "s", {"to": ["a@b.c"]}))
    assert made == SqlChannels(connect(), VAULT).channels()[0][0]
    with pytest.raises(ConflictError):
        channels.add(Channel("x", "webhook", "http://h"))
    put(database, "a", "x")
    claimed = store.claim("x", "me", NOW, NOW + 9, 1)
    store.settle(claimed, "me", Outcome("waiting", NOW + 1, "down"), NOW)
    assert "down" == channels.channels()[0][1].error
    claimed = store.claim("x", "me", NOW + 2, NOW + 9, 1)
    store.settle(claimed, "me", Outcome("sent", NOW), NOW + 3)
    state = channels.channels()[0][1]
    assert ("", 1, 0, 1) == (state.error, state.sent, state.failed, state.retried)
    put(database, "waits", "x")
    assert channels.remove(made.id or 0, NOW)
    assert not channels.remove(made.id or 0, NOW)
    channels.add(Channel("x", "webhook", "http://elsewhere"))
    assert {} == store.due(NOW)


def test_a_channel_of_the_settings_comes_and_goes_with_them(database: Database) -> None:
    channels = SqlChannels(database, VAULT)
    given = Channel("slack", "slack", "http://one", origin="settings")
    channels.put_given([given])
    channels.put_given([Channel("slack", "slack", "http://two", origin="settings")])
    kept = channels.channels()[0][0]
    assert "http://two" == kept.url
    with pytest.raises(ConflictError, match="SLACK_WEBHOOK_URL"):
        channels.remove(kept.id or 0, NOW)
    channels.put_given([])
    assert [] == channels.channels()


def test_what_waits_is_told_and_what_was_sent_is_not(store: SqlOutbox, database: Database) -> None:
    assert Waiting(0, None, None) == store.waiting()
    put(database, "a", created_at=NOW - 50, due_at=NOW + 10)
    put(database, "b", created_at=NOW - 20, due_at=NOW - 20)
    put(database, "c", created_at=NOW - 90, due_at=NOW - 90, state="sent")
    put(database, "d", created_at=NOW - 90, due_at=NOW - 90, state="failed")
    assert Waiting(2, NOW - 50, NOW - 20) == store.waiting()
