"""The clock of the whole server steps an hour forth and back: every page still comes, and soon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.clients import Browserlike, history, live, push, stranger
from tests.e2e.test_alerts import alerts, make_rule
from tests.e2e.test_channels import make_channel
from tests.fault.steady_senders import steady_senders
from tests.servers.process import wait_until
from tests.servers.programs import faketime
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver, Reply

Start = Callable[..., QuadraServer]
HOUR = 3600


class Clock:
    """The server's clock, so many seconds from the real one."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.step(0)
        self.settings = {
            "LD_PRELOAD": str(faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what a step of the clock leaves alone
        }

    def step(self, seconds: int) -> None:
        self._file.write_text(f"{seconds:+d}", "utf-8")


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        yield receiver


def test_pages_come_whatever_the_clock_does(
    start_quadra: Start, clock: Clock, hook: HttpReceiver
) -> None:
    server = start_quadra(WEBHOOK_ALLOW_PRIVATE="true", **clock.settings)
    make_channel(server, "ops", "webhook", hook.url)
    for name, more in (("at_once", {}), ("held", {"for": "1s", "selector": "at_once"})):
        made = {"group_by": ["rule", "n"], "channels": ["ops"], "cooldown": "0s", **more}
        make_rule(server, name, **made)
    seen: set[str] = set()
    for number, step in enumerate((0, HOUR, 0, -HOUR, 0)):
        clock.step(step)
        place = str(number)
        hook.reply = failing_once()

        def fires(place: str = place) -> bool:
            push(server, "at_once", 99, n=place)
            found = [post.json for post in hook.posts if post.json["status"] == "firing"]
            told = {
                a["rule"] for page in found for a in page["alerts"] if a["labels"]["n"] == place
            }
            return {"at_once", "held"} <= told

        assert wait_until(fires, timeout=15, every=0.5), f"step {step}: {alerts(server, 'held')}"
        push(server, "at_once", 1, n=place)
        over = len(hook.posts)
        assert wait_until(partial(told_over, hook, over), timeout=15), f"step {step}"
        seen.add(place)
    taken = [post.headers["X-Quadra-Delivery"] for post in hook.posts]
    again = len(taken) - len(set(taken))
    assert again <= 2 * len(seen), "only what was refused once is sent twice"


def test_nothing_is_lost_and_nobody_is_put_out_whatever_the_clock_does(
    start_quadra: Start, clock: Clock
) -> None:
    server = start_quadra(**clock.settings)
    someone = Browserlike(server)
    someone.sign_in(server.token)
    with live(server) as console, steady_senders(server) as steady:
        console.subscribe("stepped")
        for number, step in enumerate((0, HOUR, 0, -HOUR, 0)):
            clock.step(step)
            push(server, "stepped", number)  # at the server's own time
            assert number in [value for _id, _t, value in console.samples_until(number)]
            assert 200 == someone.get("/api/v1/status").status_code
            assert 200 == stranger(server, "GET", "/ready").status_code
        assert console.client.connected
    assert steady.check() > 100
    stored = [
        v for line in history(server, "stepped", end=time.time() + 2 * HOUR) for v in line["values"]
    ]
    assert {0.0, 1.0, 2.0, 3.0, 4.0} == set(stored)


def failing_once() -> Callable[[object], Reply]:
    """Refuse the first page for the moment: it is tried again after a second, not an hour."""
    replies = iter([Reply(503)])
    return lambda _post: next(replies, Reply())


def told_over(hook: HttpReceiver, since: int) -> bool:
    """Say whether an end was told since then, give or take what was on its way."""
    return any(post.json["status"] == "resolved" for post in hook.posts[max(since - 1, 0) :])
