"""The commands of `flask --app app`, beside a server that runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest

from tests.e2e.clients import bearing, live, push, stranger
from tests.servers.process import REPOSITORY, wait_until
from tests.servers.quadra import QuadraServer, run

Start = Callable[..., QuadraServer]


def commanded(server: QuadraServer, *arguments: str) -> str:
    """Run a command that must work, and give what it printed."""
    done = server.cli(*arguments)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def created(server: QuadraServer, *arguments: str) -> tuple[str, str]:
    said = commanded(server, "tokens", "create", *arguments)
    number = re.search(r"Token (\d+)", said)
    secret = re.search(r"^(qdr_\S+)$", said, re.MULTILINE)
    assert number is not None
    assert secret is not None
    return number[1], secret[1]


def status(server: QuadraServer, token: str) -> int:
    return stranger(server, "GET", "/api/v1/status", headers=bearing(token)).status_code


def test_a_token_made_by_a_command_opens_what_it_should_at_once(server: QuadraServer) -> None:
    _number, reader = created(server, "a reader", "--scope", "read")
    assert 200 == status(server, reader)
    _number, sender = created(server, "a sender", "--scope", "ingest", "--scope", "read")
    headers = bearing(sender)
    sent = stranger(server, "POST", "/api/v1/samples", json={"samples": []}, headers=headers)
    assert 200 == sent.status_code


def test_tokens_are_listed_without_their_secrets(server: QuadraServer) -> None:
    number, secret = created(server, "listed here", "--scope", "read")
    said = commanded(server, "tokens", "list")
    assert re.search(rf"^\s*{number}\s+read\s+listed here$", said, re.MULTILINE)
    assert secret not in said


def test_a_token_revoked_by_a_command_is_cut_within_seconds(server: QuadraServer) -> None:
    number, secret = created(server, "short-lived", "--scope", "read")
    with live(server, secret) as console:
        console.subscribe("up")
        assert 200 == status(server, secret)
        commanded(server, "tokens", "revoke", number)
        assert wait_until(lambda: status(server, secret) == 401, timeout=5)
        console.wait_for("disconnect", timeout=5)


@pytest.mark.parametrize(
    "arguments",
    [
        ("tokens", "revoke", "999999"),
        ("tokens", "revoke", "x"),
        ("tokens", "create", "x"),
        ("tokens", "create", "x", "--scope", "root"),
        ("tokens", "create", "", "--scope", "read"),
        ("tokens", "create", "x", "--scope", "read", "--days", "0"),
        ("tokens", "create", "x", "--scope", "read", "--days", "nan"),
        ("tokens", "create", "x", "--scope", "read", "--days", "inf"),
        ("nothing",),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    server: QuadraServer, arguments: tuple[str, ...]
) -> None:
    done = server.cli(*arguments)
    assert 0 != done.returncode
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_changes_nothing_of_the_servers_own_tokens(start_quadra: Start) -> None:
    server = start_quadra()
    # As in another terminal, where the server's settings are not all set.
    env = {name: value for name, value in server.env.items() if name != "QUADRA_ADMIN_TOKEN"}
    done = run([sys.executable, "-m", "flask", "--app", "app", "tokens", "list"], env=env)
    assert (0, "") == (done.returncode, done.stderr)
    server.restart()
    push(server, "still_mine", 1)


def test_the_settings_are_shown_and_their_secrets_are_not(start_quadra: Start) -> None:
    server = start_quadra(SECRET_KEY="hunter2hunter2hunter2", MAX_LABELS="17")
    said = commanded(server, "config", "show")
    assert "MAX_LABELS=17\n" in said
    assert f"DATA_DIR={server.folder / 'data'}\n" in said
    assert "hunter2" not in said
    assert server.token not in said
    assert re.search(r"^SECRET_KEY=\*+$", said, re.MULTILINE)
    assert re.search(r"^QUADRA_ADMIN_TOKEN=\*+$", said, re.MULTILINE)


def test_a_bad_setting_is_one_line_with_commands_too(server: QuadraServer) -> None:
    env = server.env | {"LOG_LEVEL": "LOUD"}
    done = run([sys.executable, "-m", "flask", "--app", "app", "tokens", "list"], env=env)
    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == len(done.stderr.splitlines()), done.stderr
    assert "LOG_LEVEL" in done.stderr


def test_every_command_is_written_down_where_people_look_for_it(server: QuadraServer) -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    written = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    listed = commanded(server, "--help").partition("Commands:")[2]
    of_libraries = {"limiter", "routes", "run", "shell"}
    names = set(re.findall(r"(?m)^  (\w[\w-]*) ", listed)) - of_libraries
    assert {"tokens", "config"} <= names
    assert set() == {name for name in names if not re.search(rf"--app app {name}\b", written)}
