"""The network between a client and a server, which can be taken away."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

PIECE = 65_536


class Relay:
    """Hands bytes on between its own port and another, until told to hold or to cut them."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._to = port
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._is_up = True
        self._ends: set[socket.socket] = set()
        self._ended = False
        self.refused = 0
        """How many connections were not taken, because it was cut."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hold(self) -> None:
        """Let nothing through, and tell nobody: a cable that was pulled."""
        self._flows.clear()

    def let_go(self) -> None:
        """Let through what was held, and all that follows."""
        self._flows.set()

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        self._is_up = False
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again."""
        self._is_up = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._flows.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            try:
                if not self._is_up:
                    self.refused += 1
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._to), timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._ends |= {near, far}
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, a: socket.socket, b: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := a.recv(PIECE):
                self._flows.wait()
                b.sendall(data)
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends -= {a}
        a.close()
