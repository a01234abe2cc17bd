"""A child process that is started, watched, started again when it dies, and ended with us."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence

from quadra.engine.ports import Clock, Runtime

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
STEADY_AFTER_S = 30.0
LONGEST_PAUSE_S = 30.0
END_WITHIN_S = 1.0


class HelperProcess:
    """Keeps one child alive. The child ends by itself when its standard input closes."""

    def __init__(
        self, command: Sequence[str], env: dict[str, str], runtime: Runtime, clock: Clock
    ) -> None:
        """Wire; ``start`` starts it."""
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
            self._command, env=self._env, stdin=subprocess.PIPE
        )

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
