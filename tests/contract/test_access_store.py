"""What every AccessStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from quadra.engine.access import NOWHERE, Access, AccessStore, Seen, fingerprint
from quadra.storage.access import SqlAccess
from quadra.storage.database import Database
from tests.unit.fakes import NOW, SetClock

ONE, TWO, THREE = (fingerprint(name) for name in ("one", "two", "three"))


@pytest.fixture
def store(database: Database) -> AccessStore:
    return SqlAccess(database)


def test_a_token_is_found_by_its_digest_alone(store: AccessStore) -> None:
    made = store.add_token("ä name", ONE, ["ingest", "read"], NOW, NOW + 5)
    assert made == store.token_by_digest(ONE)
    assert (("ingest", "read"), NOW, NOW + 5, None) == (
        made.scopes,
        made.created_at,
        made.expires_at,
        made.revoked_at,
    )
    assert store.token_by_digest(TWO) is None


def test_tokens_are_listed_until_they_are_revoked(store: AccessStore) -> None:
    first, second = (
        store.add_token("1", ONE, ["read"], NOW, None),
        store.add_token("2", TWO, ["read"], NOW, None),
    )
    assert [first, second] == store.tokens()
    assert store.revoke_token(first.id, NOW + 1)
    assert not store.revoke_token(first.id, NOW + 2)
    assert not store.revoke_token(999, NOW)
    assert [second] == store.tokens()
    revoked = store.token_by_digest(ONE)
    assert revoked is not None
    assert NOW + 1 == revoked.revoked_at


def test_ids_are_never_used_again(store: AccessStore) -> None:
    first = store.add_token("1", ONE, ["read"], NOW, None)
    store.revoke_token(first.id, NOW)
    assert first.id < store.add_token("2", TWO, ["read"], NOW, None).id


def test_of_quadras_own_tokens_one_a_purpose_is_in_force(store: AccessStore) -> None:
    assert store.put_own_token("administrator", ONE, ["admin"], NOW)
    first = store.own_token_id("administrator")
    assert store.put_own_token("administrator", ONE, ["admin"], NOW)
    assert first == store.own_token_id("administrator")
    assert store.put_own_token("first-steps", THREE, ["ingest"], NOW)
    assert store.put_own_token("administrator", TWO, ["admin"], NOW)
    assert store.own_token_id("administrator") not in (None, first)
    before = store.token_by_digest(ONE)
    assert before is None or not before.is_valid(NOW)
    assert store.own_token_id("first-steps") is not None
    assert store.put_own_token("administrator", ONE, ["admin"], NOW)  # and back again
    again = store.token_by_digest(ONE)
    assert again is not None
    assert again.is_valid(NOW)


def test_an_own_token_that_was_revoked_does_not_come_back(store: AccessStore) -> None:
    store.put_own_token("first-steps", ONE, ["ingest"], NOW)
    number = store.own_token_id("first-steps")
    assert number is not None
    store.revoke_token(number, NOW)
    assert store.own_token_id("first-steps") is None
    assert not store.put_own_token("first-steps", ONE, ["ingest"], NOW)
    assert store.put_own_token("first-steps", TWO, ["ingest"], NOW)


def test_a_session_is_its_tokens_until_it_runs_out_or_is_ended(store: AccessStore) -> None:
    token = store.add_token("1", ONE, ["read"], NOW, None)
    store.add_session(TWO, token, NOW, NOW + 10, Seen("10.0.0.1", "Firefox"))
    store.add_session(THREE, token, NOW, NOW + 20, NOWHERE)
    assert token == store.session_holder(TWO, NOW + 9)
    assert store.session_holder(TWO, NOW + 10) is None
    assert [(THREE, ""), (TWO, "10.0.0.1")] == [
        (one.digest, one.seen.address) for one in store.sessions(NOW)
    ]
    store.end_session(THREE)
    store.end_session(THREE)
    assert store.session_holder(THREE, NOW) is None
    assert token == store.session_holder(TWO, NOW)
    (left,) = store.sessions(NOW)
    assert store.end_session_by_id(left.id)
    assert not store.end_session_by_id(left.id)


def test_a_rotated_token_lives_as_long_again_and_the_former_ends(store: AccessStore) -> None:
    former = store.add_token("1", ONE, ["read"], NOW, NOW + 100)
    made = store.rotate_token(former.id, TWO, NOW + 50, NOW + 60)
    assert made is not None
    assert ("1", ("read",), NOW + 150) == (made.name, made.scopes, made.expires_at)
    assert made == store.token_by_digest(TWO)
    ended = store.token_by_digest(ONE)
    assert ended is not None
    assert NOW + 60 == ended.expires_at
    assert store.rotate_token(former.id, THREE, NOW + 60, NOW + 60) is None
    assert store.rotate_token(999, THREE, NOW, NOW) is None
    store.put_own_token("first-steps", THREE, ["ingest"], NOW)
    assert store.rotate_token(store.own_token_id("first-steps") or 0, b"4" * 32, NOW, NOW) is None


def test_a_code_is_used_once_and_not_when_it_is_old(store: AccessStore) -> None:
    assert not store.code_was_used()
    store.put_code(ONE, NOW)
    assert not store.use_code(TWO, NOW, NOW - 5)
    assert not store.use_code(ONE, NOW + 5, NOW)
    assert not store.code_was_used()
    assert store.use_code(ONE, NOW + 5, NOW - 1)
    assert not store.use_code(ONE, NOW + 5, NOW - 1)
    assert store.code_was_used()


def test_a_new_code_takes_the_place_of_the_one_before(store: AccessStore) -> None:
    store.put_code(ONE, NOW)
    store.put_code(TWO, NOW)
    assert not store.use_code(ONE, NOW, NOW - 1)
    assert store.use_code(TWO, NOW, NOW - 1)


def test_of_many_who_use_a_code_at_once_one_gets_in(
    store: AccessStore, connect: Callable[[], Database]
) -> None:
    store.put_code(ONE, NOW)
    stores = [SqlAccess(connect()) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(lambda one: one.use_code(ONE, NOW, NOW - 1), stores))
    assert 1 == won.count(True)


def test_who_signed_in_stays_so_after_a_restart(
    store: AccessStore, connect: Callable[[], Database]
) -> None:
    clock = SetClock()
    access = Access(store, clock, b"key")
    assert access.introduce("administrator", "the-admin-token-of-this", ["admin"])
    code = access.first_run_code()
    assert code is not None
    cookie = access.sign_in(code, admin_allowed=False, any_token=False)
    restarted = Access(SqlAccess(connect()), clock, b"key")
    assert restarted.introduce("administrator", "the-admin-token-of-this", ["admin"])
    principal = restarted.by_session(cookie)
    assert principal is not None
    assert principal.may("admin")
    assert restarted.first_run_code() is None
