from __future__ import annotations

from pathlib import Path

import pytest

from quadra import env_file
from quadra.env_file import load_env_file
from quadra.errors import SettingsError
from quadra.settings import Settings


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("PORT=6000", "PORT", "6000"),
        ("  PORT=6000  ", "PORT", "6000"),
        ("export REDIS_ENABLED=true", "REDIS_ENABLED", "true"),
        ("PORT=6000 # not 5000", "PORT", "6000"),
        ("SECRET_KEY=a#b=c", "SECRET_KEY", "a#b=c"),
        ('RATELIMIT_HEAVY="10 per minute" # a comment', "RATELIMIT_HEAVY", "10 per minute"),
        ("SECRET_KEY='$HOME # \"x\"'", "SECRET_KEY", '$HOME # "x"'),
        ("REDIS_PASSWORD=", "REDIS_PASSWORD", ""),
        ("HISTORY_TOKEN='it'\"'\"'s'", "HISTORY_TOKEN", "it's"),
        ("PORT=6000 # that's not 5000", "PORT", "6000"),
    ],
)
def test_a_line_sets_a_variable(tmp_path: Path, line: str, name: str, value: str) -> None:
    (tmp_path / "x").write_text(f"# settings\n\n{line}\n")
    env = {"ENV_FILE": str(tmp_path / "x")}
    load_env_file(env)
    assert value == env[name]


def test_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("PORT=6000\nHOST=127.0.0.2\n")
    env = {"ENV_FILE": str(tmp_path / "x"), "PORT": "7000"}
    load_env_file(env)
    assert ("7000", "127.0.0.2") == (env["PORT"], env["HOST"])


def test_a_line_that_is_none_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("PORT=6000\nhush-hush\n")
    with pytest.raises(SettingsError, match=r"ENV_FILE: line 2 of .*x is not") as caught:
        load_env_file({"ENV_FILE": str(tmp_path / "x")})
    assert "hush" not in caught.value.detail


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_was_named_must_be_readable(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x").write_bytes(content)
    with pytest.raises(SettingsError, match=r"ENV_FILE: .* can't be read"):
        load_env_file({"ENV_FILE": str(tmp_path / "x")})


def test_without_a_name_it_is_the_one_beside_app_py_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env_file, "DEFAULT", tmp_path / ".env")
    env: dict[str, str] = {}
    load_env_file(env)
    assert {} == env
    (tmp_path / ".env").write_text("PORT=6001\n")
    load_env_file(env)
    assert {"PORT": "6001"} == env


def test_the_settings_of_the_process_have_it_and_given_ones_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_text("RATELIMIT_HEAVY='3 per hour'\n")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "x"))
    monkeypatch.setenv("RATELIMIT_HEAVY", "")  # so that it is taken back afterwards
    monkeypatch.delenv("RATELIMIT_HEAVY")
    assert "3 per hour" == Settings.from_env().ratelimit_heavy
    assert "10 per minute" == Settings.from_env({}).ratelimit_heavy
