"""Ties the parts of the live stream together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_socketio import SocketIO

from quadra.engine.ports import JournalStore
from quadra.web.live.catching_up import read_window
from quadra.web.live.consoles import Consoles
from quadra.web.live.driver import Driver
from quadra.web.live.looking_after import Caretaker
from quadra.web.live.pacing import Tick
from quadra.web.live.stream import Stream
from quadra.web.parts import WebParts

EVENTS: Mapping[str, str] = {
    "alert": "alerts",
    "anomaly": "anomalies",
    "training": "training",
    "system": "system",
    "series": "series",
    "event": "events",
}
"""The events that can be announced, each with the name under which consoles subscribe to it."""

_FAREWELL = "Quadra is stopping; the console connects again by itself."


class Live:
    """Knows the consoles and their rooms, and sends the frames. Runs on the loop only."""

    def __init__(self, socketio: SocketIO, store: JournalStore, parts: WebParts) -> None:
        """Wire the stream and its handlers."""
        engine: Any = socketio.server.eio
        if engine.async_mode == "eventlet":
            from quadra.web import eventlet_bounds  # noqa: PLC0415 - only when this loop is chosen

            eventlet_bounds.install()
        self._store = store
        self._feed = parts.feed
        self._runtime = parts.runtime
        self._clock = parts.clock
        self._driver = Driver(engine, parts.runtime, parts.metrics.live_resyncs.inc)
        self._stream = Stream(
            parts.catalog,
            parts.runtime,
            parts.clock,
            parts.metrics,
            Tick(parts.settings.live_frames_per_second),
            self.announce,
        )
        self._consoles = Consoles(socketio, self._stream, parts)
        self._caretaker = Caretaker(socketio, self._consoles, parts.access, parts.runtime)
        parts.feed.follow(self._stream.on_commit)

    def start(self) -> None:
        """Begin to send frames and to look after the sockets; raises StorageError."""
        seq = self._feed.seq
        window = self._runtime.offload(read_window, self._store, seq, self._clock())
        self._stream.start(seq, window)
        self._driver.start()
        self._caretaker.start()

    def after_frames(self, follower: Callable[[], None]) -> None:
        """Have ``follower`` called whenever the frames of what was committed have been sent.

        For work that is in no such hurry and would take the core from them.
        """
        self._stream.after_frames.append(follower)

    def consoles(self) -> int:
        """Give the number of sockets that are signed in."""
        return len(self._consoles)

    def announce(self, event: str, body: Mapping[str, Any]) -> None:
        """Send an event (one of ``EVENTS``) at once to the consoles that asked for its kind.

        ``body`` is what the HTTP API gives for the same object.
        """
        self._consoles.tell(EVENTS[event], event, body)

    def close(self) -> None:
        """Send what is pending, say good-bye and close every socket."""
        self._stream.flush(all_rooms=True)
        self.announce("system", {"kind": "stopping", "message": _FAREWELL})
        self._runtime.sleep(0.05)  # let what waits for full sockets be sent
        for console in self._consoles:
            # Not Socket.IO's own farewell: after that one its clients do not connect again.
            console.link.put(None)
