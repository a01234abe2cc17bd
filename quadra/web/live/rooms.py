"""What consoles watch together. Consoles that watch the same share a room, and its frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quadra.errors import InvalidError
from quadra.telemetry.batch import Columns
from quadra.telemetry.selector import Selector
from quadra.telemetry.series import SeriesKey
from quadra.web.live.link import Link
from quadra.web.live.pacing import Pace
from quadra.web.subscriptions import Format, RoomKey, Wish

MAX_ROOMS = 2_000
MAX_WATCHED_BYTES = 256 << 20


@dataclass(slots=True, eq=False)
class Room:
    """What its members watch; ``watched[id]`` says whether a series belongs."""

    key: RoomKey
    selectors: tuple[Selector, ...]
    watched: npt.NDArray[np.bool_]
    pace: Pace
    seq: int
    """The position in the journal up to which its members have all."""
    at: int = 0
    """How many commits it has seen."""
    members: set[Link] = field(default_factory=set)
    listed: list[dict[str, Any]] | None = None
    """What consoles are told of its series; None when that has changed."""

    @property
    def form(self) -> Format:
        """How its frames are written."""
        return self.key[1]

    def matches(self, key: SeriesKey) -> bool:
        """Say whether a series belongs here."""
        return any(selector.matches(key) for selector in self.selectors)

    def watch(self, ids: Iterable[int], capacity: int) -> None:
        """Let series join."""
        if capacity > len(self.watched):
            grown = np.zeros(capacity, np.bool_)
            grown[: len(self.watched)] = self.watched
            self.watched = grown
        self.watched[list(ids)] = True
        self.listed = None

    def has(self, columns: Columns) -> npt.NDArray[np.bool_]:
        """Say of each sample whether it is watched here."""
        within = columns.ids < len(self.watched)
        known: npt.NDArray[np.bool_] = self.watched[np.where(within, columns.ids, 0)]
        return within & known

    def part_of(self, columns: Columns) -> Columns:
        """Give the samples that are watched here."""
        return columns.where(self.has(columns))


class Rooms:
    """All rooms that somebody is in, or about to enter."""

    def __init__(self) -> None:
        self._rooms: dict[RoomKey, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        """Walk over a copy, as rooms come and go."""
        return iter(list(self._rooms.values()))

    def __len__(self) -> int:
        """Give the number of rooms."""
        return len(self._rooms)

    def find(self, wish: Wish) -> Room | None:
        """Find the room in which this is watched."""
        return self._rooms.get(wish.room)

    def make(self, wish: Wish, pace: Pace, capacity: int, *, seq: int, at: int) -> Room:
        """Make a room whose members have all up to ``seq``; raises InvalidError at too many."""
        most = min(MAX_ROOMS, MAX_WATCHED_BYTES // max(capacity, 1))
        if len(self._rooms) >= most:
            msg = "Too many different things are watched at once. Watch what others watch too."
            raise InvalidError(msg, code="too_many_rooms")
        room = Room(wish.room, wish.selectors, np.zeros(capacity, np.bool_), pace, seq, at)
        self._rooms[wish.room] = room
        return room

    def keep(self, room: Room) -> None:
        """See to it that a room can be found, also where its last member left it meanwhile."""
        self._rooms[room.key] = room

    def drop_if_empty(self, room: Room) -> None:
        """Forget a room in which nobody is left."""
        if not room.members and self._rooms.get(room.key) is room:
            del self._rooms[room.key]
