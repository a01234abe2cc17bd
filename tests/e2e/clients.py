"""How the tests speak to Quadra from outside."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import engineio
import requests
import socketio

from tests.servers.quadra import QuadraServer

PROBLEM = "application/problem+json"


def problem(response: requests.Response, status: int, code: str) -> dict[str, Any]:
    """Hold an answer to be this problem, in the shape of the public contract; give its body."""
    assert PROBLEM == response.headers["Content-Type"], response.text[:300]
    body: dict[str, Any] = response.json()
    assert (status, status, code) == (response.status_code, body["status"], body["code"])
    assert body["title"]
    assert body["detail"]
    assert body["type"].endswith(code)
    return body


def stranger(server: QuadraServer, method: str, path: str, **options: Any) -> requests.Response:
    """Ask without any credential, and follow no redirect."""
    chosen = {"allow_redirects": False} | options
    timeout = chosen.pop("timeout", 10)
    return requests.request(method, server.url + path, timeout=timeout, **chosen)


def bearing(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **headers}


def make_token(server: QuadraServer, *scopes: str, **more: Any) -> tuple[int, str]:
    """Make a token; give its id and secret."""
    made = server.post("/api/v1/tokens", json={"name": "a test", "scopes": scopes, **more})
    assert 201 == made.status_code, made.text
    return made.json()["id"], made.json()["token"]


def push(
    server: QuadraServer,
    name: str,
    value: float,
    /,
    labels: Mapping[str, str] | None = None,
    t: float | None = None,
    **more: str,
) -> None:
    """Send one sample; it is stored when this returns."""
    sample: dict[str, Any] = {"name": name, "labels": {**(labels or {}), **more}, "value": value}
    if t is not None:
        sample["timestamp"] = t
    answer = server.post("/api/v1/samples", json={"samples": [sample]})
    assert 200 == answer.status_code, answer.text


def history(server: QuadraServer, match: str, **query: Any) -> list[dict[str, Any]]:
    """Read the past of all days that may hold test data."""
    span = {"start": time.time() - 86_400, "end": time.time() + 600}
    answer = server.get("/api/v1/history", params={"match": match, **span, **query})
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["series"]
    return found


class Browserlike:
    """A session with cookies, as a browser has it: signed in, and with the page's CSRF token."""

    def __init__(self, server: QuadraServer) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.server.url + path, **({"timeout": 10} | options))

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        chosen = {"timeout": 10, "allow_redirects": False} | options
        return self.session.request(method, self.server.url + path, **chosen)

    def sign_in(self, token: str) -> requests.Response:
        return self.request("POST", "/login", data={"token": token})

    @property
    def cookie(self) -> str | None:
        return self.session.cookies.get("quadra_session")


class _InOrder(engineio.Client):  # type: ignore[misc]  # the library has no types
    """The library handles each message in a thread of its own, which loses their order."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *args, **(options | {"run_async": False}))


class _OrderedClient(socketio.Client):  # type: ignore[misc]  # the same
    def _engineio_client_class(self) -> type[engineio.Client]:
        return _InOrder


class Live:
    """A live connection whose events can be waited for."""

    def __init__(self, *, origin: str | None = None, cookie: str | None = None) -> None:
        options = {"origin": origin, "cookie": cookie and f"quadra_session={cookie}"}
        self.client = _OrderedClient(
            reconnection=False,
            websocket_extra_options={name: value for name, value in options.items() if value},
        )
        self.events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.seen: list[tuple[str, Any]] = []
        self.client.on("*", self._on_event)
        self.client.on("disconnect", self._on_disconnect)

    def _on_event(self, event: str, *data: Any) -> None:
        self.events.put((event, data[0] if data else None))

    def _on_disconnect(self, *_reason: Any) -> None:
        self.events.put(("disconnect", None))

    def close(self) -> None:
        self.client.disconnect()
        if self.client.eio.ws is not None:  # where the server was first, the library leaves it open
            self.client.eio.ws.shutdown()

    def subscribe(self, *selectors: str, **wish: Any) -> dict[str, Any]:
        ack: dict[str, Any] = self.client.call(
            "subscribe", {"series": list(selectors), **wish}, timeout=10
        )
        return ack

    def wait_for(self, event: str, *, timeout: float = 15) -> Any:
        """Give the data of the next event of this name; others before it are only noted."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                found = self.events.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                message = f"no {event!r} within {timeout:g} s; came: {self.seen[-10:]}"
                raise AssertionError(message) from None
            self.seen.append(found)
            if found[0] == event:
                return found[1]

    def samples(self, count: int, *, timeout: float = 15) -> list[tuple[int, int, float]]:
        """Give the next `count` samples of JSON frames as (id, unix ms, value)."""
        found: list[tuple[int, int, float]] = []
        deadline = time.monotonic() + timeout
        while len(found) < count:
            frame = self.wait_for("samples", timeout=deadline - time.monotonic())
            found += zip(frame["id"], frame["t"], frame["v"], strict=True)
        return found

    def samples_until(self, value: float) -> list[tuple[int, int, float]]:
        """Give the samples of JSON frames up to and with the first of this value."""
        found = self.samples(1)
        while value not in [v for _id, _t, v in found]:
            found += self.samples(1)
        return found

    def drain(self) -> list[tuple[str, Any]]:
        """Give what has come by now, after a round trip has shown that nothing is under way."""
        self.client.call("nothing", timeout=10)
        while not self.events.empty():
            self.seen.append(self.events.get_nowait())
        return self.seen


@contextmanager
def live(server: QuadraServer, token: str | None = None, **who: str | None) -> Iterator[Live]:
    """Connect, with the administrator's token unless told otherwise; disconnect at the end."""
    made = Live(**who)
    auth = None if "cookie" in who else {"token": token or server.token}
    try:
        made.client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=5)
        yield made
    finally:
        made.close()


def come_back_while_samples_pour_in(server: QuadraServer, name: str, *, rounds: int) -> None:
    """Connect, take two frames and leave, again and again; hold what came to be all, once."""
    with live(server) as console:
        console.subscribe(name)
        push(server, name, -1)
        last = console.wait_for("samples")["seq"]
    stop = threading.Event()
    sent: list[float] = []

    def pour() -> None:
        while not stop.is_set():
            push(server, name, float(len(sent)))
            sent.append(float(len(sent)))

    thread = threading.Thread(target=pour)
    thread.start()
    got: list[float] = []
    try:
        for _ in range(rounds):
            with live(server) as console:
                console.subscribe(name, since=last)
                frames = [console.wait_for("samples") for _ in range(2)]
            # What was taken off the queue counts, as in a browser that was closed there.
            got += [v for frame in frames for v in frame["v"]]
            last = frames[-1]["seq"]
    finally:
        stop.set()
        thread.join(20)
    if len(got) < len(sent):
        with live(server) as console:
            console.subscribe(name, since=last)
            got += [v for _id, _t, v in console.samples_until(sent[-1])]
    assert sent == got
