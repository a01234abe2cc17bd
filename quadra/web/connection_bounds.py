"""Bounds beneath HTTP and Socket.IO: on what one connection may send, and a way to cut it.

The libraries below bound a frame, not a message of many frames, keep a chunk's head of any
length, and hold the loop while a fast sender keeps data ready. What is here mends that.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

MAX_MESSAGE_BYTES = 65_536


def bound(engine: Any) -> None:
    """Bound every connection of an engine.io server; call it once, before it serves."""
    if engine.async_mode == "eventlet":
        from quadra.web import eventlet_bounds  # noqa: PLC0415 - only when this loop is chosen

        eventlet_bounds.install(MAX_MESSAGE_BYTES)
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
