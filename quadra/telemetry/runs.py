"""Samples told by runs of even pace, whose times need never be written out to aggregate them.

What is scraped or sent on a clock is stored as such runs. Where a step begins in one is a matter
of arithmetic, a few numbers a step instead of a few a sample.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quadra.telemetry.aggregate import REDUCERS
from quadra.telemetry.batch import Columns, IdArray, TimeArray, ValueArray
from quadra.telemetry.sketches import Ints


class Runs(NamedTuple):
    """Run *i* (of r) is ``length[i]`` samples of series ``ids[i]``, at least one.

    They are ``pace[i]`` ms apart, at least 1, and begin at ``first[i]`` (unix ms). ``v`` (n,) holds
    the values of all runs one after another. Runs are sorted by series and time, and none reaches
    into the next of its series.
    """

    ids: IdArray
    first: TimeArray
    pace: TimeArray
    length: Ints
    v: ValueArray

    @classmethod
    def none(cls) -> Runs:
        """Give no runs."""
        whole = np.empty(0, np.int64)
        return cls(np.empty(0, np.uint32), whole, whole, whole, np.empty(0))

    def columns(self) -> Columns:
        """Write out every sample."""
        begin = np.cumsum(self.length) - self.length
        place = np.arange(len(self.v)) - np.repeat(begin, self.length)
        t = np.repeat(self.first, self.length) + place * np.repeat(self.pace, self.length)
        return Columns(np.repeat(self.ids, self.length), t, self.v, in_order=True)


def before(first: TimeArray, pace: TimeArray, t: int | TimeArray) -> Ints:
    """Count the samples before ``t`` in runs that begin at ``first`` and never end.

    Negative where a run began later.
    """
    count: Ints = -((first - t) // pace)
    return count


def into_steps(runs: Runs, step: int, agg: str) -> Columns:
    """Aggregate runs into steps of ``step`` ms, as ``aggregate.into_steps`` does their samples.

    Not for ``rate``, which looks at each sample's time. No pace may be longer than the step, and
    no value NaN.
    """
    if not len(runs.ids):
        return Columns.empty()
    begin = np.cumsum(runs.length) - runs.length
    slot = runs.first // step
    last = (runs.first + (runs.length - 1) * runs.pace) // step
    steps = last - slot + 1
    row = np.repeat(np.arange(len(steps)), steps)
    slot = slot[row] + np.arange(len(row)) - (np.cumsum(steps) - steps)[row]
    edge = begin[row] + before(runs.first[row], runs.pace[row], slot * step).clip(0)
    ids = runs.ids[row]
    begins = np.ones(len(ids), np.bool_)  # one run may go on in the step where the other ended
    np.logical_or(slot[1:] != slot[:-1], ids[1:] != ids[:-1], out=begins[1:])
    edge = edge[begins]
    return Columns(ids[begins], slot[begins] * step, REDUCERS[agg](runs.v, edge), in_order=True)
