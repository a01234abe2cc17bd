"""Starting a program so that it can be read, signalled, and never outlives the tests."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def plain_environment(**settings: str) -> dict[str, str]:
    """Return the environment that any program needs, and nothing of what this shell has set."""
    keep = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return kept | {"ENV_FILE": os.devnull} | settings  # the settings of whoever works here


def has_ended(process: psutil.Process) -> bool:
    """Say whether it runs no more, be it that nobody has asked yet how it ended.

    Whose parent has died is asked by the first process of all, which may take seconds.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


class ProcessEndedError(AssertionError):
    """The program ended, or stayed silent, while the test waited for it to say something."""


class Process:
    """A program with its output in a file and in reach of the test.

    It leads a session of its own: a Ctrl-C in the terminal is not sent to it twice, and whatever it
    starts can be ended with it. The kernel kills it when this process dies, however that happens.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path = REPOSITORY,
        user: int | None = None,
    ) -> None:
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        self.log = log
        self._said: list[str] = []
        self._heard = threading.Condition()
        self._silent = False
        self._popen = subprocess.Popen(
            [*guard, *map(str, command)],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        self._family: list[psutil.Process] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with self.log.open("a", encoding="utf-8", buffering=1) as copy, self._popen.stdout as lines:
            for line in lines:
                copy.write(line)
                with self._heard:
                    self._said.append(line.rstrip("\n"))
                    self._heard.notify_all()
        with self._heard:
            self._silent = True
            self._heard.notify_all()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def output(self) -> str:
        """What it has said so far, on stdout and stderr alike."""
        with self._heard:
            return "\n".join(self._said)

    def children(self) -> list[psutil.Process]:
        """Return the processes that it has started, and theirs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    def wait_for_line(self, pattern: str, *, timeout: float) -> re.Match[str]:
        """Return the first match of `pattern` in a line of its output, from its start on.

        Raises ProcessEndedError, with the output, when it ends or `timeout` seconds pass before.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        seen = 0
        with self._heard:
            while True:
                for line in self._said[seen:]:
                    if match := wanted.search(line):
                        return match
                seen = len(self._said)
                left = deadline - time.monotonic()
                if self._silent or left <= 0:
                    break
                self._heard.wait(left)
            why = "ended" if self._silent else f"ran for {timeout:g} s"
            said = "\n".join(self._said[-40:])
        message = f"it {why} without a line like {pattern!r}; it said:\n{said}"
        raise ProcessEndedError(message)

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def wait(self, timeout: float) -> int:
        """Return its exit code (negative: the signal that ended it)."""
        return self._popen.wait(timeout)

    def stop(self, number: signal.Signals, *, timeout: float) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        self._family = self.children()
        self._popen.send_signal(number)
        code = self.wait(timeout)
        self._reader.join(timeout)
        return code

    def close(self, *, patience: float = 2) -> list[psutil.Process]:
        """Kill whatever of it still runs; return the children that had outlived it by `patience` s.

        Without patience they are killed with it: for whoever asks no more of it.
        """
        family = self._family or self.children()
        if self.running:
            self._popen.kill()
            self._popen.wait(10)
        wait_until(lambda: all(map(has_ended, family)), timeout=patience)
        orphans = [process for process in family if not has_ended(process)]
        for orphan in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
        wait_until(lambda: all(map(has_ended, orphans)), timeout=5)
        self._reader.join(5)
        return orphans

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wait_until(condition: Callable[[], bool], *, timeout: float, every: float = 0.02) -> bool:
    """Ask again and again until it holds; False when `timeout` seconds have passed.

    Only for what cannot be waited for in a better way, such as the state of another process.
    """
    pause = threading.Event()
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return False
        pause.wait(every)
    return True
