"""Thousands of connections may end at once: those that stay do not wait for them."""

from __future__ import annotations

import gc
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
