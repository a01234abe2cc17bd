"""What processes tell each other beside the database: quickly, and never relied upon."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from quadra.engine.feed import Feed
from quadra.engine.ports import Appended
from quadra.telemetry.packing import pack, unpack

MOST_SAMPLES_SENT = 4_000
ROWS = "rows"
WORK = "work"
"""That the worker has something to do which is no row: a rule was changed, an alert taken."""
_SEQ = struct.Struct("<Q")

LinkName = Literal["off", "connecting", "ok", "down"]


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether the link works, and since when (unix s)."""

    name: LinkName
    since: float = 0.0


class Link(Protocol):
    """A way to all processes of this installation. Messages may be lost and come twice."""

    @property
    def state(self) -> LinkState:
        """Whether it works now."""

    def start(self) -> None:
        """Connect, and come back whenever the connection is lost."""

    def publish(self, topic: str, message: bytes) -> None:
        """Send soon, without waiting; dropped where that can't be."""

    def follow(self, topic: str, follower: Callable[[bytes], None]) -> None:
        """Hand every message of a topic to ``follower``, which must not block."""

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        """Count in a window of so many seconds; gives the count and the seconds left in it.

        None when this can't be had now, which takes no longer than a short time limit.
        """


class NoLink:
    """The link of a process that is told to use none."""

    state = LinkState("off")

    def start(self) -> None:
        """Do nothing."""

    def publish(self, topic: str, message: bytes) -> None:
        """Send to nobody."""

    def follow(self, topic: str, follower: Callable[[bytes], None]) -> None:
        """Never call anybody."""

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        """Count nothing."""


class RowTelling:
    """Sends the rows that this process commits, and takes in those of others.

    A small row goes along itself and spares the others a read; of a large one only its position.
    """

    def __init__(self, link: Link, feed: Feed) -> None:
        """Wire both directions."""
        self._link = link
        self._feed = feed
        link.follow(ROWS, self.hear)

    def tell(self, done: Appended) -> None:
        """Send a row that was committed here."""
        if self._link.state.name == "ok":
            row = pack(done.columns) if len(done.columns) <= MOST_SAMPLES_SENT else b""
            self._link.publish(ROWS, _SEQ.pack(done.seq) + row)

    def hear(self, message: bytes) -> None:
        """Take in what another process, or this one, has sent; raises ValueError."""
        if len(message) < _SEQ.size:
            msg = "a row's message is cut short"
            raise ValueError(msg)
        (seq,) = _SEQ.unpack_from(message)
        if seq <= self._feed.seq:
            return
        if len(message) == _SEQ.size:
            self._feed.behind(seq)
        else:
            self._feed.arrived(seq, unpack(message[_SEQ.size :]))
