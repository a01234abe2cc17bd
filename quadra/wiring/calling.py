"""How a worker of its own hears that there is work, and says that it has news: through Redis.

Without Redis, or while it is away, the worker looks by itself each second, and those who serve
look for its news four times a second: nothing is lost, it only takes that long.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from quadra.engine.announcements import NEWS
from quadra.engine.bell import Bell
from quadra.engine.link import ROWS, WORK
from quadra.engine.ports import Runtime
from quadra.engine.threads import Threads
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.storage.installation import installation_key

RING_EVERY_S = 0.05


def call_through_redis(settings: Settings, database: Database, bell: Bell) -> Callable[[], None]:
    """Have the bell rung when others have written; gives what tells them of news."""
    if not settings.redis_enabled:
        return lambda: None
    from quadra.storage.redis_link import RedisLink  # noqa: PLC0415 - takes time and memory
    from utils.redis_config import RedisConfig  # noqa: PLC0415 - as above

    runtime = Threads(1)
    config, key = RedisConfig(settings.redis()), installation_key(database)
    link = RedisLink(config, key, runtime, time.time, time.monotonic, lambda _state: bell.ring())
    ring = damped(bell.ring, runtime)
    for topic in (ROWS, WORK):
        link.follow(topic, lambda _message: ring())
    link.start()
    return lambda: link.publish(NEWS, b"")


def damped(ring: Callable[[], None], runtime: Runtime) -> Callable[[], None]:
    """Give a call that has ``ring`` called soon, but not more often than is of use."""
    called = runtime.signal()

    def ring_forever() -> None:
        while True:
            called.wait()
            called.clear()
            ring()
            runtime.sleep(RING_EVERY_S)

    runtime.spawn(ring_forever)
    return called.set
