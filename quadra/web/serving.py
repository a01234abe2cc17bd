"""The event loops Quadra can run on. This module alone knows which one is in use.

``make_runtime`` gives the engine its ``Runtime``; ``serve`` accepts connections until told to
stop. The interpreter must have been patched before (see ``patch``).
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import resource
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from quadra.engine.ports import Runtime, Signal
from quadra.engine.threads import Threads
from quadra.errors import SettingsError
from quadra.settings import AsyncMode
from quadra.web.framing import StrictRequests

P = ParamSpec("P")
T = TypeVar("T")
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

NATIVE_THREADS = 32
MAX_CONNECTIONS = 20_000
IDLE_CONNECTION_S = 75
SILENT_REQUEST_S = 30
WANTED_FILES = 65_536
_FILES_OF_OUR_OWN = 256
_ACCEPT_PAUSE_S = 0.1
_PASSING = {
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.ECONNABORTED,
    errno.ECONNRESET,
    errno.EPIPE,
    errno.EPROTO,
}


_FOR_OTHERS = ("aiohttp", "kombu", "redis", "requests", "valkey", "websocket")


def patch(mode: str) -> None:
    """Patch the standard library for a loop; must come before anything else is imported.

    Database drivers always run on native threads here, so they are told to wait there and not
    on the loop.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", str(NATIVE_THREADS))
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_c")
    if mode == "eventlet":
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="\\s*Eventlet is deprecated")  # known
            import eventlet  # noqa: PLC0415 - only when this loop is chosen
        eventlet.monkey_patch()
    elif mode == "gevent":
        from gevent import monkey  # noqa: PLC0415 - only when this loop is chosen

        monkey.patch_all()


def load_socketio() -> None:
    """Load Socket.IO without what it loads for clients and for managers of other processes.

    None of that is used here: 14 MB, and a seventh of the time that a start takes. Whoever wants
    those libraries later gets them all the same. Must come before anything else imports it.
    """
    hidden = [name for name in _FOR_OTHERS if name not in sys.modules]
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules |= dict.fromkeys(hidden)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="\\s*Eventlet is deprecated")  # known
            importlib.import_module("flask_socketio")
    finally:
        for name in hidden:
            del modules[name]


def make_runtime(mode: AsyncMode) -> Runtime:
    """Give the runtime of a loop."""
    kinds: dict[AsyncMode, Callable[[], Runtime]] = {
        "eventlet": _Eventlet,
        "gevent": _Gevent,
        "threading": lambda: Threads(NATIVE_THREADS),
    }
    return kinds[mode]()


class _Eventlet:
    def spawn(self, task: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        import eventlet  # noqa: PLC0415 - only when this loop is chosen

        eventlet.spawn(task, *args, **kwargs)

    def sleep(self, seconds: float) -> None:
        import eventlet  # noqa: PLC0415 - only when this loop is chosen

        eventlet.sleep(max(seconds, 0))

    def offload(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        from eventlet import tpool  # noqa: PLC0415 - only when this loop is chosen

        return cast("T", tpool.execute(work, *args, **kwargs))

    def signal(self) -> Signal:
        return _EventletSignal()


class _EventletSignal:
    """eventlet's own one-shot event, made anew when lowered: a third of the cost of its Event."""

    def __init__(self) -> None:
        from eventlet.event import Event  # noqa: PLC0415 - only when this loop is chosen

        self._make = Event
        self._event = Event()

    def set(self) -> None:
        if not self._event.ready():
            self._event.send()

    def clear(self) -> None:
        if self._event.ready():
            self._event = self._make()

    def is_set(self) -> bool:
        return bool(self._event.ready())

    def wait(self, timeout: float | None = None) -> bool:
        self._event.wait(timeout)
        return self.is_set()


class _Gevent:
    def __init__(self) -> None:
        from gevent.threadpool import ThreadPool  # noqa: PLC0415 - only when this loop is chosen

        self._pool = ThreadPool(NATIVE_THREADS)

    def spawn(self, task: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        import gevent  # noqa: PLC0415 - only when this loop is chosen

        gevent.spawn(task, *args, **kwargs)

    def sleep(self, seconds: float) -> None:
        import gevent  # noqa: PLC0415 - only when this loop is chosen

        gevent.sleep(max(seconds, 0))

    def offload(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = self._pool.apply(work, args, kwargs)
        return result

    def signal(self) -> Signal:
        from gevent.event import Event  # noqa: PLC0415 - only when this loop is chosen

        return cast("Signal", Event())


def raise_file_limit() -> None:
    """Let this process open as many files, and so connections, as it is allowed to ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _most_connections() -> int:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(min(MAX_CONNECTIONS, soft - _FILES_OF_OUR_OWN), _FILES_OF_OUR_OWN // 2)


def listen(host: str, port: int) -> socket.socket:
    """Take the port; raises SettingsError when it can't be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit this: frames must not wait for the peer's delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(1024)
    except PermissionError as error:
        msg = f"PORT={port}: not allowed to listen there; choose one above 1023."
        raise SettingsError(msg) from error
    except socket.gaierror as error:
        msg = f"HOST={host}: no such address; use 127.0.0.1, or 0.0.0.0 for all."
        raise SettingsError(msg) from error
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else str(error)
        msg = (
            f"PORT={port}: can't listen on {host}:{port} ({words}); stop what uses it, or set PORT."
        )
        raise SettingsError(msg) from error
    return listener


class Server(Protocol):
    """Accepts connections and hands requests to the application."""

    def serve(self) -> None:
        """Serve until stopped."""

    def stop(self) -> None:
        """Accept no more connections; running requests go on."""


def make_server(mode: AsyncMode, listener: socket.socket, app: WsgiApp) -> Server:
    """Give the server of a loop for a socket that listens."""
    kinds: dict[AsyncMode, Callable[[socket.socket, WsgiApp], Server]] = {
        "eventlet": _EventletServer,
        "gevent": _GeventServer,
        "threading": _ThreadingServer,
    }
    return kinds[mode](listener, app)


class _PatientListener:
    """A listening socket that outlives what makes accept fail for a moment.

    eventlet's server ends at such an error, and the process would live on, deaf.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def accept(self) -> Any:
        while True:
            try:
                return self._listener.accept()
            except OSError as error:
                if error.errno not in _PASSING:
                    raise
                time.sleep(_ACCEPT_PAUSE_S)


class _EventletServer:
    def __init__(self, listener: socket.socket, app: WsgiApp) -> None:
        from eventlet import greenpool, wsgi  # noqa: PLC0415 - only when this loop is chosen

        from quadra.web.eventlet_http import Protocol  # noqa: PLC0415 - as above

        self._wsgi = wsgi
        self._protocol = Protocol
        self._listener = _PatientListener(listener)
        self._app = app
        self._pool = greenpool.GreenPool(_most_connections())
        self._stopped = False

    def serve(self) -> None:
        try:
            self._wsgi.server(
                self._listener,
                self._app,
                log=logging.getLogger("quadra.web.server"),
                log_output=False,
                custom_pool=self._pool,
                protocol=self._protocol,
                keepalive=IDLE_CONNECTION_S,
                socket_timeout=SILENT_REQUEST_S,
                url_length_limit=16_384,
                debug=False,
                capitalize_response_headers=False,
            )
        except OSError:
            if not self._stopped:
                raise

    def stop(self) -> None:
        self._stopped = True
        self._listener.close()


class _GeventServer:
    def __init__(self, listener: socket.socket, app: WsgiApp) -> None:
        from gevent import pool, pywsgi  # noqa: PLC0415 - only when this loop is chosen

        from quadra.web.gevent_bounds import BoundedHandler  # noqa: PLC0415 - as above

        self._server = pywsgi.WSGIServer(
            listener,
            app,
            log=None,
            error_log=None,
            handler_class=BoundedHandler,
            spawn=pool.Pool(_most_connections()),
        )

    def serve(self) -> None:
        self._server.serve_forever()

    def stop(self) -> None:
        self._server.stop_accepting()


class _ThreadingServer:
    def __init__(self, listener: socket.socket, app: WsgiApp) -> None:
        from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - as above

        class Handler(StrictRequests, WSGIRequestHandler):
            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Requests are logged by the application."""

        host, port = listener.getsockname()[:2]
        self._server = make_server(
            host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno()
        )

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        threading.Thread(target=self._server.shutdown, daemon=True).start()
