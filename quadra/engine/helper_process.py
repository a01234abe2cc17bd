"""A child process that is started, watched, started again when it dies or hangs, ended with us."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from quadra.engine.ports import Clock, Runtime

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
STEADY_AFTER_S = 30.0
LONGEST_PAUSE_S = 30.0
END_WITHIN_S = 1.0
WAKE_EVERY_S = 0.05
BEAT_EVERY_S = 0.5
# What it holds locked while it hangs, others wait for. One that the system keeps waiting, for a
# core or the disk, may be silent for longer than one that could beat and does not.
HUNG_AFTER_S = 6.0
HUNG_IDLE_AFTER_S = 2.5
STARTED_WITHIN_S = 60.0
AWAY_S = 1.25
BEAT = b"beat\n"


class HelperProcess:
    """Keeps one child alive. The child ends by itself when its standard input closes.

    A line on its standard input wakes the child. What it says on its standard output is ``BEAT``,
    which shows that it lives, or an empty line when it has news, which ``heard`` is told. One that
    has begun to beat and is silent for ``HUNG_AFTER_S`` (``HUNG_IDLE_AFTER_S`` if it is paused or
    asleep all through) is killed, and like one that died it is started again; ``ended`` is told the
    number of each process that is surely gone.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: dict[str, str],
        runtime: Runtime,
        monotonic: Clock,
        heard: Callable[[], None] = lambda: None,
        ended: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """Wire; ``start`` starts it."""
        self._heard = heard
        self._to_wake = runtime.signal()
        self._command = list(command)
        self._env = env
        self._runtime = runtime
        self._clock = monotonic
        self._ended = ended
        self._look = runtime.signal()
        self._looked = 0.0
        self._beat: float | None = None
        self._idle_looks = 0  # so many times in a row it was silent, and not for want of a core
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
        self._looked = self._clock()
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
        self._started, self._beat, self._idle_looks = self._clock(), None, 0
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            self._command, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self._child.stdin is not None:  # a child that hangs must not hold whoever wakes it
            os.set_blocking(self._child.stdin.fileno(), False)
        self._runtime.spawn(self._listen, self._child)

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        if child.stdout is None:
            return
        with contextlib.suppress(OSError, ValueError), child.stdout:
            while line := child.stdout.readline():
                if line == BEAT:
                    self._beat = self._clock()
                else:
                    self._heard()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(END_WITHIN_S)  # it has closed its output: it ends
        self._look.set()

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
            self._look.wait(LOOK_EVERY_S)
            self._look.clear()
            if self._ending:
                return
            self._look_after(self._clock())

    def _look_after(self, now: float) -> None:
        """Start the child again when it has ended or hangs; ``now`` in monotonic seconds."""
        if now - self._looked > AWAY_S and self._beat is not None:
            self._beat = now  # it was us who were away: what it has said is still to be read
        self._looked = now
        child = self._child
        if child is not None:
            if child.poll() is None and not self._hangs(now):
                return
            self._bury(child, now)
        self._start_again()

    def _bury(self, child: subprocess.Popen[bytes], now: float) -> None:
        """Make sure that the child is gone, and tell of it."""
        if child.poll() is None:
            silent = now - (self._started if self._beat is None else self._beat)
            log.error("The worker hangs: nothing was heard of it for %.0f s", silent)
            child.kill()
            child.wait()
        if now - self._started > STEADY_AFTER_S:
            self._pause = 0.0
        log.error("The worker ended; starting it again in %.0f s", self._pause)
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        self._child = None
        self._tell_of_its_end(child.pid)

    def _start_again(self) -> None:
        """Start the child after a pause; the next look tries again where the system refuses it."""
        self._runtime.sleep(self._pause)
        self._pause = min(self._pause * 2 + 1, LONGEST_PAUSE_S)
        if not self._ending:
            try:
                self._launch()
            except (OSError, RuntimeError) as error:  # no descriptor, process or thread is left
                log.error("The worker can't be started; trying again: %s", error)  # noqa: TRY400 - the system's doing, no fault of the code
        self._looked = self._clock()

    def _hangs(self, now: float) -> bool:
        if self._beat is None:
            return now - self._started > STARTED_WITHIN_S
        silent = now - self._beat
        idle = silent > HUNG_IDLE_AFTER_S and self._child is not None and is_idle(self._child.pid)
        self._idle_looks = self._idle_looks + 1 if idle else 0
        return silent > HUNG_AFTER_S or self._idle_looks > 1  # once: it may be about to wake up

    def _tell_of_its_end(self, pid: int) -> None:
        try:
            self._ended(pid)
        except Exception:
            # Whatever that was to bring about: the child matters more.
            log.exception("The end of the worker could not be told")


def is_idle(pid: int) -> bool:
    """Say whether no thread of a process runs or waits for a core or the disk, where Linux tells.

    Such a one is paused, or sleeps until something comes to pass.
    """
    states = set()
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # a thread that has ended
            states.add(stat.read_text().rpartition(") ")[2][:1])
    return bool(states) and states <= set("STt")
