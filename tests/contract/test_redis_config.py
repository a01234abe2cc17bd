"""How Redis is reached, held against real servers: password, TLS, Sentinel, Socket.IO."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import socketio
from redis.exceptions import RedisError

from tests.servers.process import (
    REPOSITORY,
    Process,
    free_port,
    plain_environment,
    wait_until,
)
from tests.servers.redis import Redis, Sentinels, redis_server
from tests.timing import Stopwatch
from utils.redis_config import ANSWER_WITHIN_S, RedisConfig


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as running:
        yield running


def of(redis: Redis, **more: str) -> RedisConfig:
    """Use the single settings in place of the address."""
    return RedisConfig(
        {
            "REDIS_ENABLED": "true",
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(redis.port),
            "REDIS_PASSWORD": redis.password,
            **more,
        }
    )


def test_with_the_password_it_answers_and_without_it_does_not(redis: Redis) -> None:
    assert of(redis).health_check()
    assert RedisConfig(redis.settings).health_check()
    assert not of(redis, REDIS_PASSWORD="wrong").health_check()
    assert not of(redis, REDIS_PASSWORD="").health_check()


def test_databases_are_apart(redis: Redis) -> None:
    of(redis, REDIS_DB="1").client.set("k", "one")
    assert b"one" == of(redis, REDIS_DB="1").client.get("k")
    assert of(redis).client.get("k") is None


def test_what_is_shown_holds_no_secret(redis: Redis) -> None:
    shown = f"{RedisConfig(redis.settings)!r} {of(redis)!r} {of(redis).address!r}"
    assert redis.password not in shown
    assert str(redis.port) in shown


def test_a_redis_that_is_not_there_is_known_at_once(redis: Redis) -> None:
    with Stopwatch() as watch:
        assert not of(redis, REDIS_PORT=str(free_port())).health_check()
        assert not of(redis, REDIS_HOST="no.such.host.invalid").health_check()
    assert watch.seconds < 3


def test_a_redis_that_hangs_costs_one_time_limit(redis: Redis) -> None:
    config = of(redis)
    assert config.health_check()
    with redis.hung():
        with Stopwatch() as watch:
            assert not config.health_check()
        assert watch.seconds < ANSWER_WITHIN_S + 0.7
    assert config.health_check()


def test_a_connection_that_a_restart_has_closed_is_made_anew(redis: Redis) -> None:
    config = of(redis)
    assert config.health_check()
    redis.stop()
    assert not config.health_check()
    redis.start()
    assert config.health_check()


def test_over_tls_the_certificate_must_be_vouched_for() -> None:
    with redis_server(tls=True) as redis:
        assert RedisConfig({**redis.settings, "REDIS_SSL_CA": str(redis.ca)}).health_check()
        assert of(redis, REDIS_SSL="true", REDIS_SSL_CA=str(redis.ca)).health_check()
        assert not RedisConfig(redis.settings).health_check()
        assert not of(redis).health_check()


def test_sentinel_leads_to_the_master_also_after_a_failover(tmp_path: Path) -> None:
    with Sentinels(tmp_path) as sentinels:
        config = RedisConfig(sentinels.settings)
        former = sentinels.master()
        config.client.set("k", "kept")
        config.client.wait(2, 1000)
        former.stop()
        ends = time.monotonic() + 10
        while not config.health_check():
            assert time.monotonic() < ends
        assert b"kept" == config.client.get("k")
        assert former.port != sentinels.master().port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://host"),
        ("REDIS_URL", "redis://:6379"),
        ("REDIS_URL", "redis://h:port"),
        ("REDIS_PORT", "x"),
        ("REDIS_USE_SENTINEL", "true"),
        ("REDIS_SENTINEL_HOSTS", "a:b"),
    ],
)
def test_what_can_not_be_used_is_refused_by_name(name: str, value: str) -> None:
    blamed = "REDIS_SENTINEL_HOSTS" if "SENTINEL" in name else name
    with pytest.raises(ValueError, match=blamed):
        RedisConfig({name: value})


def test_without_redis_socket_io_needs_no_configuration() -> None:
    assert {} == RedisConfig({}).get_socketio_config()


def test_two_programs_on_flask_socketio_share_their_clients_and_recover(
    redis: Redis, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("socketio_user.py")
    ports = (free_port(), free_port())
    env = plain_environment(PYTHONPATH=str(REPOSITORY), **redis.settings)
    with contextlib.ExitStack() as stack:
        for port in ports:
            command: list[str | Path] = [sys.executable, script, str(port)]
            log = tmp_path / f"{port}.log"
            program = stack.enter_context(Process(command, log=log, env=env))
            program.wait_for_line("Running on", timeout=20)
        heard: list[int] = []
        client = socketio.Client()
        client.on("number", heard.append)
        client.connect(f"http://127.0.0.1:{ports[0]}", transports=["websocket"])
        stack.callback(client.disconnect)

        def emit(number: int) -> None:
            url = f"http://127.0.0.1:{ports[1]}/emit/{number}"
            assert "emitted" == requests.get(url, timeout=5).text

        def reaches(number: int) -> bool:
            emit(number)
            return wait_until(lambda: number in heard, timeout=0.3)

        assert wait_until(lambda: reaches(1), timeout=5)
        redis.stop()
        with Stopwatch() as watch:
            emit(2)
        assert watch.seconds < 3
        redis.start()
        assert wait_until(lambda: reaches(3), timeout=5)


def test_errors_of_the_driver_are_what_a_user_expects(redis: Redis) -> None:
    with pytest.raises(RedisError):
        of(redis, REDIS_PASSWORD="wrong").client.ping()
