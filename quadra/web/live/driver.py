"""Takes a websocket over from the WSGI server, whichever loop runs it, and reads what it sends.

engine.io would give each connection a green thread that writes and one that pings, and leave the
bounds of what a client may send to the websocket library. Here one reader is all a connection
has: what is written goes through its ``Link``.
"""

from __future__ import annotations

import _socket
import contextlib
import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, cast

from engineio import packet
from engineio.exceptions import EngineIOError
from socketio.packet import Packet as SocketIOPacket

from quadra.engine.ports import Runtime, Signal
from quadra.web.connection_bounds import MAX_MESSAGE_BYTES, end_of_http, socket_of
from quadra.web.live.link import Link, LockedLink, Wire
from quadra.web.live.websocket import (
    CLOSE,
    NORMAL,
    PING,
    POLICY,
    PONG,
    TEXT,
    Message,
    Reader,
    WebsocketError,
    accept_header,
    encode,
    encode_close,
)

log = logging.getLogger(__name__)

MAX_BYTES_A_SECOND = 524_288
MAX_PARTS_A_SECOND = 1_000
SEND_BUFFER_BYTES = 131_072  # the system doubles it; what it holds can't give way to newer frames
FLUSH_EVERY_S = 0.01
_READ = 4_096
_MANY = 500
_VERSIONS = {"8", "13"}


class Driver:
    """Stands in for the websocket driver of an engine.io server."""

    def __init__(self, engine: Any, runtime: Runtime, on_lost: Callable[[], None]) -> None:
        """Take the place of the engine's own; ``on_lost`` is told when frames gave way."""
        self._engine = engine
        self._runtime = runtime
        self._on_lost = on_lost
        self._link = LockedLink if engine.async_mode == "threading" else Link
        self._blocked = _Blocked(runtime.signal())
        self._pings: deque[tuple[float, Any]] = deque()
        self._leaving: deque[Any] = deque()
        self._has_left = runtime.signal()
        self._on_open = engine.handlers["connect"]
        engine._async = {**engine._async, "websocket": self._made}  # noqa: SLF001 - its only way
        engine.start_service_task = False  # whoever is silent is cut by ``ping``
        engine.on("connect", self._opened)

    def start(self) -> None:
        """Begin to send what waits, to ping, and to see off who leaves."""
        self._runtime.spawn(self._flush_forever)
        self._runtime.spawn(self._see_off_forever)
        self._runtime.spawn(self._ping_forever)

    # -- one connection -----------------------------------------------------------------------

    def _opened(self, eio_sid: str, environ: dict[str, Any]) -> object:
        one = self._engine.sockets[eio_sid]
        one.schedule_ping = lambda: self._ping_later(one)
        return self._on_open(eio_sid, environ)

    def _made(self, handler: Any, _engine: object) -> Callable[..., Iterable[bytes]]:
        def take_over(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            return self._take_over(handler.__self__, environ, start_response)

        return take_over

    def _take_over(
        self, one: Any, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            key = environ.get("HTTP_SEC_WEBSOCKET_KEY")
            if key is None or environ.get("HTTP_SEC_WEBSOCKET_VERSION") not in _VERSIONS:
                start_response("426 Upgrade Required", [("Sec-WebSocket-Version", "13")])
                return []
            self._serve(one, environ, key)
        except OSError as error:
            log.debug("A live connection ended before it began: %s", error)
        finally:  # whatever became of it, engine.io keeps it until it is told
            self._leaving.append(one)
            self._has_left.set()
        return self._leave(environ)

    def _serve(self, one: Any, environ: dict[str, Any], key: str) -> None:
        """Switch a connection over and talk until one side ends it; raises OSError."""
        sock = socket_of(environ)
        sock.settimeout(self._engine.ping_interval + self._engine.ping_timeout)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_header(key) + b"\r\n\r\n"
        )
        # A second object for the same descriptor, beneath what the loop has put around it: it
        # sends at once or says that it can't.
        wire = _socket.socket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
        wire.settimeout(0)
        link = self._link(
            cast("Wire", wire),
            environ,
            now=time.monotonic,
            blocked=self._blocked,
            on_lost=self._on_lost,
        )
        try:
            end_of_http(environ)
            self._talk(one, link, sock)
        finally:
            link.release()

    @staticmethod
    def _leave(environ: dict[str, Any]) -> Iterable[bytes]:
        """Tell the WSGI server that nothing is left for it to answer."""
        if "werkzeug.socket" in environ:
            raise ConnectionError
        if "eventlet.input" in environ:
            from eventlet import wsgi  # noqa: PLC0415 - only when this loop is chosen

            wsgi.WSGI_LOCAL.already_handled = True
        return []

    def _talk(self, one: Any, link: Link, sock: Any) -> None:
        one.queue, early = link, one.queue
        one.connected = one.upgraded = True
        while early.qsize():
            link.put(early.get())
        del early
        meter = _Meter()
        reader = Reader(MAX_MESSAGE_BYTES)
        try:
            while not link.closed:
                data = sock.recv(_READ)
                if not data:
                    return
                meter.count(time.monotonic(), len(data))
                for message in reader.feed(data):
                    meter.count(time.monotonic(), 0)
                    if not self._heard(one, link, message):
                        return
                    self._runtime.sleep(0)  # one who sends much must not keep the others waiting
                if reader.is_within_a_message:
                    self._runtime.sleep(0)
        except WebsocketError as error:
            log.info("A live connection is cut: %s", error.reason)
            link.write(encode_close(error.code, error.reason))
        except (OSError, EngineIOError) as error:
            log.debug("A live connection ended: %s", error)

    @staticmethod
    def _heard(one: Any, link: Link, message: Message) -> bool:
        """Handle a message; say whether the connection goes on."""
        if message.opcode == CLOSE:
            link.write(encode_close(NORMAL))
            return False
        if message.opcode == PING:
            link.write(encode(PONG, message.payload))
        elif message.opcode != PONG:
            one.receive(_parsed(message))
            if link.held is not None:
                link.let_go()
        return not one.closed

    # -- all connections ----------------------------------------------------------------------

    def _flush_forever(self) -> None:
        while True:
            self._blocked.wait()
            # The more sockets are full, the longer each pass may take to come round.
            self._runtime.sleep(FLUSH_EVERY_S * (1 + len(self._blocked) / _MANY))
            for number, link in enumerate(list(self._blocked)):
                link.flush()
                if number % _MANY == _MANY - 1:
                    self._runtime.sleep(0)

    def _see_off_forever(self) -> None:
        """Tell of connections that ended, one at a time.

        When a proxy goes, thousands end at once, and those that stay must not wait for them.
        """
        while True:
            self._has_left.wait()
            self._has_left.clear()
            while self._leaving:
                self._see_off(self._leaving.popleft())
                self._runtime.sleep(0)

    def _see_off(self, one: Any) -> None:
        try:
            one.close(wait=False, abort=True, reason=self._engine.reason.TRANSPORT_CLOSE)
        except Exception:
            log.exception("The end of a live connection could not be told")
        self._engine.sockets.pop(one.sid, None)
        # It leads back to this one: without it no collector is needed.
        vars(one).pop("schedule_ping", None)

    def _ping_later(self, one: Any) -> None:
        if one.last_ping:  # else one is on its way already
            one.last_ping = None
            self._pings.append((time.monotonic() + self._engine.ping_interval, one))

    def _ping_forever(self) -> None:
        ping = packet.Packet(packet.PING)
        while True:
            self._runtime.sleep(1)
            while self._pings and self._pings[0][0] <= time.monotonic():
                _due, one = self._pings.popleft()
                if not one.closing and not one.closed:
                    one.last_ping = time.time()
                    one.queue.put(ping)
            self._cut_silent()

    def _cut_silent(self) -> None:
        for one in list(self._engine.sockets.values()):
            if not one.closed and not one.closing:
                with contextlib.suppress(EngineIOError):
                    one.check_ping_timeout()


class _Blocked(set[Link]):
    """The links whose sockets are full. Nobody looks while there are none."""

    def __init__(self, changed: Signal) -> None:
        super().__init__()
        self._changed = changed

    def add(self, link: Link) -> None:
        super().add(link)
        self._changed.set()

    def wait(self) -> None:
        """Return when, or as soon as, there is one."""
        while not self:
            self._changed.clear()
            if not self:  # with threads, one may have come just now
                self._changed.wait()


def _parsed(message: Message) -> packet.Packet:
    """Read an engine.io packet; raises WebsocketError where it, or what is in it, is none."""
    data = message.text if message.opcode == TEXT else message.payload
    try:
        found = packet.Packet(encoded_packet=data)
        if found.packet_type == packet.MESSAGE and isinstance(data, str):
            # The library would write each of a stranger's mistakes into the log, at length.
            SocketIOPacket(encoded_packet=data[1:])
    except (ValueError, TypeError, LookupError, RecursionError):
        raise WebsocketError(POLICY, "This is no Socket.IO packet.") from None
    return found


class _Meter:
    """Counts what one connection sends in a second."""

    __slots__ = ("_bytes", "_parts", "_second")

    def __init__(self) -> None:
        self._second = 0.0
        self._bytes = self._parts = 0

    def count(self, now: float, size: int) -> None:
        """Count a part of the stream, or a message; raises WebsocketError at too many."""
        if now - self._second >= 1:
            self._second, self._bytes, self._parts = now, 0, 0
        self._bytes += size
        self._parts += 1
        if self._bytes > MAX_BYTES_A_SECOND or self._parts > MAX_PARTS_A_SECOND:
            raise WebsocketError(POLICY, "Too much in one second.")
