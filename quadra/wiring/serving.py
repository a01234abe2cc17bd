"""Serve until a signal ends it; or only make the application, for the commands."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys

from flask import Flask

from quadra import __version__
from quadra.backup.commands import COMMANDS, asked_of, backup_app, with_commands
from quadra.engine.access import ADMINISTRATOR, FIRST_STEPS, Access, new_secret
from quadra.errors import QuadraError, SettingsError
from quadra.settings import Settings
from quadra.storage.keys import kept_secret
from quadra.web.draining import drain
from quadra.web.serving import listen, make_server, raise_file_limit
from quadra.wiring.arguments import complain
from quadra.wiring.server import build

log = logging.getLogger("quadra")

ADMIN = ["admin"]


def introduce_tokens(settings: Settings, access: Access) -> None:
    """Make Quadra's own tokens hold; one that was revoked is replaced by a new one."""
    if settings.admin_token and not access.introduce(ADMINISTRATOR, settings.admin_token, ADMIN):
        msg = "QUADRA_ADMIN_TOKEN: this token was revoked; choose another."
        raise SettingsError(msg)
    files = {FIRST_STEPS: (settings.first_steps_token_file, ["ingest"])}
    if not settings.admin_token:
        files[ADMINISTRATOR] = (settings.admin_token_file, ADMIN)
    for purpose, (file, scopes) in files.items():
        while not access.introduce(purpose, kept_secret(file, new_secret), scopes):
            file.unlink()


def create_app() -> Flask:
    """Make the application for ``flask --app app``; serves nothing by itself."""
    try:
        settings = Settings.from_env()
        if asked_of(sys.argv) in COMMANDS:
            # A restore finds an empty folder only where nobody has begun a database in it.
            return backup_app()
        quadra = build(settings, f"{socket.gethostname()}:{settings.port}", "threading")
        return with_commands(quadra.app)
    except SettingsError as error:
        complain(error)
        sys.exit(2)


def serve() -> int:
    """Serve until a signal ends it; gives the exit code."""
    raise_file_limit()
    try:
        settings = Settings.from_env()
        listener = listen(settings.host, settings.port)
        port = listener.getsockname()[1]
        quadra = build(settings, f"{socket.gethostname()}:{port}")
        introduce_tokens(settings, quadra.access)
        code = quadra.access.first_run_code()
        quadra.start()
    except QuadraError as error:
        complain(error)
        return 2
    server = make_server(settings.async_mode, listener, quadra.wsgi)
    stopping, told_to_stop = quadra.runtime.signal(), quadra.runtime.signal()

    def stop(*_: object) -> None:
        told_to_stop.set()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def accept_connections() -> None:
        try:
            server.serve()
        finally:
            stopping.set()  # a server that no longer accepts is of no use: end, and be restarted

    quadra.runtime.spawn(accept_connections)
    gc.collect()
    gc.freeze()  # what lives from here on for good needs no more looking at
    gc.set_threshold(50_000, 20, 10)
    gc.enable()
    _print_address(settings, port, code)
    stopping.wait()
    drain(listener)
    server.stop()
    quadra.stop()
    if not told_to_stop.is_set():
        log.error("The server ended by itself")
        return 1
    log.info("Stopped")
    return 0


def _print_address(settings: Settings, port: int, code: str | None) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    address = f"http://{host}:{port}"
    if code is not None:
        sys.stdout.write(f"Quadra {__version__} is ready. Open {address}/?token={code}\n")
    else:
        where = "QUADRA_ADMIN_TOKEN" if settings.admin_token else settings.admin_token_file
        sys.stdout.write(f"Quadra {__version__} is ready. Open {address}\n")
        sys.stdout.write(f"Not signed in there yet? The token is in {where}.\n")
    sys.stdout.flush()
