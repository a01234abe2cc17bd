"""The kept channels, and how each does. Addresses and secrets are sealed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.channels import LOCKED, MAX_CHANNELS, Channel, ChannelState
from quadra.errors import ConflictError
from quadra.storage.database import Database
from quadra.storage.outbox import fail_waiting
from quadra.storage.tables import channels
from quadra.storage.vault import SealedElsewhereError, Vault

log = logging.getLogger(__name__)

_NEW = {"error": "", "sent": 0, "failed": 0, "retried": 0}


class SqlChannels:
    """Implements ``engine.channels.ChannelStore``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Wire the store; ``vault`` seals addresses and secrets."""
        self._database = database
        self._vault = vault
        self._told_of: set[int] = set()

    def channels(self) -> list[tuple[Channel, ChannelState]]:
        """Give all, by id; one that another secret key has sealed is locked, and says so."""
        return [self._opened(row) for row in self._database.read(_all)]

    def seal_old(self) -> None:
        """Seal the addresses and secrets that an earlier version has kept in the clear."""
        for row in self._database.read(_all):
            if self._vault.is_sealed(row.url):
                continue
            sealed = self._sealed(row.kind, row.name, row.url, row.secret)
            statement = channels.update().where(
                channels.c.id == row.id, channels.c.url == row.url, channels.c.secret == row.secret
            )
            self._database.write(_execute, statement.values(sealed))

    def put_given(self, given: Sequence[Channel]) -> None:
        """Make these the channels that come from the settings."""
        self._database.write(_put_given, [self._row(channel) for channel in given])

    def add(self, channel: Channel) -> Channel:
        """Keep a new one."""
        made = self._database.write(_add, self._row(channel))
        return replace(channel, id=made)

    def replace(self, channel_id: int, channel: Channel) -> bool:
        """Change one; says whether it was there."""
        return self._database.write(_replace, channel_id, self._row(channel))

    def remove(self, channel_id: int, now: float) -> bool:
        """Drop one and what waits for it; says whether it was there."""
        return self._database.write(_remove, channel_id, now)

    def _opened(self, row: sa.Row[Any]) -> tuple[Channel, ChannelState]:
        channel = Channel(
            name=row.name,
            kind=row.kind,
            url="",
            settings=orjson.loads(row.settings),
            enabled=row.enabled,
            id=row.id,
            origin=row.origin,
        )
        state = _state(row)
        try:
            url = self._vault.open(row.url, _purpose_of_url(row.kind, row.name))
            secret = self._vault.open(row.secret, _purpose_of_secret(row.kind, row.name, url))
        except SealedElsewhereError:
            if row.id not in self._told_of:  # it is read each second
                self._told_of.add(row.id)
                log.error("Channel %s reaches nobody: %s", row.name, LOCKED)  # noqa: TRY400 - as said
            return replace(channel, is_locked=True), replace(state, error=LOCKED)
        return replace(channel, url=url, secret=secret), state

    def _row(self, channel: Channel) -> dict[str, Any]:
        return {
            "name": channel.name,
            "kind": channel.kind,
            **self._sealed(channel.kind, channel.name, channel.url, channel.secret),
            "settings": orjson.dumps(dict(channel.settings)).decode(),
            "enabled": channel.enabled,
            "origin": channel.origin,
        }

    def _sealed(self, kind: str, name: str, url: str, secret: str) -> dict[str, str]:
        purpose = _purpose_of_secret(kind, name, url)
        return {
            "url": self._vault.seal(url, _purpose_of_url(kind, name)),
            "secret": self._vault.seal(secret, purpose) if secret else "",
        }


def _purpose_of_url(kind: str, name: str) -> str:
    return f"channel {kind} {name}"


def _purpose_of_secret(kind: str, name: str, url: str) -> str:
    """Name for which place a secret is: whoever changes the row can't have it sent elsewhere."""
    return f"channel {kind} {name} {url}"


def _all(connection: sa.Connection) -> list[sa.Row[Any]]:
    return list(connection.execute(sa.select(channels).order_by(channels.c.id)))


def _execute(connection: sa.Connection, statement: sa.Update) -> None:
    connection.execute(statement)


def _state(row: sa.Row[Any]) -> ChannelState:
    return ChannelState(row.sent_at, row.failed_at, row.error, row.sent, row.failed, row.retried)


def _put_given(connection: sa.Connection, given: Sequence[dict[str, Any]]) -> None:
    names = [row["name"] for row in given]
    connection.execute(
        channels.delete().where(channels.c.origin == "settings", channels.c.name.not_in(names))
    )
    for row in given:
        statement = channels.update().where(channels.c.name == row["name"])
        if connection.execute(statement.values(row)).rowcount == 0:
            connection.execute(channels.insert(), {**row, **_NEW})


def _add(connection: sa.Connection, row: dict[str, Any]) -> int:
    count = sa.select(sa.func.count()).select_from(channels)
    if connection.execute(count).scalar_one() >= MAX_CHANNELS:
        msg = f"There are {MAX_CHANNELS} channels already; remove one first."
        raise ConflictError(msg, code="too_many_channels")
    _check_name(connection, row["name"], None)
    made = connection.execute(channels.insert().returning(channels.c.id), {**row, **_NEW})
    return int(made.scalar_one())


def _replace(connection: sa.Connection, channel_id: int, row: dict[str, Any]) -> bool:
    _check_name(connection, row["name"], channel_id)
    _check_origin(connection, channel_id)
    statement = channels.update().where(channels.c.id == channel_id)
    return connection.execute(statement.values(row)).rowcount == 1


def _remove(connection: sa.Connection, channel_id: int, now: float) -> bool:
    _check_origin(connection, channel_id)
    gone = connection.execute(
        channels.delete().where(channels.c.id == channel_id).returning(channels.c.name)
    ).scalar_one_or_none()
    if gone is not None:  # another channel that gets its name later is another place
        fail_waiting(connection, gone, "the channel was removed", now)
    return gone is not None


def _check_name(connection: sa.Connection, name: str, channel_id: int | None) -> None:
    taken = connection.execute(
        sa.select(channels.c.id).where(channels.c.name == name)
    ).scalar_one_or_none()
    if taken is not None and taken != channel_id:
        msg = f"There is a channel {name!r} already; choose another name."
        raise ConflictError(msg, code="channel_exists")


def _check_origin(connection: sa.Connection, channel_id: int) -> None:
    statement = sa.select(channels.c.origin).where(channels.c.id == channel_id)
    if connection.execute(statement).scalar_one_or_none() == "settings":
        msg = "This channel comes from SLACK_WEBHOOK_URL; change it there."
        raise ConflictError(msg, code="channel_of_settings")
