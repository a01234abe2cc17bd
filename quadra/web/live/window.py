"""What was committed in the last minute, for consoles that come back. Pure; time is passed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import dropwhile

from quadra.engine.ports import Row

KEPT_S = 60.0
MAX_SAMPLES = 1_000_000
MAX_ROWS = 20_000


class Window:
    """The newest rows of the journal: those of ``KEPT_S`` seconds, and no more than the bounds."""

    def __init__(self, floor: int = 0) -> None:
        """Begin behind the position ``floor``."""
        self.floor = floor
        """The position behind which every row is here."""
        self._rows: deque[Row] = deque()
        self._samples = 0

    def add(self, row: Row, now: float) -> None:
        """Take the next row, and let go of what is too old or too much; ``now`` in unix s."""
        self._rows.append(row)
        self._samples += len(row.columns)
        rows = self._rows
        while rows and (
            rows[0].committed_at < now - KEPT_S
            or self._samples > MAX_SAMPLES
            or len(rows) > MAX_ROWS
        ):
            gone = rows.popleft()
            self._samples -= len(gone.columns)
            self.floor = gone.seq

    def after(self, seq: int, upto: int) -> list[Row] | None:
        """Give the rows with seq < row.seq <= upto, in order; None where some are not here."""
        if seq < self.floor:
            return None
        rows: Iterable[Row] = dropwhile(lambda row: row.seq <= seq, self._rows)
        return [row for row in rows if row.seq <= upto]
