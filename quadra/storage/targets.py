"""The kept scrape targets."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.targets import Credential, Target
from quadra.errors import ConflictError
from quadra.storage.database import Database
from quadra.storage.tables import installation, targets
from quadra.storage.upserts import insert_into
from quadra.storage.vault import SealedElsewhereError, Vault
from quadra.telemetry.series import digest

log = logging.getLogger(__name__)

_STATES = "target-states"


class SqlTargets:
    """Implements ``engine.targets.TargetStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Wire the store; ``vault`` seals the credentials that it keeps."""
        self._database = database
        self._vault = vault

    def targets(self) -> list[Target]:
        """Give all, by id; a credential that another secret key has sealed comes without secret."""
        return [self._target(row) for row in self._database.read(_all)]

    def seal_old(self) -> None:
        """Seal the credentials that an earlier version has kept in the clear."""
        plain = [
            row
            for row in self._database.read(_all)
            if row.secret is not None and not self._vault.is_sealed(row.secret)
        ]
        for row in plain:
            secret = self._vault.seal(row.secret, _purpose(row.scheme, row.host, row.port))
            statement = targets.update().where(
                targets.c.id == row.id, targets.c.secret == row.secret
            )
            self._database.write(_execute, statement.values(secret=secret))

    def add(self, target: Target, limit: int) -> Target:
        """Keep a new one and give it its id; raises ConflictError."""
        insert = insert_into(targets, is_sqlite=self._database.is_sqlite)
        statement = insert.on_conflict_do_nothing(index_elements=["digest"])
        row = self._database.write(_add, statement.returning(targets), self._row(target), limit)
        if row is None:
            raise _taken()
        return self._target(row)

    def replace(self, target_id: int, target: Target) -> bool:
        """Put another in the place of one; raises ConflictError."""
        done = self._database.write(_replace, target_id, self._row(target))
        if done is None:
            raise _taken()
        return done

    def remove(self, target_id: int) -> bool:
        """Drop one; says whether it was there."""
        return self._database.write(_remove, target_id)

    def keep_states(self, states: dict[str, Any]) -> None:
        """Keep how the targets do."""
        insert = insert_into(installation, is_sqlite=self._database.is_sqlite)
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

    def _row(self, target: Target) -> dict[str, Any]:
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
            "secret": self._vault.seal(
                credential.secret, _purpose(target.scheme, target.host, target.port)
            )
            if credential
            else None,
        }

    def _target(self, row: sa.Row[Any]) -> Target:
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
            credential=self._credential(row) if row.credential else None,
            id=row.id,
        )

    def _credential(self, row: sa.Row[Any]) -> Credential:
        try:
            secret = self._vault.open(row.secret, _purpose(row.scheme, row.host, row.port))
        except SealedElsewhereError:
            secret = ""
            log.error(  # noqa: TRY400 - what was raised says no more
                "Target %d (%s): its credential was sealed with another SECRET_KEY; give it again",
                row.id,
                row.host,
            )
        return Credential(row.credential, secret, row.username)


def _taken() -> ConflictError:
    msg = "Another target has the same labels; give it another job or instance."
    return ConflictError(msg, code="target_exists")


def _purpose(scheme: str, host: str, port: int) -> str:
    """Name for whom a credential is: whoever changes the row can't have it sent elsewhere."""
    return f"scrape {scheme}://{host}:{port}"


def _all(connection: sa.Connection) -> list[sa.Row[Any]]:
    return list(connection.execute(sa.select(targets).order_by(targets.c.id)))


def _execute(connection: sa.Connection, statement: sa.Update) -> None:
    connection.execute(statement)


def _add(
    connection: sa.Connection,
    statement: sa.Executable,
    row: dict[str, Any],
    limit: int,
) -> sa.Row[Any] | None:
    if connection.execute(sa.select(sa.func.count()).select_from(targets)).scalar_one() >= limit:
        msg = f"There are {limit} targets already; remove one first."
        raise ConflictError(msg, code="too_many_targets")
    return connection.execute(statement, row).first()


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
