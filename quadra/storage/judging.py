"""What the judge takes up and what it writes: an outcome and its position in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.external import External
from quadra.alerts.ledger import OPEN, Alert
from quadra.alerts.notices import Group, Notice, Quiet
from quadra.alerts.shown import alert_as_dict, paged_alert
from quadra.engine.alerting import Beginning, Orders, Outcome, OvertakenError
from quadra.storage.alert_rows import (
    add_events,
    alert_of,
    dumps,
    orders_revision,
    row_of,
    upsert,
)
from quadra.storage.alert_rules import kept_rules
from quadra.storage.announcements import announce_all
from quadra.storage.anomalies import put_anomalies
from quadra.storage.database import Database
from quadra.storage.external import external_after
from quadra.storage.happenings import of_alerts, of_anomalies, put_happenings
from quadra.storage.quiet import maintenance_windows_of, silences_of
from quadra.storage.tables import (
    alert_events,
    alerts,
    judging,
    notice_groups,
    outbox,
    series,
)
from quadra.telemetry.series import SeriesKey, digest, series_key

# What people write in an alert's row; the judge leaves it alone.
_PEOPLES = ("acknowledged_by", "acknowledged_at")


class SqlJudge:
    """Implements ``engine.alerting.JudgeStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def begin(self, now: float, remember_s: float, *, epoch: int | None = None) -> Beginning:
        """Begin a judge's time; raises OvertakenError."""
        return self._database.write(self._begin, now, remember_s, epoch)

    def last_beat(self) -> float:
        """Give when a judge last wrote."""
        return self._database.read(_last_beat)

    def revision(self) -> int:
        """Give the number that changes with people's orders."""
        return self._database.read(orders_revision)

    def orders(self) -> Orders:
        """Give rules, silences, windows and acknowledgements."""
        return self._database.read(_orders)

    def series_after(self, series_id: int, limit: int) -> list[tuple[int, SeriesKey]]:
        """Give series with larger ids, by id."""
        return self._database.read(_series_after, series_id, limit)

    def external_after(self, revision: int, limit: int) -> list[External]:
        """Give what other programs said after a revision, in order."""
        return self._database.read(external_after, revision, limit)

    def write(self, epoch: int, outcome: Outcome, now: float) -> None:
        """Write all of an outcome in one transaction; raises OvertakenError."""
        self._database.write(self._write, epoch, outcome, now)

    def prune(self, epoch: int, before: float, limit: int) -> int:
        """Drop what ended before a time, a portion of it."""
        return self._database.write(_prune, epoch, before, limit)

    def _begin(
        self, connection: sa.Connection, now: float, remember_s: float, epoch: int | None
    ) -> Beginning:
        row = connection.execute(sa.select(judging).with_for_update()).first()
        known = 0 if row is None else row.epoch
        epoch = known + 1 if epoch is None else epoch
        if epoch < known:
            raise _overtaken()
        values = {"epoch": epoch, "beat_at": now}
        connection.execute(
            upsert(self._database, judging)
            .values(id=1, seq=None, last_alert=0, **values)
            .on_conflict_do_update(index_elements=["id"], set_=values)
        )
        recent = alerts.c.state.in_(OPEN) | (alerts.c.resolved_at >= now - remember_s)
        kept = connection.execute(sa.select(alerts).where(recent).order_by(alerts.c.id))
        groups = {
            one.key: Group(one.told_at, one.waiting_since, one._mapping["count"])  # noqa: SLF001 - rows have a count of their own
            for one in connection.execute(sa.select(notice_groups))
        }
        return Beginning(
            epoch,
            None if row is None else row.seq,
            0 if row is None else row.last_alert,
            [alert_of(one) for one in kept],
            groups,
            0.0 if row is None else row.beat_at,
        )

    def _write(self, connection: sa.Connection, epoch: int, outcome: Outcome, now: float) -> None:
        moved = connection.execute(
            judging.update()
            .where(judging.c.id == 1, judging.c.epoch == epoch)
            .values(seq=outcome.seq, beat_at=now, last_alert=outcome.last_alert)
        )
        if moved.rowcount != 1:
            raise _overtaken()
        changed = list(outcome.changes.alerts.values())
        self._put_alerts(connection, [*changed, *outcome.refreshed])
        add_events(connection, outcome.changes.events)
        self._put_notices(connection, outcome.notices)
        self._put_groups(connection, outcome.groups)
        if outcome.groups_ended:
            ended = [_mark(key) for key in outcome.groups_ended]
            connection.execute(notice_groups.delete().where(notice_groups.c.digest.in_(ended)))
        announce_all(connection, "alert", [alert_as_dict(alert) for alert in changed], now)
        found = put_anomalies(connection, self._database, outcome.anomalies)
        told = [*of_alerts(outcome.changes), *of_anomalies(found)]
        put_happenings(connection, self._database, told, now)
        announce_all(connection, "anomaly", found, now)

    def _put_alerts(self, connection: sa.Connection, changed: Sequence[Alert]) -> None:
        if not changed:
            return
        statement = upsert(self._database, alerts)
        new = statement.excluded
        names = [c.name for c in alerts.c if c.name not in ("id", *_PEOPLES)]
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={name: new[name] for name in names}
            ),
            [row_of(alert) for alert in changed],
        )

    def _put_notices(self, connection: sa.Connection, notices: Sequence[Notice]) -> None:
        if not notices:
            return
        statement = upsert(self._database, outbox).on_conflict_do_nothing(index_elements=["digest"])
        connection.execute(statement, [_outbox_row(notice) for notice in notices])

    def _put_groups(self, connection: sa.Connection, groups: dict[str, Group]) -> None:
        if not groups:
            return
        statement = upsert(self._database, notice_groups)
        new = statement.excluded
        names = ("told_at", "waiting_since", "count")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["digest"], set_={name: new[name] for name in names}
            ),
            [
                {
                    "digest": _mark(key),
                    "key": key,
                    "told_at": group.told_at,
                    "waiting_since": group.waiting_since,
                    "count": group.count,
                }
                for key, group in groups.items()
            ],
        )


def _mark(key: str) -> bytes:
    return digest((key, ()))


def _outbox_row(notice: Notice) -> dict[str, Any]:
    return {
        "digest": _mark(notice.key),
        "group_key": notice.group,
        "channel": notice.channel,
        "status": notice.status,
        "kind": notice.kind,
        "alerts": dumps([paged_alert(alert) for alert in notice.alerts]),
        "created_at": notice.created_at,
        "state": "waiting",
        "attempts": 0,
        "due_at": notice.created_at,
        "claimed_by": "",
        "error": "",
        "ref": "",
    }


def _overtaken() -> OvertakenError:
    msg = "Another process has begun to judge this journal."
    return OvertakenError(msg)


def _last_beat(connection: sa.Connection) -> float:
    return connection.execute(sa.select(judging.c.beat_at)).scalar() or 0.0


def _orders(connection: sa.Connection) -> Orders:
    revision = orders_revision(connection)
    kept = kept_rules(connection)
    quiet = Quiet(silences_of(connection), maintenance_windows_of(connection))
    held = connection.execute(
        sa.select(alerts.c.id, alerts.c.acknowledged_by, alerts.c.acknowledged_at).where(
            alerts.c.state.in_(OPEN), alerts.c.acknowledged_by.is_not(None)
        )
    )
    return Orders(
        revision,
        [one.rule for one in kept],
        quiet,
        {row[0]: (row[1], row[2]) for row in held},
        {one.rule.id: one.updated_at for one in kept},
    )


def _series_after(
    connection: sa.Connection, series_id: int, limit: int
) -> list[tuple[int, SeriesKey]]:
    rows = connection.execute(
        sa.select(series.c.id, series.c.name, series.c.labels)
        .where(series.c.id > series_id)
        .order_by(series.c.id)
        .limit(limit)
    )
    return [(row[0], series_key(row[1], orjson.loads(row[2]))) for row in rows]


def _prune(connection: sa.Connection, epoch: int, before: float, limit: int) -> int:
    mine = sa.select(judging.c.id).where(judging.c.epoch == epoch).with_for_update()
    if connection.execute(mine).first() is None:
        raise _overtaken()
    ended = (
        sa.select(alerts.c.id)
        .where(alerts.c.state.not_in(OPEN), alerts.c.resolved_at < before)
        .limit(limit)
    )
    ids = list(connection.execute(ended).scalars())
    connection.execute(alert_events.delete().where(alert_events.c.alert_id.in_(ids)))
    connection.execute(alerts.delete().where(alerts.c.id.in_(ids)))
    dropped = len(ids)
    done = sa.select(outbox.c.id).where(outbox.c.state != "waiting", outbox.c.created_at < before)
    dropped += connection.execute(
        outbox.delete().where(outbox.c.id.in_(done.limit(limit)))
    ).rowcount
    return dropped
