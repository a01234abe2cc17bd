"""``flask --app app backup`` and ``restore``: the same as the scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from flask import Flask

from quadra.backup.names import KINDS

COMMANDS = ("backup", "restore")
_TAKE_A_VALUE = ("-A", "--app", "-e", "--env-file")


def asked_of(arguments: Sequence[str]) -> str:
    """Give the command in the arguments of ``flask``, empty for none."""
    passed_over = False
    for argument in arguments[1:]:
        if passed_over:
            passed_over = False
        elif argument in _TAKE_A_VALUE:
            passed_over = True
        elif not argument.startswith("-"):
            return argument
    return ""


def backup_app() -> Flask:
    """Make an application that has these commands alone, and opens no database."""
    return with_commands(Flask("quadra"))


def with_commands(app: Flask) -> Flask:
    """Add these commands to an application's."""
    app.cli.add_command(_backup)
    app.cli.add_command(_restore)
    return app


@click.command("backup")
@click.argument("what", type=click.Choice([*KINDS, "list", "cleanup"]), default="full")
@click.option("--verify", "archive", metavar="FILE", help="Check this backup instead.")
def _backup(what: str, archive: str | None) -> None:
    """Back up models, the database, or everything (full); list backups, or remove old ones."""
    from quadra.backup.program import main  # noqa: PLC0415 - a server has no use for it

    sys.exit(main(["verify", "--", archive] if archive else [what]))


@click.command("restore")
@click.argument("file")
@click.option("--force", is_flag=True, help="Set aside what is there.")
def _restore(file: str, *, force: bool) -> None:
    """Bring a backup back into the folders that the settings name."""
    from quadra.backup.program import main  # noqa: PLC0415 - as above

    sys.exit(main(["restore", *(["--force"] if force else []), "--", file]))
