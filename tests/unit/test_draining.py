"""Closing a listening socket: who has called is taken up, who comes later is kept out."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from quadra.web.draining import DRAIN_WITHIN_S, drain, waiting


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_who_stands_in_the_queue_is_counted(listener: socket.socket) -> None:
    assert waiting(listener) == 0
    with (
        socket.create_connection(listener.getsockname()),
        socket.create_connection(listener.getsockname()),
    ):
        assert waiting(listener) == 2
        listener.accept()[0].close()
        assert waiting(listener) == 1


def test_it_returns_once_the_queue_has_been_taken_up(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    taken: list[socket.socket] = []

    def take() -> None:
        if waiting(listener):
            taken.append(listener.accept()[0])

    monkeypatch.setattr("quadra.web.draining.time.sleep", lambda _: take())
    drain(listener)
    assert 3 == len(taken)
    listener.close()
    for caller, served in zip(callers, taken, strict=True):
        served.sendall(b"answer")
        served.close()
        assert b"answer" == caller.recv(10)
        caller.close()


def test_nobody_new_gets_in_and_who_is_in_can_go_on(listener: socket.socket) -> None:
    caller = socket.create_connection(listener.getsockname())
    served, _ = listener.accept()
    drain(listener)
    with pytest.raises(TimeoutError):
        socket.create_connection(listener.getsockname(), timeout=0.05)
    caller.sendall(b"asked")
    assert b"asked" == served.recv(10)
    caller.close()
    served.close()


def test_a_server_that_accepts_nothing_does_not_hold_it_up(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("quadra.web.draining.time.monotonic", lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("quadra.web.draining.time.sleep", pass_time)
    with socket.create_connection(listener.getsockname()):
        drain(listener)
    assert now[0] == pytest.approx(DRAIN_WITHIN_S, abs=0.02)


def test_a_system_without_these_calls_closes_as_it_always_did() -> None:
    class Elsewhere:
        def setsockopt(self, *_: object) -> None:
            raise OSError

    drain(Elsewhere())  # type: ignore[arg-type]
