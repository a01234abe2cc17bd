"""How Redis is reached: one address or Sentinel, with a password and TLS, and short time limits.

Settings come from the environment (REDIS_*). Nothing here waits long: connecting may take
``CONNECT_WITHIN_S``, an answer ``ANSWER_WITHIN_S``, so that a Redis that hangs costs whoever asks
a moment and not a request.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

CONNECT_WITHIN_S = 0.3
ANSWER_WITHIN_S = 1.0
DEFAULT_PORT = 6379
DEFAULT_SENTINEL_PORT = 26379
CHANNEL = "quadra-socketio"

_TRUE = {"1", "true", "yes", "on"}
_LONGEST_PAUSE_S = 1.0
_SCHEMES = ("redis", "rediss")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis is and how to sign in there; its secrets never show."""

    host: str
    port: int
    db: int
    username: str | None
    password: str | None
    tls: bool

    def __repr__(self) -> str:
        """Leave out who signs in and with what."""
        return f"{'rediss' if self.tls else 'redis'}://{self.host}:{self.port}/{self.db}"


class RedisConfig:
    """The REDIS_* settings, and connections made by them.

    ``RedisConfig()`` reads the environment; a mapping may be given in its place. Raises
    ValueError, which names the variable, for what can't be used.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        """Read the settings; connects to nothing yet."""
        env = os.environ if env is None else env
        self.enabled = _flag(env, "REDIS_ENABLED")
        self.use_sentinel = _flag(env, "REDIS_USE_SENTINEL")
        self.max_connections = _whole(env, "REDIS_MAX_CONNECTIONS", 50)
        self.sentinel_hosts = parse_hosts(env.get("REDIS_SENTINEL_HOSTS", ""))
        self.sentinel_master = env.get("REDIS_SENTINEL_MASTER", "").strip() or "mymaster"
        self.tls_ca = env.get("REDIS_SSL_CA", "").strip() or None
        url = env.get("REDIS_URL", "").strip()
        self.address = parse_url(url) if url else _address(env)
        if self.use_sentinel and not self.sentinel_hosts:
            msg = "REDIS_SENTINEL_HOSTS: name the sentinels, as host:port by comma"
            raise ValueError(msg)
        self._client: redis.Redis | None = None

    def __repr__(self) -> str:
        """Show where, never with which secret."""
        if not self.enabled:
            return "RedisConfig(off)"
        if self.use_sentinel:
            hosts = ",".join(f"{host}:{port}" for host, port in self.sentinel_hosts)
            return f"RedisConfig({self.sentinel_master} by sentinels {hosts})"
        return f"RedisConfig({self.address!r})"

    @property
    def client(self) -> redis.Redis:
        """The client that everybody shares; its pool connects when first used."""
        if self._client is None:
            self._client = self.make_client()
        return self._client

    def make_client(self, *, answer_within: float = ANSWER_WITHIN_S) -> redis.Redis:
        """Make a client with a pool of its own; times in seconds."""
        options = self._options(answer_within)
        if not self.use_sentinel:
            return redis.Redis(host=self.address.host, port=self.address.port, **options)
        # Sentinels are asked without the data's password: they have their own, or none.
        asking = {"socket_connect_timeout": CONNECT_WITHIN_S, "socket_timeout": CONNECT_WITHIN_S}
        make: Any = Sentinel  # the library gives no types here
        sentinel = make(
            self.sentinel_hosts,
            sentinel_kwargs={**asking, **self._tls(), "retry": Retry(NoBackoff(), 0)},
            **options,
        )
        found: redis.Redis = sentinel.master_for(self.sentinel_master)
        return found

    def health_check(self) -> bool:
        """Say whether Redis answers now; takes no longer than the time limits."""
        try:
            return bool(self.client.ping())
        except (RedisError, OSError):
            return False

    def get_socketio_config(self) -> dict[str, Any]:
        """Give what Flask-SocketIO needs to speak through Redis: ``SocketIO(app, **config)``.

        Empty when Redis is not enabled. Its listener comes back within a second of Redis, and an
        ``emit`` never waits longer than the time limits.
        """
        return {"client_manager": make_queue(self)} if self.enabled else {}

    def _options(self, answer_within: float) -> dict[str, Any]:
        return {
            "db": self.address.db,
            "username": self.address.username,
            "password": self.address.password,
            "max_connections": self.max_connections,
            "socket_connect_timeout": CONNECT_WITHIN_S,
            "socket_timeout": answer_within,
            "socket_keepalive": True,
            "protocol": 2,
            # A connection that a restart has closed is worth one more try; a time limit is not.
            "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            **self._tls(),
        }

    def _tls(self) -> dict[str, Any]:
        if not self.address.tls:
            return {}
        return {"ssl": True, "ssl_ca_certs": self.tls_ca, "ssl_check_hostname": True}


def parse_url(url: str) -> Address:
    """Read redis://[user[:password]@]host[:port][/db] or rediss://…; raises ValueError."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        parts, port = urlsplit(""), 0
    path = parts.path.strip("/") or dict(parse_qsl(parts.query)).get("db", "0")
    if parts.scheme not in _SCHEMES or not parts.hostname or not path.isdecimal():
        msg = "REDIS_URL: use redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS"
        raise ValueError(msg)
    return Address(
        parts.hostname,
        port,
        int(path),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.scheme == "rediss",
    )


def parse_hosts(text: str) -> tuple[tuple[str, int], ...]:
    """Read ``host:port`` by comma; raises ValueError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = part.rpartition(":")
        if not host:
            host, port = part, str(DEFAULT_SENTINEL_PORT)
        if not port.isdecimal() or not 0 < int(port) < 1 << 16:
            msg = f"REDIS_SENTINEL_HOSTS: {part!r} is not host:port"
            raise ValueError(msg)
        found.append((host.strip("[]"), int(port)))
    return tuple(found)


def make_queue(config: RedisConfig, channel: str = CHANNEL) -> Any:
    """Make the client manager of a Socket.IO server that shares its rooms through Redis."""
    from socketio import RedisManager  # noqa: PLC0415 - only for those who build on it

    class Queue(RedisManager):  # type: ignore[misc]  # the library has no types
        """python-socketio's manager, with our connections and a pause that stays short."""

        def _redis_connect(self) -> None:
            self.redis = config.client
            made: Any = self.redis
            self.pubsub = made.pubsub(ignore_subscribe_messages=True)
            self.connected = True

        def _redis_listen_with_retries(self) -> Iterator[dict[str, Any]]:
            pause = 0.1
            while True:
                try:
                    self._redis_connect()
                    self.pubsub.subscribe(self.channel)
                    while True:
                        message = self.pubsub.get_message(timeout=ANSWER_WITHIN_S)
                        pause = 0.1
                        if message is not None:
                            yield message
                        else:
                            self.pubsub.ping()  # shows a Redis that hangs
                except (RedisError, OSError):
                    self._get_logger().warning("Redis does not answer; trying again")
                    self.pubsub.close()
                    time.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE_S)

    return Queue(channel=channel)


def _address(env: Mapping[str, str]) -> Address:
    return Address(
        env.get("REDIS_HOST", "").strip() or "localhost",
        _whole(env, "REDIS_PORT", DEFAULT_PORT),
        _whole(env, "REDIS_DB", 0),
        None,
        env.get("REDIS_PASSWORD", "") or None,
        _flag(env, "REDIS_SSL"),
    )


def _flag(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").strip().lower() in _TRUE


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal():
        msg = f"{name}: use a whole number"
        raise ValueError(msg)
    return int(text)
