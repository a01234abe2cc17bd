"""What backups are called, and which of them may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.backup.names import KINDS, Kind, name_of, parse_name
from quadra.backup.retention import Kept, expired

DAY = 86_400.0
NOW = 1_766_286_000.0  # 2025-12-21 03:00:00 UTC


def test_names_are_those_of_the_contract() -> None:
    assert "full_backup_20251221_030000.tar.gz" == name_of("full", NOW)
    assert "db_backup_20251221_030000.tar.gz.age" == name_of("database", NOW, "age")
    assert "models_backup_20251221_030000.tar.gz" == name_of("models", NOW)


@given(st.sampled_from(KINDS), st.integers(0, 4_000_000_000), st.sampled_from(["", "age", "gpg"]))
def test_a_name_says_what_it_was_made_of(kind: Kind, at: int, cipher: str) -> None:
    parsed = parse_name(name_of(kind, float(at), cipher))
    assert parsed is not None
    assert (kind, float(at), cipher) == (parsed.kind, parsed.at, parsed.cipher)


@pytest.mark.parametrize(
    "name",
    [
        "full_backup_20251221_030000.tar.gz.sha256",
        "full_backup_20251399_030000.tar.gz",
        "full_backup_20251221_030000.tar",
        "my_full_backup_20251221_030000.tar.gz",
        "status.json",
        "",
    ],
)
def test_other_files_are_none(name: str) -> None:
    assert parse_name(name) is None


def kept(
    order: int, age_days: float, kind: Kind = "database", touched: float | None = None
) -> Kept:
    name = parse_name(name_of(kind, NOW - age_days * DAY))
    assert name is not None
    return Kept(name, order, NOW - (age_days if touched is None else touched) * DAY)


def gone(*backups: Kept, damaged: tuple[int, ...] = ()) -> list[int]:
    found = expired(backups, NOW, 30 * DAY, lambda one: one.order not in damaged)
    return sorted(one.order for one in found)


def test_what_is_older_than_the_limit_goes() -> None:
    assert [1, 2] == gone(kept(1, 40), kept(2, 31), kept(3, 29), kept(4, 1))


def test_the_newest_stays_when_backups_have_stopped_long_ago() -> None:
    assert [1, 2] == gone(kept(1, 90), kept(2, 80), kept(3, 70))


def test_the_newest_good_one_stays_where_those_after_it_are_damaged() -> None:
    assert [1, 3] == gone(kept(1, 90), kept(2, 80), kept(3, 70), kept(4, 2), damaged=(3, 4))


def test_nothing_goes_where_no_good_one_is_left() -> None:
    assert [] == gone(kept(1, 90), kept(2, 80), damaged=(1, 2))


def test_each_kind_is_seen_by_itself() -> None:
    assert [1] == gone(kept(1, 90), kept(2, 1), kept(3, 80, "models"), kept(4, 70, "full"))


def test_the_newest_is_the_one_made_last_whatever_the_clock_said() -> None:
    """A clock that ran ahead once must not let a stale backup pass for the newest."""
    ahead = kept(1, -400)
    assert [2] == gone(ahead, kept(2, 50), kept(3, 40))


def test_a_file_that_was_touched_or_copied_is_as_old_as_the_older_says() -> None:
    assert [1, 2] == gone(kept(1, 1, touched=45), kept(2, 45, touched=1), kept(3, 2))


def test_no_file_is_read_while_none_would_go() -> None:
    def never(_one: Kept) -> bool:
        raise AssertionError

    assert [] == expired([kept(1, 3), kept(2, 2)], NOW, 30 * DAY, never)
