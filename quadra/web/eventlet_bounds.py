"""What eventlet's own server lets a visitor do, bounded.

It keeps a chunk's head of any length, and never gives the loop back while a fast sender keeps
data ready. Imported only when eventlet is the loop.
"""

from __future__ import annotations

import re
from typing import Any

import eventlet
from eventlet import wsgi

from quadra.web.connection_bounds import FREE_BUFFERS

MAX_CHUNK_LINE = 1_024
MAX_DISCARDED_BYTES = 1 << 20
MAX_TRAILERS = 64
_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_YIELD_EVERY = 32


def install() -> None:
    """Put the bounded part in the place of eventlet's; call it once, before serving."""
    wsgi.Input = BoundedInput


class _Lines:
    """The lines between the chunks of a body: short, and what they must be.

    By turns the size of a chunk and the end of its data; behind a size of zero come trailers.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._count = 0
        self._trailers: int | None = None
        self._is_size = True

    def readline(self) -> bytes:
        line: bytes = self._stream.readline(MAX_CHUNK_LINE + 1)
        if len(line) > MAX_CHUNK_LINE or not self._fits(line):
            msg = "a chunk begins with nonsense"
            raise wsgi.ChunkReadError(msg)
        self._count += 1
        if self._count % _YIELD_EVERY == 0:
            eventlet.sleep(0)
        return line

    def _fits(self, line: bytes) -> bool:
        if self._trailers is not None:
            self._trailers += 1
            return self._trailers <= MAX_TRAILERS
        if not self._is_size:
            self._is_size = True
            return line in (b"\r\n", b"\n")
        size = _SIZE.fullmatch(line)
        self._is_size = False
        if size is not None and int(size[1], 16) == 0:
            self._trailers = 0
        return size is not None


class LeanProtocol(wsgi.HttpProtocol):  # type: ignore[misc]  # has no types
    """Lets a websocket give back the buffers of the request that it began as."""

    def get_environ(self) -> dict[str, Any]:
        """Give the environment, with a way to free what only HTTP needs (24 KB a connection)."""
        environ: dict[str, Any] = super().get_environ()
        environ[FREE_BUFFERS] = self._free_buffers
        return environ

    def _free_buffers(self) -> None:
        self.rfile.close()
        self.wfile.close()

    def finish(self) -> None:
        """End, and leave nothing that leads back here: then no collector is needed to free it."""
        try:
            super().finish()
        finally:
            self.__dict__.clear()


class BoundedInput(wsgi.Input):  # type: ignore[misc]  # has no types
    """A request's body whose chunks are bounded, and whose rest is not read for ever."""

    _lines: _Lines | None = None

    def _chunked_read(self, rfile: Any, *args: Any) -> bytes:
        if self._lines is None:
            self._lines = _Lines(rfile)
        found: bytes = super()._chunked_read(self._lines, *args)
        eventlet.sleep(0)
        return found

    def discard(self, buffer_size: int = 16_384) -> None:
        """Read on to the next request, a little; raises ChunkReadError where it is far."""
        left = MAX_DISCARDED_BYTES
        while portion := self.read(buffer_size):
            left -= len(portion)
            if left < 0:
                msg = "nobody wants so long a body"
                raise wsgi.ChunkReadError(msg)
