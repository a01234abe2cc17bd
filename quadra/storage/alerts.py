"""What people read of alerts, and what they do with them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from quadra.alerts.ledger import OPEN, Alert, Event
from quadra.alerts.shown import alert_as_dict
from quadra.engine.alerting import AlertQuestion, Page
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.alert_rows import (
    add_events,
    alert_of,
    event_of,
    orders_changed,
)
from quadra.storage.announcements import announce
from quadra.storage.database import Database
from quadra.storage.tables import alert_events, alerts


class SqlAlerts:
    """Implements ``engine.alerting.AlertStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def alerts(self, question: AlertQuestion) -> Page:
        """Give alerts, the newest first."""
        return self._database.read(_alerts, question)

    def alert(self, alert_id: int) -> Alert:
        """Give one alert; raises NotFoundError."""
        return self._database.read(_alert, alert_id)

    def history(self, question: AlertQuestion) -> Page:
        """Give (event, alert) pairs, the newest first."""
        return self._database.read(_history, question)

    def firing(self) -> dict[str, int]:
        """Give how many alerts fire, by severity."""
        return self._database.read(_firing)

    def acknowledge(self, alert_id: int, by: str, now: float) -> Alert:
        """Say that somebody has it; raises NotFoundError, ConflictError."""
        return self._database.write(self._acknowledge, alert_id, by, now)

    def _acknowledge(self, connection: sa.Connection, alert_id: int, by: str, now: float) -> Alert:
        held = connection.execute(
            alerts.update()
            .where(alerts.c.id == alert_id, alerts.c.state.in_(OPEN))
            .values(acknowledged_by=by, acknowledged_at=now)
        )
        alert = _alert(connection, alert_id)
        if held.rowcount != 1:
            msg = "This alert is over; there is nothing left to acknowledge."
            raise ConflictError(msg, code="alert_is_over")
        add_events(connection, [Event(alert_id, now, "acknowledged", by=by)])
        announce(connection, "alert", alert_as_dict(alert), now)
        orders_changed(connection, self._database)
        return alert


def _alerts(connection: sa.Connection, question: AlertQuestion) -> Page:
    wanted = _conditions(question, alerts.c.started_at)
    if question.after is not None:
        wanted.append(alerts.c.id < question.after)
    statement = sa.select(alerts).where(*wanted).order_by(alerts.c.id.desc())
    rows = connection.execute(statement.limit(question.limit + 1)).all()
    return _page([alert_of(row) for row in rows[: question.limit]], rows, question)


def _history(connection: sa.Connection, question: AlertQuestion) -> Page:
    wanted = _conditions(question, alert_events.c.at)
    if question.after is not None:
        wanted.append(alert_events.c.id < question.after)
    if question.ref is not None:
        wanted.append(alert_events.c.ref == question.ref)
        wanted.append(alert_events.c.kind.in_(("quiet_silence", "quiet_maintenance")))
    statement = (
        sa.select(alert_events)
        .join(alerts, alerts.c.id == alert_events.c.alert_id)
        .where(*wanted)
        .order_by(alert_events.c.id.desc())
    )
    rows = connection.execute(statement.limit(question.limit + 1)).all()
    events = [event_of(row) for row in rows[: question.limit]]
    ids = {event.alert_id for event in events}
    found = connection.execute(sa.select(alerts).where(alerts.c.id.in_(ids)))
    known = {row.id: alert_of(row) for row in found}
    return _page([(event, known[event.alert_id]) for event in events], rows, question)


def _conditions(
    question: AlertQuestion, time: sa.ColumnElement[float]
) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if question.states:
        wanted.append(alerts.c.state.in_(question.states))
    if question.rule is not None:
        wanted.append(alerts.c.rule == question.rule)
    if question.alert_id is not None:
        wanted.append(alerts.c.id == question.alert_id)
    if question.start is not None:
        wanted.append(time >= question.start)
    if question.end is not None:
        wanted.append(time <= question.end)
    return wanted


def _page(items: list[Any], rows: Any, question: AlertQuestion) -> Page:
    more = len(rows) > question.limit
    return Page(items, rows[question.limit - 1].id if more else None)


def _alert(connection: sa.Connection, alert_id: int) -> Alert:
    row = connection.execute(sa.select(alerts).where(alerts.c.id == alert_id)).first()
    if row is None:
        msg = f"There is no alert {alert_id}."
        raise NotFoundError(msg)
    return alert_of(row)


def _firing(connection: sa.Connection) -> dict[str, int]:
    counted = connection.execute(
        sa.select(alerts.c.severity, sa.func.count())
        .where(alerts.c.state.in_(("firing", "recovering")))
        .group_by(alerts.c.severity)
    )
    return {row[0]: row[1] for row in counted}
