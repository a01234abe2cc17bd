"""The database alone does not tell where people are told, nor with which secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from alembic import command
from quadra.engine.channels import LOCKED, Channel
from quadra.storage.channels import SqlChannels
from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from quadra.storage.tables import channels
from quadra.storage.vault import Vault
from tests.contract.test_migrations import migrate

KEY = "a secret key"
HOOK = Channel("ops", "webhook", "https://hooks.example/HIDDEN", "hush", {"matchers": ["a=b"]})
MAIL = Channel("mail", "email", "smtps://me@mail.example", "pässword", {"to": ["a@b.c"]})
BARE = Channel("bare", "apprise", "ntfy://topic")
COLUMNS = {"enabled": True, "origin": "api", "sent": 0, "failed": 0, "retried": 0, "error": ""}


@pytest.fixture
def store(database: Database) -> SqlChannels:
    return SqlChannels(database, Vault(KEY.encode()))


def rows(database: Database) -> list[dict[str, Any]]:
    def read(connection: sa.Connection) -> list[dict[str, Any]]:
        found = connection.execute(sa.select(channels).order_by(channels.c.id)).mappings()
        return [dict(row) for row in found]

    return database.read(read)


def opened(store: SqlChannels) -> list[Channel]:
    return [replace(channel, id=None) for channel, _state in store.channels()]


def put_in_the_clear(database: Database, *kept: Channel) -> None:
    """Write channels as versions before did."""
    values = [
        {"name": one.name, "kind": one.kind, "url": one.url, "secret": one.secret}
        | {**COLUMNS, "settings": "{}"}
        for one in kept
    ]
    database.write(lambda connection: connection.execute(channels.insert(), values))


def test_a_copy_of_the_database_tells_no_address_and_no_secret(
    store: SqlChannels, database: Database
) -> None:
    given = Channel("slack", "slack", "https://hooks.slack.example/T0/B0/X0", origin="settings")
    store.put_given([given])
    for channel in (HOOK, MAIL, BARE):
        store.add(channel)
    assert [given, HOOK, MAIL, BARE] == opened(store)
    for row in rows(database):
        assert Vault.is_sealed(row["url"])
        assert row["secret"] == "" or Vault.is_sealed(row["secret"])
    text = repr(rows(database))
    for hidden in ("HIDDEN", "hush", "pässword", "mail.example", "X0", "topic"):
        assert hidden not in text
    renamed = replace(HOOK, name="ops2", secret="new")
    assert store.replace(2, renamed)
    assert [given, renamed, MAIL, BARE] == opened(store)


def test_with_another_key_a_channel_is_locked_and_says_what_to_do(
    store: SqlChannels, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store.add(HOOK)
    other = SqlChannels(database, Vault(b"another key"))
    for _ in range(3):
        ((channel, state),) = other.channels()
        assert channel.is_locked
        assert ("", "", LOCKED) == (channel.url, channel.secret, state.error)
    assert 1 == caplog.text.count("reaches nobody")
    assert other.replace(1, HOOK)  # given again
    assert [HOOK] == opened(other)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://evil.example"},
        {"name": "other"},
        {"kind": "slack"},
        {"secret": "sealed-1:x"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_was_changed_by_hand_sends_no_secret_elsewhere(
    store: SqlChannels, database: Database, change: dict[str, str]
) -> None:
    store.add(HOOK)
    database.write(lambda connection: connection.execute(channels.update().values(change)))
    ((channel, _state),) = store.channels()
    assert channel.is_locked
    assert channel.secret == ""


def test_what_an_earlier_version_kept_in_the_clear_is_sealed_once(
    store: SqlChannels, database: Database
) -> None:
    put_in_the_clear(database, HOOK, BARE)
    before = opened(store)
    assert [HOOK.url, BARE.url] == [one.url for one in before]
    store.seal_old()
    sealed = rows(database)
    assert all(Vault.is_sealed(row["url"]) for row in sealed)
    assert before == opened(store)
    store.seal_old()
    assert sealed == rows(database)


def test_going_back_a_revision_opens_what_was_sealed_and_the_way_up_seals_it_again(
    store: SqlChannels,
    database: Database,
    connect: Callable[[], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for channel in (HOOK, MAIL, BARE):
        store.add(channel)
    monkeypatch.setenv("SECRET_KEY", "another key")
    with pytest.raises(RuntimeError, match="another SECRET_KEY"):
        migrate(database, command.downgrade, "0016")
    assert [HOOK, MAIL, BARE] == opened(store)
    monkeypatch.setenv("SECRET_KEY", KEY)
    migrate(database, command.downgrade, "0016")
    assert [(c.url, c.secret) for c in (HOOK, MAIL, BARE)] == [
        (row["url"], row["secret"]) for row in rows(database)
    ]
    assert upgrade(connect())
    store.seal_old()
    assert "HIDDEN" not in repr(rows(database))
    assert [HOOK, MAIL, BARE] == opened(store)
