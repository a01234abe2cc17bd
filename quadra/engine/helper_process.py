"""A child process that is started, watched, started again when it dies, and ended with us."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
from collections.abc import Callable, Sequence

from quadra.engine.ports import Clock, Runtime

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
STEADY_AFTER_S = 30.0
LONGEST_PAUSE_S = 30.0
END_WITHIN_S = 1.0
WAKE_EVERY_S = 0.05


class HelperProcess:
    """Keeps one child alive. The child ends by itself when its standard input closes.

    A line on its standard input wakes the child; a line on its standard output says that it has
    news, which ``heard`` is told.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: dict[str, str],
        runtime: Runtime,
        clock: Clock,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """Wire; ``start`` starts it."""
        self._heard = heard
        self._to_wake = runtime.signal()
        self._command = list(command)
        self._env = env
        self._runtime = runtime
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = 0.0
        self._ending = False

    @property
    def is_alive(self) -> bool:
        """Say whether the child runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start the child and keep it alive from now on."""
        self._launch()
        self._runtime.spawn(self._watch)
        self._runtime.spawn(self._wake_forever)

    def wake(self) -> None:
        """Tell the child that there is work; at once, or with the next of the wake-ups."""
        self._to_wake.set()

    def stop(self) -> None:
        """End the child: let it finish its transaction, then make it."""
        self._ending = True
        child = self._child
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        until = self._clock() + END_WITHIN_S
        while child.poll() is None and self._clock() < until:
            self._runtime.sleep(0.01)
        if child.poll() is None:
            child.kill()
            child.wait()

    def _launch(self) -> None:
        self._started = self._clock()
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            self._command, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self._child.stdin is not None:  # a child that hangs must not hold whoever wakes it
            os.set_blocking(self._child.stdin.fileno(), False)
        self._runtime.spawn(self._listen, self._child)

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        if child.stdout is None:
            return
        with contextlib.suppress(OSError, ValueError):
            while child.stdout.readline():
                self._heard()

    def _wake_forever(self) -> None:
        while not self._ending:
            self._to_wake.wait()
            self._to_wake.clear()
            child = self._child
            if child is not None and child.stdin is not None:
                with contextlib.suppress(OSError, ValueError):  # full, or ending: woken enough
                    os.write(child.stdin.fileno(), b"\n")
            self._runtime.sleep(WAKE_EVERY_S)

    def _watch(self) -> None:
        while True:
            self._runtime.sleep(LOOK_EVERY_S)
            if self._ending:
                return
            if self.is_alive:
                continue
            if self._clock() - self._started > STEADY_AFTER_S:
                self._pause = 0.0
            log.error("The worker ended; starting it again in %.0f s", self._pause)
            self._runtime.sleep(self._pause)
            self._pause = min(self._pause * 2 + 1, LONGEST_PAUSE_S)
            if not self._ending:
                self._launch()
