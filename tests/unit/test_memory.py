"""What the heap keeps free goes back to the system, also from between what is still in use."""

from __future__ import annotations

import sys

import pytest

from quadra.wiring import memory
from tests.servers.process import plain_environment
from tests.servers.quadra import run

PIECES, SIZE = 40_000, 2_000
# One piece in thirty is still in use: nowhere is the end of the heap free, nor any large part.
PROGRAM = f"""
import psutil
from quadra.wiring import memory

memory.bound()
pieces = [bytearray({SIZE}) for _ in range({PIECES})]
kept = pieces[::30]
pieces.clear()
before = psutil.Process().memory_info().rss
memory.give_back()
print(before - psutil.Process().memory_info().rss, len(kept))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux is asked")
def test_what_is_free_between_what_is_in_use_is_given_back() -> None:
    done = run([sys.executable, "-c", PROGRAM], env=plain_environment())
    given_back, _kept = map(int, done.stdout.split())
    assert given_back > PIECES * SIZE // 2


def test_it_is_done_each_minute_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(memory, "give_back", lambda: done.append("given back"))
    turns = iter([False, False, True])
    waits: list[float] = []

    def ended(seconds: float) -> bool:
        waits.append(seconds)
        return next(turns)

    memory.give_back_until(ended)
    assert (["given back"] * 2, [60.0] * 3) == (done, waits)
