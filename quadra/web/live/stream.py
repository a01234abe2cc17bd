"""From commits to frames: which room is sent what, and when."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from quadra.engine.catalog import Catalog
from quadra.engine.ports import Appended, Clock, Row, Runtime
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey
from quadra.web.live.frames import Frame, event, samples
from quadra.web.live.link import Link, offer_to_all
from quadra.web.live.pacing import Pace, Tick
from quadra.web.live.rooms import Room, Rooms
from quadra.web.live.window import Window
from quadra.web.subscriptions import Wish
from utils.metrics import MetricsManager

log = logging.getLogger(__name__)

MAX_ANNOUNCED = 200
SENDS_AT_ONCE = 250
PAUSE_S = 0.001
PAUSE_A_ROOM_S = 0.000_02

Told = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class _Commit:
    columns: Columns
    seq: int
    at: float


@dataclass(frozen=True, slots=True)
class _Delivery:
    room: Room
    frame: Frame
    members: list[Link]
    committed_at: float
    """Of the first sample in it; unix s."""


class Stream:
    """Follows the journal and sends each room its frames. Runs on the loop only."""

    def __init__(
        self,
        catalog: Catalog,
        runtime: Runtime,
        clock: Clock,
        metrics: MetricsManager,
        tick: Tick,
        tell: Told,
    ) -> None:
        """Wire; ``tell`` sends an event to the consoles that asked for its kind."""
        self._catalog = catalog
        self._runtime = runtime
        self._clock = clock
        self._metrics = metrics
        self._tell = tell
        self._count_frames = metrics.live_frames.inc
        self._count_sent = metrics.websocket_messages.labels("samples", "out").inc
        self._observe = metrics.live_event_to_emit.observe
        self.tick = tick
        self.rooms = Rooms()
        self.window = Window()
        self.seq = 0
        """The newest position of the journal that came here."""
        self.lock = threading.RLock()  # only ASYNC_MODE=threading ever waits for it
        self._pending: deque[_Commit] = deque()
        self._taken = 0
        """How many commits were pending once and are not any more."""
        self._joined = ((0, 0), Columns.empty())
        self._fresh: list[tuple[int, SeriesKey]] = []
        self._turn = threading.Lock()  # frames go out one after another
        self._dirty = runtime.signal()
        self.after_frames: list[Callable[[], None]] = []
        """Called when the consoles have been sent what was committed, or nobody waits for it."""

    def start(self, seq: int, window: Window) -> None:
        """Begin behind the position ``seq``; ``window`` holds what came shortly before."""
        self.seq, self.window = seq, window
        self._runtime.spawn(self._send_forever)

    def on_commit(self, done: Appended) -> None:
        """Take what was committed; called in the order of the journal."""
        now = self._clock()
        with self.lock:
            self.seq = done.seq
            self.window.add(Row(done.seq, now, done.columns), now)
            self._pending.append(_Commit(done.columns, done.seq, now))
            self._fresh += done.met
        self._dirty.set()

    def room_for(self, wish: Wish, chosen: Iterable[int], known: int) -> Room:
        """Find the room in which this is watched, or make it; raises InvalidError.

        ``chosen`` are the series that the selectors meant among the first ``known``.
        """
        room = self.rooms.find(wish)
        if room is None:
            room = self.rooms.make(
                wish,
                Pace(time.monotonic()),
                self._catalog.capacity,
                seq=self.seq,
                at=self._taken + len(self._pending),
            )
            later = [i for i, key in self._catalog.met_after(known) if room.matches(key)]
            room.watch([*chosen, *later], self._catalog.capacity)
        return room

    def described(self, series_id: int) -> dict[str, Any]:
        """Give a series as consoles are told of it."""
        name, labels = self._catalog.key(series_id)
        return {"id": series_id, "name": name, "labels": dict(labels)}

    # -- the beat -----------------------------------------------------------------------------

    def _send_forever(self) -> None:
        wait: float | None = None
        while True:
            self._dirty.wait(wait)
            self._dirty.clear()
            wait = self._beat()
            pause = PAUSE_S + PAUSE_A_ROOM_S * len(self.rooms)
            began = time.monotonic()
            self._runtime.sleep(pause)
            self.tick.lagged(time.monotonic() - began - pause)

    def _beat(self) -> float | None:
        try:
            wait = self.flush()
        except Exception:
            log.exception("A live frame could not be sent")
            self._metrics.errors.labels("frame", "live").inc()
            wait = self.tick.seconds
        for follower in self.after_frames:
            follower()
        return wait

    def flush(self, *, all_rooms: bool = False) -> float | None:
        """Send each room that may be sent to what it has not had yet.

        Gives the seconds until the next room may be, None when none waits.
        """
        with self._turn:
            with self.lock:
                deliveries, wait = self._due(time.monotonic(), all_rooms=all_rooms)
            for one in deliveries:
                self._send(one)
        return wait

    def _due(self, now: float, *, all_rooms: bool) -> tuple[list[_Delivery], float | None]:
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._announce_series(fresh)
        deliveries: list[_Delivery] = []
        nearest: float | None = None
        tick, end = self.tick.seconds, self._taken + len(self._pending)
        for room in self.rooms:
            if room.at == end:
                continue
            wait = room.pace.wait(now, tick)
            if wait and not all_rooms:
                nearest = wait if nearest is None else min(nearest, wait)
                continue
            delivery = self._take(room)
            if delivery is not None:
                room.pace.take()
                deliveries.append(delivery)
        self._forget_taken()
        return deliveries, nearest

    def _take(self, room: Room) -> _Delivery | None:
        """Make the frame that brings a room up to date; None when nothing of it came."""
        first = self._pending[room.at - self._taken]
        columns = self._columns_from(room.at)
        room.at, room.seq = self._taken + len(self._pending), self.seq
        part = room.part_of(columns)
        if not len(part):
            return None
        frame = samples(room.form, self.seq, part)
        return _Delivery(room, frame, list(room.members), first.at)

    def _columns_from(self, at: int) -> Columns:
        """Join what is pending; most rooms are at the same place, so the last is remembered."""
        place = (at, self._taken + len(self._pending))
        if self._joined[0] != place:
            begin = at - self._taken
            parts = [commit.columns for commit in islice(self._pending, begin, None)]
            self._joined = (place, Columns.concat(parts))
        return self._joined[1]

    def _forget_taken(self) -> None:
        end = self._taken + len(self._pending)
        least = min((room.at for room in self.rooms), default=end)
        while self._taken < least:
            self._pending.popleft()
            self._taken += 1

    def _send(self, delivery: _Delivery) -> None:
        room, frame, members = delivery.room, delivery.frame, delivery.members
        offer_to_all(members[:SENDS_AT_ONCE], frame)
        for at in range(SENDS_AT_ONCE, len(members), SENDS_AT_ONCE):
            self._runtime.sleep(0)  # a large room must not hold the loop
            # Who came or went meanwhile was told a position of their own.
            there, seq = room.members, frame.seq
            part = members[at : at + SENDS_AT_ONCE]
            offer_to_all([one for one in part if one.joined_at < seq and one in there], frame)
        self._count_frames()
        self._count_sent(len(members))
        self._observe(max(self._clock() - delivery.committed_at, 0))

    def _announce_series(self, fresh: list[tuple[int, SeriesKey]]) -> None:
        self._tell("series", self._listed([series_id for series_id, _key in fresh]))
        for room in self.rooms:
            joined = [series_id for series_id, key in fresh if room.matches(key)]
            if joined:
                room.watch(joined, self._catalog.capacity)
                told = event("series", self._listed(joined))
                for link in room.members:
                    link.tell(told)

    def _listed(self, ids: list[int]) -> dict[str, Any]:
        told = [self.described(i) for i in ids[:MAX_ANNOUNCED]]
        return {"series": told, "more": len(ids) - len(told)}
