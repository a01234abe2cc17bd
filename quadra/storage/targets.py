"""The kept scrape targets."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from quadra.engine.targets import Credential, Target
from quadra.errors import ConflictError
from quadra.storage.database import Database
from quadra.storage.tables import installation, targets
from quadra.telemetry.series import digest

_STATES = "target-states"


class SqlTargets:
    """Implements ``engine.targets.TargetStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def targets(self) -> list[Target]:
        """Give all, by id."""
        return self._database.read(_all)

    def add(self, target: Target, limit: int) -> Target:
        """Keep a new one and give it its id; raises ConflictError."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(targets)
        statement = insert.on_conflict_do_nothing(index_elements=["digest"])
        row = self._database.write(_add, statement.returning(targets), _row(target), limit)
        if row is None:
            raise _taken()
        return row

    def replace(self, target_id: int, target: Target) -> bool:
        """Put another in the place of one; raises ConflictError."""
        done = self._database.write(_replace, target_id, _row(target))
        if done is None:
            raise _taken()
        return done

    def remove(self, target_id: int) -> bool:
        """Drop one; says whether it was there."""
        return self._database.write(_remove, target_id)

    def keep_states(self, states: dict[str, Any]) -> None:
        """Keep how the targets do."""
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(installation)
        value = orjson.dumps(states)
        statement = insert.values(name=_STATES, value=value).on_conflict_do_update(
            index_elements=["name"], set_={"value": value}
        )
        self._database.write(lambda connection: connection.execute(statement))

    def states(self) -> dict[str, Any]:
        """Give what was kept of how they do."""
        read = sa.select(installation.c.value).where(installation.c.name == _STATES)
        kept = self._database.read(lambda connection: connection.execute(read).scalar())
        found: dict[str, Any] = orjson.loads(bytes(kept)) if kept else {}
        return found


def _taken() -> ConflictError:
    msg = "Another target has the same labels; give it another job or instance."
    return ConflictError(msg, code="target_exists")


def _row(target: Target) -> dict[str, Any]:
    credential = target.credential
    return {
        "digest": digest(("up", target.identity)),
        "scheme": target.scheme,
        "host": target.host,
        "port": target.port,
        "path": target.path,
        "labels": orjson.dumps(dict(target.labels), option=orjson.OPT_SORT_KEYS).decode(),
        "interval": target.interval,
        "timeout": target.timeout,
        "sample_limit": target.sample_limit,
        "body_size_limit": target.body_size_limit,
        "label_limit": target.label_limit,
        "credential": credential.kind if credential else None,
        "username": credential.username if credential else None,
        "secret": credential.secret if credential else None,
    }


def _target(row: sa.Row[Any]) -> Target:
    return Target(
        scheme=row.scheme,
        host=row.host,
        port=row.port,
        path=row.path,
        labels=orjson.loads(row.labels),
        interval=row.interval,
        timeout=row.timeout,
        sample_limit=row.sample_limit,
        body_size_limit=row.body_size_limit,
        label_limit=row.label_limit,
        credential=Credential(row.credential, row.secret, row.username) if row.credential else None,
        id=row.id,
    )


def _all(connection: sa.Connection) -> list[Target]:
    return [_target(row) for row in connection.execute(sa.select(targets).order_by(targets.c.id))]


def _add(
    connection: sa.Connection,
    statement: sa.Executable,
    row: dict[str, Any],
    limit: int,
) -> Target | None:
    if connection.execute(sa.select(sa.func.count()).select_from(targets)).scalar_one() >= limit:
        msg = f"There are {limit} targets already; remove one first."
        raise ConflictError(msg, code="too_many_targets")
    made = connection.execute(statement, row).first()
    return None if made is None else _target(made)


def _replace(connection: sa.Connection, target_id: int, row: dict[str, Any]) -> bool | None:
    """Give None when another target has the labels."""
    others = sa.select(targets.c.id).where(
        targets.c.digest == row["digest"], targets.c.id != target_id
    )
    if connection.execute(others).first() is not None:
        return None
    statement = targets.update().where(targets.c.id == target_id).values(row)
    return connection.execute(statement).rowcount == 1


def _remove(connection: sa.Connection, target_id: int) -> bool:
    return connection.execute(targets.delete().where(targets.c.id == target_id)).rowcount == 1
