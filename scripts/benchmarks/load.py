"""Sends prepared HTTP requests over several kept connections as fast as they are answered."""

from __future__ import annotations

import math
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_READ = 65_536


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was answered within the time: requests, seconds, and the latencies in seconds."""

    requests: int
    seconds: float
    latencies: list[float]


def request(path: str, token: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Build one POST."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + _HEAD_END + body


def drive(port: int, bodies: Sequence[Sequence[bytes]], seconds: float | None) -> Outcome:
    """Let every connection send its requests in turn, one at a time, for ``seconds``.

    None lets each be sent once. ``bodies`` holds a list of whole requests for each connection.
    Raises RuntimeError at the first answer that is not a 2xx.
    """
    chooser = selectors.DefaultSelector()
    lanes = [_Lane(port, requests) for requests in bodies]
    for lane in lanes:
        chooser.register(lane.socket, selectors.EVENT_READ, lane)
    latencies: list[float] = []
    began = time.perf_counter()
    for lane in lanes:
        lane.send()
    until = math.inf if seconds is None else began + seconds
    waiting = len(lanes)
    while waiting:
        for key, _events in chooser.select(10):
            lane = key.data
            if not lane.answered():
                continue
            now = time.perf_counter()
            latencies.append(now - lane.sent_at)
            if now < until and not (seconds is None and lane.is_done):
                lane.send()
            else:
                waiting -= 1
    took = time.perf_counter() - began
    for lane in lanes:
        lane.socket.close()
    return Outcome(len(latencies), took, latencies)


@contextmanager
def lane(port: int) -> Iterator[Callable[[bytes], None]]:
    """Open one connection; gives what posts a whole request over it and waits for the answer."""
    one = _Lane(port, [])

    def post(request: bytes) -> None:
        one.socket.sendall(request)
        while not one.answered():
            pass

    try:
        yield post
    finally:
        one.socket.close()


class _Lane:
    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._requests = requests
        self._next = 0
        self._read = b""

    @property
    def is_done(self) -> bool:
        """Say whether each request was sent."""
        return self._next >= len(self._requests)

    def send(self) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(self._requests[self._next % len(self._requests)])
        self._next += 1

    def answered(self) -> bool:
        """Read on; say whether the answer is whole."""
        data = self.socket.recv(_READ)
        if not data:
            msg = "the server closed a connection"
            raise RuntimeError(msg)
        self._read += data
        head, found, rest = self._read.partition(_HEAD_END)
        if not found:
            return False
        length = next(
            (int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")),
            0,
        )
        if len(rest) < length:
            return False
        status = head.split(b" ", 2)[1]
        if not status.startswith(b"2"):
            msg = f"answered {status.decode()}: {rest[:200].decode(errors='replace')}"
            raise RuntimeError(msg)
        self._read = b""
        return True
