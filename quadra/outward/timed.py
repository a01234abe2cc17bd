"""Sockets with one moment until which all must be done, however slowly bytes drip."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import Any

from quadra.outward.egress import Address

_CHUNK = 65_536


class Deadline:
    """The moment at which an exchange has taken too long."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        """Begin now; ``monotonic`` gives seconds."""
        self.seconds = seconds
        self._monotonic = monotonic
        self._at = monotonic() + seconds

    def left(self) -> float:
        """Give the seconds left; raises TimeoutError when there are none."""
        left = self._at - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Timed(io.RawIOBase):
    """A socket's stream that ends with the deadline, however slowly its bytes drip."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv_into(buffer)


class Wire:
    """What http.client uses of a socket."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        """Wire."""
        self._socket = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all before the deadline."""
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give the stream of what comes back."""
        return io.BufferedReader(_Timed(self._socket, self._deadline), _CHUNK)

    def close(self) -> None:
        """Whoever opened the socket closes it."""


def connect(addresses: list[Address], deadline: Deadline) -> socket.socket:
    """Connect to the first address that takes us; each has its share of the time left."""
    for n, address in enumerate(addresses):
        is_last = n + 1 == len(addresses)
        connection = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left() / (len(addresses) - n))
            connection.connect((address.ip, address.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connection.close()
            if is_last:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError
