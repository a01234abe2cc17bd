"""The same small set on every event loop: nothing outside may know which one is in use."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scripts import live_load
from tests.e2e.clients import (
    Browserlike,
    come_back_while_samples_pour_in,
    history,
    live,
    make_token,
    problem,
    push,
)
from tests.servers.process import plain_environment
from tests.servers.quadra import QuadraServer, run
from tests.timing import Stopwatch

LOOPS = ("eventlet", "gevent", "threading")


@pytest.fixture(scope="module", params=LOOPS)
def server(request: pytest.FixtureRequest) -> Iterator[QuadraServer]:
    with QuadraServer(ASYNC_MODE=request.param, RATELIMIT_ENABLED="false") as running:
        yield running


def test_samples_are_kept_and_read_back(server: QuadraServer) -> None:
    push(server, "on_this_loop", 4.5)
    assert [[4.5]] == [line["values"] for line in history(server, "on_this_loop")]


@pytest.mark.parametrize("form", ["json", "binary"])
def test_samples_arrive_live(server: QuadraServer, form: str) -> None:
    with live(server) as console:
        assert console.subscribe(f"live_{form}", format=form)["ok"] is True
        push(server, f"live_{form}", 1)
        assert {"seq", "t", "id", "v"} == set(console.wait_for("samples"))


def test_many_senders_at_once_are_all_answered_and_all_kept(server: QuadraServer) -> None:
    def send(number: int) -> None:
        push(server, "many", float(number), n=str(number))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, range(300)))
    assert 300 == len(history(server, "many"))


@pytest.mark.parametrize("form", ["json", "binary"])
def test_the_answer_comes_first_and_all_consoles_are_sent_the_same(
    server: QuadraServer, form: str
) -> None:
    """The load client ends at anything that comes before the answer to its subscription."""
    name = f"for_all_{form}"
    stop = threading.Event()

    def pour() -> None:
        while not stop.is_set():
            push(server, name, 1)

    thread = threading.Thread(target=pour)
    thread.start()
    try:
        wish = live_load.Wish(server.port, server.token, name, form)
        found = live_load.run(wish, 40, 1.0, stuck=0, timed=False)
    finally:
        stop.set()
        thread.join(10)
    assert [0, 0, 0, 0] == [found[key] for key in ("wrong", "skipped", "resyncs", "closed")]
    assert found["deliveries"] >= 40 * 5


def test_coming_back_while_samples_pour_in_loses_and_doubles_none(server: QuadraServer) -> None:
    come_back_while_samples_pour_in(server, "poured", rounds=3)


def test_without_a_credential_nothing_is_open(server: QuadraServer) -> None:
    someone = Browserlike(server)
    problem(someone.get("/api/v1/status"), 401, "unauthorized")
    assert 303 == someone.sign_in(server.token).status_code
    assert 200 == someone.get("/api/v1/status").status_code


def test_a_revoked_token_cuts_its_connection(server: QuadraServer) -> None:
    number, token = make_token(server, "read")
    with live(server, token) as console:
        server.session.delete(f"{server.url}/api/v1/tokens/{number}")
        console.wait_for("disconnect", timeout=5)


def test_a_body_in_chunks_is_read(server: QuadraServer) -> None:
    parts = iter([b'{"samples":[{"name":"in_chunks",', b'"value":1}]}'])
    headers = {"Content-Type": "application/json"}
    assert 200 == server.post("/api/v1/samples", data=parts, headers=headers).status_code


def test_it_stops_in_order_and_has_kept_all(server: QuadraServer) -> None:
    push(server, "last_words", 1)
    with Stopwatch(server.process.pid) as watch:
        assert 0 == server.terminate()
    assert watch.seconds < 3
    assert "Traceback" not in server.output()
    server.restart()
    assert [[1.0]] == [line["values"] for line in history(server, "last_words")]


def test_libraries_for_others_are_left_out_and_still_to_be_had() -> None:
    program = (
        "import sys\n"
        "from quadra.web.serving import load_socketio\n"
        "load_socketio()\n"
        "assert 'flask_socketio' in sys.modules\n"
        "assert not {'redis', 'requests', 'websocket'} & set(sys.modules)\n"
        "import redis, requests, websocket\n"
        "assert redis.Redis and requests.Session and websocket.WebSocket\n"
    )
    done = run([sys.executable, "-W", "ignore", "-c", program], env=plain_environment())
    assert (0, "") == (done.returncode, done.stderr)
