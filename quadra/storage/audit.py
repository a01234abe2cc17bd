"""Who did what by hand, as rows that nothing changes; the oldest go when there are too many."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.alerting import Page
from quadra.engine.audit import MAX_KEPT, MAX_TEXT, AuditQuestion, Deed
from quadra.storage.alert_rows import dumps
from quadra.storage.database import Database
from quadra.storage.tables import audit

_PRUNE_EVERY = 1_000


class SqlAudit:
    """Implements ``engine.audit.AuditStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def add(self, deed: Deed) -> None:
        """Keep one."""
        self._database.write(_add, deed)

    def deeds(self, question: AuditQuestion) -> Page:
        """Give them, the newest first."""
        return self._database.read(_deeds, question)


def _add(connection: sa.Connection, deed: Deed) -> None:
    values = {
        "at": deed.at,
        "actor": deed.actor[:100],
        "kind": deed.kind,
        "action": deed.action[:MAX_TEXT],
        "target": deed.target[:MAX_TEXT],
        "status": deed.status,
        "address": deed.address[:64],
        "detail": dumps(dict(deed.detail)),
    }
    number = connection.execute(audit.insert().returning(audit.c.id), values).scalar_one()
    if number % _PRUNE_EVERY == 0:
        connection.execute(audit.delete().where(audit.c.id <= number - MAX_KEPT))


def _deeds(connection: sa.Connection, question: AuditQuestion) -> Page:
    statement = sa.select(audit).order_by(audit.c.id.desc()).limit(question.limit + 1)
    for column, wanted in ((audit.c.actor, question.actor), (audit.c.action, question.action),
                           (audit.c.target, question.target)):  # fmt: skip
        if wanted:
            statement = statement.where(
                sa.func.lower(column).contains(wanted.lower(), autoescape=True)
            )
    if question.start is not None:
        statement = statement.where(audit.c.at >= question.start)
    if question.end is not None:
        statement = statement.where(audit.c.at < question.end)
    if question.after is not None:
        statement = statement.where(audit.c.id < question.after)
    rows = connection.execute(statement).all()
    found = [_of(row) for row in rows[: question.limit]]
    return Page(found, found[-1].id if len(rows) > question.limit else None)


def _of(row: sa.Row[Any]) -> Deed:
    return Deed(
        row.at,
        row.actor,
        row.kind,
        row.action,
        row.target,
        row.status,
        row.address,
        orjson.loads(row.detail),
        row.id,
    )
