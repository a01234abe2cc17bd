"""What happened, as rows: each once, announced in the transaction that keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.ledger import Changes
from quadra.engine.alerting import Page
from quadra.engine.happenings import MAX_HAPPENINGS, Happening, HappeningQuestion
from quadra.errors import NotFoundError
from quadra.storage.alert_rows import dumps, upsert
from quadra.storage.announcements import announce_all
from quadra.storage.database import Database
from quadra.storage.tables import happenings

_ALERT_KINDS = {"firing": ("alert_fired", "fired"), "resolved": ("alert_cleared", "cleared")}
_TOLD_ANOMALIES = ("high", "critical")
_PRUNE = 1_000


class SqlHappenings:
    """Implements ``engine.happenings.HappeningStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def happenings(self, question: HappeningQuestion) -> Page:
        """Give them, the newest first; raises NotFoundError when ``after`` is gone."""
        return self._database.read(_happenings, question)

    def add(self, happening: Happening, now: float) -> Happening:
        """Keep and announce one; gives the former one when its key is known."""
        return self._database.write(self._add, happening, now)

    def _add(self, connection: sa.Connection, happening: Happening, now: float) -> Happening:
        put_happenings(connection, self._database, [happening], now)
        known = happenings.c.digest == _digest(happening.key)
        return _of(connection.execute(sa.select(happenings).where(known)).one())


def put_happenings(
    connection: sa.Connection, database: Database, found: Iterable[Happening], now: float
) -> None:
    """Keep those whose key is new, and announce them; the oldest go when there are too many."""
    kept = []
    for one in found:
        statement = (
            upsert(database, happenings)
            .values(_row(one))
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(happenings.c.id)
        )
        number = connection.execute(statement).scalar()
        if number is not None:
            kept.append({**one.as_dict(), "id": number})
    if kept:
        announce_all(connection, "event", kept, now)
        _drop_oldest(connection, kept[-1]["id"] - MAX_HAPPENINGS)


def of_alerts(changes: Changes) -> list[Happening]:
    """Tell which alerts fired or cleared."""
    told = []
    for event in changes.events:
        alert = changes.alerts.get(event.alert_id)
        if alert is None or event.kind not in _ALERT_KINDS:
            continue
        kind, word = _ALERT_KINDS[event.kind]
        told.append(
            Happening(
                event.at,
                kind,
                f"{alert.rule} {word}",
                f"alert:{event.ref}",
                alert.annotations.get("summary", "")[:1000],
                alert.severity,
                alert.labels,
                ref=str(alert.id),
            )
        )
    return told


def of_anomalies(shown: Sequence[Mapping[str, Any]]) -> list[Happening]:
    """Tell which anomalies are worth a line; ``shown`` as the API gives them."""
    return [
        Happening(
            one["started_at"],
            "anomaly",
            f"{one['metric']} is unusual",
            f"anomaly:{one['id']}",
            one["reason"],
            one["severity"],
            one["labels"],
            ref=str(one["id"]),
        )
        for one in shown
        if one["severity"] in _TOLD_ANOMALIES
    ]


def _happenings(connection: sa.Connection, question: HappeningQuestion) -> Page:
    wanted: list[sa.ColumnElement[bool]] = []
    if question.kinds:
        wanted.append(happenings.c.kind.in_(question.kinds))
    if question.start is not None:
        wanted.append(happenings.c.at >= question.start)
    if question.end is not None:
        wanted.append(happenings.c.at <= question.end)
    if question.after is not None:
        last = sa.select(happenings.c.at).where(happenings.c.id == question.after)
        at = connection.execute(last).scalar()
        if at is None:
            raise NotFoundError(f"There is no event {question.after}.")
        here = happenings.c.at == at
        wanted.append((happenings.c.at < at) | (here & (happenings.c.id < question.after)))
    rows = connection.execute(
        sa.select(happenings)
        .where(*wanted)
        .order_by(happenings.c.at.desc(), happenings.c.id.desc())
        .limit(question.limit + 1)
    )
    found = [_of(row) for row in rows]
    items = found[: question.limit]
    return Page(items, items[-1].id if len(found) > question.limit else None)


def _drop_oldest(connection: sa.Connection, until: int) -> None:
    if until > 0 and until % _PRUNE == 0:
        connection.execute(happenings.delete().where(happenings.c.id <= until))


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def _row(happening: Happening) -> dict[str, Any]:
    return {
        "digest": _digest(happening.key),
        "at": happening.at,
        "kind": happening.kind,
        "title": happening.title,
        "text": happening.text,
        "severity": happening.severity,
        "labels": dumps(dict(happening.labels)),
        "by": happening.by,
        "ref": happening.ref,
    }


def _of(row: sa.Row[Any]) -> Happening:
    return Happening(
        row.at,
        row.kind,
        row.title,
        "",
        row.text,
        row.severity,
        orjson.loads(row.labels),
        row.by,
        row.ref,
        row.id,
    )
