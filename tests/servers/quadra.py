"""Quadra itself as a process, from outside: as its users meet it."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import requests

from tests.servers.process import (
    REPOSITORY,
    Process,
    ProcessEndedError,
    free_port,
    plain_environment,
)

ADDRESS = r"https?://[^\s/]+:\d+(?:/\?token=(?P<code>[^\s&]+))?"
START_SECONDS = 60  # it takes one second, where nothing else wants the cores
LOOP = os.environ.get("QUADRA_TEST_LOOP", "")  # runs what does not name a loop on another one


class QuadraServer:
    """A running Quadra with its own port and folders.

    `settings` are environment variables; None takes one of the defaults below away, so that
    QUADRA_ADMIN_TOKEN=None lets Quadra make its own token and print a sign-in code.
    """

    # Those of the running test, to show what they said.
    started: ClassVar[list["QuadraServer"]] = []

    def __init__(self, *, folder: Path | None = None, **settings: str | None) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="quadra-test-")
        self.folder = folder or Path(self._temporary.name if self._temporary else "")
        self.token = secrets.token_urlsafe(24)
        self.port = int(settings.pop("PORT", None) or 0)
        self._fixed_port = self.port != 0
        defaults = {
            "HOST": "127.0.0.1",
            "DATA_DIR": str(self.folder / "data"),
            "LOGS_DIR": str(self.folder / "logs"),
            "BACKUP_DIR": str(self.folder / "backups"),
            "QUADRA_ADMIN_TOKEN": self.token,
            "PYTHONUNBUFFERED": "1",
            **({"ASYNC_MODE": LOOP} if LOOP else {}),
        }
        chosen: Mapping[str, str | None] = defaults | settings
        self.settings = {name: value for name, value in chosen.items() if value is not None}
        self.log = self.folder / "output.log"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {self.token}"
        self.first_address = ""
        self._process: Process | None = None
        self._last_words = ""

    # --- its life

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def process(self) -> Process:
        assert self._process is not None, "the server is not running"
        return self._process

    @property
    def env(self) -> dict[str, str]:
        return plain_environment(PORT=str(self.port), **self.settings)

    def start(self) -> Self:
        """Start it and wait until it has printed its address.

        Raises ProcessEndedError, with what it said, when it ends before.
        """
        if self not in self.started:
            self.started.append(self)
        for attempt in range(3):
            if not self._fixed_port:
                self.port = free_port()
            process = Process([sys.executable, "app.py"], log=self.log, env=self.env)
            try:
                address = process.wait_for_line(ADDRESS, timeout=START_SECONDS)
            except ProcessEndedError:
                process.close()
                # Another test may have been given the same port in the meantime.
                raced = not process.running and "in use" in process.output and attempt < 2
                if self._fixed_port or not raced:
                    if not self.first_address:
                        self.close()  # it never lived, so nobody will
                    raise
                continue
            self._process = process
            self._fixed_port = True
            self.first_address = self.first_address or address.group()
            return self
        raise AssertionError("unreachable")

    def kill9(self) -> None:
        """End it without any warning, as a crash or a loss of power would."""
        self.process.stop(signal.SIGKILL, timeout=10)
        self._ended()

    def terminate(self, timeout: float = 10) -> int:
        """Ask it to end, as a service manager would, and return its exit code."""
        code = self.process.stop(signal.SIGTERM, timeout=timeout)
        self._ended()
        return code

    def restart(self) -> Self:
        """Start it again, after `kill9` or `terminate`, with the same folders and port."""
        if self._process is not None:
            self.terminate()
        return self.start()

    def _ended(self) -> None:
        """Note that it is gone, and see to it that none of its children has stayed behind."""
        process, self._process = self.process, None
        orphans = process.close(patience=20)  # one that is only starting has no ear yet
        assert [] == orphans, f"these outlived the server: {orphans}"

    def close(self) -> None:
        self.session.close()
        if self._process is not None:
            process, self._process = self._process, None
            process.close(patience=0)
        self._last_words = self.output()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- talking to it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, **({"timeout": 10} | options))

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.session.post(self.url + path, **({"timeout": 10} | options))

    def cli(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `flask --app app ...` with this server's settings; ``given`` is what it reads."""
        command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
        return run(command, env=self.env, given=given)

    def output(self) -> str:
        """What it has printed since it was first started, on stdout and stderr."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else self._last_words


def run(
    command: list[str], *, env: Mapping[str, str], timeout: float = 30, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that ends by itself; give its exit code, stdout and stderr."""
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=dict(env),
        input=given or "",
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_app(**settings: str) -> subprocess.CompletedProcess[str]:
    """Start Quadra with settings that should make it refuse, and wait for its end."""
    return run([sys.executable, "app.py"], env=plain_environment(**settings))
