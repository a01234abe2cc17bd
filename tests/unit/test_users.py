"""People: who is recognised, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from quadra.engine.audit import detail_of
from quadra.engine.passwords import Passwords
from quadra.engine.users import User, Users, name_key
from quadra.errors import InvalidError, NotFoundError, UnauthenticatedError
from tests.unit.fakes import NOW, SetClock

WORDS = "a long sentence"


@dataclass
class MemoryUsers:
    """Keeps people; the SQL one is held to its port by the contract suite."""

    kept: dict[str, tuple[User, str]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def users(self) -> list[User]:
        return [user for user, _ in self.kept.values()]

    def user(self, user_id: int) -> User:
        for user, _ in self.kept.values():
            if user.id == user_id:
                return user
        raise NotFoundError("nobody")

    def with_hash(self, key: str) -> tuple[User, str] | None:
        return self.kept.get(key)

    def add(self, name: str, key: str, role: str, kept: str, now: float) -> User:
        user = User(len(self.kept) + 1, name, role, now, now, has_password=bool(kept))
        self.kept[key] = (user, kept)
        return user

    def change(self, user_id: int, role: str | None, disabled: bool | None, now: float) -> User:
        user = self.user(user_id)
        key = name_key(user.name)
        changed = replace(user, role=role or user.role, disabled_at=now if disabled else None)
        self.kept[key] = (changed, self.kept[key][1])
        return changed

    def set_password(self, user_id: int, kept: str, now: float, *, end_sessions: bool) -> None:
        user = self.user(user_id)
        self.kept[name_key(user.name)] = (user, kept)

    def signed_in(self, user_id: int, now: float) -> None:
        self.told.append(f"in {user_id}")

    def meet(self, subject: str, name: str, key: str, role: str, now: float) -> User:
        return self.add(name, key, role, "", now)


class Counting(Passwords):
    """Counts what it compares: each guess must cost the same."""

    compared = 0

    def matches(self, kept: str | None, password: str) -> bool:
        self.compared += 1
        return super().matches(kept, password)


@pytest.fixture(scope="module")
def passwords() -> Counting:
    return Counting(time_cost=1, memory_kib=8)


@pytest.fixture
def store() -> MemoryUsers:
    return MemoryUsers()


@pytest.fixture
def users(store: MemoryUsers, passwords: Counting) -> Users:
    return Users(store, passwords, SetClock())


def test_somebody_is_recognised_by_name_and_password(users: Users, store: MemoryUsers) -> None:
    made = users.create("Mira", "editor", WORDS)
    assert made == users.recognise("mira", WORDS)
    assert ["in 1"] == store.told
    assert WORDS not in str(store.kept)
    assert ("read", "write") == made.scopes


@pytest.mark.parametrize(
    ("name", "password"),
    [("Mira", "wrong"), ("nobody", WORDS), ("Mira", ""), ("Openid", WORDS), ("Gone", WORDS),
     ("Mira", WORDS + "x" * 500)],
)  # fmt: skip
def test_every_refusal_says_and_costs_the_same(
    users: Users, store: MemoryUsers, passwords: Counting, name: str, password: str
) -> None:
    users.create("Mira", "editor", WORDS)
    users.create("Openid", "viewer", None)
    gone = users.create("Gone", "viewer", WORDS)
    users.change(gone.id, disabled=True)
    before = passwords.compared
    with pytest.raises(UnauthenticatedError, match="do not open anything"):
        users.recognise(name, password)
    assert before + 1 == passwords.compared
    assert [] == store.told


@pytest.mark.parametrize(
    ("name", "role", "password", "field"),
    [
        ("", "viewer", WORDS, "name"),
        (" x", "viewer", WORDS, "name"),
        ("x\n", "viewer", WORDS, "name"),
        ("x", "owner", WORDS, "role"),
        ("x", "viewer", "short", "password"),
        ("longenough", "viewer", "LongEnough", "password"),
        ("x", "viewer", "x" * 201, "password"),
    ],
)
def test_what_makes_no_user(users: Users, name: str, role: str, password: str, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        users.create(name, role, password)
    assert field in [fault.field for fault in caught.value.faults]


def test_a_hash_of_former_costs_is_made_anew(users: Users, store: MemoryUsers) -> None:
    old = Passwords(time_cost=2, memory_kib=8).hash(WORDS)
    store.add("Old", "old", "viewer", old, NOW)
    assert "Old" == users.recognise("Old", WORDS).name
    assert old != store.kept["old"][1]
    assert "Old" == users.recognise("Old", WORDS).name


def test_a_password_is_read_to_its_end(users: Users) -> None:
    """Only so much of a guess is hashed; what goes on behind it is another password."""
    users.create("Mira", "viewer", "p" * 200)
    assert "Mira" == users.recognise("Mira", "p" * 200).name
    with pytest.raises(UnauthenticatedError):
        users.recognise("Mira", "p" * 201)


def test_whom_the_provider_vouches_for_gets_a_name_that_can_be_shown(users: Users) -> None:
    assert "Ada" == users.vouched_for("iss|1", " A\nda\x1b ", "viewer").name


def test_nothing_secret_is_kept_of_what_was_sent() -> None:
    sent = {
        "name": "n" * 1_000,
        "password": WORDS,
        "settings": {"Secret": "s", "to": ["a"]},
        "url": "https://hooks/SECRET",
        "bearer_token": "SECRET",
        "basic_auth": ["user", "SECRET"],
        "headers": {"X-Api_Key": "SECRET", "Authorization": "SECRET"},
    }
    kept = detail_of(sent)
    assert "SECRET" not in repr(kept)
    assert ({"Secret": "…", "to": ["a"]}, 300) == (kept["settings"], len(kept["name"]))
    assert ("…", "…") == (kept["password"], kept["url"])
    assert {"fields": ["big"]} == detail_of({"big": ["y" * 300] * 40})
    assert {} == detail_of([1])
