"""The outbox: pages that wait, are claimed, are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.ledger import DRILL_METRIC, Event
from quadra.alerts.routing import taken
from quadra.alerts.silences import Matchers
from quadra.engine.channels import Delivery, Outcome
from quadra.engine.queues import Waiting
from quadra.errors import NotFoundError
from quadra.storage.alert_rows import add_events, dumps, upsert
from quadra.storage.database import Database
from quadra.storage.tables import alert_events, alerts, channels, outbox

_EXPANDED_AT_ONCE = 500
_FAR_S = 3_900.0
"""No page waits longer than this: a time beyond it comes from a clock that was set back."""
_WAITING = outbox.c.state == "waiting"
_OF_A_DRILL = f'%"metric":"{DRILL_METRIC}"%'  # within a text of JSON a quote has a backslash before
_ASKED = (
    outbox.c.attempts == 0,
    (outbox.c.kind == "test") | outbox.c.alerts.like(_OF_A_DRILL),
)


class SqlOutbox:
    """Implements ``engine.channels.OutboxStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def expand(self, routes: Mapping[str, Matchers], now: float) -> int:
        """Give each page that names no channel to all that take it; fail what reaches nobody."""
        if not self._database.read(_to_expand, [*routes]):
            return 0
        return self._database.write(self._expand, routes, now)

    def move_in_time(self, step: float, now: float) -> None:
        """Move what waits with a clock that was set."""
        self._database.write(_move_in_time, step, now)

    def due(self, now: float) -> dict[str, int]:
        """Give how many pages could go out now, by channel."""
        return self._database.read(_due, now)

    def asked_for(self, now: float) -> set[str]:
        """Name the channels with a page of a test or a drill that was never tried."""
        return self._database.read(_asked_for, now)

    def next_due(self, now: float) -> float | None:
        """Give when a page that waits is due next."""
        return self._database.read(_next_due, now)

    def waiting(self) -> Waiting:
        """Tell how many pages wait, and since when."""
        return self._database.read(_how_many_wait)

    def claim(
        self,
        channel: str,
        claimant: str,
        now: float,
        until: float,
        limit: int,
        *,
        asked: bool = False,
    ) -> list[Delivery]:
        """Take pages for a channel until a time."""
        return self._database.write(self._claim, channel, claimant, now, until, limit, asked=asked)

    def take_over(self, claimant: str, until: float) -> None:
        """Let the claims of all others run out by a time."""
        self._database.write(_take_over, claimant, until)

    def settle(
        self, deliveries: Sequence[Delivery], claimant: str, outcome: Outcome, now: float
    ) -> int:
        """Keep how deliveries ended."""
        return self._database.write(_settle, deliveries, claimant, outcome, now)

    def add_test(self, channel: str, alert: Mapping[str, Any], now: float) -> int:
        """Add a page that tests a channel."""
        return self._database.write(_add_test, channel, alert, now)

    def outcome(self, number: int) -> tuple[str, str, float | None]:
        """Give state, error and time of sending of a page."""
        return self._database.read(_outcome, number)

    def _expand(self, connection: sa.Connection, routes: Mapping[str, Matchers], now: float) -> int:
        rows = connection.execute(
            sa.select(outbox)
            .where(*_for_none_of([*routes]))
            .order_by(outbox.c.id)
            .limit(_EXPANDED_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            if row.channel:
                _fail(connection, row, "delivery_failed", "there is no such channel", now)
            else:
                self._spread(connection, row, routes, now)
        return len(rows)

    def _spread(
        self,
        connection: sa.Connection,
        row: sa.Row[Any],
        routes: Mapping[str, Matchers],
        now: float,
    ) -> None:
        paged = orjson.loads(row.alerts)
        parts = {name: taken(route, paged) for name, route in routes.items()}
        made = [_copy_of(row, name, part) for name, part in parts.items() if part]
        reached = {alert["id"] for part in parts.values() for alert in part}
        left = [alert for alert in paged if alert["id"] not in reached]
        error = "no channel takes it" if routes else "no channel is set up"
        if left:
            _untell(connection, row, left)
        if not made:
            _fail(connection, row, "nobody_told", error, now)
            return
        if left:
            _tell_alerts(connection, [left], "nobody_told", "", error, now)
        insert = upsert(self._database, outbox)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["digest"]), made)
        connection.execute(outbox.delete().where(outbox.c.id == row.id))

    def _claim(
        self,
        connection: sa.Connection,
        channel: str,
        claimant: str,
        now: float,
        until: float,
        limit: int,
        *,
        asked: bool,
    ) -> list[Delivery]:
        before = outbox.alias()
        is_first = ~sa.exists().where(
            before.c.channel == outbox.c.channel,
            before.c.group_key == outbox.c.group_key,
            before.c.state == "waiting",
            before.c.id < outbox.c.id,
        )
        # What somebody waits for stands behind no page of an earlier drill that is still retried.
        chosen = _ASKED if asked else (is_first,)
        claimable = (
            sa.select(outbox)
            .where(outbox.c.channel == channel, *_is_due(now), *chosen)
            .order_by(outbox.c.id)
            .with_for_update(skip_locked=True)
        )
        rows = connection.execute(claimable.limit(limit)).all()
        if rows and (dead := _left_by(rows[0])):
            # It may have been sent: then it comes once more as it was, not as many pages anew.
            mine = (outbox.c.claimed_by == dead, outbox.c.claimed_until.is_not(None))
            rows = connection.execute(claimable.where(*mine)).all()
        else:
            rows = list(takewhile(lambda row: not _left_by(row), rows))
        if not rows:
            return []
        connection.execute(
            outbox.update()
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(claimed_by=claimant, claimed_until=until, attempts=outbox.c.attempts + 1)
        )
        threads = _threads(connection, channel, [row.group_key for row in rows])
        return [_delivery(row, threads.get(row.group_key, "")) for row in rows]


def _is_due(now: float) -> list[sa.ColumnElement[bool]]:
    free = (
        outbox.c.claimed_until.is_(None)
        | (outbox.c.claimed_until <= now)
        | (outbox.c.claimed_until > now + _FAR_S)
    )
    return [_WAITING, (outbox.c.due_at <= now) | (outbox.c.due_at > now + _FAR_S), free]


def _left_by(row: sa.Row[Any]) -> str:
    """Give who claimed a page and never said how it went; nothing where nobody did."""
    return "" if row.claimed_until is None else str(row.claimed_by)


def _take_over(connection: sa.Connection, claimant: str, until: float) -> None:
    connection.execute(
        outbox.update()
        .where(_WAITING, outbox.c.claimed_by != claimant, outbox.c.claimed_until > until)
        .values(claimed_until=until)
    )


def _move_in_time(connection: sa.Connection, step: float, now: float) -> None:
    tried = outbox.update().where(_WAITING, outbox.c.attempts > 0)
    connection.execute(
        tried.values(due_at=outbox.c.due_at + step, claimed_until=outbox.c.claimed_until + step)
    )
    # What is new is due at once, and may have been written since.
    new = outbox.update().where(_WAITING, outbox.c.attempts == 0, outbox.c.due_at > now)
    connection.execute(new.values(due_at=now))


def _to_expand(connection: sa.Connection, known: Sequence[str]) -> bool:
    statement = sa.select(outbox.c.id).where(*_for_none_of(known)).limit(1)
    return connection.execute(statement).first() is not None


def _for_none_of(known: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """Say which pages are for no channel that is known.

    One for a channel that was made since the others were read waits until they are read again.
    """
    made_since = sa.exists().where(channels.c.name == outbox.c.channel, channels.c.enabled)
    return _WAITING, outbox.c.channel.not_in([*known]), ~made_since


def _copy_of(row: sa.Row[Any], channel: str, part: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    copy = {c.name: getattr(row, c.name) for c in outbox.c if c.name != "id"}
    mark = hashlib.blake2b(row.digest + channel.encode(), digest_size=16).digest()
    return {**copy, "channel": channel, "digest": mark, "alerts": dumps(part)}


def _fail(connection: sa.Connection, row: sa.Row[Any], kind: str, error: str, now: float) -> None:
    failed = {"state": "failed", "error": error}
    connection.execute(outbox.update().where(outbox.c.id == row.id).values(failed))
    _tell_alerts(connection, [orjson.loads(row.alerts)], kind, row.channel, error, now)


def fail_waiting(connection: sa.Connection, channel: str, error: str, now: float) -> None:
    """End all pages that wait for a channel."""
    waiting = connection.execute(sa.select(outbox).where(_WAITING, outbox.c.channel == channel))
    for row in waiting.all():
        _fail(connection, row, "delivery_failed", error, now)


def _untell(connection: sa.Connection, row: sa.Row[Any], told: Sequence[Mapping[str, Any]]) -> None:
    """Take back what the history says of a page that there is nobody to read."""
    connection.execute(
        alert_events.delete().where(
            alert_events.c.alert_id.in_([int(alert["id"]) for alert in told]),
            alert_events.c.at == row.created_at,
            alert_events.c.kind.in_(["paged", "paged_again", "resolved_told"]),
        )
    )


def _due(connection: sa.Connection, now: float) -> dict[str, int]:
    statement = (
        sa.select(outbox.c.channel, sa.func.count()).where(*_is_due(now)).group_by(outbox.c.channel)
    )
    return {channel: count for channel, count in connection.execute(statement)}  # noqa: C416 - rows are no pairs to dict


def _asked_for(connection: sa.Connection, now: float) -> set[str]:
    statement = sa.select(outbox.c.channel).where(*_is_due(now), *_ASKED).distinct()
    return set(connection.execute(statement).scalars())


def _how_many_wait(connection: sa.Connection) -> Waiting:
    oldest, due = sa.func.min(outbox.c.created_at), sa.func.min(outbox.c.due_at)
    return Waiting(
        *connection.execute(sa.select(sa.func.count(), oldest, due).where(_WAITING)).one()
    )


def _next_due(connection: sa.Connection, now: float) -> float | None:
    statement = sa.select(sa.func.min(outbox.c.due_at)).where(_WAITING, outbox.c.due_at > now)
    return connection.execute(statement).scalar()


def _threads(connection: sa.Connection, channel: str, groups: Sequence[str]) -> dict[str, str]:
    """Find what the channel called the first message about each group, if that is still open."""
    rows = connection.execute(
        sa.select(outbox.c.group_key, outbox.c.ref, outbox.c.status)
        .where(
            outbox.c.channel == channel,
            outbox.c.group_key.in_([*groups]),
            outbox.c.state == "sent",
            outbox.c.ref != "",
        )
        .order_by(outbox.c.id)
    )
    found: dict[str, str] = {}
    for group, ref, status in rows:
        if status == "firing":
            found.setdefault(group, ref)
        else:
            found.pop(group, None)  # what is over is told; the next begins a thread of its own
    return found


def _delivery(row: sa.Row[Any], thread: str) -> Delivery:
    return Delivery(
        id=row.id,
        delivery_id=row.digest.hex(),
        group=row.group_key,
        channel=row.channel,
        status=row.status,
        kind=row.kind,
        alerts=orjson.loads(row.alerts),
        created_at=row.created_at,
        attempts=row.attempts + 1,
        thread=thread,
    )


def _settle(
    connection: sa.Connection,
    deliveries: Sequence[Delivery],
    claimant: str,
    outcome: Outcome,
    now: float,
) -> int:
    statement = (
        outbox.update()
        .where(outbox.c.id.in_([d.id for d in deliveries]), outbox.c.claimed_by == claimant)
        .where(_WAITING)
    )
    is_sent = outcome.state == "sent"
    done = connection.execute(
        statement.values(
            state=outcome.state,
            due_at=outcome.due_at,
            error=outcome.error,
            ref=outcome.ref,
            claimed_until=None,
            sent_at=now if is_sent else None,
        )
    ).rowcount
    name = deliveries[0].channel
    counted = channels.c["retried" if outcome.state == "waiting" else outcome.state]
    connection.execute(
        channels.update()
        .where(channels.c.name == name)
        .values(
            {
                counted: counted + len(deliveries),
                channels.c.error: outcome.error,
                channels.c["sent_at" if is_sent else "failed_at"]: now,
            }
        )
    )
    if outcome.state != "waiting":
        kind = "delivered" if is_sent else "delivery_failed"
        lists = [delivery.alerts for delivery in deliveries if delivery.kind != "test"]
        _tell_alerts(connection, lists, kind, name, outcome.error, now)
    return done


def _tell_alerts(
    connection: sa.Connection,
    lists: Sequence[Sequence[Mapping[str, Any]]],
    kind: str,
    channel: str,
    error: str,
    now: float,
) -> None:
    """Write into the alerts' history who was told, or was not."""
    ids = [int(alert["id"]) for alerts_of_one in lists for alert in alerts_of_one]
    known = set(connection.execute(sa.select(alerts.c.id).where(alerts.c.id.in_(ids))).scalars())
    detail = f"{channel}: {error}" if error and channel else error or channel
    add_events(
        connection,
        [Event(i, now, kind, ref=channel[:100], detail=detail) for i in ids if i in known],
    )


def _add_test(connection: sa.Connection, channel: str, alert: Mapping[str, Any], now: float) -> int:
    mark = hashlib.blake2b(f"test/{channel}/{now!r}".encode(), digest_size=16).digest()
    row = {
        "digest": mark,
        "group_key": f"test/{now!r}",
        "channel": channel,
        "status": "firing",
        "kind": "test",
        "alerts": dumps([dict(alert)]),
        "created_at": now,
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "error": "",
        "ref": "",
        "claimed_by": "",
    }
    made = connection.execute(outbox.insert().returning(outbox.c.id), row)
    return int(made.scalar_one())


def _outcome(connection: sa.Connection, number: int) -> tuple[str, str, float | None]:
    statement = sa.select(outbox.c.state, outbox.c.error, outbox.c.sent_at)
    row = connection.execute(statement.where(outbox.c.id == number)).first()
    if row is None:
        msg = f"There is no page {number}."
        raise NotFoundError(msg)
    return row.state, row.error, row.sent_at
