"""Rates over long spans, of a store that tells the last sample of each step and when it was.

Between two samples a counter that did not fall rose by their difference, whatever lies between. So
of a step without a fall its last sample is enough; the others are read whole. A store's own
``rate`` is no help: it extrapolates, and loses what rises between two windows.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import Columns, IdArray, TimeArray, ValueArray

MAX_SPANS = 32
_MOST_FALLS = 4  # more than a quarter of the steps, and all is read at once as well


class Ends(NamedTuple):
    """Steps of series, all columns (n,): ``start`` (unix ms), and the last sample ``t``, ``v``.

    ``low`` is the least value within the step, ``falls`` how often one was below that before it.
    """

    ids: IdArray
    start: TimeArray
    t: TimeArray
    v: ValueArray
    low: ValueArray
    falls: ValueArray


class Whole(NamedTuple):
    """What has to be read whole: some series, and spans of steps (first, after), unix ms."""

    ids: IdArray
    spans: list[tuple[int, int]]


def to_be_read(ends: Ends, samples: Columns, step: int) -> Whole | None:
    """Say where counters fell, given ``samples`` of the other times; None where it is too much."""
    ids = np.concatenate((ends.ids, samples.ids))
    t = np.concatenate((ends.t, samples.t))
    v = np.concatenate((ends.v, samples.v))
    order = np.lexsort((t, ids))
    fell = np.zeros(len(ids), np.bool_)
    fell[: len(ends.ids)] = ends.falls > 0
    low = np.concatenate((ends.low, np.full(len(samples), np.inf)))[order]
    ids, v = ids[order], v[order]
    below = np.zeros(len(ids), np.bool_)
    below[1:] = (ids[1:] == ids[:-1]) & (low[1:] < v[:-1])
    fell[order] |= below
    fell = fell[: len(ends.ids)]
    if np.count_nonzero(fell) * _MOST_FALLS > len(fell):
        return None
    spans = _together(np.unique(ends.start[fell]), step)
    return Whole(np.unique(ends.ids[fell]), spans) if len(spans) <= MAX_SPANS else None


def _together(starts: npt.NDArray[np.int64], step: int) -> list[tuple[int, int]]:
    """Put steps that follow one another together."""
    if not len(starts):
        return []
    breaks = np.flatnonzero(np.diff(starts) != step) + 1
    bounds = pairwise([0, *breaks.tolist(), len(starts)])
    return [(int(starts[low]), int(starts[high - 1]) + step) for low, high in bounds]
