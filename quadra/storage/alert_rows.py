"""Alerts as rows, and back; what several modules of alert queries share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.flapping import Flaps
from quadra.alerts.ledger import Alert, Event
from quadra.alerts.shown import finite
from quadra.alerts.states import Phase, State
from quadra.storage.database import Database
from quadra.storage.tables import alert_events, positions
from quadra.storage.upserts import insert_into

_ORDERS = "alert-orders"
_JSON = ("labels", "annotations", "machine", "quieted_by")
_FIELDS = tuple(f.name for f in fields(Alert))


def dumps(document: object) -> str:
    """Write JSON; NaN becomes null."""
    return orjson.dumps(document).decode()


def row_of(alert: Alert) -> dict[str, Any]:
    """Give an alert as a row."""
    row = {name: getattr(alert, name) for name in _FIELDS}
    machine = alert.machine
    flaps = machine.flaps
    row["value"], row["peak"] = finite(alert.value), finite(alert.peak)
    row["labels"], row["annotations"] = dumps(alert.labels), dumps(alert.annotations)
    row["quieted_by"] = dumps(list(alert.quieted_by))
    row["machine"] = dumps(
        [machine.phase, machine.since, machine.seen, flaps.minute, flaps.bits, flaps.flapping]
    )
    return row


def alert_of(row: sa.Row[Any]) -> Alert:
    """Give the alert that a row holds."""
    values = {name: getattr(row, name) for name in _FIELDS}
    for name in _JSON:
        values[name] = orjson.loads(values[name])
    phase, since, seen, minute, bits, flapping = values["machine"]
    values["machine"] = State(Phase(phase), since, seen, Flaps(minute, bits, flapping))
    values["quieted_by"] = tuple(values["quieted_by"])
    for name in ("value", "peak"):
        values[name] = math.nan if values[name] is None else values[name]
    return Alert(**values)


def event_row(event: Event) -> dict[str, Any]:
    """Give an event as a row."""
    return {
        "alert_id": event.alert_id,
        "at": event.at,
        "kind": event.kind,
        "value": finite(event.value),
        "by": event.by,
        "ref": event.ref,
        "detail": event.detail,
    }


def event_of(row: sa.Row[Any]) -> Event:
    """Give the event that a row holds."""
    return Event(row.alert_id, row.at, row.kind, row.value, row.by, row.ref, row.detail)


def add_events(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Write events."""
    if events:
        connection.execute(alert_events.insert(), [event_row(event) for event in events])


def upsert(database: Database, table: sa.Table) -> Any:
    """Give the dialect's insert, which knows what to do on a conflict."""
    return insert_into(table, is_sqlite=database.is_sqlite)


def orders_changed(connection: sa.Connection, database: Database) -> None:
    """Note that people have changed what the judge goes by."""
    connection.execute(
        upsert(database, positions)
        .values(follower=_ORDERS, seq=1)
        .on_conflict_do_update(index_elements=["follower"], set_={"seq": positions.c.seq + 1})
    )


def orders_revision(connection: sa.Connection) -> int:
    """Give the number that each change of orders makes larger."""
    statement = sa.select(positions.c.seq).where(positions.c.follower == _ORDERS)
    return connection.execute(statement).scalar() or 0
