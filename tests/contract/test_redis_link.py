"""The link through a real Redis: messages of this installation only, and no long wait."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator

import pytest

from quadra.engine.link import LinkState
from quadra.storage.redis_link import RedisLink
from quadra.web.serving import make_runtime
from tests.servers.process import wait_until
from tests.servers.redis import Redis, redis_server
from tests.timing import Stopwatch
from utils.redis_config import RedisConfig

Make = Callable[..., "Ended"]


class Ended(RedisLink):
    """A link whose messages can be waited for."""

    def __init__(self, redis: Redis, key: bytes) -> None:
        self.changes: list[str] = []
        self.heard: queue.Queue[bytes] = queue.Queue()
        super().__init__(
            RedisConfig(redis.settings),
            key,
            make_runtime("threading"),
            time.time,
            time.monotonic,
            self._changed,
        )
        self.follow("t", self.heard.put)
        self.start()
        assert self.becomes("ok")

    def _changed(self, state: LinkState) -> None:
        self.changes.append(state.name)

    def becomes(self, name: str) -> bool:
        return wait_until(lambda: self.state.name == name, timeout=5)


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as running:
        yield running


def test_a_message_reaches_every_process_of_the_installation_and_no_other(redis: Redis) -> None:
    one, other, foreign = Ended(redis, b"ours"), Ended(redis, b"ours"), Ended(redis, b"theirs")
    for n in range(200):
        one.publish("t", b"%d" % n)
    for link in (one, other):
        assert [b"%d" % n for n in range(200)] == [link.heard.get(timeout=5) for _ in range(200)]
    assert foreign.heard.empty()


def test_a_message_that_somebody_else_has_put_there_is_ignored(redis: Redis) -> None:
    one = Ended(redis, b"ours")
    client = RedisConfig(redis.settings).client
    client.publish(one._channel + "t", b"x" * 40)
    client.publish(one._channel + "t", b"")
    marked = one._marked("another topic", b"moved")[1]
    client.publish(one._channel + "t", marked)
    one.publish("t", b"real")
    assert b"real" == one.heard.get(timeout=5)


def test_counts_are_shared_and_end_with_their_window(redis: Redis) -> None:
    one, other = Ended(redis, b"counts"), Ended(redis, b"counts")
    assert (1, 60.0) == one.count("k", 60, 1)
    assert 3 == (other.count("k", 60, 2) or (0,))[0]
    assert 3 == (one.count("k", 0, 0) or (0,))[0]
    assert (0, 0.0) == one.count("never counted", 0, 0)
    assert 1 == (one.count("short", 1, 1) or (0,))[0]
    assert wait_until(lambda: (one.count("short", 0, 0) or (9,))[0] == 0, timeout=3)


def test_a_redis_that_hangs_costs_a_moment_once_and_one_that_returns_is_used(redis: Redis) -> None:
    one = Ended(redis, b"hangs")
    asked: list[str] = []
    count = one._count

    def counted(keys: list[str], args: list[int]) -> object:
        asked.extend(keys)
        return count(keys=keys, args=args)

    one._count = counted  # type: ignore[assignment]
    with redis.hung():
        with Stopwatch() as watch:
            assert [None] * 50 == [one.count("k", 60, 1) for _ in range(50)]
            for _ in range(50):
                one.publish("t", b"lost")
        assert 1 == len(asked)
        assert watch.seconds < 0.6
        assert one.becomes("down")
    assert one.becomes("ok")
    redis.stop()
    assert one.becomes("down")
    assert one.count("k", 60, 1) is None
    redis.start()
    assert one.becomes("ok")
    assert ["ok", "down", "ok", "down", "ok"] == one.changes
    assert wait_until(lambda: one.count("k", 60, 1) is not None, timeout=4)
    while not one.heard.empty():
        one.heard.get()
    one.publish("t", b"again")
    assert b"again" == one.heard.get(timeout=5)
