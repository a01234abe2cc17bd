"""The tests' own stopwatch: tight where a program is slow, patient where the machine is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timing import Stopwatch

_BUSY = "while True: pass"


@pytest.fixture
def one_core() -> Iterator[int]:
    """A core that this thread has to share with somebody who never rests."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("only Linux tells")
    cores = os.sched_getaffinity(0)
    core = min(cores)
    os.sched_setaffinity(0, {core})
    with subprocess.Popen([sys.executable, "-c", _BUSY]) as busy:  # it inherits the one core
        yield core
        busy.kill()
    os.sched_setaffinity(0, cores)


def work(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_what_others_take_of_the_core_does_not_count(one_core: int) -> None:
    began = time.monotonic()
    with Stopwatch() as watch:
        work(0.3)
    assert time.monotonic() - began > 0.4, f"core {one_core} was not shared"
    assert 0.2 < watch.seconds < 0.4


def test_what_another_process_is_kept_waiting_does_not_count_if_it_takes_part(
    one_core: int,
) -> None:
    text = "input(); import time\nwhile time.thread_time() < 0.5: pass"
    with subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, text=True) as part:
        began = time.monotonic()
        with Stopwatch(part.pid) as watch:
            part.communicate("\n")
        took = time.monotonic() - began
    assert watch.seconds < 0.85 * took, f"core {one_core} was not shared"


def test_waiting_and_work_count_in_full() -> None:
    with Stopwatch() as watch:
        threading.Event().wait(0.1)
        work(0.1)
    assert watch.seconds > 0.15
