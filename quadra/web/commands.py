"""The commands of ``flask --app app``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from quadra.alerts.rules import Rule
from quadra.engine.access import SCOPES
from quadra.errors import QuadraError
from quadra.web.drill_command import make_drill
from quadra.web.openapi import document
from quadra.web.parts import WebParts
from quadra.web.user_commands import make_users, noting

MAX_DAYS = 3_660


def register(app: Flask, parts: WebParts, read_rules: Callable[[Path], list[Rule]]) -> None:
    """Add the commands to the application; ``read_rules`` reads a file of alert rules."""
    settings, access, note = parts.settings, parts.access, noting(parts.audit, parts.clock)
    tokens = AppGroup("tokens", help="Tokens that programs and people sign in with.")
    config = AppGroup("config", help="The settings in force.")

    @tokens.command("create")
    @click.argument("name")
    @click.option(
        "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES),
        help="What it opens; may be given several times.",
    )  # fmt: skip
    @click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Life in days.")
    def create(name: str, scopes: tuple[str, ...], days: float | None) -> None:
        """Make a token and show its secret this once."""
        if days is not None and not days <= MAX_DAYS:  # NaN is not either
            raise click.BadParameter(f"use at most {MAX_DAYS} days", param_hint="--days")
        try:
            token, secret = access.create_token(name, scopes, days and days * 86_400)
        except QuadraError as error:
            faults = "; ".join(f"{f.field}: {f.reason}" for f in error.faults)
            raise click.ClickException(f"{error.detail} {faults}") from None
        note("Make a token", f"{token.name}, {' '.join(token.scopes)}")
        click.echo(f"Token {token.id}, “{token.name}”, scopes {' '.join(token.scopes)}:")
        click.echo(secret)

    @tokens.command("list")
    def list_tokens() -> None:
        """List the tokens in force."""
        for token in access.tokens():
            click.echo(f"{token.id:>5}  {' '.join(token.scopes):<24}  {token.name}")

    @tokens.command("revoke")
    @click.argument("token_id", type=int)
    def revoke(token_id: int) -> None:
        """End a token; a running server follows within seconds."""
        try:
            access.revoke(token_id)
        except QuadraError as error:
            raise click.ClickException(error.detail) from None
        note("End a token", str(token_id))
        click.echo(f"Token {token_id} is revoked.")

    @config.command("show")
    def show() -> None:
        """Show every setting; secrets are masked."""
        for name, value in settings.masked().items():
            click.echo(f"{name}={value}")

    app.cli.add_command(_describe)
    app.cli.add_command(make_drill(settings))
    app.cli.add_command(tokens)
    app.cli.add_command(make_users(parts.users, note))
    app.cli.add_command(_rules(read_rules))
    app.cli.add_command(config)


@click.command("openapi")
def _describe() -> None:
    """Write the API's description, as /api/openapi.json gives it."""
    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))


def _rules(read_rules: Callable[[Path], list[Rule]]) -> AppGroup:
    rules = AppGroup("rules", help="Alert rules in files.")

    @rules.command("check")
    @click.argument("file", type=click.Path(path_type=Path))
    def check(file: Path) -> None:
        """Say whether a YAML file of alert rules can be used, and if not, why."""
        try:
            found = read_rules(file)
        except QuadraError as error:
            faults = [f"{f.field}: {f.reason}" for f in error.faults] or [error.detail]
            raise click.ClickException("\n".join(f"{file}: {fault}" for fault in faults)) from None
        click.echo(f"{file}: {len(found)} rules, all right.")

    return rules
