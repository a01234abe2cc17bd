"""Puts short sealed chunks of a series together: fewer rows to keep, to index and to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from quadra.errors import InvalidError
from quadra.storage.chunks import hold_claim, row_of
from quadra.storage.database import Database
from quadra.storage.sealed import Sealed, fetch, is_sound, samples
from quadra.storage.tables import chunks
from quadra.telemetry import chunks as codec
from quadra.telemetry.batch import IdArray, latest_of_each
from quadra.telemetry.tiers import Span

MOST_SAMPLES = 1_280  # two chunks that were gone on with until they were full fit into one
_IDS_A_STATEMENT = 500
_Mask = npt.NDArray[np.bool_]


def put_together(database: Database, claim: int, span: Span, ids: IdArray) -> int:
    """Put chunks of these series together that lie within a span; gives how many there are less.

    Of a series of which a chunk there is damaged, or overlaps one that reaches over the span's
    ends, all are left as they are.
    """
    start, end = span
    try:
        sealed = database.read(fetch, start, end - 1, ids)
    except InvalidError:  # more than may be read at once
        half = len(ids) // 2
        parts = (ids[:half], ids[half:]) if half else ()
        return sum(put_together(database, claim, span, part) for part in parts)
    sealed = sealed.where(_worth_it(sealed, start, end))
    if not sealed.rows:
        return 0
    found = latest_of_each(samples(sealed, start, end - 1))
    bounds = codec.cut(found.ids, MOST_SAMPLES)
    packed = codec.encode_many(found.t, found.v, bounds)
    numbers = found.ids[bounds[:-1]].tolist()
    new = [row_of(number, chunk) for number, chunk in zip(numbers, packed, strict=True)]
    database.write(_replace, claim, [row[0] for row in sealed.rows], new)
    return len(sealed.rows) - len(new)


def _worth_it(sealed: Sealed, start: int, end: int) -> _Mask:
    """Say which chunks are to be put together with others of their series."""
    if not sealed.rows:
        return np.zeros(0, np.bool_)
    _ids, place = np.unique(sealed.series, return_inverse=True)
    inside = (sealed.first >= start) & (sealed.last < end)
    # How far chunks reach into the span that begin before it, or end behind it.
    until = np.full(len(_ids), np.iinfo(np.int64).min)
    since = np.full(len(_ids), np.iinfo(np.int64).max)
    before, behind = sealed.first < start, sealed.last >= end
    np.maximum.at(until, place[before], sealed.last[before])
    np.minimum.at(since, place[behind], sealed.first[behind])
    apart = ~inside | ((sealed.first > until[place]) & (sealed.last < since[place]))
    apart &= np.array([is_sound(row) for row in sealed.rows])
    good = np.bincount(place, ~apart) == 0
    count = np.bincount(place, inside)
    size = np.bincount(place, inside * sealed.counts)
    good &= count > np.ceil(size / MOST_SAMPLES)
    chosen: _Mask = inside & good[place]
    return chosen


def _replace(
    connection: sa.Connection, claim: int, old: list[int], new: list[dict[str, Any]]
) -> None:
    hold_claim(connection, claim)
    for at in range(0, len(old), _IDS_A_STATEMENT):
        some = old[at : at + _IDS_A_STATEMENT]
        connection.execute(chunks.delete().where(chunks.c.id.in_(some)))
    connection.execute(chunks.insert(), new)
