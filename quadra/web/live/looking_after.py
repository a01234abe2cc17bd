"""Cuts sockets whose credential ended, and those that never speak or never read."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask_socketio import SocketIO

from quadra.engine.access import Access
from quadra.engine.ports import Runtime
from quadra.errors import QuadraError
from quadra.web.connection_bounds import cut
from quadra.web.live.consoles import Consoles

log = logging.getLogger(__name__)

CHECK_S = 2.0
CONNECT_WITHIN_S = 5.0
READ_WITHIN_S = 12.0


class Caretaker:
    """Looks at every socket now and then."""

    def __init__(
        self, socketio: SocketIO, consoles: Consoles, access: Access, runtime: Runtime
    ) -> None:
        """Wire; ``start`` begins looking."""
        self._server: Any = socketio.server
        self._consoles = consoles
        self._access = access
        self._runtime = runtime
        self._unconnected: dict[str, float] = {}

    def start(self) -> None:
        """Begin."""
        self._runtime.spawn(self._run)

    def _run(self) -> None:
        while True:
            self._runtime.sleep(CHECK_S)
            try:
                self._cut_who_does_not_read()
                self._cut_who_never_spoke()
                self._cut_ended_credentials()
            except QuadraError:
                log.debug("Sockets could not be checked this time", exc_info=True)
            except Exception:
                log.exception("Sockets could not be checked")

    def _cut_ended_credentials(self) -> None:
        seen: dict[tuple[bytes, bool], bool] = {}
        for console in self._consoles:
            who = (console.principal.credential, console.principal.is_session)
            if who not in seen:
                seen[who] = self._runtime.offload(self._access.still_valid, console.principal)
            if not seen[who]:
                self._consoles.disconnect(console)

    def _cut_who_does_not_read(self) -> None:
        oldest = time.monotonic() - READ_WITHIN_S
        for console in self._consoles:
            if 0 < console.link.full_since < oldest:
                log.info("A console has read nothing for %g s and is cut", READ_WITHIN_S)
                console.link.close()

    def _cut_who_never_spoke(self) -> None:
        """Cut those that opened a websocket and never said CONNECT."""
        now = time.monotonic()
        engine, manager = self._server.eio, self._server.manager
        connected = {manager.eio_sid_from_sid(one.sid, "/") for one in self._consoles}
        self._unconnected = {
            eio_sid: self._unconnected.get(eio_sid, now)
            for eio_sid in list(engine.sockets)
            if eio_sid not in connected
        }
        for eio_sid, since in list(self._unconnected.items()):
            if now - since <= CONNECT_WITHIN_S:
                continue
            socket, environ = engine.sockets.get(eio_sid), self._server.environ.get(eio_sid)
            if socket is not None:
                socket.close(wait=False, abort=True)
            if environ is not None:
                cut(environ)  # else the connection lives for as long as the client likes
