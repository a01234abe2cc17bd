"""Quadra as several processes on one database: two that serve, one worker, a proxy in front."""

import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.servers.process import Process, plain_environment
from tests.servers.quadra import QuadraServer


class Worker:
    """A process with ROLE=worker."""

    def __init__(self, folder: Path, settings: dict[str, str], before: Sequence[str] = ()) -> None:
        """Prepare; ``before`` goes before its command line."""
        self._folder = folder
        self._before = before
        self._settings = settings
        self._count = 0
        self.process: Process | None = None

    def start(self) -> Self:
        self._count += 1
        self.process = Process(
            [*self._before, sys.executable, "app.py"],
            log=self._folder / f"worker-{self._count}-{secrets.token_hex(2)}.log",
            env=plain_environment(**{**self._settings, "ROLE": "worker"}),
        )
        return self

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send(number)

    def kill9(self) -> None:
        assert self.process is not None
        self.process.stop(signal.SIGKILL, timeout=10)
        self.process.close()

    def close(self) -> None:
        if self.process is not None:
            self.process.close()


class Cluster:
    """Serving processes and workers that share a folder and the given settings."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.token = secrets.token_urlsafe(24)
        self._settings = {
            "QUADRA_ADMIN_TOKEN": self.token,
            "RATELIMIT_ENABLED": "false",
            "NUM_PROXIES": "1",
            **settings,
        }
        self.webs: list[QuadraServer] = []
        self.workers: list[Worker] = []

    def web(self, **settings: str | None) -> QuadraServer:
        """Start one more process that serves."""
        chosen: dict[str, str | None] = {"ROLE": "web", **self._settings, **settings}
        one = QuadraServer(folder=self.folder, **chosen)
        one.log = self.folder / f"web-{secrets.token_hex(3)}.log"
        one.token = self.token
        one.session.headers["Authorization"] = f"Bearer {self.token}"
        self.webs.append(one)
        return one.start()

    def worker(self) -> Worker:
        """Start one more worker."""
        assert self.webs, "start a serving process first: it knows the folders"
        one = Worker(self.folder, self.webs[0].settings)
        self.workers.append(one)
        return one.start()

    @property
    def ports(self) -> tuple[int, int]:
        return (self.webs[0].port, self.webs[1].port)

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
        for web in self.webs:
            web.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
