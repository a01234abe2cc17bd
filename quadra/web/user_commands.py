"""``flask --app app users``: people who sign in with a password."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps

import click
from flask.cli import AppGroup

from quadra.engine.audit import Audit, Deed
from quadra.engine.ports import Clock
from quadra.engine.users import ROLES, User, Users
from quadra.errors import QuadraError

_STDIN = click.option(
    "--password-stdin", "stdin", is_flag=True, help="Read the password from standard input."
)


Note = Callable[[str, str], None]
"""Notes that a command did something, and to whom or what."""


def noting(audit: Audit, clock: Clock) -> Note:
    """Give what notes in the audit log, by the name that the machine knows."""

    def note(action: str, target: str) -> None:
        who = "command line"
        with suppress(OSError, KeyError, ImportError):
            who = getpass.getuser()
        audit.note(Deed(clock(), who, "command", action, target, 200))

    return note


def make_users(users: Users, note: Note) -> AppGroup:
    """Make the commands."""
    group = AppGroup("users", help="People who sign in with a password.")

    @group.command("create")
    @click.argument("name")
    @click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
    @_STDIN
    @_complaining
    def create(name: str, role: str, stdin: bool) -> None:  # noqa: FBT001 - click's flag
        """Make a user."""
        user = users.create(name, role, _password(stdin=stdin))
        note("Make a user", f"{user.name}, {role}")
        click.echo(f"User {user.id}, “{user.name}”, {user.role}.")

    @group.command("list")
    def list_users() -> None:
        """List the users."""
        for user in users.users():
            state = "disabled" if user.disabled_at is not None else ""
            click.echo(f"{user.id:>5}  {user.role:<7} {state:<9} {user.name}")

    @group.command("disable")
    @click.argument("name")
    @_complaining
    def disable(name: str) -> None:
        """Keep a user out; their sessions end within seconds."""
        user = users.change(_found(users, name).id, disabled=True)
        note("Disable a user", user.name)
        click.echo(f"“{user.name}” is disabled.")

    @group.command("enable")
    @click.argument("name")
    @_complaining
    def enable(name: str) -> None:
        """Let a user in again."""
        user = users.change(_found(users, name).id, disabled=False)
        note("Enable a user", user.name)
        click.echo(f"“{user.name}” is enabled.")

    @group.command("passwd")
    @click.argument("name")
    @_STDIN
    @_complaining
    def passwd(name: str, stdin: bool) -> None:  # noqa: FBT001 - click's flag
        """Give a user a new password; their sessions end within seconds."""
        user = _found(users, name)
        users.set_password(user.id, _password(stdin=stdin))
        note("Give a user a new password", user.name)
        click.echo(f"“{user.name}” has a new password.")

    @group.command("role")
    @click.argument("name")
    @click.argument("role", type=click.Choice(ROLES))
    @_complaining
    def change_role(name: str, role: str) -> None:
        """Give a user another role."""
        user = users.change(_found(users, name).id, role=role)
        note("Change a user's role", f"{user.name}, {role}")
        click.echo(f"“{user.name}” is {role}.")

    return group


def _complaining(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(**arguments: object) -> None:
        try:
            command(**arguments)
        except QuadraError as error:
            raise click.ClickException(error.detail) from None

    return run


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _found(users: Users, name: str) -> User:
    user = users.named(name)
    if user is None:
        raise click.ClickException(f"There is no user “{name}”.")
    return user
