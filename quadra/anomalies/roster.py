"""Which series stands in which row of a detector's arrays, and whose turn it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Roster:
    """Series by their row, in the order in which they were met; at most ``most`` of them."""

    def __init__(self, most: int) -> None:
        """Begin without any series."""
        self.most = most
        self.ids: Ints = np.empty(0, np.int64)  # by row
        self._sorted: Ints = np.empty(0, np.int64)
        self._rows: Ints = np.empty(0, np.int64)  # of the sorted ids

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self.ids)

    def find(self, ids: Ints) -> Ints:
        """Give the row of each series, -1 where it has none."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
        return np.where(self._sorted[at] == ids, self._rows[at], -1)

    def meet(self, ids: Ints) -> Ints:
        """Give the row of each series; new ones get one, -1 when there are too many."""
        rows = self.find(ids)
        if (rows >= 0).all():
            return rows
        new = np.unique(ids[rows < 0])[: self.most - len(self.ids)]
        self.adopt(np.concatenate((self.ids, new)))
        return self.find(ids)

    def adopt(self, ids: Ints) -> None:
        """Set all series, by row."""
        order = np.argsort(ids, kind="stable")
        self.ids, self._sorted, self._rows = ids, ids[order], order.astype(np.int64)


def turns(rows: Ints) -> list[Ints]:
    """Split samples, by their rows, into turns of at most one a row, in the order of each row."""
    if len(rows) == 0:
        return []
    if (rows[1:] > rows[:-1]).all():
        return [np.arange(len(rows))]
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.append(starts, len(rows)))
    turn = np.arange(len(rows)) - np.repeat(starts, sizes)
    if int(turn.max()) == 0:
        return [order]
    by_turn = np.argsort(turn, kind="stable")
    return np.split(order[by_turn], np.cumsum(np.bincount(turn))[:-1])
