"""What every store of people and of the audit log does, whatever it stands on."""

from __future__ import annotations

import csv
import io

import pytest

from quadra.engine.access import NOWHERE, fingerprint
from quadra.engine.audit import AuditQuestion, Deed, as_csv, as_lines
from quadra.engine.users import User, name_key
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.access import SqlAccess
from quadra.storage.audit import SqlAudit
from quadra.storage.database import Database
from quadra.storage.users import SqlUsers
from tests.unit.fakes import NOW

COOKIE = fingerprint("cookie")


@pytest.fixture
def store(database: Database) -> SqlUsers:
    return SqlUsers(database)


@pytest.fixture
def mira(store: SqlUsers) -> User:
    return store.add("Mira", name_key("Mira"), "editor", "hash", NOW)


def test_somebody_is_found_by_name_whatever_its_case(store: SqlUsers, mira: User) -> None:
    assert (mira, "hash") == store.with_hash(name_key("mIRA"))
    assert store.with_hash("nobody") is None
    assert ("editor", True, None) == (mira.role, mira.has_password, mira.disabled_at)
    with pytest.raises(ConflictError):
        store.add("MIRA", name_key("MIRA"), "viewer", "", NOW)
    other = store.add("Ada", "ada", "viewer", "", NOW)
    assert ["Ada", "Mira"] == [user.name for user in store.users()]
    assert not other.has_password
    assert mira == store.user(mira.id)
    with pytest.raises(NotFoundError):
        store.user(99)


@pytest.mark.parametrize("change", ["role", "disabled", "password"])
def test_what_changes_somebody_ends_their_sessions(
    database: Database, store: SqlUsers, mira: User, change: str
) -> None:
    access = SqlAccess(database)
    access.add_session(COOKIE, mira, NOW, NOW + 10, NOWHERE)
    assert mira == access.session_holder(COOKIE, NOW)
    assert [(mira.id, 0, "Mira")] == [
        (one.user_id, one.token_id, one.name) for one in access.sessions(NOW)
    ]
    store.signed_in(mira.id, NOW + 1)
    assert access.session_holder(COOKIE, NOW) is not None
    match change:
        case "role":
            assert "viewer" == store.change(mira.id, "viewer", None, NOW + 2).role
        case "disabled":
            disabled = store.change(mira.id, None, disabled=True, now=NOW + 2)
            assert NOW + 2 == disabled.disabled_at
            assert store.change(mira.id, None, disabled=False, now=NOW + 3).disabled_at is None
        case _:
            store.set_password(mira.id, "other", NOW + 2, end_sessions=True)
    assert access.session_holder(COOKIE, NOW) is None
    assert NOW + 1 == store.user(mira.id).signed_in_at


def test_whom_the_provider_vouches_for_is_met_once(store: SqlUsers, mira: User) -> None:
    made = store.meet("iss|1", "Ada", "ada", "viewer", NOW)
    assert made == store.meet("iss|1", "Ada Renamed", "ada renamed", "viewer", NOW + 1)
    assert "admin" == store.meet("iss|1", "Ada", "ada", "admin", NOW + 1).role
    with pytest.raises(ConflictError):  # a name alone is no proof
        store.meet("iss|2", "Mira", name_key("Mira"), "admin", NOW)


def test_the_audit_log_is_filtered_paged_and_safe_to_open(database: Database) -> None:
    store = SqlAudit(database)
    for number in range(5):
        store.add(
            Deed(NOW + number, "=cmd|'/c calc'!A0" if number == 2 else f"Ada{number}", "user",
                 "Make a rule", f"POST /rules/{number}", 201, "10.0.0.1", {"name": "-1+1"})
        )  # fmt: skip
    page = store.deeds(AuditQuestion(limit=2))
    assert [4, 3] == [round(deed.at - NOW) for deed in page.items]
    rest = store.deeds(AuditQuestion(after=page.next))
    assert ([2, 1, 0], None) == ([round(deed.at - NOW) for deed in rest.items], rest.next)
    for question, count in (
        (AuditQuestion(actor="ada"), 4),
        (AuditQuestion(actor="%"), 0),
        (AuditQuestion(target="rules/3"), 1),
        (AuditQuestion(action="make", start=NOW + 1, end=NOW + 3), 2),
    ):
        assert count == len(store.deeds(question).items), question
    rows = list(csv.reader(io.StringIO(as_csv(rest.items))))
    assert "'=cmd|'/c calc'!A0" == rows[1][2]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert 3 == len(as_lines(rest.items).splitlines())
