"""One past out of three places: rollups, sealed chunks, and the journal's rows not sealed yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from quadra.engine.history import Question, Tiered
from quadra.storage.chunks import read_sealed
from quadra.storage.database import Database
from quadra.storage.decoded import Decoded
from quadra.storage.rollups import cells_between, read_marks, read_minutes_since
from quadra.storage.sealed import Sealed, fetch, runs, samples
from quadra.storage.tables import chunks, journal, rollups
from quadra.storage.tail import Tail
from quadra.telemetry.batch import Columns, IdArray, latest_of_each, overlaid
from quadra.telemetry.packing import unpack
from quadra.telemetry.rollups import MINUTE, Rollup, concat, nothing
from quadra.telemetry.runs import Runs
from quadra.telemetry.sketches import Ints
from quadra.telemetry.tiers import Marks, Plan, Span, plan

SAMPLES_A_GROUP = 120_000  # decoded at a time, so that a long answer takes little memory

Mask = npt.NDArray[np.bool_]


class _Part(NamedTuple):
    """The sealed chunks of some series that touch a span, and what of it stands in the journal."""

    span: Span
    sealed: Sealed
    rows: Columns

    @property
    def size(self) -> int:
        """Give about how many samples these are."""
        return int(self.sealed.counts.sum()) + len(self.rows)

    def of(self, low: int, high: int) -> _Part:
        """Give the series with low <= id < high."""
        return _Part(self.span, self.sealed.of(low, high), self.rows.of(low, high))


class SqlHistory:
    """Implements ``engine.ports.HistoryStore`` and ``engine.history.TieredStore``."""

    def __init__(self, database: Database, *, sealed_is_here: bool = True) -> None:
        """Wire the store; ``sealed_is_here`` says whether what is sealed becomes chunks here."""
        self._database = database
        self._decoded = Decoded()
        self._tail = Tail(sealed_is_here=sealed_is_here)

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        """Read samples of the wanted series with start <= t <= end (unix ms), in order written.

        Both places are read in one transaction, so that nothing that is sealed meanwhile is
        missed; what stands in both may come twice, the journal's copy later.
        """
        if len(wanted) == 0:
            return Columns.empty()
        part = self._database.read(_parts, self._tail, (start, end + 1), wanted)
        return Columns.concat([samples(part.sealed, start, end), part.rows])

    def tiered(self, question: Question) -> Iterator[Tiered]:
        """Give cells and samples that together answer for the whole span, some series at a time.

        All is read in one transaction, and decoded as it is asked for.
        """
        if len(question.ids) == 0:
            return
        tier, cells, parts = self._database.read(_tiered, self._tail, question)
        parts = [part._replace(rows=latest_of_each(part.rows)) for part in parts]
        for some_cells, some in _in_groups(cells, parts):
            if len(cells.ids):
                merged = reduce(overlaid, map(_merged, some), Columns.empty())
                yield Tiered(tier, some_cells, merged, Runs.none())
                continue
            for part in some:
                yield Tiered(tier, cells, *self._divided(part, question.step))

    def _divided(self, part: _Part, step: int) -> tuple[Columns, Runs]:
        """Decode a part, as runs what can be up to the step in which the journal begins."""
        start, end = part.span
        if len(part.rows):
            end = max(start, int(part.rows.t.min()) // step * step)
        are_runs = part.sealed.are_runs(step)
        if start == end or not are_runs.any():
            return _merged(part), Runs.none()
        even = part.sealed.where(are_runs)
        rest = [samples(part.sealed.where(~are_runs), start, part.span[1] - 1)]
        if end < part.span[1]:
            rest.append(samples(even, end, part.span[1] - 1))
        return overlaid(latest_of_each(Columns.concat(rest)), part.rows), runs(
            even, start, end, self._decoded
        )

    def weigh(self, question: Question) -> list[int]:
        """Tell about how many samples and cells would be read of each series of the question."""
        return self._database.read(_weigh, question)

    def size(self) -> int:
        """Give the bytes on disk."""
        file = self._database.file
        if file is None:
            return self._database.read(_postgres_size)
        parts = (file, file.with_name(file.name + "-wal"))
        return sum(path.stat().st_size for path in parts if path.exists())


def _parts(connection: sa.Connection, tail: Tail, span: Span, wanted: IdArray) -> _Part:
    start, end = span[0], span[1] - 1
    rows = tail.between(connection, start, end, wanted)
    return _Part(span, fetch(connection, start, end, wanted), Columns.concat(rows))


def _tiered(
    connection: sa.Connection, tail: Tail, question: Question
) -> tuple[int, Rollup, list[_Part]]:
    marks = read_marks(connection)
    how = plan(question.start, question.end + 1, question.step, marks)
    covered = _covered(connection, question, marks, how)
    rest = question.ids[~covered]
    ids = question.ids[covered]
    spans = [(span, ids) for span in how.cells if len(ids)]
    if how.gone[0] < how.gone[1]:
        spans.append((how.gone, question.ids))
    cells = [nothing()]
    for span, some in spans:
        cells.append(cells_between(connection, how.tier, span, some, question.columns))
    parts = [_parts(connection, tail, span, ids) for span in how.raw] if len(ids) else []
    if len(rest) and how.plain[0] < how.plain[1]:
        parts.append(_parts(connection, tail, how.plain, rest))
    return how.tier, concat(cells), parts


def _in_groups(cells: Rollup, parts: list[_Part]) -> Iterator[tuple[Rollup, list[_Part]]]:
    """Give all that was read, or where it is much some series at a time."""
    if sum(part.size for part in parts) + len(cells.ids) <= SAMPLES_A_GROUP:
        yield cells, parts
        return
    for low, high in _groups(parts, cells):
        inside = (cells.ids >= low) & (cells.ids < high)
        yield cells.where(inside), [part.of(low, high) for part in parts]


def _groups(parts: Sequence[_Part], cells: Rollup) -> list[tuple[int, int]]:
    """Divide all series into runs of ids, each of about as many samples and cells together."""
    sizes: npt.NDArray[Any] = np.zeros(1)
    columns: list[tuple[IdArray, Ints | None]] = [(cells.ids, None)]
    for part in parts:
        columns += [(part.sealed.series, part.sealed.counts), (part.rows.ids, None)]
    for ids, counts in columns:
        more = np.bincount(ids, counts, minlength=len(sizes))
        sizes = more + np.append(sizes, np.zeros(len(more) - len(sizes)))
    group = (np.cumsum(sizes) - sizes) // SAMPLES_A_GROUP
    borders = (np.flatnonzero(np.diff(group)) + 1).tolist()
    return list(pairwise([0, *borders, len(sizes)]))


def _merged(part: _Part) -> Columns:
    """Decode a part's samples, sorted, each place once."""
    return overlaid(samples(part.sealed, part.span[0], part.span[1] - 1), part.rows)


def _covered(connection: sa.Connection, question: Question, marks: Marks, how: Plan) -> Mask:
    """Say which of the series' cells hold all their samples where the plan reads cells."""
    if not how.cells:
        return np.zeros(len(question.ids), np.bool_)
    covered = np.ones(len(question.ids), np.bool_)
    if how.tier == MINUTE:
        since = read_minutes_since(connection, question.ids)
        begin = how.cells[0][0]
        covered = np.array([since.get(i, begin + 1) <= begin for i in question.ids.tolist()])
    late = _unsealed_before(connection, marks.rolled_until)
    return covered & ~np.isin(question.ids, late)


def _unsealed_before(connection: sa.Connection, until: int) -> IdArray:
    """Give the series that have samples from before a time which no cell can hold yet."""
    rows = connection.execute(
        sa.select(journal.c.columns).where(
            journal.c.seq > read_sealed(connection), journal.c.first_t < until
        )
    )
    found = [np.empty(0, np.uint32)]
    for (blob,) in rows:
        columns = unpack(blob)
        found.append(np.unique(columns.ids[columns.t < until]))
    return np.unique(np.concatenate(found))


def _weigh(connection: sa.Connection, question: Question) -> list[int]:
    start, end = question.start, question.end
    sizes = np.zeros(len(question.ids), np.int64)
    covered = np.zeros(len(question.ids), np.bool_)
    if question.step:
        marks = read_marks(connection)
        how = plan(start, end + 1, question.step, marks)
        start, end = how.plain
        covered = _covered(connection, question, marks, how)
        seconds = sum(b - a for a, b in how.raw) // 1000
        cells = sum(b - a for a, b in (how.gone, *how.cells)) // how.tier
        sizes[covered] = seconds + cells
    rest = question.ids[~covered]
    rows = connection.execute(
        sa.select(chunks.c.series_id, sa.func.sum(chunks.c["count"]))
        .where(
            chunks.c.series_id.in_(rest.tolist()), chunks.c.last_t >= start, chunks.c.first_t <= end
        )
        .group_by(chunks.c.series_id)
    )
    found = {number: int(count) for number, count in rows}
    sizes[~covered] = [found.get(number, 0) for number in rest.tolist()]
    return sizes.tolist()


def _postgres_size(connection: sa.Connection) -> int:
    tables = (journal, chunks, rollups)
    sizes = [sa.func.pg_total_relation_size(sa.literal(table.name)) for table in tables]
    return sum(int(size) for size in connection.execute(sa.select(*sizes)).one())
