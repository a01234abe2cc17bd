"""Chunks that were decoded lately: who looks at the last hour looks at it again."""

from __future__ import annotations

from quadra.telemetry.batch import ValueArray

ROOM_BYTES = 24 << 20

Key = tuple[int, int]
"""A chunk's id and checksum: what is written anew under the same id is another chunk."""


class Decoded:
    """Keeps the values of chunks within bounds of memory, those asked for last.

    Used by several native threads without a lock: two dictionaries, of which the older is dropped
    when the younger has filled half of the room. Each step is one that the interpreter makes whole,
    and the worst that threads can do to each other is to decode a chunk twice.
    """

    def __init__(self, room: int = ROOM_BYTES) -> None:
        """Begin empty; ``room`` is in bytes."""
        self._half = room // 2
        self._young: dict[Key, ValueArray] = {}
        self._old: dict[Key, ValueArray] = {}
        self._filled = 0

    def get(self, key: Key) -> ValueArray | None:
        """Give a chunk's values, not to be changed, when they are here."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: Key, values: ValueArray) -> None:
        """Keep a chunk's values for a while; they must own their memory."""
        if self._filled + values.nbytes > self._half:
            self._old, self._young, self._filled = self._young, {}, 0
        self._young[key] = values
        self._filled += values.nbytes
