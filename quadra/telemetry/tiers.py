"""Which part of the past is answered from rollups and which from samples, and in one answer both.

Samples are the truth while they are kept. Below ``Marks.raw_from`` they are gone, and only cells
tell what was; up to ``Marks.rolled_until`` there are cells as well. A cell answers for samples
only where it lies wholly inside the span and inside one step of the question, so that the answer
is the one that the samples would have given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry import sketches
from quadra.telemetry.batch import Columns, TimeArray, ValueArray
from quadra.telemetry.rollups import HOUR, MINUTE, Rollup, merge, roll

NEVER = -(1 << 60)  # ms: before all time
_MOST_CUTS = 12  # cells that steps cut, read as samples one by one; beyond, read all

Span = tuple[int, int]
"""From a time to before another, unix ms."""

_QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
COLUMNS: dict[str, frozenset[str]] = {
    "avg": frozenset({"total", "count"}),
    "min": frozenset({"low"}),
    "max": frozenset({"high"}),
    "sum": frozenset({"total"}),
    "count": frozenset({"count"}),
    "last": frozenset({"last", "last_t"}),
    "rate": frozenset({"first", "first_t", "last", "last_t", "lost"}),
    **{name: frozenset({"sketch"}) for name in _QUANTILES},
}
"""The columns of a ``Rollup`` that each aggregate needs."""


class Marks(NamedTuple):
    """How far each part of the past reaches; unix ms, multiples of an hour."""

    raw_from: int = NEVER
    rolled_until: int = NEVER
    rollups_from: int = NEVER


class Plan(NamedTuple):
    """What to read for one question: cells of the tier's length, and samples.

    ``gone`` is the span that only cells tell, ``cells`` those that spare reading samples, and
    ``raw`` what must be read as samples, for series that have cells. For series without them
    it is ``plain``.
    """

    tier: int
    gone: Span
    cells: tuple[Span, ...]
    raw: tuple[Span, ...]
    plain: Span


def plan(start: int, end: int, step: int, marks: Marks) -> Plan:
    """Plan a question from ``start`` to before ``end`` in steps of ``step``, all in ms."""
    tier = HOUR if step >= HOUR and _cuts(start, end, step, HOUR) is not None else MINUTE
    alive = min(max(start, marks.raw_from), end)
    first = _up(max(alive, marks.rollups_from), tier)
    until = min(end, marks.rolled_until) // tier * tier
    cuts = _cuts(first, until, step, tier) if until > first else None
    gone = (start // tier * tier, alive) if start < alive else (start, start)
    if cuts is None:
        return Plan(tier, gone, (), _spans((alive, end)), (alive, end))
    begins = [first, *(cut + tier for cut in cuts)]
    cells = _spans(*zip(begins, [*cuts, until], strict=True))
    raw = _spans((alive, first), *((cut, cut + tier) for cut in cuts), (until, end))
    return Plan(tier, gone, cells, raw, (alive, end))


def _up(t: int, tier: int) -> int:
    return -(-t // tier) * tier


def _spans(*spans: Span) -> tuple[Span, ...]:
    return tuple(span for span in spans if span[0] < span[1])


def _cuts(start: int, end: int, step: int, tier: int) -> list[int] | None:
    """Give the cells that a step's border cuts; None when they are too many, or steps too short."""
    if step % tier == 0:
        return []
    if step < tier or (end - start) // step > _MOST_CUTS:
        return None
    borders = range(_up(start, step), end, step)
    return sorted({border // tier * tier for border in borders if border % tier})


def into_cells(
    cells: Rollup, tier: int, samples: Columns, step: int, wanted: frozenset[str]
) -> Rollup:
    """Put cells of ``tier`` and samples together into cells of ``step``.

    Samples are sorted by series and time, and none may lie within a cell. Only the columns
    ``wanted`` are right.
    """
    has = "sketch" in wanted
    # Rolled as finely as the cells, for what is merged must not interleave in time.
    rolled = roll(samples.ids, samples.t, samples.v, tier, with_sketch=has, border=step)
    return merge([cells, rolled], step)


def answer(cells: Rollup, agg: str) -> Columns:
    """Give the aggregate of cells that are as long as the question's steps, sorted, each once.

    As ``aggregate.into_steps``; a quantile is that of the sketch, within 0.8 % of a sample.
    """
    if agg == "rate":
        rates, known = _rates(cells)
        return Columns(cells.ids[known], cells.start[known], rates[known])
    return Columns(cells.ids, cells.start, _value(cells, agg))


def _value(cells: Rollup, agg: str) -> ValueArray:
    if agg in _QUANTILES:
        return sketches.quantile(cells.sketch, _QUANTILES[agg])
    if agg == "avg":
        return cells.total / cells.count
    column: dict[str, ValueArray] = {
        "min": cells.low,
        "max": cells.high,
        "sum": cells.total,
        "count": cells.count.astype(np.float64),
        "last": cells.last,
    }
    return column[agg]


def _rates(cells: Rollup) -> tuple[ValueArray, npt.NDArray[np.bool_]]:
    """Give each cell's rate, from the last sample before it, and whether it has one."""
    before: ValueArray = cells.first.copy()
    since: TimeArray = cells.first_t.copy()
    goes_on = np.zeros(len(cells.ids), np.bool_)
    goes_on[1:] = cells.ids[1:] == cells.ids[:-1]
    at = np.flatnonzero(goes_on)
    before[at] = cells.last[at - 1]
    since[at] = cells.last_t[at - 1]
    rise = cells.last - before + cells.lost
    rise += np.where(cells.first < before, before, 0.0)
    span = (cells.last_t - since) / 1000.0
    known = span > 0
    return np.divide(rise, span, out=np.zeros_like(rise), where=known), known
