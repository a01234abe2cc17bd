"""The link between processes through Redis: pub/sub, and counters that all share.

Redis is trusted with nothing: messages carry a mark made with the installation's key, so that
whoever else can write there makes nobody believe anything; and where it does not answer, each
process goes on by itself. It runs on the loop, where the sockets give way.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import redis
from redis.client import PubSub
from redis.exceptions import RedisError

from quadra.engine.link import LinkName, LinkState
from quadra.engine.ports import Clock, Runtime
from utils.redis_config import ANSWER_WITHIN_S, CONNECT_WITHIN_S, RedisConfig

log = logging.getLogger(__name__)

PING_EVERY_S = 0.5
LONGEST_PAUSE_S = 1.0
BREAK_S = 2.0
MOST_WAITING = 1_000
_MARK_BYTES = 16
_TOGETHER = 50
# Counts and tells how long the window still lasts, in one step.
_COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = ARGV[2] * 1000
  redis.call('PEXPIRE', KEYS[1], left)
end
return {count, left}
"""


class RedisLink:
    """Implements ``engine.link.Link``."""

    def __init__(
        self,
        config: RedisConfig,
        key: bytes,
        runtime: Runtime,
        clock: Clock,
        monotonic: Clock,
        on_change: Callable[[LinkState], None],
    ) -> None:
        """Wire; ``key`` is known to this installation only; ``start`` connects."""
        self._config = config
        self._key = hashlib.blake2b(key, digest_size=32, person=b"quadra link").digest()
        name = hashlib.blake2b(key, digest_size=8, person=b"quadra name").hexdigest()
        self._channel = f"quadra:{name}:"
        self._runtime = runtime
        self._clock = clock
        self._monotonic = monotonic
        self._on_change = on_change
        self._followers: dict[str, Callable[[bytes], None]] = {}
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=MOST_WAITING)
        self._wake = runtime.signal()
        self._sending: redis.Redis = config.make_client()
        self._counting: redis.Redis = config.make_client(answer_within=CONNECT_WITHIN_S)
        self._count = self._counting.register_script(_COUNT)
        self._no_counts_until = float("-inf")
        self._forged = False
        self.state = LinkState("connecting", clock())

    def start(self) -> None:
        """Connect, and come back whenever the connection is lost."""
        self._runtime.spawn(self._listen_forever)
        self._runtime.spawn(self._send_forever)

    def publish(self, topic: str, message: bytes) -> None:
        """Send soon; the oldest of too many waiting is dropped."""
        if self.state.name == "ok":
            self._waiting.append((topic, message))
            self._wake.set()

    def follow(self, topic: str, follower: Callable[[bytes], None]) -> None:
        """Hand every message of a topic to ``follower``; before ``start`` only."""
        self._followers[topic] = follower

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        """Count in a window; None when Redis is away, or was too slow a moment ago."""
        if self.state.name != "ok" or self._monotonic() < self._no_counts_until:
            return None
        try:
            count, left = self._count(keys=[self._channel + key], args=[amount, window])
        except redis.exceptions.MaxConnectionsError:
            return None  # more ask at once than may: not the fault of Redis
        except (RedisError, OSError):
            self._no_counts_until = self._monotonic() + BREAK_S
            return None
        return int(count), int(left) / 1000

    # -- sending ----------------------------------------------------------------------------

    def _send_forever(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                try:
                    self._send([self._waiting.popleft() for _ in self._next()])
                except (RedisError, OSError):
                    self._waiting.clear()  # the database has it all
                    log.debug("Redis took no message", exc_info=True)

    def _next(self) -> range:
        return range(min(len(self._waiting), _TOGETHER))

    def _send(self, messages: list[tuple[str, bytes]]) -> None:
        if len(messages) == 1:
            self._sending.publish(*self._marked(*messages[0]))
            return
        together = self._sending.pipeline(transaction=False)
        for topic, message in messages:
            together.publish(*self._marked(topic, message))
        together.execute()

    def _marked(self, topic: str, message: bytes) -> tuple[str, bytes]:
        return self._channel + topic, self._mark(topic, message) + message

    def _mark(self, topic: str, message: bytes) -> bytes:
        made = hashlib.blake2b(message, digest_size=_MARK_BYTES, key=self._key)
        made.update(topic.encode())
        return made.digest()

    # -- listening --------------------------------------------------------------------------

    def _listen_forever(self) -> None:
        pause = 0.1
        while True:
            began = self._monotonic()
            try:
                self._listen()
            except (RedisError, OSError) as error:
                self._became("down", type(error).__name__)
            except Exception:
                log.exception("Redis could not be listened to")
                self._became("down", "an error inside Quadra")
            pause = 0.1 if self._monotonic() - began > BREAK_S else min(pause * 2, LONGEST_PAUSE_S)
            self._runtime.sleep(pause)

    def _listen(self) -> None:
        """Connect and hand on what comes; raises RedisError when Redis falls silent."""
        client: Any = self._config.make_client()  # the library gives no types here
        try:
            with client.pubsub() as heard:
                heard.subscribe(*(self._channel + topic for topic in self._followers))
                self._hear(heard)
        finally:
            client.close()

    def _hear(self, heard: PubSub) -> None:
        alive = self._monotonic()
        while True:
            message = heard.get_message(timeout=PING_EVERY_S)
            if message is None:
                if self._monotonic() - alive > PING_EVERY_S + ANSWER_WITHIN_S:
                    msg = "no answer to a ping"
                    raise redis.exceptions.TimeoutError(msg)
                heard.ping()
                continue
            alive = self._monotonic()
            if message["type"] == "message":
                self._hand_on(message["channel"].decode(), message["data"])
            else:
                self._became("ok")

    def _hand_on(self, channel: str, data: bytes) -> None:
        topic = channel.removeprefix(self._channel)
        mark, message = data[:_MARK_BYTES], data[_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(topic, message)):
            if not self._forged:
                log.warning("A message in Redis is not of this installation; such are ignored")
            self._forged = True
            return
        try:
            self._followers[topic](message)
        except Exception:
            log.exception("A message of another process could not be used")

    def _became(self, name: LinkName, why: str = "") -> None:
        if self.state.name == name:
            return
        before, self.state = self.state, LinkState(name, self._clock())
        if name == "down":
            log.warning(
                "Redis does not answer (%s); each process goes on by itself, nothing is lost", why
            )
        elif before.name == "down":
            log.warning("Redis is back after %.1f s", self.state.since - before.since)
        self._on_change(self.state)
