"""Bounds on what one websocket may send, and a way to cut it, for every event loop.

The websocket libraries bound a frame, not a message of many frames, and hold the loop while a
fast sender keeps data ready. What is here mends both, beneath Socket.IO.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from quadra.settings import AsyncMode

MAX_MESSAGE_BYTES = 65_536
MAX_FRAGMENTS = 64
MAX_BYTES_A_SECOND = 524_288
MAX_FRAMES_A_SECOND = 1_000
_TOO_BIG, _POLICY = 1009, 1008


def bound(mode: AsyncMode, engine: Any) -> None:
    """Bound every socket of an engine.io server; call it once, before it serves."""
    if mode == "eventlet":
        _bound_eventlet()
        return
    driver = engine._async["websocket"]  # noqa: SLF001 - its only way to give a size

    def bounded(handler: object, server: object) -> object:
        made = driver(handler, server)
        made.server_args["max_message_size"] = MAX_MESSAGE_BYTES
        return made

    engine._async = {**engine._async, "websocket": bounded}  # noqa: SLF001 - as above


def cut(environ: dict[str, Any]) -> None:
    """Shut down the connection of a websocket's request, whatever it is doing."""
    raw = _raw_socket(environ)
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)


def _raw_socket(environ: dict[str, Any]) -> Any:
    if "eventlet.input" in environ:
        return environ["eventlet.input"].get_socket()
    if "werkzeug.socket" in environ:
        return environ["werkzeug.socket"]
    stream = environ.get("wsgi.input")
    stream = getattr(stream, "rfile", stream)  # gevent
    return getattr(getattr(stream, "raw", None), "_sock", None)


def _bound_eventlet() -> None:
    import eventlet  # noqa: PLC0415 - only when this loop is chosen
    from eventlet import websocket  # noqa: PLC0415 - only when this loop is chosen

    class BoundedWebSocket(websocket.RFC6455WebSocket):  # type: ignore[misc]  # has no types
        """Counts what comes, and gives the loop back after every frame."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._second = 0.0
            self._bytes = self._frames = 0

        def _recv_frame(self, message: Any = None) -> Any:
            found = super()._recv_frame(message)
            size = sum(map(len, found.data))
            fragments = getattr(found, "fragments", 0) + 1
            found.fragments = fragments
            if size > MAX_MESSAGE_BYTES or fragments > MAX_FRAGMENTS:
                raise websocket.FailedConnectionError(_TOO_BIG, "The message is too large.")
            self._count(len(found.data[-1]) if found.data else 0)
            eventlet.sleep(0)  # data that is always ready would never let others run
            return found

        def _count(self, size: int) -> None:
            now = time.monotonic()
            if now - self._second >= 1:
                self._second, self._bytes, self._frames = now, 0, 0
            self._bytes += size
            self._frames += 1
            if self._bytes > MAX_BYTES_A_SECOND or self._frames > MAX_FRAMES_A_SECOND:
                raise websocket.FailedConnectionError(_POLICY, "Too much in one second.")

    websocket.RFC6455WebSocket = BoundedWebSocket
    # Browsers offer compression for live frames; it costs ten times the frame itself.
    websocket.WebSocketWSGI._negotiate_permessage_deflate = lambda *_args: None  # noqa: SLF001
