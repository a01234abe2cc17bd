"""Three senders of as many kinds go on while the server, its database or its disk do not.

``QUADRA_KILLS=100 pytest tests/fault/test_steady_senders.py -s`` runs the long form.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fault.steady_senders import steady_senders
from tests.fault.test_full_disk import fill
from tests.servers.postgres import Postgres
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]
KILLS = int(os.environ.get("QUADRA_KILLS", "5"))


def chance() -> random.Random:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    return random.Random(seed)


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)  # faults come when they come


@pytest.mark.timeout(60 + 10 * KILLS)
def test_kills_at_any_moment_lose_and_double_nothing_that_was_acknowledged(
    start_quadra: Start,
) -> None:
    server, random_ = start_quadra(), chance()
    began = time.monotonic()
    with steady_senders(server) as steady:
        for _ in range(KILLS):
            wait(random_.uniform(0.02, 0.8))
            server.kill9()
            server.restart()
        wait(0.3)
    found = steady.check()
    assert found > 100 * KILLS
    server.kill9()
    server.restart()
    assert found == steady.check()
    took = time.monotonic() - began
    print(f"{KILLS} kills, {found} samples, {steady.retries} retries, {took:.0f} s")  # noqa: T201


@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_postgres_that_goes_and_comes_loses_and_doubles_nothing(
    start_quadra: Start, postgres: Postgres, postgres_url: str
) -> None:
    server, random_ = start_quadra(DATABASE_URL=postgres_url), chance()
    with steady_senders(server) as steady:
        for how in (signal.SIGINT, signal.SIGQUIT)[: max(KILLS, 2)] * max(KILLS // 10, 1):
            wait(random_.uniform(0.2, 0.8))
            postgres.stop(how)
            try:
                wait(random_.uniform(0.05, 0.4))
            finally:
                postgres.start()
        wait(0.3)
    found = steady.check()
    assert found > 100
    print(f"{found} samples, {steady.retries} retries")  # noqa: T201 - figures of the long form


def test_a_disk_that_fills_and_empties_loses_and_doubles_nothing(small_disk: Path) -> None:
    random_ = chance()
    with QuadraServer(DATA_DIR=str(small_disk / "data"), RATELIMIT_ENABLED="false") as server:
        with steady_senders(server) as steady:
            for _ in range(max(KILLS // 10, 2)):
                wait(random_.uniform(0.2, 0.5))
                fill(small_disk / "filler")
                wait(random_.uniform(0.3, 0.6))
                (small_disk / "filler").unlink()
            wait(0.5)
        assert steady.retries > 0, "it was never full"
        found = steady.check()
        server.kill9()
        server.restart()
        assert found == steady.check()
    print(f"{found} samples, {steady.retries} retries")  # noqa: T201 - figures of the long form
