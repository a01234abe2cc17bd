"""One past out of three places: rollups, sealed chunks, and the journal's rows not sealed yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from quadra.engine.history import Question, Tiered
from quadra.storage.chunks import chunks_between, read_sealed
from quadra.storage.database import Database
from quadra.storage.journal import rows_between
from quadra.storage.rollups import cells_between, read_marks, read_minutes_since
from quadra.storage.tables import chunks, journal, rollups
from quadra.telemetry.batch import Columns, IdArray
from quadra.telemetry.packing import unpack
from quadra.telemetry.rollups import MINUTE, concat, nothing
from quadra.telemetry.tiers import Marks, Plan, plan

Mask = npt.NDArray[np.bool_]


class SqlHistory:
    """Implements ``engine.ports.HistoryStore`` and ``engine.history.TieredStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        """Read samples of the wanted series with start <= t <= end (unix ms), in order written.

        Both places are read in one transaction, so that nothing that is sealed meanwhile is
        missed; what stands in both comes twice, the journal's copy later.
        """
        if len(wanted) == 0:
            return Columns.empty()
        return self._database.read(_between, start, end, wanted)

    def tiered(self, question: Question) -> Tiered:
        """Read cells and samples that together answer for the whole span, in one transaction."""
        if len(question.ids) == 0:
            return Tiered(MINUTE, nothing(), Columns.empty())
        return self._database.read(_tiered, question)

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


def _between(connection: sa.Connection, start: int, end: int, wanted: IdArray) -> Columns:
    sealed = chunks_between(connection, start, end, wanted)
    return Columns.concat([*sealed, *rows_between(connection, start, end, wanted)])


def _tiered(connection: sa.Connection, question: Question) -> Tiered:
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
    parts = [_between(connection, a, b - 1, ids) for a, b in how.raw] if len(ids) else []
    if len(rest) and how.plain[0] < how.plain[1]:
        parts.append(_between(connection, how.plain[0], how.plain[1] - 1, rest))
    return Tiered(how.tier, concat(cells), Columns.concat(parts))


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
