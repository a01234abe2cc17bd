"""The lines of the crontab: exactly ours, once, and nothing else is touched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.backup.cron import our_lines, with_lines, without_lines
from quadra.backup.env_file import write_env_file
from quadra.env_file import read_env_file
from quadra.errors import SettingsError
from quadra.settings import Settings

ROOT = Path("/srv/a folder/100% quadra")
ENV, LOG = ROOT / "backups/cron.env", ROOT / "backups/backup.log"
THEIRS = "MAILTO=me@example.org\n# mine\n5 4 * * * /usr/bin/backup\n"

crontabs = st.lists(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40), max_size=8
).map(lambda lines: "".join(f"{line}\n" for line in lines))


def test_the_schedule_is_the_one_of_the_documentation() -> None:
    lines = our_lines(with_lines("", ROOT, ENV, LOG), ROOT)
    when = [re.findall(r"^(\S+ \S+ \S+ \S+ \S+) .*?scripts/(\w+)\.sh", line)[0] for line in lines]
    assert [
        ("0 * * * *", "backup_models"),
        ("0 2 * * *", "backup_database"),
        ("0 3 * * 0", "full_backup"),
        ("0 4 * * *", "cleanup_backups"),
    ] == when


def test_a_percent_sign_is_no_end_of_a_line_for_cron() -> None:
    for line in our_lines(with_lines("", ROOT, ENV, LOG), ROOT):
        assert not re.search(r"(?<!\\)%", line)


def test_twice_is_the_same_as_once_and_removal_leaves_what_was_there() -> None:
    once = with_lines(THEIRS, ROOT, ENV, LOG)
    assert once == with_lines(once, ROOT, ENV, LOG)
    assert THEIRS == without_lines(once, ROOT)
    assert THEIRS == without_lines(THEIRS, ROOT)


@given(crontabs)
def test_other_peoples_lines_stay_to_the_byte(theirs: str) -> None:
    assert theirs == without_lines(with_lines(theirs, ROOT, ENV, LOG), ROOT)


def test_two_installations_do_not_know_each_other() -> None:
    other = Path("/srv/other")
    both = with_lines(with_lines(THEIRS, ROOT, ENV, LOG), other, ENV, LOG)
    assert with_lines(THEIRS, other, ENV, LOG) == without_lines(both, ROOT)


def test_a_block_whose_end_somebody_took_away_costs_nobody_a_line() -> None:
    lines = with_lines("", ROOT, ENV, LOG).splitlines(keepends=True)
    broken = "".join(lines[:-1]) + "1 2 3 4 5 /usr/bin/mine\n"
    assert "1 2 3 4 5 /usr/bin/mine\n" == without_lines(broken, ROOT)


def test_settings_for_cron_are_absolute_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "cron.env"
    url = "postgresql://me:p%40ss'word@db.example/quadra"
    write_env_file(file, {"DATA_DIR": "here", "DATABASE_URL": url, "BACKUP_RETENTION": "7d"})
    found = read_env_file(file, "--env-file")
    assert str(Path("here").absolute()) == found["DATA_DIR"]
    assert (url, "7d") == (found["DATABASE_URL"], found["BACKUP_RETENTION"])
    assert 0o600 == file.stat().st_mode & 0o777
    write_env_file(file, {})
    assert Path("data/quadra_matrix.db").absolute() == Path(
        Settings.from_env(read_env_file(file, "--env-file")).database_url.removeprefix("sqlite:///")
    )


def test_an_env_file_is_read_and_never_run(tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    file.write_text("# comment\nexport HOST='$(id)'\n\nPORT=\"6000\"\nLOG_LEVEL=\n")
    assert {"HOST": "$(id)", "PORT": "6000", "LOG_LEVEL": ""} == read_env_file(file, "--env-file")


@pytest.mark.parametrize("line", ["rm -rf x", "A=b c", "a=b", "A='b", "=x"])
def test_anything_else_in_an_env_file_is_named_by_its_line(line: str, tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    file.write_text(f"A=1\n{line}\n")
    with pytest.raises(SettingsError, match="line 2"):
        read_env_file(file, "--env-file")
