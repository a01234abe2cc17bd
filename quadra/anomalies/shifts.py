"""Shifts of series that are read every few seconds: the last rows against the last minutes.

The default detector asks what is unusual in days; this one what has just changed, in series whose
kind is known (``readings``). Its false alarms are bounded twice: by the noise that each window has
had, and by the farthest that the series has been from its usual without anything being wrong.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from quadra.anomalies import saving
from quadra.anomalies import shift_rules as rules
from quadra.anomalies.readings import Readings
from quadra.anomalies.roster import Roster, turns
from quadra.anomalies.shift_rules import DEPTH, WINDOWS, Ints, Values
from quadra.anomalies.shift_step import GAP_S, Mask, Row, Shifts, step

NUMBERS: Final = (
    "rows", "kind", "origin", "last_t", "amount", "weight", "row_noise", "row_size", "up", "down",
    "odd", "whole", "run", "age",
)  # fmt: skip
"""Of each series: rows learned, kind and first value, time of the last row; what is usual, as
amount and weight; noise of a row, squared and not; how far it went without being wrong, up and
down; odd rows in a row; whether all amounts were whole; how far the present odd rows went;
seconds for which it has been known."""
_PARTS: Final = 4
_FAR: Final = 1e150  # so that squares stay finite


class ShiftDetector:
    """Learns the readings of many series; some 400 bytes each."""

    def __init__(self, most: int) -> None:
        """Begin without any series; at most ``most`` are watched."""
        self._roster = Roster(most)
        self._numbers: Values = np.zeros((len(NUMBERS), 0))
        self._noise: Values = np.zeros((0, len(WINDOWS)))
        self._ring: Values = np.zeros((0, _PARTS, DEPTH))

    def learn(self, readings: Readings) -> Shifts:
        """Judge readings and learn them; each series in order of time."""
        n = len(readings.v)
        evidence, level, usual, low, high = np.zeros((5, n))
        fast, lonely = np.zeros((2, n), np.bool_)
        out = Shifts(evidence, level, usual, low, high, fast, lonely)
        rows = self._roster.meet(readings.ids)
        self._grow(len(self._roster))
        use = np.flatnonzero((rows >= 0) & np.isfinite(readings.amount) & (readings.weight > 0.0))
        for turn in turns(rows[use]):
            self._judge(rows[use[turn]], use[turn], readings, out)
        return out

    def forget(self, before: int) -> None:
        """Drop series without a reading since ``before`` (unix ms)."""
        stays = self._numbers[NUMBERS.index("last_t")] >= before
        if not stays.all():
            self._numbers = self._numbers[:, stays]
            self._noise, self._ring = self._noise[stays], self._ring[stays]
            self._roster.adopt(self._roster.ids[stays])

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that was learned, for ``adopt``."""
        return {
            "ids": self._roster.ids,
            "numbers": self._numbers,
            "noise": self._noise,
            "ring": self._ring,
        }

    def adopt(self, kept: dict[str, npt.NDArray[Any]]) -> None:
        """Go on from what ``dump`` gave; raises ValueError when it can't be that."""
        n = len(kept.get("ids", ()))
        shapes: dict[str, tuple[int, ...]] = {"ids": (n,), "numbers": (len(NUMBERS), n)}
        shapes |= {"noise": (n, len(WINDOWS)), "ring": (n, _PARTS, DEPTH)}
        saving.expect(kept, shapes)
        self._roster.adopt(kept["ids"].astype(np.int64))
        self._numbers, self._noise, self._ring = (
            kept[name].astype(np.float64) for name in ("numbers", "noise", "ring")
        )

    def _grow(self, needed: int) -> None:
        more = needed - self._numbers.shape[1]
        if more > 0:
            self._numbers = np.concatenate([self._numbers, np.zeros((len(NUMBERS), more))], axis=1)
            self._noise = np.concatenate([self._noise, np.zeros((more, len(WINDOWS)))])
            self._ring = np.concatenate([self._ring, np.zeros((more, _PARTS, DEPTH))])

    def _judge(self, rows: Ints, at: Ints, readings: Readings, out: Shifts) -> None:
        """Judge at most one reading a series: ``at`` are their places."""
        s = dict(zip(NUMBERS, self._numbers[:, rows], strict=True))
        noise, ring = self._noise[rows], self._ring[rows]
        kind, t = readings.kind[at], readings.t[at].astype(np.float64)
        amount = np.clip(readings.amount[at], -_FAR, _FAR)
        _begin_anew(s, noise, ring, (s["rows"] == 0.0) | (s["kind"] != kind))
        fresh = s["rows"] == 0.0
        np.copyto(s["origin"], np.where(kind == rules.LEVEL, amount, 0.0), where=fresh)
        np.copyto(s["kind"], kind, where=fresh)
        gap = np.where(fresh, 0.0, (t - s["last_t"]) / 1000.0)
        ring[gap > GAP_S] = 0.0
        row = Row(kind, amount - s["origin"], readings.weight[at], gap)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = step(s, noise, ring, row)
        s["last_t"] = t
        self._numbers[:, rows] = np.stack([s[name] for name in NUMBERS])
        self._noise[rows], self._ring[rows] = noise, ring
        out.evidence[at], out.fast[at], out.lonely[at] = found.evidence, found.fast, found.lonely
        for name in ("level", "usual", "low", "high"):
            getattr(out, name)[at] = getattr(found, name) + s["origin"]


def _begin_anew(s: dict[str, Values], noise: Values, ring: Values, fresh: Mask) -> None:
    if fresh.any():
        for numbers in s.values():
            numbers[fresh] = 0.0
        s["whole"][fresh] = 1.0
        noise[fresh] = ring[fresh] = 0.0
