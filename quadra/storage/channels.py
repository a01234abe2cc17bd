"""The kept channels, and how each does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.channels import MAX_CHANNELS, Channel, ChannelState
from quadra.errors import ConflictError
from quadra.storage.database import Database
from quadra.storage.outbox import fail_waiting
from quadra.storage.tables import channels

_NEW = {"error": "", "sent": 0, "failed": 0, "retried": 0}


class SqlChannels:
    """Implements ``engine.channels.ChannelStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def channels(self) -> list[tuple[Channel, ChannelState]]:
        """Give all, by id."""
        return self._database.read(_all)

    def put_given(self, given: Sequence[Channel]) -> None:
        """Make these the channels that come from the settings."""
        self._database.write(_put_given, given)

    def add(self, channel: Channel) -> Channel:
        """Keep a new one."""
        return self._database.write(_add, channel)

    def replace(self, channel_id: int, channel: Channel) -> bool:
        """Change one; says whether it was there."""
        return self._database.write(_replace, channel_id, channel)

    def remove(self, channel_id: int, now: float) -> bool:
        """Drop one and what waits for it; says whether it was there."""
        return self._database.write(_remove, channel_id, now)


def _all(connection: sa.Connection) -> list[tuple[Channel, ChannelState]]:
    rows = connection.execute(sa.select(channels).order_by(channels.c.id))
    return [(_channel(row), _state(row)) for row in rows]


def _state(row: sa.Row[Any]) -> ChannelState:
    return ChannelState(row.sent_at, row.failed_at, row.error, row.sent, row.failed, row.retried)


def _put_given(connection: sa.Connection, given: Sequence[Channel]) -> None:
    names = [channel.name for channel in given]
    connection.execute(
        channels.delete().where(channels.c.origin == "settings", channels.c.name.not_in(names))
    )
    for channel in given:
        statement = channels.update().where(channels.c.name == channel.name)
        if connection.execute(statement.values(_row(channel))).rowcount == 0:
            connection.execute(channels.insert(), {**_row(channel), **_NEW})


def _add(connection: sa.Connection, channel: Channel) -> Channel:
    count = sa.select(sa.func.count()).select_from(channels)
    if connection.execute(count).scalar_one() >= MAX_CHANNELS:
        msg = f"There are {MAX_CHANNELS} channels already; remove one first."
        raise ConflictError(msg, code="too_many_channels")
    _check_name(connection, channel, None)
    made = connection.execute(channels.insert().returning(channels), {**_row(channel), **_NEW})
    return _channel(made.one())


def _replace(connection: sa.Connection, channel_id: int, channel: Channel) -> bool:
    _check_name(connection, channel, channel_id)
    _check_origin(connection, channel_id)
    statement = channels.update().where(channels.c.id == channel_id)
    return connection.execute(statement.values(_row(channel))).rowcount == 1


def _remove(connection: sa.Connection, channel_id: int, now: float) -> bool:
    _check_origin(connection, channel_id)
    gone = connection.execute(
        channels.delete().where(channels.c.id == channel_id).returning(channels.c.name)
    ).scalar_one_or_none()
    if gone is not None:  # another channel that gets its name later is another place
        fail_waiting(connection, gone, "the channel was removed", now)
    return gone is not None


def _check_name(connection: sa.Connection, channel: Channel, channel_id: int | None) -> None:
    taken = connection.execute(
        sa.select(channels.c.id).where(channels.c.name == channel.name)
    ).scalar_one_or_none()
    if taken is not None and taken != channel_id:
        msg = f"There is a channel {channel.name!r} already; choose another name."
        raise ConflictError(msg, code="channel_exists")


def _check_origin(connection: sa.Connection, channel_id: int) -> None:
    statement = sa.select(channels.c.origin).where(channels.c.id == channel_id)
    if connection.execute(statement).scalar_one_or_none() == "settings":
        msg = "This channel comes from SLACK_WEBHOOK_URL; change it there."
        raise ConflictError(msg, code="channel_of_settings")


def _row(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": channel.kind,
        "url": channel.url,
        "secret": channel.secret,
        "settings": orjson.dumps(dict(channel.settings)).decode(),
        "enabled": channel.enabled,
        "origin": channel.origin,
    }


def _channel(row: sa.Row[Any]) -> Channel:
    return Channel(
        name=row.name,
        kind=row.kind,
        url=row.url,
        secret=row.secret,
        settings=orjson.loads(row.settings),
        enabled=row.enabled,
        id=row.id,
        origin=row.origin,
    )
