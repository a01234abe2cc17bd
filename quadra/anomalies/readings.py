"""What is to be judged of samples: gauges as they are, counters as growth, calls by their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies.rates import Growth
from quadra.anomalies.shift_rules import COUNT, LEVEL, MEAN
from quadra.anomalies.traits import Trait
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

Ints = npt.NDArray[np.int64]

WAIT_MS: Final = 30_000
"""How long one half of a mean waits for the other."""
_TIME_BITS: Final = 42  # of unix ms, until the year 2109


class Readings(NamedTuple):
    """What is judged, (n,) each; each series in order of time.

    ``v`` is the value as people read it: of a gauge itself, of a counter its growth a second, of
    the sum of a histogram or summary the mean of its calls. ``amount`` / ``weight`` is that too:
    a gauge and 1; the growth and its seconds; the sum's growth and the number of calls.
    """

    ids: Ints
    t: TimeArray
    v: ValueArray
    kind: Ints
    amount: ValueArray
    weight: ValueArray


class Reader:
    """Makes readings of samples; remembers the last of each counter."""

    def __init__(self) -> None:
        """Begin without any series."""
        self.growth = Growth()
        none = np.empty(0, np.int64)
        self._counters: Ints = none
        self._sums: Ints = none  # of calls, sorted
        self._calls: Ints = none  # their numbers, sorted
        self._sum_of: Ints = none  # place of the sum of each of these
        self._waiting = _Growths(none, none, np.empty(0), np.empty(0))

    def describe(self, traits: Mapping[int, Trait]) -> None:
        """Set which series are counters, and which are sums of calls that another counts."""
        self._counters = np.array(sorted(k for k, t in traits.items() if t.counter), np.int64)
        pairs = sorted((k, t.calls) for k, t in traits.items() if t.counter and t.calls)
        self._sums = np.array([series for series, _ in pairs], np.int64)
        calls = np.array([calls for _, calls in pairs], np.int64)
        self._sum_of = np.argsort(calls, kind="stable")
        self._calls = calls[self._sum_of]

    def read(self, ids: IdArray, t: TimeArray, v: ValueArray) -> Readings:
        """Take samples, each series in order of time; NaN and infinities say nothing."""
        whole: Ints = ids.astype(np.int64)
        counted = np.isin(whole, self._counters)
        gauges = np.flatnonzero(~counted & np.isfinite(v))
        level = v[gauges]
        kind, ones = np.full(len(gauges), LEVEL), np.ones(len(gauges))
        parts = [Readings(whole[gauges], t[gauges], level, kind, level, ones)]
        at = np.flatnonzero(counted)
        if len(at):
            grown, seconds = self.growth.learn(ids[at], t[at], v[at])
            use = np.isfinite(grown)
            growths = _Growths(whole[at][use], t[at][use], grown[use], seconds[use])
            parts.append(_counts(growths.where(~np.isin(growths.ids, self._sums))))
            if len(self._sums):
                parts.append(self._means(growths))
        return Readings(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _means(self, growths: _Growths) -> Readings:
        """Bring sums and numbers of calls together that stand for the same time.

        They may come in different requests: one waits for the other.
        """
        both = _Growths.joined(self._waiting, growths)
        place, total = both.among(self._sums)
        keys = place << _TIME_BITS | total.t
        place, number = both.among(self._calls)
        number_keys = self._sum_of[place] << _TIME_BITS | number.t
        _, of_sums, of_calls = np.intersect1d(keys, number_keys, return_indices=True)
        waiting = _Growths.joined(
            total.where(~np.isin(keys, number_keys)), number.where(~np.isin(number_keys, keys))
        )
        latest = int(both.t.max(initial=0))
        self._waiting = waiting.where(waiting.t > latest - WAIT_MS)
        total, number = total.where(of_sums), number.where(of_calls)
        fair = (total.seconds == number.seconds) & (number.grown > 0.0) & (total.grown > 0.0)
        order = np.lexsort((total.t, total.ids))
        total, calls = total.where(order[fair[order]]), number.grown[order[fair[order]]]
        kind = np.full(len(calls), MEAN)
        return Readings(total.ids, total.t, total.grown / calls, kind, total.grown, calls)


class _Growths(NamedTuple):
    """Growth of counters, (n,) each: series, time, by how much, in how many seconds."""

    ids: Ints
    t: TimeArray
    grown: ValueArray
    seconds: ValueArray

    @classmethod
    def joined(cls, one: _Growths, other: _Growths) -> _Growths:
        """Put two after each other."""
        return cls(*(np.concatenate(both) for both in zip(one, other, strict=True)))

    def where(self, chosen: npt.NDArray[Any]) -> _Growths:
        """Keep some, by mask or by place."""
        return _Growths(*(part[chosen] for part in self))

    def among(self, wanted: Ints) -> tuple[Ints, _Growths]:
        """Keep those of ``wanted`` series (sorted); give the place of each there."""
        at = np.minimum(np.searchsorted(wanted, self.ids), len(wanted) - 1)
        mine = wanted[at] == self.ids
        return at[mine], self.where(mine)


def _counts(growths: _Growths) -> Readings:
    ids, t, grown, seconds = growths
    return Readings(ids, t, grown / seconds, np.full(len(t), COUNT), grown, seconds)
