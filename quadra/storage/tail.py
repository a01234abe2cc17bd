"""The journal's rows that are not sealed yet, read once for all who look at now.

At 5,000 samples a second a million samples wait for the sealer in two thousand rows, and reading
all of them for a question of 25 series took 55 ms of a core. So they stay in memory as blocks,
sorted by series, within bounds.

That is right because rows never change, become visible in the order of their positions, and go in
that order too. Blocks hold all rows of their positions, and follow one another without a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from quadra.storage.chunks import read_sealed
from quadra.storage.journal import MAX_SAMPLES_A_READ, too_many_samples
from quadra.storage.plain import plain_each
from quadra.storage.tables import journal
from quadra.telemetry.batch import Columns, IdArray, ValueArray
from quadra.telemetry.packing import unpack

ROOM_SAMPLES = 1_000_000  # 12 bytes each
BLOCK_ROWS = 64
BLOCK_SAMPLES = 32_768
_OFFSET_LIMIT = 1 << 32

_BEHIND = (
    sa.select(journal.c.seq, journal.c.columns)
    .where(journal.c.seq > sa.bindparam("low"), journal.c.seq <= sa.bindparam("high"))
    .order_by(journal.c.seq)
)
_OF_SPAN = _BEHIND.where(
    journal.c.last_t >= sa.bindparam("first"), journal.c.first_t <= sa.bindparam("until")
)
_ENDS = sa.select(sa.func.min(journal.c.seq), sa.func.max(journal.c.seq))


class _Block(NamedTuple):
    """All samples of the rows at some positions, by series and then in the order written.

    Series i of ``ids`` (sorted) has the samples from ``bounds[i]`` to ``bounds[i + 1]``; times are
    ``start`` and ``offsets`` (ms).
    """

    first: int
    last: int
    start: int
    end: int
    ids: IdArray
    bounds: npt.NDArray[np.int64]
    offsets: npt.NDArray[Any]
    v: ValueArray

    def of(self, asked: _Asked) -> Columns:
        """Give what is wanted."""
        wanted, start, end = asked
        if self.start > end or self.end < start:
            return Columns.empty()
        if len(wanted) < len(self.ids):
            place = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
            place = place[self.ids[place] == wanted]
        else:
            met = np.minimum(np.searchsorted(wanted, self.ids), len(wanted) - 1)
            place = np.flatnonzero(wanted[met] == self.ids)
        counts = self.bounds[place + 1] - self.bounds[place]
        at = np.arange(int(counts.sum()))
        at += np.repeat(self.bounds[place] - (np.cumsum(counts) - counts), counts)
        t = self.offsets[at].astype(np.int64) + self.start
        found = Columns(np.repeat(self.ids[place], counts), t, self.v[at])
        if self.start >= start and self.end <= end:
            return found
        return found.where((t >= start) & (t <= end))


class Tail:
    """Reads what stands in the journal. Several native threads may, without a lock.

    Each sets all blocks at once, and whichever were set last are right by themselves.
    """

    def __init__(self, *, sealed_is_here: bool) -> None:
        """Begin empty; ``sealed_is_here`` says that chunks have what is sealed, and it is read."""
        self._sealed_is_here = sealed_is_here
        self._blocks: tuple[_Block, ...] = ()

    def between(
        self, connection: sa.Connection, start: int, end: int, wanted: IdArray
    ) -> list[Columns]:
        """Read samples of wanted series with start <= t <= end (unix ms).

        Those of a series come in the order written. Raises InvalidError when they are too many.
        """
        low, high = self._reach(connection)
        if low >= high or not len(wanted):
            return []
        asked = _Asked(np.unique(wanted), start, end)
        blocks = [block for block in self._blocks if block.last > low]
        if blocks and blocks[-1].last > high:
            blocks = []  # what came after this connection began to read; or another journal's
        found = _Found()
        if blocks and blocks[0].first > low + 1:
            for part in _read(connection, low, blocks[0].first - 1, asked, 0):
                found.take(part, asked)
        for block in blocks:
            found.take(block, asked)
        room = ROOM_SAMPLES - sum(len(block.v) for block in blocks)
        for part in _read(connection, blocks[-1].last if blocks else low, high, asked, room):
            found.take(part, asked)
            if isinstance(part, _Block):
                blocks.append(part)
        self._blocks = tuple(blocks)
        return found.parts

    def _reach(self, connection: sa.Connection) -> tuple[int, int]:
        """Give the positions after which, and up to which, rows are to be read."""
        oldest, newest = connection.execute(_ENDS).one()
        if oldest is None:
            return 0, 0
        low: int = oldest - 1
        if self._sealed_is_here:
            low = max(low, read_sealed(connection))
        return low, newest


class _Asked(NamedTuple):
    """What a question wants: series (sorted, each once), and both ends of its span (unix ms)."""

    ids: IdArray
    start: int
    end: int

    def of(self, columns: Columns) -> Columns:
        """Give what is wanted of samples in any order."""
        if not len(columns):
            return columns
        met = np.minimum(np.searchsorted(self.ids, columns.ids), len(self.ids) - 1)
        mask = self.ids[met] == columns.ids
        mask &= (columns.t >= self.start) & (columns.t <= self.end)
        return columns.where(mask)


class _Found:
    """What a question has found so far, within its bound."""

    def __init__(self) -> None:
        self.parts: list[Columns] = []
        self._room = MAX_SAMPLES_A_READ

    def take(self, part: _Block | Columns, asked: _Asked) -> None:
        """Take what is wanted of a part; raises InvalidError when it is too much."""
        mine = part.of(asked) if isinstance(part, _Block) else asked.of(part)
        self.parts.append(mine)
        self._room -= len(mine)
        if self._room < 0:
            raise too_many_samples()


def _read(
    connection: sa.Connection, low: int, high: int, asked: _Asked, room: int
) -> Iterator[_Block | Columns]:
    """Read the rows with low < position <= high: as blocks while they have room, then as they are.

    With no room at all, rows of other times than those asked for are left out.
    """
    values = {"low": low, "high": high}
    statement = _BEHIND
    if room <= 0:
        statement, values = _OF_SPAN, values | {"first": asked.start, "until": asked.end}
    rows: list[Columns] = []
    size = 0
    for position, blob in plain_each(connection, statement, values):
        rows.append(unpack(blob))
        size += len(rows[-1])
        if len(rows) >= BLOCK_ROWS or size >= BLOCK_SAMPLES:
            # One that has no room ends them, for they have no gaps.
            room = room - size if room >= size else 0
            whole = Columns.concat(rows)
            yield _block(low + 1, position, whole) if room > 0 and size else whole
            rows, size, low = [], 0, position
    yield Columns.concat(rows)


def _block(first: int, last: int, columns: Columns) -> _Block:
    order = np.argsort(columns.ids, kind="stable")
    ids, begin = np.unique(columns.ids[order], return_index=True)
    start = int(columns.t.min())
    offsets = columns.t[order] - start
    end = start + int(offsets.max())
    if end - start < _OFFSET_LIMIT:
        offsets = offsets.astype(np.uint32)
    bounds = np.append(begin, len(order)).astype(np.int64)
    return _Block(first, last, start, end, ids, bounds, offsets, columns.v[order])
