"""The live stream as the browsers' own library meets it, run by Node."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients import make_token, push
from tests.servers.process import Process, plain_environment
from tests.servers.programs import FRONTEND, node
from tests.servers.quadra import QuadraServer

Connect = Callable[..., "NodeClient"]


class NodeClient(Process):
    """A socket.io-client that tells what comes."""

    def heard(self, event: str, *, timeout: float = 5) -> Any:
        line = self.wait_for_line(rf'^{{"event":"{event}".*$', timeout=timeout)
        return json.loads(line.group())["data"]


@pytest.fixture
def connect(server: QuadraServer, tmp_path: Path) -> Iterator[Connect]:
    running: list[NodeClient] = []

    def one(token: str, **wish: Any) -> NodeClient:
        script = Path(__file__).with_name("live_client.mjs")
        command = [node("socket.io-client"), str(script), server.url, token, json.dumps(wish)]
        env = plain_environment()
        client = NodeClient(command, log=tmp_path / "node.log", env=env, cwd=FRONTEND)
        running.append(client)
        return client

    yield one
    for client in running:
        client.close()


@pytest.mark.parametrize("form", ["json", "binary"])
def test_what_is_posted_arrives(server: QuadraServer, connect: Connect, form: str) -> None:
    client = connect(server.token, series=[f"node_{form}"], format=form)
    assert client.heard("subscribed")["ok"] is True
    push(server, f"node_{form}", 2.5, t=float(int(time.time())))
    (series,) = client.heard("series")["series"]
    frame = client.heard("samples")
    assert ([series["id"]], [2.5]) == (frame["id"], frame["v"])
    assert 0 == frame["t"][0] % 1000


@pytest.mark.parametrize("token", ["", "wrong-token-wrong-token"])
def test_without_a_good_token_there_is_an_error_and_no_data(
    server: QuadraServer, connect: Connect, token: str
) -> None:
    client = connect(token, series=["secret"])
    assert client.heard("refused")
    assert 0 == client.wait(5)
    assert "samples" not in client.output


def test_with_the_wrong_scope_there_is_an_error_and_no_data(
    server: QuadraServer, connect: Connect
) -> None:
    client = connect(make_token(server, "ingest")[1], series=["secret"])
    assert client.heard("refused")
    assert 0 == client.wait(5)
    assert "samples" not in client.output


def test_a_wish_that_makes_no_sense_is_refused_with_a_code(
    server: QuadraServer, connect: Connect
) -> None:
    answer = connect(server.token, series=["{oops"]).heard("subscribed")
    assert (False, "bad_selector") == (answer["ok"], answer["code"])


def test_a_revoked_token_cuts_the_connection(server: QuadraServer, connect: Connect) -> None:
    number, token = make_token(server, "read")
    client = connect(token, series=["up"])
    assert client.heard("subscribed")["ok"] is True
    server.session.delete(f"{server.url}/api/v1/tokens/{number}")
    assert client.heard("disconnect", timeout=5)
