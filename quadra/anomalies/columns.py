"""The default detector for many series at once: one call for all samples of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies import column_novelty, column_tables, saving
from quadra.anomalies import column_rules as rules
from quadra.anomalies import parameters as p
from quadra.anomalies.column_rules import Ints, Now, Numbers, Values
from quadra.anomalies.column_tables import Tables
from quadra.anomalies.roster import turns
from quadra.telemetry.batch import IdArray, TimeArray, ValueArray

NUMBERS: Final = (
    "first", "unit", "born", "last_t", "rows",
    "value", "usual_before", "known_before", "day", "week",
    "day_sum", "day_rows", "swing", "week_sum", "week_rows",
    "apart", "apart_square", "apart_mean", "apart_count",
    "day_error", "day_count", "week_error", "week_count",
    "step_square", "step_mean", "step_lately", "largest", "rest_size", "plain_size",
    "quick", "slow", "drift_square", "drift_mean",
    "mean", "square", "centre_lately", "spread", "penalty", "since", "loudest", "landmarks",
    "quiet", "loud",
)  # fmt: skip
"""What is known of each series besides the tables; the names are those of ``single_state``."""
_START: Final = {"day": -1.0, "week": -1.0, "since": p.REFRACTORY, "quiet": float(p.QUIET)}
_BLOCK = 4_096  # series that are judged together: what they need stays in the processor's cache
_JUMP, _DRIFT, _SEASON, _NOVELTY = range(1, 5)
_KIND = "column-detector"
_VERSION = 2


class Judgements(NamedTuple):
    """What the detector says of each sample, in the order of the samples; all of length n.

    ``score``: 1 and more is an alert, given once at its onset. ``evidence``: the same without
    holding back what follows. ``low``, ``high``: between these nothing would have been said.
    ``confidence``: 0 to 1. ``detector``: place in ``parameters.DETECTORS``. ``usual``: the value
    that this detector expected. ``floor``, ``ceiling``: the least and greatest value seen before,
    in ``age_h`` hours. All are 0 for what is no value (NaN, infinite), and for series beyond the
    bound.
    """

    score: ValueArray
    evidence: ValueArray
    low: ValueArray
    high: ValueArray
    confidence: ValueArray
    usual: ValueArray
    floor: ValueArray
    ceiling: ValueArray
    age_h: ValueArray
    detector: Ints

    @classmethod
    def none(cls, n: int) -> Judgements:
        """Give judgements that say nothing of ``n`` samples."""
        numbers = {name: np.zeros(n) for name in cls._fields if name != "detector"}
        return cls(**numbers, detector=np.zeros(n, np.int64))


class ColumnDetector:
    """Learns many series and says how unusual each sample is: some 4.5 KB a series.

    Beyond ``most`` series, further ones are not watched (``ignored`` counts their samples).
    """

    def __init__(self, most: int = 1_000_000) -> None:
        """Begin without any series."""
        self.ignored = 0
        self.most = most
        self._ids = np.empty(0, np.int64)  # sorted
        self._rows = np.empty(0, np.int64)  # of each id
        self._numbers = np.empty((len(NUMBERS), 0))
        self._tables = column_tables.new_tables(0)

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Tell the memory that all series take, in bytes."""
        parts = (self._ids, self._rows, self._numbers, *self._tables)
        return sum(part.nbytes for part in parts)

    def learn(self, ids: IdArray, t: TimeArray, v: ValueArray) -> Judgements:
        """Judge samples and learn them.

        ``ids``, ``t`` (unix ms), ``v``: all (n,), each series in order of time; series may be
        mixed at will.
        """
        out = Judgements.none(len(v))
        use = np.flatnonzero(np.isfinite(v))
        if len(use) == 0:
            return out
        rows = self._places(ids[use].astype(np.int64))
        watched = rows >= 0
        if not watched.all():
            self.ignored += int(len(rows) - watched.sum())
            use, rows = use[watched], rows[watched]
        for part in turns(rows):
            for at in range(0, len(part), _BLOCK):
                block = part[at : at + _BLOCK]
                self._judge(rows[block], use[block], t, v, out)
        return out

    def forget(self, before: int) -> int:
        """Drop series without a sample since ``before`` (unix ms); tell how many."""
        stays = self._number("last_t")[self._rows] >= before
        gone = int(len(stays) - stays.sum())
        if gone:
            kept = self._rows[stays]
            self._numbers = self._numbers[:, kept]
            self._tables = column_tables.moved(self._tables, kept, len(kept))
            self._ids = self._ids[stays]
            self._rows = np.arange(len(kept))
        return gone

    def state(self) -> bytes:
        """Give everything that was learned, with version and checksum; see ``restore``."""
        return saving.pack(_KIND, _VERSION, self.dump())

    def restore(self, data: bytes) -> None:
        """Go on from a ``state``, as if nothing had been between.

        Raises:
            ValueError: The bytes are damaged, cut short, or of another version.
        """
        self.adopt(saving.unpack(data, _KIND, _VERSION))

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that was learned, for ``adopt``; changes with what is learned next."""
        used = len(self._ids)
        kept = column_tables.dump(self._tables, used)
        return kept | {"ids": self._ids, "rows": self._rows, "numbers": self._numbers[:, :used]}

    def adopt(self, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what ``dump`` gave; raises ValueError when it can't be that."""
        n = len(kept.get("ids", ()))
        saving.expect(kept, {"ids": (n,), "rows": (n,), "numbers": (len(NUMBERS), n)})
        tables = column_tables.adopted(kept, n)
        if sorted(kept["rows"].tolist()) != list(range(n)):
            raise ValueError("the saved detector is damaged: its rows are not those of its series")
        self._ids, self._rows = (kept[name].astype(np.int64) for name in ("ids", "rows"))
        self._numbers = kept["numbers"].astype(np.float64)
        self._tables = tables

    def _number(self, name: str) -> Values:
        found: Values = self._numbers[NUMBERS.index(name)]
        return found

    def _places(self, ids: Ints) -> Ints:
        """Give the row of each series; new ones get one, -1 when there are too many."""
        at = np.searchsorted(self._ids, ids)
        known = at < len(self._ids)
        known[known] = self._ids[at[known]] == ids[known]
        if not known.all():
            new = np.unique(ids[~known])[: self.most - len(self._ids)]
            self._add(new)
            at = np.minimum(np.searchsorted(self._ids, ids), max(0, len(self._ids) - 1))
            known = self._ids[at] == ids if len(self._ids) else known
            at[~known] = -1
        rows = np.where(at >= 0, self._rows[at], -1) if len(self._ids) else at
        return np.asarray(rows, np.int64)

    def _add(self, new: Ints) -> None:
        used = len(self._ids)
        room = self._numbers.shape[1]
        if used + len(new) > room:
            grown = max(used + len(new), room + room // 8, 64)
            self._numbers = np.concatenate(
                [self._numbers, np.zeros((len(NUMBERS), grown - room))], axis=1
            )
            self._tables = column_tables.moved(self._tables, slice(used), grown)
        rows = np.arange(used, used + len(new))
        for name, value in _START.items():
            self._number(name)[rows] = value
        ids = np.concatenate([self._ids, new])
        order = np.argsort(ids, kind="stable")
        self._ids, self._rows = ids[order], np.concatenate([self._rows, rows])[order]

    def _judge(self, rows: Ints, use: Ints, t: TimeArray, v: ValueArray, out: Judgements) -> None:
        """Judge at most one sample a series: ``use`` are their places in ``t``, ``v``, ``out``."""
        first, last = int(rows[0]), int(rows[-1])
        # Neighbours in order are looked at where they stand; others are fetched and put back.
        there = last - first == len(rows) - 1 and bool((rows[1:] > rows[:-1]).all())
        block = self._numbers[:, first : last + 1] if there else self._numbers[:, rows]
        s = dict(zip(NUMBERS, block, strict=True))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            _judge(s, self._tables, rows, use, t[use], v[use], out)
        if not there:
            self._numbers[:, rows] = block


def _judge(
    s: Numbers, tables: Tables, rows: Ints, use: Ints, t: TimeArray, v: Values, out: Judgements
) -> None:
    fresh = s["rows"] == 0.0
    for name, start in (("first", v), ("born", t), ("last_t", t)):
        np.copyto(s[name], start, where=fresh)
    x = rules.scaled(s, v)
    weight = np.minimum(1.0, np.maximum(0.0, (t - s["last_t"]) / 1000.0) / p.ROW_S)
    day, week = t // p.DAY_MS % p.DAY_SLOTS, t // p.WEEK_MS % p.WEEK_SLOTS
    known, usual = rules.enter(s, tables, rows, day, week)
    now = Now(rows, x, weight, (t - s["born"]) / 3.6e6, day, week, known, usual)
    before = s["rows"].copy()
    season, bands = rules.season(s, tables, now)
    usual = bands.centre  # by the week, where that is known and knows better
    now = now._replace(usual=usual)
    jump, expected, half = rules.jump(s, tables, now)
    drift = rules.drift(s, now)
    novelty, floor, ceiling, slack = column_novelty.novelty(s, tables, now)
    level = s["slow"] + usual
    rules.remember(s, now)
    s["last_t"][:] = t
    evidence, detector = season, np.full(len(rows), _SEASON)
    for place, other in ((_JUMP, jump), (_DRIFT, drift), (_NOVELTY, novelty)):
        more = other >= evidence if place == _JUMP else other > evidence
        evidence = np.where(more, other, evidence)
        detector[more] = place
    detector[evidence <= 0.0] = 0
    square = evidence * evidence
    out.score[use] = rules.alert(s, evidence)
    out.evidence[use] = evidence
    out.low[use], out.high[use] = rules.band(
        s, bands, floor - slack, ceiling + slack, expected, half
    )
    out.confidence[use] = square / (1.0 + square) * (before / (before + p.WARM))
    centre = np.where(detector == _SEASON, bands.centre, expected)
    out.usual[use] = rules.restored(s, np.where(detector == _DRIFT, level, centre))
    out.floor[use], out.ceiling[use] = rules.restored(s, floor), rules.restored(s, ceiling)
    out.age_h[use] = now.age_h
    out.detector[use] = detector
