import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.access import (
    ADMINISTRATOR,
    CACHE_SECONDS,
    CODE_SECONDS,
    SESSION_SECONDS,
    Access,
    Principal,
    Token,
    fingerprint,
    new_secret,
)
from quadra.errors import InvalidError, NotFoundError, UnauthenticatedError
from tests.unit.fakes import MemoryAccess, SetClock

ADMIN = "admin-token-for-tests"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store() -> MemoryAccess:
    return MemoryAccess()


@pytest.fixture
def access(store: MemoryAccess, clock: SetClock) -> Access:
    made = Access(store, clock, b"secret key")
    assert made.introduce(ADMINISTRATOR, ADMIN, ["admin"])
    return made


def known(principal: Principal | None) -> Principal:
    assert principal is not None
    return principal


# --- tokens and scopes


@pytest.mark.parametrize(
    ("scopes", "opens"),
    [
        (["ingest"], {"ingest"}),
        (["read"], {"read"}),
        (["write"], {"write", "read"}),
        (["admin"], {"ingest", "read", "write", "admin"}),
        (["ingest", "read"], {"ingest", "read"}),
    ],
)
def test_a_token_opens_what_its_scopes_say_and_nothing_else(
    access: Access, scopes: list[str], opens: set[str]
) -> None:
    _token, secret = access.create_token("x", scopes)
    principal = known(access.by_token(secret))
    assert opens == {s for s in ("ingest", "read", "write", "admin", "x") if principal.may(s)}


def test_the_secret_itself_is_never_kept(access: Access, store: MemoryAccess) -> None:
    _token, secret = access.create_token("x", ["read"])
    assert secret not in repr(store)
    assert secret.encode() not in store.kept


def test_secrets_are_long_random_and_recognisable() -> None:
    made = {new_secret() for _ in range(50)}
    assert 50 == len(made)
    assert all(secret.startswith("qdr_") and len(secret) >= 47 for secret in made)


@pytest.mark.parametrize(
    "secret", ["", "x", "qdr_unknown_unknown", "x" * 513, "\ud800" * 20, "ä" * 20]
)
def test_an_unknown_secret_opens_nothing(access: Access, secret: str) -> None:
    assert access.by_token(secret) is None
    assert access.by_session(secret) is None


def test_a_token_opens_nothing_as_a_cookie_nor_a_cookie_as_a_token(access: Access) -> None:
    cookie = access.sign_in(ADMIN, admin_allowed=True, any_token=True)
    assert access.by_session(ADMIN) is None
    assert access.by_token(cookie) is None


@pytest.mark.parametrize(
    ("name", "scopes", "fields"),
    [
        ("", ["read"], ["name"]),
        ("x" * 101, ["read"], ["name"]),
        ("a\nb", ["read"], ["name"]),
        ("\x1b[31m", ["read"], ["name"]),
        ("x", [], ["scopes"]),
        ("x", ["root"], ["scopes"]),
        ("x", ["read", "READ"], ["scopes"]),
        ("", [], ["name", "scopes"]),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    access: Access, store: MemoryAccess, name: str, scopes: list[str], fields: list[str]
) -> None:
    with pytest.raises(InvalidError) as caught:
        access.create_token(name, scopes)
    assert fields == [fault.field for fault in caught.value.faults]
    assert 1 == len(store.kept)


def test_scopes_are_kept_once_each(access: Access) -> None:
    token, _secret = access.create_token("x", ["read", "ingest", "read"])
    assert ("ingest", "read") == token.scopes


def test_a_token_ends_when_it_expires(access: Access, clock: SetClock) -> None:
    _token, secret = access.create_token("x", ["read"], expires_in=100)
    assert access.by_token(secret) is not None
    clock.forward(99.5)
    assert access.by_token(secret) is not None
    clock.forward(0.5)
    assert access.by_token(secret) is None


@given(st.none() | st.floats(0, 100), st.none() | st.floats(0, 100), st.floats(0, 100))
def test_a_token_is_valid_until_the_first_of_its_ends(
    expires: float | None, revoked: float | None, now: float
) -> None:
    token = Token(1, "x", ("read",), 0.0, expires, revoked)
    assert (revoked is None and (expires is None or now < expires)) == token.is_valid(now)


def test_an_unknown_token_cannot_be_revoked(access: Access) -> None:
    with pytest.raises(NotFoundError):
        access.revoke(99)
    token, _secret = access.create_token("x", ["read"])
    access.revoke(token.id)
    with pytest.raises(NotFoundError):
        access.revoke(token.id)


# --- what is remembered


def test_a_known_secret_is_answered_from_memory_for_a_few_seconds(
    access: Access, store: MemoryAccess, clock: SetClock
) -> None:
    _token, secret = access.create_token("x", ["read"])
    assert (False, None) == access.cached(secret, session=False)
    principal = access.by_token(secret)
    looked = store.lookups
    clock.forward(CACHE_SECONDS)
    assert (True, principal) == access.cached(secret, session=False)
    assert (False, None) == access.cached(secret, session=True)
    assert looked == store.lookups
    clock.forward(0.001)
    assert (False, None) == access.cached(secret, session=False)


def test_revoking_here_is_felt_at_once(access: Access) -> None:
    token, secret = access.create_token("x", ["read"])
    principal = known(access.by_token(secret))
    access.revoke(token.id)
    assert (False, None) == access.cached(secret, session=False)
    assert access.by_token(secret) is None
    assert not access.still_valid(principal)


def test_revoking_in_another_process_is_felt_within_seconds(
    access: Access, store: MemoryAccess, clock: SetClock
) -> None:
    token, secret = access.create_token("x", ["read"])
    principal = known(access.by_token(secret))
    store.revoke_token(token.id, clock())
    assert not access.still_valid(principal)
    clock.forward(CACHE_SECONDS + 0.001)
    assert (False, None) == access.cached(secret, session=False)
    assert access.by_token(secret) is None


def test_guesses_do_not_fill_the_memory(access: Access) -> None:
    for number in range(100):
        access.by_token(f"a-wrong-guess-{number:05}")
    assert {} == access._cache


def test_what_is_remembered_is_bounded(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadra.engine.access._CACHE_LIMIT", 5)
    for number in range(20):
        access.by_token(access.create_token(f"x{number}", ["read"])[1])
    assert len(access._cache) <= 5


# --- signing in and out


def enter(access: Access, secret: str, *, local: bool = True, form: bool = False) -> Principal:
    cookie = access.sign_in(secret, admin_allowed=local, any_token=form)
    return known(access.by_session(cookie))


def test_the_printed_code_opens_once_and_from_anywhere(access: Access) -> None:
    code = access.first_run_code()
    assert code is not None
    principal = enter(access, code, local=False)
    assert principal.may("admin")
    assert principal.is_session
    with pytest.raises(UnauthenticatedError):
        enter(access, code)


def test_a_code_is_good_for_a_day(access: Access, clock: SetClock) -> None:
    code = access.first_run_code()
    assert code is not None
    clock.forward(CODE_SECONDS)
    with pytest.raises(UnauthenticatedError):
        enter(access, code)


def test_only_the_newest_code_opens(access: Access) -> None:
    old, new = access.first_run_code(), access.first_run_code()
    assert old is not None
    assert new is not None
    with pytest.raises(UnauthenticatedError):
        enter(access, old)
    assert enter(access, new).may("admin")


def test_once_somebody_has_signed_in_no_more_codes_are_made(access: Access) -> None:
    code = access.first_run_code()
    assert code is not None
    enter(access, code)
    assert access.first_run_code() is None


@pytest.mark.parametrize(
    ("scopes", "local", "form", "opens"),
    [
        (["admin"], True, False, False),  # in an address only the administrator's own token
        (["admin"], True, True, True),
        (["read"], False, True, True),
        (["write"], False, True, True),
        (["ingest"], True, True, False),
    ],
)
def test_which_tokens_open_a_session(
    access: Access, scopes: list[str], local: bool, form: bool, opens: bool
) -> None:
    _token, secret = access.create_token("x", scopes)
    if opens:
        assert enter(access, secret, local=local, form=form).is_session
    else:
        with pytest.raises(UnauthenticatedError) as caught:
            enter(access, secret, local=local, form=form)
        assert "bad_credential" == caught.value.code


def test_the_administrators_token_in_an_address_opens_from_this_machine_only(
    access: Access,
) -> None:
    assert enter(access, ADMIN, local=True).may("admin")
    with pytest.raises(UnauthenticatedError):
        enter(access, ADMIN, local=False)


def test_a_session_ends_after_its_time(access: Access, clock: SetClock) -> None:
    cookie = access.sign_in(ADMIN, admin_allowed=True, any_token=True)
    clock.forward(SESSION_SECONDS - 1)
    assert access.by_session(cookie) is not None
    clock.forward(1)
    assert access.by_session(cookie) is None


def test_signing_out_ends_the_session_at_once_and_only_that_one(access: Access) -> None:
    cookies = [access.sign_in(ADMIN, admin_allowed=True, any_token=True) for _ in range(2)]
    principals = [known(access.by_session(cookie)) for cookie in cookies]
    access.sign_out(cookies[0])
    assert (False, None) == access.cached(cookies[0], session=True)
    assert access.by_session(cookies[0]) is None
    assert [False, True] == [access.still_valid(principal) for principal in principals]


def test_a_session_ends_with_the_token_behind_it(access: Access) -> None:
    token, secret = access.create_token("x", ["read"])
    cookie = access.sign_in(secret, admin_allowed=False, any_token=True)
    access.revoke(token.id)
    assert access.by_session(cookie) is None


# --- forged forms


def test_the_forms_token_belongs_to_one_session_and_one_key(
    access: Access, store: MemoryAccess, clock: SetClock
) -> None:
    mine, other = enter(access, ADMIN), enter(access, ADMIN)
    assert access.csrf_token(mine) == access.csrf_token(mine)
    assert access.csrf_token(mine) != access.csrf_token(other)
    assert access.csrf_token(mine) != Access(store, clock, b"other").csrf_token(mine)


def test_a_secret_is_known_by_its_fingerprint_alone() -> None:
    assert fingerprint("a") == fingerprint("a") != fingerprint("b")
    assert 32 == len(fingerprint("\ud800"))
