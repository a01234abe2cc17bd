"""Bounds beneath HTTP and Socket.IO: on what one connection may send, and a way to cut it."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

MAX_MESSAGE_BYTES = 65_536
FREE_BUFFERS = "quadra.free_buffers"


def cut(environ: dict[str, Any]) -> None:
    """Shut down the connection of a websocket's request, whatever it is doing."""
    raw = socket_of(environ)
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)


def end_of_http(environ: dict[str, Any]) -> None:
    """Free what served the request only: a websocket has taken its connection over for good.

    So no server takes what the client sends last for another request.
    """
    free = environ.pop(FREE_BUFFERS, None)
    if free is not None:
        free()
    elif "werkzeug.socket" not in environ:
        stream = environ["wsgi.input"]
        getattr(stream, "rfile", stream).close()


def socket_of(environ: dict[str, Any]) -> Any:
    """Give the connection on which a request came, as its loop knows it."""
    if "eventlet.input" in environ:
        return environ["eventlet.input"].get_socket()
    if "werkzeug.socket" in environ:
        return environ["werkzeug.socket"]
    stream = environ.get("wsgi.input")
    stream = getattr(stream, "rfile", stream)  # gevent
    return getattr(getattr(stream, "raw", None), "_sock", None)
