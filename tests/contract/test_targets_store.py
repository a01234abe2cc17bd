"""What every TargetStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from quadra.engine.targets import Credential, Target, TargetStore
from quadra.errors import ConflictError
from quadra.storage.database import Database
from quadra.storage.tables import targets
from quadra.storage.targets import SqlTargets
from quadra.storage.vault import Vault

PLAIN = Target("http", "h", 9100, "/metrics", {"job": "j", "instance": "h:9100"})
FULL = Target(
    "https",
    "2606:4700::1",
    443,
    "/m?é=1",
    {"job": "jöb", "instance": "other", "env": '"quoted"'},
    interval=1.5,
    timeout=0.75,
    sample_limit=7,
    body_size_limit=64 * 1024**2,
    label_limit=9,
    credential=Credential("basic", "pässword", "user"),
)


VAULT = Vault(b"a secret key")


@pytest.fixture
def store(database: Database) -> TargetStore:
    return SqlTargets(database, VAULT)


def test_targets_come_back_as_they_were_given(
    store: TargetStore, connect: Callable[[], Database]
) -> None:
    made = [store.add(PLAIN, 10), store.add(FULL, 10)]
    assert [replace(PLAIN, id=1), replace(FULL, id=2)] == made
    assert made == SqlTargets(connect(), VAULT).targets()


def test_an_id_is_never_given_twice(store: TargetStore) -> None:
    first = store.add(PLAIN, 10)
    assert store.remove(first.id or 0)
    assert not store.remove(first.id or 0)
    assert first.id != store.add(PLAIN, 10).id


def test_a_target_is_replaced_under_its_id(store: TargetStore) -> None:
    store.add(PLAIN, 10)
    assert store.replace(1, replace(FULL, id=77))
    assert [replace(FULL, id=1)] == store.targets()
    assert store.replace(1, replace(FULL, credential=Credential("bearer", "t")))
    assert Credential("bearer", "t") == store.targets()[0].credential
    assert not store.replace(2, PLAIN)


def test_no_two_targets_have_the_same_labels(store: TargetStore) -> None:
    store.add(PLAIN, 10)
    store.add(FULL, 10)
    with pytest.raises(ConflictError) as caught:
        store.add(replace(PLAIN, host="elsewhere"), 10)
    assert "target_exists" == caught.value.code
    with pytest.raises(ConflictError):
        store.replace(2, replace(FULL, labels=PLAIN.labels))
    assert [replace(PLAIN, id=1), replace(FULL, id=2)] == store.targets()


def test_there_are_no_more_than_the_limit(store: TargetStore) -> None:
    store.add(PLAIN, 1)
    with pytest.raises(ConflictError) as caught:
        store.add(FULL, 1)
    assert "too_many_targets" == caught.value.code
    assert 1 == len(store.targets())


def test_how_targets_do_is_kept_for_other_processes(
    store: TargetStore, connect: Callable[[], Database]
) -> None:
    assert {} == store.states()
    for up in (True, False):
        store.keep_states({"a": {"up": up, "error": "ä"}})
        assert {"a": {"up": up, "error": "ä"}} == SqlTargets(connect(), VAULT).states()


def kept_secrets(database: Database) -> list[str]:
    return database.read(lambda c: list(c.execute(sa.select(targets.c.secret)).scalars()))


def test_the_database_alone_does_not_tell_a_credential(
    store: TargetStore, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store.add(FULL, 10)
    (kept,) = kept_secrets(database)
    assert "pässword" not in kept
    (found,) = SqlTargets(database, Vault(b"another key")).targets()
    assert Credential("basic", "", "user") == found.credential
    assert "give it again" in caplog.text


def test_a_credential_that_is_moved_to_another_host_does_not_open(
    store: TargetStore, database: Database
) -> None:
    store.add(FULL, 10)
    database.write(lambda c: c.execute(targets.update().values(host="evil.example")))
    assert Credential("basic", "", "user") == store.targets()[0].credential


def test_what_an_earlier_version_kept_in_the_clear_is_sealed(
    store: SqlTargets, database: Database
) -> None:
    store.add(FULL, 10)
    database.write(lambda c: c.execute(targets.update().values(secret="old")))
    assert Credential("basic", "old", "user") == store.targets()[0].credential
    store.seal_old()
    assert ["old"] != kept_secrets(database)
    assert Credential("basic", "old", "user") == store.targets()[0].credential
