"""One row of each series against the rows before it: how odd, and what is learned of it.

``ShiftDetector`` keeps the numbers; here is what is done with them, in columns: (n,) for n series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies import shift_rules as rules
from quadra.anomalies.parameters import REGULAR
from quadra.anomalies.shift_rules import DEPTH, WINDOWS, Base, Ints, Values

Mask = npt.NDArray[np.bool_]
Numbers = dict[str, Values]

WARM: Final = 100
"""Rows before anything may be called a shift."""
ASKED: Final = 5.0
"""Standard deviations to an alert: once in some million rows of normal noise."""
YOUNG: Final = 15.0
"""How much more a young series is asked: (1 + this / rows) times."""
BASE: Final = 240.0
"""Rows over which what is usual is remembered."""
EVENTS: Final = 30.0
"""Of what is counted, so many events, should they be rarer than the rows,"""
RARE: Final = 16.0
"""but at most this many times the rows."""
NOISE: Final = 2_000.0
"""Rows over which noise is."""
NOISE_CLIP: Final = 25.0
"""Square of the standard deviations beyond which a row teaches no more noise."""
BEYOND: Final = 1.25
"""A shift must be this much farther than the farthest that was lately nothing."""
FADE: Final = 0.9997
"""What is left of that after a row: half of it after some 40 minutes of seconds."""
FARTHEST: Final = 1.2
"""An alert counts as far as this much of what was asked, so that it can come again."""
LOUDEST: Final = 3.5
"""Standard deviations that one row can say: two odd ones are none, three of them are a shift."""
STEADY: Final = 3
"""Rows in a row that are believed in full when each of them by itself is far off."""
DENSE: Final = 5.0
"""Events a row from which counts are as good as normal; rarer ones are added up instead."""
CALM: Final = 0.5
"""Share of an alert below which a row is like any other."""
ODD: Final = 0.02
"""How much a row counts for what is usual when it is not."""
GIVE_UP: Final = 900
"""Odd rows in a row after which the new level is the usual one."""
FAST_S: Final = 30.0
"""Series that are read less often are the default detector's alone."""
GAP_S: Final = 120.0
"""After a pause the rows before it are no longer the last ones."""

AMOUNT, WEIGHT, COUNTS, SCORE = range(4)
"""What the ring keeps of each of the last ``DEPTH`` rows; ``COUNTS``: how much it is learned."""
_LAST: Final = np.array(WINDOWS) - 1


class Row(NamedTuple):
    """The row at hand: kind, amount and weight as in ``Readings``, seconds since the last one."""

    kind: Ints
    amount: Values
    weight: Values
    gap: Values


class Shifts(NamedTuple):
    """What is said of each reading, (n,) each.

    ``evidence`` is in units of the alert threshold, ``level`` the value over the rows in which it
    shows; ``fast``: the series is read every few seconds; ``usual``, ``low``, ``high``: what was
    expected.
    """

    evidence: Values
    level: Values
    usual: Values
    low: Values
    high: Values
    fast: Mask


@dataclass(slots=True)
class _Found:
    """Windows in standard deviations of their kind, and what is made of them."""

    base: Base
    row_noise: Values
    windows: Values  # (n, windows)
    off: Values
    asked: Values
    evidence: Values


def step(s: Numbers, noise: Values, ring: Values, row: Row) -> Shifts:
    """Judge a row of each series and learn it; ``s``, ``noise``, ``ring`` are changed in place."""
    _let_go(s, ring, row)
    ring[:, :, :-1] = ring[:, :, 1:]
    ring[:, AMOUNT, -1], ring[:, WEIGHT, -1] = row.amount, row.weight
    base = Base(s["amount"], s["weight"])
    s["whole"] *= row.amount == np.floor(row.amount)
    counted = row.kind == rules.COUNT
    # Whole numbers are counted: what is counted has at least the noise of Poisson.
    row_noise = np.maximum(s["row_noise"], 1.0 * (counted & (s["whole"] > 0.0)))
    few = counted & (base.amount / base.weight * row.weight < DENSE * row_noise)
    sums = np.cumsum(ring[:, : SCORE - 1, ::-1], axis=2)[:, :, _LAST]
    plain = rules.statistic(row.kind, sums[:, AMOUNT], sums[:, WEIGHT], base)
    plain = _finite(plain / np.sqrt(row_noise)[:, None])
    ring[:, SCORE, -1] = plain[:, 0]
    scores = np.clip(ring[:, SCORE], -LOUDEST, LOUDEST)
    windows = np.where(few[:, None], plain, rules.together(scores, ring[:, WEIGHT], base))
    scale = np.sqrt(np.maximum(noise, 1.0))
    at = np.argmax(np.abs(windows / scale), axis=1)[:, None]
    off, unclipped, level = (
        np.take_along_axis(one, at, axis=1)[:, 0]
        for one in (windows / scale, plain / scale, sums[:, AMOUNT] / sums[:, WEIGHT])
    )
    steady = _steady(ring) / scale[:, 0]
    off = np.where(np.abs(steady) > np.abs(off), steady, off)
    asked = ASKED * (1.0 + YOUNG / (s["rows"] + 1.0))
    asked = np.maximum(asked, BEYOND * np.where(off > 0.0, s["up"], s["down"]))
    ready = (s["rows"] >= WARM) & (row.gap <= FAST_S) & (row_noise > 0.0) & (base.weight > 0.0)
    evidence = np.where(ready, _finite(np.abs(off) / asked * _regular(s, row.kind)), 0.0)
    # What several rows agree on is as strong as they are.
    evidence = np.where(evidence >= 1.0, np.maximum(evidence, np.abs(unclipped) / asked), evidence)
    usual = _finite(base.amount / base.weight)
    low, high = rules.usual_range(row.kind, row.weight, usual, row_noise)
    _learn(s, noise, ring, row, _Found(base, row_noise, windows, off, asked, evidence))
    return Shifts(evidence, level, usual, low, high, row.gap <= FAST_S)


def _steady(ring: Values) -> Values:
    """Give the least that each of the last rows is off, when all are off to one side; else 0.

    So a series that wanders, of which windows say little, is still seen to leap.
    """
    last = ring[:, SCORE, -STEADY:]
    least = np.abs(last).min(axis=1)
    one_side = np.abs(np.sign(last).sum(axis=1)) == STEADY
    return np.where(one_side, np.copysign(least, last[:, -1]), 0.0)


def _let_go(s: Numbers, ring: Values, row: Row) -> None:
    """Let the oldest row of the ring become part of what is usual."""
    amount, weight, counts = (ring[:, part, 0] for part in (AMOUNT, WEIGHT, COUNTS))
    # Of what is rare the memory is longer: a rate is known by its events, not by its rows.
    rare = np.clip(s["amount"] / EVENTS, 1.0 / RARE, 1.0)
    fade = np.where((row.kind == rules.COUNT) & (s["whole"] > 0.0), rare, 1.0) / BASE
    fade = fade * counts * (weight > 0.0)
    s["amount"] += counts * amount - fade * s["amount"]
    s["weight"] += counts * weight - fade * s["weight"]


def _regular(s: Numbers, kind: Ints) -> Values:
    """Step back from gauges made of rare spikes, as the default detector does."""
    regular = np.minimum(1.0, _finite(s["row_size"] / np.sqrt(s["row_noise"])) / REGULAR)
    return np.where(kind == rules.LEVEL, regular * regular, 1.0)


def _learn(s: Numbers, noise: Values, ring: Values, row: Row, found: _Found) -> None:
    odd = found.evidence >= CALM
    s["odd"][:] = np.where(odd, s["odd"] + 1.0, 0.0)
    counts = np.where(odd & (s["odd"] < GIVE_UP), ODD, 1.0)
    ring[:, COUNTS, -1] = 1.0
    ring[:, COUNTS] = np.minimum(ring[:, COUNTS], counts[:, None])
    _learn_noise(s, noise, row, found, counts)
    # How far a run of odd rows went is known when it is over, and counts from then on.
    reached = np.where(np.abs(found.off) > np.abs(s["run"]), found.off, s["run"])
    reached = np.copysign(np.minimum(np.abs(reached), FARTHEST * found.asked), reached)
    over = (s["rows"] >= WARM / 2) & ~odd
    for name, side in (("up", reached), ("down", -reached)):
        s[name][:] = np.maximum(s[name] * FADE, np.where(over, side, 0.0))
    s["run"][:] = np.where(odd, reached, 0.0)
    s["rows"] += 1.0


def _learn_noise(s: Numbers, noise: Values, row: Row, found: _Found, counts: Values) -> None:
    w = np.maximum(1.0 / NOISE, 1.0 / np.maximum(s["rows"] + 1.0 - DEPTH, 1.0))
    w = w * counts * (found.base.weight > 0.0)
    old = s["rows"] >= WARM / 2
    square = found.windows * found.windows
    most = NOISE_CLIP * np.maximum(noise, 1.0)
    square = np.where(old[:, None], np.minimum(square, most), square)
    noise += w[:, None] * (square - noise)
    here = rules.noise_of_row(row.kind, row.amount, row.weight, found.base)
    here = np.where(old, np.minimum(here, NOISE_CLIP * found.row_noise), here)
    s["row_noise"] += w * (here - s["row_noise"])
    s["row_size"] += w * (np.sqrt(here) - s["row_size"])


def _finite(values: Values) -> Values:
    return np.where(np.isfinite(values), values, 0.0)
