"""What a console that comes back is sent first: all that it missed, once, or word of a gap."""

from __future__ import annotations

from dataclasses import dataclass

from quadra.engine.ports import JournalStore, Row
from quadra.telemetry.batch import Columns
from quadra.web.live.frames import Frame, resync, samples
from quadra.web.live.rooms import Room
from quadra.web.live.window import MAX_SAMPLES, Window

_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class Missed:
    """What is to be sent to a console before it enters its room."""

    frames: list[Frame | bytes]
    is_lost: bool = False


def missed_by(
    since: int, room: Room | None, before: Room | None, upto: int, window: Window
) -> Missed:
    """Find the samples with since < position <= upto that a console has not had.

    ``before`` is the room it is in now, if any: what that one's frames held is not sent again.
    """
    rows = window.after(since, upto) if since <= upto else None
    if rows is None:
        return Missed([resync(upto, "too_long")], is_lost=True)
    if room is None or not rows:
        return Missed([])
    parts = [_new_to(before, row, room) for row in rows]
    part = Columns.concat(parts)
    return Missed([samples(room.form, upto, part)] if len(part) else [])


def _new_to(before: Room | None, row: Row, room: Room) -> Columns:
    wanted = room.has(row.columns)
    if before is not None and row.seq <= before.seq:
        wanted &= ~before.has(row.columns)
    return row.columns.where(wanted)


def read_window(store: JournalStore, head: int, now: float) -> Window:
    """Read the last minute of the journal up to ``head``; blocking; raises StorageError.

    For consoles that were connected to the process before this one.
    """
    window = Window(head)
    if head == 0:
        return window
    rows = _ROWS
    while rows > 1 and store.gap(max(head - rows, 0)).samples > MAX_SAMPLES:
        rows //= 2
    found = [row for row in store.since(max(head - rows, 0), rows, MAX_SAMPLES) if row.seq <= head]
    if found:
        # What stood before the first of them may have been sealed and dropped.
        window.floor = found[0].seq - 1
    for row in found:
        window.add(row, now)
    return window
