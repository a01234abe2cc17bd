"""Series that fall silent while their source goes on: a worker that hangs, a part that died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies import saving
from quadra.anomalies.roster import Ints, Roster
from quadra.anomalies.traits import Trait
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

WARM: Final = 100
"""Samples after which a series has a rhythm."""
ASKED: Final = 3.2
"""Times its longest pause of late that a series must be silent."""
FADE: Final = 0.999
"""What is left of the longest pause after a sample."""
MOST: Final = 0.25
"""Share of a source's series; where more fall silent, it is the source that changes."""
ALIVE_MS: Final = 900_000.0
"""What was silent for longer is expected no more."""
_NUMBERS: Final = ("rows", "last_t", "last_v", "pause", "said")


class Silent(NamedTuple):
    """A series that fell silent: when its next sample was due, the last value, its rhythm (ms)."""

    series: int
    due: int
    now: int
    last_v: float
    pause: float


class SilenceDetector:
    """Knows the rhythm of each series, and the newest sample of each source."""

    def __init__(self, most: int) -> None:
        """Begin without any series."""
        self._roster = Roster(most)
        self._numbers = np.zeros((len(_NUMBERS), 0))
        self._source: Ints = np.empty(0, np.int64)  # by row; -1: none
        self._names: dict[str, int] = {}
        self._of: dict[int, int] = {}
        self._newest = np.empty(0)

    def describe(self, traits: Mapping[int, Trait]) -> None:
        """Note the sources of series."""
        for series, trait in traits.items():
            if trait.source:
                self._of[series] = self._names.setdefault(trait.source, len(self._names))
        self._newest = np.concatenate(
            (self._newest, np.full(len(self._names) - len(self._newest), -np.inf))
        )
        ids = np.array(sorted(traits), np.int64)
        rows = self._roster.find(ids)
        met = rows >= 0
        self._source[rows[met]] = self._sources(ids[met])

    def see(self, ids: IdArray, t: TimeArray, v: ValueArray) -> list[Silent]:
        """Take samples, each series in order of time; gives the series that now are silent."""
        use = np.flatnonzero(np.isfinite(v))
        rows = self._roster.meet(ids[use].astype(np.int64))
        use, rows = use[rows >= 0], rows[rows >= 0]
        if not len(use):
            return []
        self._grow()
        self._hear(rows, t[use].astype(np.float64), v[use])
        return self._missed()

    def series(self) -> Ints:
        """Give the ids of all series that were seen."""
        return self._roster.ids

    def forget(self, before: int) -> None:
        """Drop series without a sample since ``before`` (unix ms)."""
        stays = self._number("last_t") >= before
        if not stays.all():
            self._numbers, self._source = self._numbers[:, stays], self._source[stays]
            self._roster.adopt(self._roster.ids[stays])

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Give the rhythm of all series, for ``adopt``; sources are described anew."""
        return {"ids": self._roster.ids, "numbers": self._numbers}

    def adopt(self, kept: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from what ``dump`` gave; raises ValueError when it can't be that."""
        n = len(kept.get("ids", ()))
        saving.expect(kept, {"ids": (n,), "numbers": (len(_NUMBERS), n)})
        self._roster.adopt(kept["ids"].astype(np.int64))
        self._numbers = kept["numbers"].astype(np.float64)
        self._source = self._sources(self._roster.ids)

    def _number(self, name: str) -> ValueArray:
        found: ValueArray = self._numbers[_NUMBERS.index(name)]
        return found

    def _sources(self, ids: Ints) -> Ints:
        return np.array([self._of.get(series, -1) for series in ids.tolist()], np.int64)

    def _grow(self) -> None:
        known = self._numbers.shape[1]
        more = len(self._roster) - known
        if more > 0:
            self._numbers = np.concatenate([self._numbers, np.zeros((len(_NUMBERS), more))], axis=1)
            self._source = np.concatenate([self._source, self._sources(self._roster.ids[known:])])

    def _hear(self, rows: Ints, t: ValueArray, v: ValueArray) -> None:
        order = np.argsort(rows, kind="stable")
        rows, t, v = rows[order], t[order], v[order]
        first = np.concatenate(([True], rows[1:] != rows[:-1]))
        starts = np.flatnonzero(first)
        ends = np.append(starts[1:], len(rows)) - 1
        mine, count = rows[starts], (ends - starts + 1.0)
        last, seen = self._number("last_t"), self._number("rows")
        before = np.concatenate(([0.0], t[:-1]))
        before[starts] = np.where(seen[mine] > 0.0, last[mine], t[starts])
        longest = np.maximum.reduceat(np.maximum(t - before, 0.0), starts)
        pause, said = self._number("pause"), self._number("said")
        # The silence that was told of is no part of the rhythm.
        longest = np.where(said[mine] > 0.0, np.minimum(longest, pause[mine]), longest)
        pause[mine] = np.maximum(pause[mine] * FADE**count, longest)
        seen[mine] += count
        last[mine] = np.maximum(last[mine], t[ends])
        self._number("last_v")[mine] = v[ends]
        said[mine] = 0.0
        known = self._source[mine] >= 0
        np.maximum.at(self._newest, self._source[mine][known], last[mine][known])

    def _missed(self) -> list[Silent]:
        known = np.flatnonzero(self._source >= 0)
        source = self._source[known]
        newest = self._newest[source]
        last, said = self._number("last_t")[known], self._number("said")[known] > 0.0
        lag, pause = newest - last, self._number("pause")[known]
        ready = (self._number("rows")[known] >= WARM) & (pause > 0.0) & (lag < ALIVE_MS)
        late = ready & ~said & (lag >= ASKED * pause)
        if not late.any():
            return []
        n = len(self._newest)
        alive = np.bincount(source[lag < ALIVE_MS], minlength=n)
        quiet = np.bincount(source[(late | said) & (lag < ALIVE_MS)], minlength=n)
        told = known[late & (quiet <= np.maximum(1.0, MOST * alive))[source]]
        self._number("said")[told] = 1.0
        return [self._silent(row) for row in told.tolist()]

    def _silent(self, row: int) -> Silent:
        last, pause = self._number("last_t")[row], self._number("pause")[row]
        return Silent(
            series=int(self._roster.ids[row]),
            due=round(last + pause),
            now=int(self._newest[self._source[row]]),
            last_v=float(self._number("last_v")[row]),
            pause=float(pause),
        )
