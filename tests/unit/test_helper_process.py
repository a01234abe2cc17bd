"""The child: started again when it ends or hangs, and only then."""

from __future__ import annotations

import errno
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quadra.engine.helper_process import (
    AWAY_S,
    HUNG_AFTER_S,
    HUNG_IDLE_AFTER_S,
    STARTED_WITHIN_S,
    HelperProcess,
    is_idle,
)
from tests.servers.process import wait_until
from tests.unit.fakes import SetClock, ThreadRuntime

# Says each line that it is told to say; "work" keeps it busy for good.
_CHILD = """
import sys
for line in sys.stdin:
    if line == "work\\n":
        while True: pass
    if line != "\\n": print(line, end="", flush=True)
"""


class Still(ThreadRuntime):
    """Nobody looks after the child by itself here."""

    def spawn(self, task: object, *args: object, **kwargs: object) -> None:
        if getattr(task, "__name__", "") == "_listen":
            super().spawn(task, *args, **kwargs)  # type: ignore[arg-type]

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))
        super().sleep(seconds)


class Setting:
    def __init__(self) -> None:
        self.clock = SetClock(1_000.0)
        self.news = 0
        self.ended: list[int] = []
        self.helper = HelperProcess(
            [sys.executable, "-c", _CHILD],
            {},
            Still(self.clock),
            self.clock,
            self.hear,
            self.ended.append,
        )
        self.helper.start()

    def hear(self) -> None:
        self.news += 1

    @property
    def pid(self) -> int:
        assert self.helper._child is not None
        return self.helper._child.pid

    def say(self, line: bytes) -> None:
        child = self.helper._child
        assert child is not None
        assert child.stdin is not None
        child.stdin.write(line)
        child.stdin.flush()

    def beat(self) -> None:
        self.say(b"beat\n")
        assert wait_until(lambda: self.helper._beat == self.clock.now, timeout=10)

    def look(self, after: float) -> None:
        """Look every second, for so many."""
        for _ in range(round(after)):
            self.clock.forward(1)
            self.helper._look_after(self.clock.now)


@pytest.fixture
def at() -> Iterator[Setting]:
    setting = Setting()
    yield setting
    setting.helper.stop()


def test_one_that_beats_is_left_alone_and_its_news_are_heard(at: Setting) -> None:
    first = at.pid
    for _ in range(3):
        at.beat()
        at.look(HUNG_IDLE_AFTER_S)
    at.say(b"news\n")
    assert wait_until(lambda: at.news == 1, timeout=10)
    assert (first, []) == (at.pid, at.ended)


def test_one_that_is_silent_while_it_works_is_given_time(at: Setting) -> None:
    first = at.pid
    at.beat()
    at.say(b"work\n")
    assert wait_until(lambda: not is_idle(first), timeout=10)
    at.look(HUNG_AFTER_S)
    assert first == at.pid
    at.look(1)
    assert (True, [first]) == (at.pid != first, at.ended)
    assert at.helper.is_alive
    at.look(HUNG_AFTER_S + 1)  # the new one has not begun to beat: it may still be starting
    assert [first] == at.ended
    at.look(STARTED_WITHIN_S)
    assert 2 == len(at.ended)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells")
@pytest.mark.parametrize("paused", [False, True])
def test_one_that_is_silent_and_has_nothing_to_do_is_not_given_much(
    at: Setting, paused: bool
) -> None:
    first = at.pid
    at.beat()
    if paused:
        at.helper._child.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    assert wait_until(lambda: is_idle(first), timeout=10)
    at.look(math.floor(HUNG_IDLE_AFTER_S) + 1)
    assert first == at.pid  # it may be about to wake up
    at.look(1)
    assert (True, [first]) == (at.pid != first, at.ended)


def test_one_that_ends_is_started_again(at: Setting) -> None:
    first = at.pid
    at.helper._child.kill()  # type: ignore[union-attr]
    assert wait_until(lambda: not at.helper.is_alive, timeout=10)
    assert wait_until(at.helper._look.is_set, timeout=10)  # without waiting for the next look
    at.look(1)
    assert (True, [first]) == (at.helper.is_alive, at.ended)


def test_who_was_away_oneself_takes_nobody_for_hung(at: Setting) -> None:
    first = at.pid
    at.beat()
    at.look(1)
    at.clock.forward(AWAY_S + 3_600)
    at.helper._look_after(at.clock.now)
    at.look(HUNG_IDLE_AFTER_S)
    assert (first, []) == (at.pid, at.ended)


def test_what_is_to_follow_the_end_may_fail(at: Setting) -> None:
    def fails(_pid: int) -> None:
        raise RuntimeError

    at.helper._ended = fails
    at.helper._child.kill()  # type: ignore[union-attr]
    assert wait_until(lambda: not at.helper.is_alive, timeout=10)
    at.look(1)
    assert at.helper.is_alive


def test_what_can_not_be_started_now_is_tried_again(
    at: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may have no descriptor or process left, for a while."""
    first, popen = at.pid, subprocess.Popen
    tries: list[None] = []

    def refuse(*_args: object, **_options: object) -> subprocess.Popen[bytes]:
        tries.append(None)
        raise OSError(errno.EMFILE, "Too many open files")

    at.helper._child.kill()  # type: ignore[union-attr]
    assert wait_until(lambda: not at.helper.is_alive, timeout=10)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    at.look(3)
    assert (3, False, [first]) == (len(tries), at.helper.is_alive, at.ended)
    monkeypatch.setattr(subprocess, "Popen", popen)
    at.look(1)
    assert (True, [first]) == (at.helper.is_alive, at.ended)
