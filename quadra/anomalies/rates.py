"""Counters: what is watched of a total is by how much it grows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

Ints = npt.NDArray[np.int64]


class Growth:
    """Turns totals into growth, series by series.

    The first sample of a series and the one after a reset (the total fell) have none: NaN.
    """

    def __init__(self) -> None:
        """Begin without any series."""
        self.ids: Ints = np.empty(0, np.int64)  # sorted
        self.t: Ints = np.empty(0, np.int64)  # of the last sample, unix ms
        self.v: ValueArray = np.empty(0)

    def learn(self, ids: IdArray, t: TimeArray, v: ValueArray) -> tuple[ValueArray, ValueArray]:
        """Give by how much each total grew, and in how many seconds.

        ``ids``, ``t``, ``v`` (n,), each series in time order.
        """
        growth, seconds = np.full(len(v), np.nan), np.full(len(v), np.nan)
        use = np.flatnonzero(np.isfinite(v))
        if not len(use):
            return growth, seconds
        use = use[np.argsort(ids[use], kind="stable")]
        i, when, total = ids[use].astype(np.int64), t[use], v[use]
        first = np.concatenate(([True], i[1:] != i[:-1]))
        last = np.concatenate((first[1:], [True]))
        # Of the first sample here, the one before is what was kept from the call before.
        since, before = np.roll(when, 1), np.roll(total, 1)
        at = np.searchsorted(self.ids, i[first])
        inside = np.minimum(at, max(0, len(self.ids) - 1))
        known = self.ids[inside] == i[first] if len(self.ids) else np.zeros(len(at), np.bool_)
        since[first] = np.where(known, self.t[inside] if len(self.ids) else 0, when[first])
        before[first] = np.where(known, self.v[inside] if len(self.ids) else 0.0, np.nan)
        elapsed = (when - since) / 1000.0
        with np.errstate(over="ignore", invalid="ignore"):
            grown = total - before
            fair = (grown >= 0.0) & (elapsed > 0.0)
        growth[use], seconds[use] = np.where(fair, grown, np.nan), elapsed
        self._keep(i[last], when[last], total[last])
        return growth, seconds

    def forget(self, before: int) -> None:
        """Drop series without a sample since ``before`` (unix ms)."""
        stays = self.t >= before
        self.ids, self.t, self.v = self.ids[stays], self.t[stays], self.v[stays]

    def _keep(self, ids: Ints, t: Ints, v: ValueArray) -> None:
        stays = ~np.isin(self.ids, ids)
        joined = np.concatenate((self.ids[stays], ids))
        order = np.argsort(joined, kind="stable")
        self.ids = joined[order]
        self.t = np.concatenate((self.t[stays], t))[order]
        self.v = np.concatenate((self.v[stays], v))[order]
