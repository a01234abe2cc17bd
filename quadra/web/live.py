"""The live stream: one columnar frame a room and tick, to whoever watches.

A room is what its consoles watch: a set of selectors and a format. Consoles that watch the
same share the room, and its frame is built once.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import request
from flask_socketio import ConnectionRefusedError as RefusedError
from flask_socketio import SocketIO

from quadra.engine.access import Principal
from quadra.engine.ports import Appended, JournalStore, Row
from quadra.errors import QuadraError
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey
from quadra.web.connection_bounds import bound, cut
from quadra.web.identity import COOKIE, client_address
from quadra.web.parts import WebParts
from quadra.web.subscriptions import SAMPLE_BYTES, Room, RoomKey, Wish, frame, read_wish

log = logging.getLogger(__name__)

TICK_S = 0.1
REPLAY_S = 60.0
REPLAY_ROWS = 4_000
REPLAY_SAMPLES = 1_000_000
CATCH_UPS_AT_ONCE = 2
CATCH_UP_READS = 5
CHECK_S = 2.0
CONNECT_WITHIN_S = 5.0
MAX_LISTED_SERIES = 10_000
MAX_ANNOUNCED = 200
MAX_QUEUED_PACKETS = 60
MAX_QUEUED_BYTES = 4_000_000
FEW_PACKETS = 5
EVENTS_A_SECOND = 30
EVENTS_BEFORE_CLOSE = 300

# Under which name of ``events`` a console asks for an event.
LISTENED = {
    "alert": "alerts", "anomaly": "anomalies", "training": "training", "system": "system",
}  # fmt: skip

Ack = dict[str, Any]


@dataclass(slots=True)
class Console:
    """One connected socket."""

    principal: Principal
    room: Room | None = None
    events: frozenset[str] = frozenset()
    window: float = 0.0
    count: int = 0
    wishes: int = 0


class Live:
    """Knows the consoles and their rooms, and sends the frames. Runs on the loop only."""

    def __init__(self, socketio: SocketIO, store: JournalStore, parts: WebParts) -> None:
        """Wire the stream and its handlers."""
        self._socketio = socketio
        self._server: Any = socketio.server
        bound(self._server.eio)
        self._store = store
        self._feed = parts.feed
        self._catalog = parts.catalog
        self._identity = parts.identity
        self._access = parts.access
        self._runtime = parts.runtime
        self._clock = parts.clock
        self._metrics = parts.metrics
        self._consoles: dict[str, Console] = {}
        self._rooms: dict[RoomKey, Room] = {}
        self._room_count = 0
        self._pending: list[Columns] = []
        self._pending_since = 0.0
        self._fresh: list[tuple[int, SeriesKey]] = []
        self._seq = 0
        self._sent_seq = 0
        self._dirty = parts.runtime.signal()
        self._catching_up = 0
        self._lock = threading.RLock()  # only ASYNC_MODE=threading ever waits for it
        self._unconnected: dict[str, float] = {}
        socketio.on_event("connect", self._on_connect)
        socketio.on_event("disconnect", self._on_disconnect)
        socketio.on_event("subscribe", self._on_subscribe)
        socketio.on_event("unsubscribe", self._on_unsubscribe)
        socketio.on_event("*", self._on_anything)
        parts.feed.follow(self._on_commit)

    def start(self) -> None:
        """Begin to send frames and to look after the sockets."""
        self._seq = self._sent_seq = self._feed.seq
        self._runtime.spawn(self._send_forever)
        self._runtime.spawn(self._look_after_sockets)

    def consoles(self) -> int:
        """Give the number of sockets that are signed in."""
        return len(self._consoles)

    def announce(self, event: str, body: dict[str, Any]) -> None:
        """Tell an event to the consoles of this process that listen to its kind."""
        self._socketio.emit(event, body, to=f"events:{LISTENED[event]}")
        self._metrics.websocket_messages.labels(event, "out").inc()

    def close(self) -> None:
        """Send what is pending, say good-bye and cut every socket."""
        self._flush()
        farewell = "Quadra is stopping; the console connects again by itself."
        self.announce("system", {"kind": "stopping", "message": farewell})
        self._runtime.sleep(0.05)  # let the writers put the farewell on the wire
        for sid in list(self._consoles):
            with contextlib.suppress(KeyError):
                self._server.disconnect(sid)

    # -- what clients ask -------------------------------------------------------------------

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
        self._consoles[sid] = Console(principal)
        self._metrics.websocket_connections.set(len(self._consoles))
        return None

    def _on_disconnect(self, *_reason: object) -> None:
        console = self._consoles.pop(self._sid(), None)
        if console is not None:
            with self._lock:
                self._leave(self._sid(), console)
        self._metrics.websocket_connections.set(len(self._consoles))

    def _on_subscribe(self, data: object = None) -> Ack:
        sid, console = self._asking("subscribe")
        if console is None:
            return _refusal("too_many_events", "Slow down.")
        try:
            wish = read_wish(data)
            known = len(self._catalog)
            chosen = self._runtime.offload(self._catalog.select, wish.selectors)
        except QuadraError as error:
            return _refusal(error.code, error.detail)
        with self._lock:
            if self._consoles.get(sid) is not console:
                return _refusal("disconnected", "The connection is closed.")
            self._leave(sid, console)
            console.wishes += 1
            room = self._room_for(wish, chosen, known)
            upto = self._sent_seq
            if wish.since is None:
                self._join(sid, console, room, wish)
            else:
                if room is not None:
                    room.awaited += 1  # it must not go while it has no member yet
                self._runtime.spawn(self._catch_up, sid, console, room, wish, console.wishes)
        ids = np.flatnonzero(room.watched).tolist() if room is not None else []
        return {
            "ok": True,
            "seq": upto,
            "series": [self._described(i) for i in ids[:MAX_LISTED_SERIES]],
        }

    def _on_unsubscribe(self, _data: object = None) -> Ack:
        sid, console = self._asking("unsubscribe")
        if console is None:
            return _refusal("too_many_events", "Slow down.")
        with self._lock:
            self._leave(sid, console)
        return {"ok": True, "seq": self._sent_seq, "series": []}

    def _on_anything(self, _event: object = None, *_data: object) -> Ack:
        self._asking("unknown")
        return _refusal("unknown_event", "Known events: subscribe, unsubscribe.")

    def _asking(self, event: str) -> tuple[str, Console | None]:
        """Count an event; gives no console to one who asks too often, and cuts the worst off."""
        sid = self._sid()
        self._metrics.websocket_messages.labels(event, "in").inc()
        console = self._consoles.get(sid)
        if console is None:
            return sid, None
        second = self._clock() // 1
        if console.window != second:
            console.window, console.count = second, 0
        console.count += 1
        if console.count > EVENTS_BEFORE_CLOSE:
            log.warning("A console sent more than %d events a second", EVENTS_BEFORE_CLOSE)
            self._server.disconnect(sid)
        return sid, console if console.count <= EVENTS_A_SECOND else None

    @staticmethod
    def _sid() -> str:
        return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO adds it

    # -- rooms ------------------------------------------------------------------------------

    def _room_for(self, wish: Wish, chosen: list[int], known: int) -> Room | None:
        """Find the room in which this is watched, or make it; None when no series is wished.

        ``chosen`` are the series that the selectors meant among the first ``known``.
        """
        if not wish.selectors:
            return None
        key: RoomKey = (frozenset(s.text for s in wish.selectors), wish.form)
        room = self._rooms.get(key)
        if room is None:
            self._room_count += 1
            room = Room(
                f"series:{self._room_count}", wish.form, wish.selectors, np.zeros(1, np.bool_)
            )
            later = [i for i, key in self._catalog.met_after(known) if room.matches(key)]
            room.watch([*chosen, *later], self._catalog.capacity)
            self._rooms[key] = room
        return room

    def _join(self, sid: str, console: Console, room: Room | None, wish: Wish) -> None:
        console.events = wish.events
        for event in wish.events:
            self._server.enter_room(sid, f"events:{event}")
        if room is None:
            return
        room.members.add(sid)
        console.room = room
        self._server.enter_room(sid, room.name)

    def _leave(self, sid: str, console: Console) -> None:
        room, console.room = console.room, None
        for event in console.events:
            self._server.leave_room(sid, f"events:{event}")
        console.events = frozenset()
        if room is None:
            return
        self._server.leave_room(sid, room.name)
        room.members.discard(sid)
        self._drop_if_left(room)

    def _drop_if_left(self, room: Room) -> None:
        if not room.members and not room.awaited:
            self._rooms = {key: other for key, other in self._rooms.items() if other is not room}

    def _described(self, series_id: int) -> dict[str, Any]:
        name, labels = self._catalog.key(series_id)
        return {"id": series_id, "name": name, "labels": dict(labels)}

    # -- frames -----------------------------------------------------------------------------

    def _on_commit(self, done: Appended) -> None:
        if not self._pending:
            self._pending_since = self._clock()
        with self._lock:
            self._seq = done.seq
            self._pending.append(done.columns)
            self._fresh += done.met
        self._dirty.set()

    def _send_forever(self) -> None:
        while True:
            self._dirty.wait()
            self._dirty.clear()
            try:
                self._flush()
            except Exception:
                log.exception("A live frame could not be sent")
                self._metrics.errors.labels("frame", "live").inc()
            # The first sample after a quiet moment goes at once, those after it with the tick.
            self._runtime.sleep(TICK_S)

    def _flush(self) -> None:
        with self._lock:
            self._flush_locked()

    def _flush_locked(self) -> None:
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._announce_series(fresh)
        pending, self._pending = self._pending, []
        self._sent_seq = self._seq
        if not pending or not self._rooms:
            return
        columns = Columns.concat(pending)
        for room in self._rooms.values():
            part = room.part_of(columns)
            if len(part):
                room.frame_bytes = len(part) * SAMPLE_BYTES[room.form]
                self._socketio.emit("samples", frame(room.form, self._seq, part), to=room.name)
                self._metrics.live_frames.inc()
                self._metrics.websocket_messages.labels("samples", "out").inc(len(room.members))
        self._metrics.live_event_to_emit.observe(max(self._clock() - self._pending_since, 0))

    def _announce_series(self, fresh: list[tuple[int, SeriesKey]]) -> None:
        listed = [self._described(i) for i, _key in fresh[:MAX_ANNOUNCED]]
        self._socketio.emit(
            "series", {"series": listed, "more": len(fresh) - len(listed)}, to="events:series"
        )
        for room in self._rooms.values():
            joined = [series_id for series_id, key in fresh if room.matches(key)]
            if joined:
                room.watch(joined, self._catalog.capacity)
                told = [self._described(i) for i in joined[:MAX_ANNOUNCED]]
                self._socketio.emit(
                    "series", {"series": told, "more": len(joined) - len(told)}, to=room.name
                )

    # -- catching up ------------------------------------------------------------------------

    def _catch_up(
        self, sid: str, console: Console, room: Room | None, wish: Wish, number: int
    ) -> None:
        """Send a console what it missed, or tell it to read history again; then let it join.

        It joins in the same moment in which the last of what it missed is sent, so that frames
        reach it in the order of the journal and none falls between.
        """
        since = wish.since or 0
        rows: list[Row] = []
        for left in reversed(range(CATCH_UP_READS)):
            found = self._rows_after(rows[-1].seq if rows else since, console, number)
            rows += found or []
            with self._lock:
                wanted = console.wishes == number and self._consoles.get(sid) is console
                upto = self._sent_seq
                complete = _covers(rows, since, upto, self._clock() - REPLAY_S)
                if wanted and found and not complete and left:
                    continue  # more was committed meanwhile: read on
                if wanted:
                    self._finish_catching_up(sid, room, rows, upto, complete=complete)
                    self._join(sid, console, room, wish)
                if room is not None:
                    room.awaited -= 1
                    self._drop_if_left(room)
                return

    def _rows_after(self, seq: int, console: Console, number: int) -> list[Row] | None:
        """Read what was missed, when it is little and few others do so; None else."""
        if console.wishes != number or self._catching_up >= CATCH_UPS_AT_ONCE:
            return None
        self._catching_up += 1
        try:
            gap = self._runtime.offload(self._store.gap, seq)
            is_little = gap.rows < REPLAY_ROWS and gap.samples <= REPLAY_SAMPLES
            if not is_little or (gap.rows and gap.oldest < self._clock() - REPLAY_S):
                return None
            return self._runtime.offload(self._store.since, seq, REPLAY_ROWS)
        except QuadraError:
            return None
        finally:
            self._catching_up -= 1

    def _finish_catching_up(
        self, sid: str, room: Room | None, rows: list[Row], upto: int, *, complete: bool
    ) -> None:
        if not complete:
            self._metrics.live_resyncs.inc()
            self._socketio.emit("resync", {"seq": upto, "reason": "too_long"}, to=sid)
            return
        missed = [row.columns for row in rows if row.seq <= upto]
        if room is None or not missed:
            return
        part = room.part_of(Columns.concat(missed))
        if len(part):
            self._socketio.emit("samples", frame(room.form, upto, part), to=sid)

    # -- looking after sockets --------------------------------------------------------------

    def _look_after_sockets(self) -> None:
        while True:
            self._runtime.sleep(CHECK_S)
            try:
                self._cut_ended_credentials()
                self._cut_stuck_sockets()
            except QuadraError:
                log.debug("Sockets could not be checked this time", exc_info=True)
            except Exception:
                log.exception("Sockets could not be checked")

    def _cut_ended_credentials(self) -> None:
        seen: dict[tuple[bytes, bool], bool] = {}
        for sid, console in list(self._consoles.items()):
            who = (console.principal.credential, console.principal.is_session)
            if who not in seen:
                seen[who] = self._runtime.offload(self._access.still_valid, console.principal)
            if not seen[who]:
                self._server.disconnect(sid)

    def _is_stuck(self, eio_sid: str, waiting: int) -> bool:
        """Say whether more waits for a socket than one that reads would let wait."""
        if waiting <= FEW_PACKETS:
            return False
        sid = self._server.manager.sid_from_eio_sid(eio_sid, "/")
        console = self._consoles.get(sid)
        room = None if console is None else console.room
        size = 0 if room is None else room.frame_bytes
        return waiting > MAX_QUEUED_PACKETS or waiting * size > MAX_QUEUED_BYTES

    def _cut_stuck_sockets(self) -> None:
        """Cut those that never said CONNECT, and those that do not read."""
        now = self._clock()
        engine = self._server.eio
        connected = {self._server.manager.eio_sid_from_sid(sid, "/") for sid in self._consoles}
        waiting = {eio_sid: self._unconnected.get(eio_sid, now) for eio_sid in engine.sockets}
        self._unconnected = {k: t for k, t in waiting.items() if k not in connected}
        late = [k for k, t in self._unconnected.items() if now - t > CONNECT_WITHIN_S]
        full = [k for k, s in engine.sockets.items() if self._is_stuck(k, s.queue.qsize())]
        for eio_sid in {*late, *full}:
            socket = engine.sockets.get(eio_sid)
            environ = self._server.environ.get(eio_sid)
            if socket is not None:
                self._unconnected.pop(eio_sid, None)
                socket.close(wait=False, abort=True)
            if environ is not None:
                cut(environ)  # else the connection lives for as long as the client likes


def _covers(rows: list[Row], since: int, upto: int, oldest: float) -> bool:
    """Say whether rows, read after ``since``, hold all up to ``upto`` and begin soon enough."""
    if since == upto:
        return True
    if since > upto or not rows or rows[-1].seq < upto:
        return False
    return rows[0].committed_at >= oldest and len(rows) < REPLAY_ROWS


def _refusal(code: str, detail: str) -> Ack:
    return {"ok": False, "code": code, "detail": detail}
