"""Who is connected, what they ask for, and what they may not."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flask import request
from flask_socketio import ConnectionRefusedError as RefusedError
from flask_socketio import SocketIO

from quadra.engine.access import Principal
from quadra.errors import QuadraError
from quadra.telemetry.selector import Patterns
from quadra.web.identity import COOKIE, client_address
from quadra.web.live.asked import Asked
from quadra.web.live.catching_up import missed_by
from quadra.web.live.frames import event
from quadra.web.live.link import Link
from quadra.web.live.rooms import Room
from quadra.web.live.stream import Stream
from quadra.web.parts import WebParts
from quadra.web.subscriptions import Wish, read_wish

log = logging.getLogger(__name__)

MAX_LISTED_SERIES = 10_000
EVENTS_A_SECOND = 30
EVENTS_BEFORE_CLOSE = 300
PROGRAM_AN_EVENT = 1_000
AHEAD_AT_MOST_S = 1.0
_LOOK_S = 0.02

Ack = dict[str, Any]


@dataclass(slots=True, eq=False)
class Console:
    """One connected socket."""

    sid: str
    principal: Principal
    link: Link
    room: Room | None = None
    events: frozenset[str] = frozenset()
    asked: Asked = field(default_factory=Asked)


class Consoles:
    """The signed-in sockets and their subscriptions. Runs on the loop only."""

    def __init__(self, socketio: SocketIO, stream: Stream, parts: WebParts) -> None:
        """Wire the handlers."""
        self._server: Any = socketio.server
        self._stream = stream
        self._catalog = parts.catalog
        self._identity = parts.identity
        self._runtime = parts.runtime
        self._metrics = parts.metrics
        self._announcements = parts.announcements
        self._consoles: dict[str, Console] = {}
        socketio.on_event("connect", self._on_connect)
        socketio.on_event("disconnect", self._on_disconnect)
        socketio.on_event("subscribe", self._on_subscribe)
        socketio.on_event("unsubscribe", self._on_unsubscribe)
        socketio.on_event("*", self._on_anything)

    def __len__(self) -> int:
        """Give the number of sockets that are signed in."""
        return len(self._consoles)

    def __iter__(self) -> Iterator[Console]:
        """Walk over a copy, as consoles come and go."""
        return iter(list(self._consoles.values()))

    def tell(self, kind: str, name: str, body: object) -> None:
        """Send an event at once to the consoles that subscribed to its kind."""
        listening = [one for one in self if kind in one.events]
        if not listening:
            return
        data = event(name, body)
        for console in listening:
            console.link.tell(data)
        self._metrics.websocket_messages.labels(name, "out").inc(len(listening))

    def disconnect(self, console: Console) -> None:
        """Say good-bye and cut a socket."""
        if console.sid in self._consoles:
            self._server.disconnect(console.sid)

    # -- handlers -----------------------------------------------------------------------------

    def _on_connect(self, auth: object = None) -> bool | None:
        sid = self._sid()
        token = auth.get("token") if isinstance(auth, dict) else None
        bearer = token if isinstance(token, str) else None
        try:
            principal = self._identity.principal_of(
                bearer, request.cookies.get(COOKIE), client_address(request)
            )
        except QuadraError as error:
            raise RefusedError(error.code) from None
        if principal is None:
            raise RefusedError("unauthorized")
        if not principal.may("read"):
            raise RefusedError("missing_scope")
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        link = self._server.eio.sockets[eio_sid].queue
        self._consoles[sid] = Console(sid, principal, link)
        self._metrics.websocket_connections.set(len(self._consoles))
        return None

    def _on_disconnect(self, *_reason: object) -> None:
        console = self._consoles.pop(self._sid(), None)
        if console is not None:
            with self._stream.lock:
                self._leave(console)
        self._metrics.websocket_connections.set(len(self._consoles))

    def _on_subscribe(self, data: object = None) -> Ack:
        console = self._asking("subscribe")
        if console is None:
            return self._refusal("too_many_events", "Slow down.")
        try:
            wish = self._wish_of(console, data)
            known = len(self._catalog)
            chosen = self._runtime.offload(self._catalog.select, wish.selectors)
            self._wait_for(wish)
            with self._stream.lock:
                if self._consoles.get(console.sid) is not console:
                    return self._refusal("disconnected", "The connection is closed.")
                room = self._enter(console, wish, chosen, known)
        except QuadraError as error:
            return self._refusal(error.code, error.detail)
        # Asked for after the events were subscribed to: what is announced later comes by itself.
        told = self._announcements.last
        if room is None:
            return {"ok": True, "seq": self._stream.seq, "told": told, "series": []}
        return {"ok": True, "seq": room.seq, "told": told, "series": self._series_of(room)}

    def _on_unsubscribe(self, _data: object = None) -> Ack:
        console = self._asking("unsubscribe")
        if console is None:
            return self._refusal("too_many_events", "Slow down.")
        with self._stream.lock:
            self._leave(console)
        return {"ok": True, "seq": self._stream.seq, "series": []}

    def _on_anything(self, _event: object = None, *_data: object) -> Ack:
        if self._asking("unknown") is None:
            return self._refusal("too_many_events", "Slow down.")
        return self._refusal("unknown_event", "Known events: subscribe, unsubscribe.")

    # -- their parts --------------------------------------------------------------------------

    @staticmethod
    def _wish_of(console: Console, data: object) -> Wish:
        """Read a wish; large regular expressions count as many events, for they hold the loop."""
        patterns = Patterns()
        try:
            return read_wish(data, patterns)
        finally:
            console.asked.add(patterns.program // PROGRAM_AN_EVENT)

    def _series_of(self, room: Room) -> list[dict[str, Any]]:
        """List the series of a room, once for all who enter it."""
        if room.listed is None:
            ids = np.flatnonzero(room.watched)[:MAX_LISTED_SERIES].tolist()
            room.listed = [self._stream.described(i) for i in ids]
        return room.listed

    def _wait_for(self, wish: Wish) -> None:
        """Wait a little for a position that the console has seen and this process has not.

        It may come from a process that is ahead, or be ahead of the room's next frame.
        """
        waited = 0.0
        while wish.since is not None and waited < AHEAD_AT_MOST_S:
            room = self._stream.rooms.find(wish)
            if wish.since <= (self._stream.seq if room is None else room.seq):
                return
            self._runtime.sleep(_LOOK_S)
            waited += _LOOK_S

    def _enter(self, console: Console, wish: Wish, chosen: list[int], known: int) -> Room | None:
        """Leave what was watched before, and watch what is wished.

        What was missed and all frames wait until the answer to the wish is sent.
        """
        room = self._stream.room_for(wish, chosen, known) if wish.selectors else None
        before = console.room
        seq = self._stream.seq if room is None else room.seq
        if wish.since is None:
            console.link.hold()
        else:
            missed = missed_by(wish.since, room, before, seq, self._stream.window)
            if missed.is_lost:
                self._metrics.live_resyncs.inc()
            console.link.hold(*missed.frames)
        self._leave(console)
        console.events = wish.events
        console.room = room
        if room is not None:
            console.link.joined_at = seq
            room.members.add(console.link)
            self._stream.rooms.keep(room)
        return room

    def _leave(self, console: Console) -> None:
        room, console.room = console.room, None
        console.events = frozenset()
        if room is not None:
            room.members.discard(console.link)
            self._stream.rooms.drop_if_empty(room)

    def _asking(self, name: str) -> Console | None:
        """Count an event; gives no console to one who asks too often, and cuts the worst off."""
        self._metrics.websocket_messages.labels(name, "in").inc()
        console = self._consoles.get(self._sid())
        if console is None:
            return None
        count = console.asked.again(time.monotonic())
        if count > EVENTS_BEFORE_CLOSE:
            log.warning("A console sent more than %d events a second", EVENTS_BEFORE_CLOSE)
            self._server.disconnect(console.sid)
        return console if count <= EVENTS_A_SECOND else None

    def _refusal(self, code: str, detail: str) -> Ack:
        self._metrics.live_refusals.labels(code).inc()
        return {"ok": False, "code": code, "detail": detail}

    @staticmethod
    def _sid() -> str:
        return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO adds it
