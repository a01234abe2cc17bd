"""``flask --app app drill``: asks the running server for a fire drill and shows each step."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from quadra.settings import Settings

WITHIN_S = 120.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens


def make_drill(settings: Settings) -> click.Command:
    """Make the command."""

    @click.command("drill")
    @click.option("--channel", "channels", multiple=True, help="Only these; all when absent.")
    @click.option("--url", help="Of the running server; http://HOST:PORT when absent.")
    @click.option(
        "--token", envvar="QUADRA_TOKEN",
        help="One that may write; the administrator's when absent.",
    )  # fmt: skip
    def drill(channels: tuple[str, ...], url: str | None, token: str | None) -> None:
        """Let a marked fault go all the way to people, and show how long each step took."""
        wish: dict[str, object] = {"channels": list(channels)} if channels else {}
        status, found = _ask(url or _address(settings), token or _token(settings), wish)
        if status != 200:  # noqa: PLR2004
            raise click.ClickException(str(found.get("detail", f"the server answered {status}")))
        for step in found["steps"]:
            click.echo(_line(step))
        click.echo(f"{'Passed' if found['passed'] else 'FAILED'} in {found['seconds']} s.")
        if not found["passed"]:
            raise click.exceptions.Exit(1)

    return drill


def _line(step: dict[str, Any]) -> str:
    took = "never" if step["seconds"] is None else f"{step['seconds'] * 1000:.0f} ms"
    mark = "ok" if step["ok"] else "FAILED"
    where = " ".join(filter(None, (step.get("channel"), step.get("detail"))))
    return f"{step['step']:<16}{took:>10}  {mark:<6}  {where}".rstrip()


def _address(settings: Settings) -> str:
    host = _ANYWHERE.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _token(settings: Settings) -> str:
    if settings.admin_token:
        return settings.admin_token
    try:
        return settings.admin_token_file.read_text(encoding="ascii").strip()
    except OSError:
        msg = f"There is no token in {settings.admin_token_file}; give one with --token."
        raise click.ClickException(msg) from None


def _ask(url: str, token: str, wish: dict[str, object]) -> tuple[int, dict[str, Any]]:
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.hostname:
        raise click.BadParameter("use http:// or https:// and a host", param_hint="--url")
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection = kind(place.hostname, place.port, timeout=WITHIN_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"{place.path}/api/v1/drill", orjson.dumps(wish), headers)
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())
    except (OSError, HTTPException, orjson.JSONDecodeError) as error:
        msg = f"No answer from {url} ({error}). The drill goes through the running server."
        raise click.ClickException(msg) from None
    finally:
        connection.close()
