"""Sealed chunks as they are read: fetched in a transaction, decoded later, series by series."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from quadra.errors import DamagedError
from quadra.storage.decoded import Decoded
from quadra.storage.journal import MAX_SAMPLES_A_READ, too_many_samples
from quadra.storage.plain import plain_rows
from quadra.storage.tables import chunks
from quadra.telemetry import chunks as codec
from quadra.telemetry.batch import Columns, IdArray, TimeArray, ValueArray
from quadra.telemetry.runs import Runs, before
from quadra.telemetry.sketches import Ints

log = logging.getLogger(__name__)

# In the order of codec.Chunk's fields, and the checksum.
PACKED = (
    chunks.c.first_t,
    chunks.c.last_t,
    chunks.c.step,
    chunks.c["count"],
    chunks.c.times,
    chunks.c["values"],
    chunks.c.checksum,
)
# Without an order: it would have the database copy every chunk to sort them.
_OF_SPAN = sa.select(chunks.c.id, chunks.c.series_id, *PACKED).where(
    chunks.c.series_id.in_(sa.bindparam("ids", expanding=True)),
    chunks.c.last_t >= sa.bindparam("first"),
    chunks.c.first_t <= sa.bindparam("until"),
)


class Sealed(NamedTuple):
    """Chunks that touch a span, by series and in order written.

    ``rows`` hold id, series, the chunk's fields and its checksum; the other columns (rows,) are
    some of those.
    """

    rows: Sequence[Any]
    series: IdArray
    first: TimeArray
    last: TimeArray
    step: TimeArray
    counts: codec.Bounds

    def where(self, wanted: npt.NDArray[np.bool_]) -> Sealed:
        """Give the chunks at which ``wanted`` (rows,) is true."""
        if wanted.all():
            return self
        rows = [self.rows[row] for row in np.flatnonzero(wanted).tolist()]
        return Sealed._make((rows, *(column[wanted] for column in self[1:])))

    def of(self, low: int, high: int) -> Sealed:
        """Give the chunks of the series with low <= id < high."""
        begin, stop = np.searchsorted(self.series, (low, high)).tolist()
        return Sealed._make(column[begin:stop] for column in self)

    def chunks(self) -> list[codec.Chunk]:
        """Give the chunks themselves."""
        return [codec.Chunk._make(row[2:8]) for row in self.rows]

    def are_runs(self, step: int) -> npt.NDArray[np.bool_]:
        """Say of each chunk whether all of its series are even runs that follow one another.

        Of at least a sample a ``step`` (ms), and not of single samples.
        """
        if not len(self.rows):
            return np.zeros(0, np.bool_)
        begins = np.ones(len(self.rows), np.bool_)
        np.not_equal(self.series[1:], self.series[:-1], out=begins[1:])
        good = (self.step > 0) & (self.step <= step)
        good[1:] &= begins[1:] | (self.first[1:] > self.last[:-1])
        edges = np.flatnonzero(begins)
        lengths = np.diff(np.append(edges, len(good)))
        return np.repeat(np.logical_and.reduceat(good, edges), lengths)


def fetch(connection: sa.Connection, start: int, end: int, wanted: IdArray) -> Sealed:
    """Fetch the chunks of wanted series that touch a span (unix ms); InvalidError for too many."""
    values = {"ids": wanted.tolist(), "first": start, "until": end}
    rows = plain_rows(connection, _OF_SPAN, values)
    if not rows:
        whole = np.empty(0, np.int64)
        return Sealed(rows, np.empty(0, np.uint32), whole, whole, whole, whole)
    number, series, first, last, step, counts = (
        np.array(column, np.int64) for column in list(zip(*rows, strict=True))[:6]
    )
    if int(counts.sum()) > MAX_SAMPLES_A_READ:
        raise too_many_samples()
    found = Sealed(rows, series.astype(np.uint32), first, last, step, counts)
    same = series[1:] == series[:-1]
    if (~same & (series[1:] < series[:-1]) | same & (number[1:] < number[:-1])).any():
        order = np.lexsort((number, series))
        rows = [rows[row] for row in order.tolist()]
        return Sealed._make((rows, *(column[order] for column in found[1:])))
    return found


def runs(sealed: Sealed, start: int, end: int, decoded: Decoded) -> Runs:
    """Give the samples from ``start`` to before ``end`` (unix ms) of chunks that are runs.

    Raises DamagedError for damaged chunks.
    """
    begin: Ints = before(sealed.first, sealed.step, start).clip(0, sealed.counts)
    stop: Ints = before(sealed.first, sealed.step, end).clip(0, sealed.counts)
    there = begin < stop
    if not there.all():
        sealed, begin, stop = sealed.where(there), begin[there], stop[there]
    parts = [
        v[low:high]
        for v, low, high in zip(
            _values(sealed.rows, decoded), begin.tolist(), stop.tolist(), strict=True
        )
    ]
    v = np.concatenate(parts) if parts else np.empty(0)
    return Runs(sealed.series, sealed.first + begin * sealed.step, sealed.step, stop - begin, v)


def _values(rows: Sequence[Any], decoded: Decoded) -> list[ValueArray]:
    """Give the values of each chunk: remembered, or else decoded."""
    found = [decoded.get((row[0], row[8])) for row in rows]
    missing = [row for row, v in zip(rows, found, strict=True) if v is None]
    if missing:
        sound(missing, spare_damaged=False)
        new = codec.decode_values([codec.Chunk._make(row[2:8]) for row in missing])
        for row, v in zip(missing, new, strict=True):
            if row[8] is not None:  # without a checksum, what is written anew would look the same
                decoded.keep((row[0], row[8]), v)
        others = iter(new)
        return [next(others) if v is None else v for v in found]
    return [v for v in found if v is not None]


def samples(sealed: Sealed, start: int, end: int, *, spare_damaged: bool = False) -> Columns:
    """Decode the samples with start <= t <= end (unix ms), by series and in order written.

    Of damaged chunks raises DamagedError, or leaves them out and says so in the log.
    """
    if spare_damaged:
        whole = {id(row) for row in sound(sealed.rows, spare_damaged=True)}
        sealed = sealed.where(np.array([id(row) in whole for row in sealed.rows], np.bool_))
    else:
        sound(sealed.rows, spare_damaged=False)
    touches = (sealed.last >= start) & (sealed.first <= end)
    sealed = sealed.where(touches)
    if not len(sealed.rows):
        return Columns.empty()
    _, series, first, last, _, counts = sealed
    # Chunks of equal length are decoded in place where they lie together.
    order = np.argsort(counts, kind="stable")
    packed = sealed.chunks()
    t, v, bounds = codec.decode_many([packed[row] for row in order.tolist()])
    begin, stop = np.empty((2, len(counts)), np.int64)
    begin[order], stop[order] = bounds[:-1], bounds[1:]
    for row in np.flatnonzero((first < start) | (last > end)).tolist():
        low = begin[row]
        begin[row], stop[row] = low + np.searchsorted(t[low : stop[row]], (start, end + 1))
    in_order = bool(((series[1:] != series[:-1]) | (first[1:] > last[:-1])).all())
    ids = np.repeat(series, stop - begin)
    return Columns(ids, *_gathered((t, v), begin, stop), in_order=in_order)


def chunks_between(
    connection: sa.Connection, start: int, end: int, wanted: IdArray, *, spare_damaged: bool = False
) -> Columns:
    """Read the samples of wanted series that stand in chunks; ``fetch`` and ``samples`` in one."""
    sealed = fetch(connection, start, end, wanted)
    return samples(sealed, start, end, spare_damaged=spare_damaged)


def _gathered(
    columns: tuple[TimeArray, ValueArray], begin: codec.Bounds, stop: codec.Bounds
) -> tuple[TimeArray, ValueArray]:
    """Put the slices ``begin:stop`` of both columns one after another, few copies at a time."""
    t, v = columns
    breaks = np.flatnonzero(begin[1:] != stop[:-1]) + 1
    lows = begin[np.append(0, breaks)].tolist()
    highs = stop[np.append(breaks - 1, len(stop) - 1)].tolist()
    runs = [slice(low, high) for low, high in zip(lows, highs, strict=True)]
    if len(runs) == 1:
        return t[runs[0]], v[runs[0]]
    return np.concatenate([t[run] for run in runs]), np.concatenate([v[run] for run in runs])


def checksum(chunk: Sequence[Any]) -> int:
    """Give the CRC-32 of a chunk: of its columns, begun from what else its row says."""
    start: int = chunk[0] + 3 * chunk[2] + 5 * chunk[3]
    return crc32(chunk[5], crc32(chunk[4], (start ^ start >> 32) & 0xFFFFFFFF))


def is_sound(row: Sequence[Any]) -> bool:
    """Say whether the checksum of a row (as of ``sound``) fits, or is none."""
    return row[8] is None or checksum(row[2:8]) == row[8]


def sound(rows: Sequence[Any], *, spare_damaged: bool) -> Sequence[Any]:
    """Pass on the rows (id, series, the chunk, its checksum) whose checksum fits or is none."""
    wrong = [row for row in rows if not is_sound(row)]
    if not wrong:
        return rows
    said = ", ".join(f"chunk {row[0]} of series {row[1]}" for row in wrong[:9])
    if not spare_damaged:
        msg = f"Samples are damaged on disk ({said}); restore a backup, or ask for other times."
        raise DamagedError(msg)
    log.error("Damaged samples are left out: %s", said)
    damaged = {row[0] for row in wrong}
    return [row for row in rows if row[0] not in damaged]
