"""Thousands of connections may end at once: those that stay do not wait for them."""

from __future__ import annotations

import gc
import socket
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from quadra.web.live.driver import Driver
from tests.unit.fakes import TaskOverError, ThreadRuntime


class Engine:
    """As much of an engine.io server as the driver touches here."""

    class reason:  # noqa: N801 - as the library has it
        TRANSPORT_CLOSE = "transport close"

    async_mode = "eventlet"
    ping_interval = ping_timeout = 20

    def __init__(self) -> None:
        self._async: dict[str, Any] = {}
        self.handlers: dict[str, Callable[..., object]] = {"connect": lambda *_: None}
        self.sockets: dict[str, Leaving] = {}

    def on(self, name: str, handler: Callable[..., object]) -> None:
        self.handlers[name] = handler


class Leaving:
    last_ping: float | None = None

    def __init__(self, sid: str, seen: list[str], *, fails: bool = False) -> None:
        self.sid, self._seen, self._fails = sid, seen, fails

    def close(self, *, wait: bool, abort: bool, reason: str) -> None:
        assert (False, True, "transport close") == (wait, abort, reason)
        self._seen.append(self.sid)
        if self._fails:
            raise RuntimeError


class Turns(ThreadRuntime):
    """Notes each turn of the loop, and ends the task when nobody is left."""

    def __init__(self, seen: list[str], last: str) -> None:
        super().__init__()
        self._seen, self._last = seen, last

    def sleep(self, seconds: float) -> None:
        self._seen.append("turn")
        if self._last in self._seen:
            raise TaskOverError


def test_the_ends_of_connections_are_told_one_a_turn_whatever_one_of_them_does() -> None:
    seen: list[str] = []
    engine = Engine()
    driver = Driver(engine, Turns(seen, "c"), lambda: None)
    for sid in "abc":
        one = engine.sockets[sid] = Leaving(sid, seen, fails=sid == "b")
        driver._leaving.append(one)
    driver._has_left.set()
    with pytest.raises(TaskOverError):
        driver._see_off_forever()
    assert ["a", "turn", "b", "turn", "c", "turn"] == seen
    assert {} == engine.sockets


def test_a_connection_that_has_ended_is_freed_without_a_collector() -> None:
    engine = Engine()
    driver = Driver(engine, ThreadRuntime(), lambda: None)
    one = engine.sockets["a"] = Leaving("a", [])
    engine.handlers["connect"]("a", {})
    one.schedule_ping()  # type: ignore[attr-defined]
    gone = weakref.ref(one)
    gc.disable()
    try:
        driver._see_off(one)
        del one
        assert gone() is None
    finally:
        gc.enable()


def upgrading(peer: socket.socket, version: str = "13") -> dict[str, Any]:
    return {
        "werkzeug.socket": peer,
        "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
        "HTTP_SEC_WEBSOCKET_VERSION": version,
    }


def take_over(driver: Driver, one: object, environ: dict[str, Any]) -> list[str]:
    """Let the driver have a connection; gives the status that it answered with, if any."""
    said: list[str] = []
    driver._take_over(one, environ, lambda status, _headers: said.append(status))
    return said


@pytest.mark.parametrize("version", ["13", "12"])
def test_engine_io_is_told_of_a_connection_that_never_came_to_talk(version: str) -> None:
    """Else it would keep it until its ping is overdue."""
    driver = Driver(Engine(), ThreadRuntime(), lambda: None)
    one = Leaving("a", [])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caller = socket.create_connection(listener.getsockname())
        peer, _ = listener.accept()
        with caller, peer:
            peer.shutdown(socket.SHUT_WR)  # whoever it was is gone before the answer
            if version == "13":
                with pytest.raises(ConnectionError):  # so werkzeug is told that nothing is left
                    take_over(driver, one, upgrading(peer))
            else:
                said = take_over(driver, one, upgrading(peer, version))
                assert ["426 Upgrade Required"] == said
            assert [one] == list(driver._leaving)
            assert driver._has_left.is_set()
            assert peer.fileno() >= 0  # whose it is closes it
