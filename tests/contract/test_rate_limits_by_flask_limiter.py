"""Limits on routes of one's own: Flask-Limiter counts them in the Redis that Quadra uses."""

from __future__ import annotations

import pytest
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from tests.servers.redis import redis_server


def app_on(storage: str) -> Flask:
    app = Flask(__name__)
    limiter = Limiter(
        app=app,
        key_func=get_remote_address,
        storage_uri=storage,
        default_limits=["200 per day", "50 per hour"],
    )

    @app.route("/api/train")
    @limiter.limit("10 per minute")
    def train() -> ResponseReturnValue:
        return jsonify({"status": "started"})

    return app


def ask(app: Flask, times: int) -> list[int]:
    with app.test_client() as client:
        return [client.get("/api/train").status_code for _ in range(times)]


def test_in_memory_one_process_counts_for_itself() -> None:
    assert [200] * 10 + [429] * 2 == ask(app_on("memory://"), 12)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # its connections end with the process
def test_over_redis_two_processes_count_together() -> None:
    with redis_server() as redis:
        storage = f"redis://:{redis.password}@127.0.0.1:{redis.port}"
        one, other = app_on(storage), app_on(storage)
        assert [200] * 6 == ask(one, 6)
        assert [200] * 4 + [429] * 2 == ask(other, 6)
