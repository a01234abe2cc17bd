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
WARM_MEAN: Final = 30
"""The same of means: there is a row only where calls were, and each stands for some."""
AGE_S: Final = 90.0
"""Seconds before anything may be."""
ASKED: Final = 5.0
"""Standard deviations to an alert: once in some million rows of normal noise."""
YOUNG: Final = 15.0
"""How much more a young series is asked: (1 + this / rows) times."""
RARELY: Final = 4.5
"""The same of whole events that come seldom and independently, where chance is known exactly: three
in a million rows, so that fifty such series, read each second, err less than once an hour, however
young they are."""
SELDOM: Final = 0.25
"""Events a row below which chance says more than the swings of what they are a part of."""
SPREAD: Final = 1.25
"""Variance over what independent events would have, up to which they may be independent."""
SEVERAL: Final = 3.0
"""Events of which nobody needs to say the same: two may be one mishap that was tried again."""
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
LASTING: Final = 20
"""Rows from which an alert was no slip: of these it counts only as far as was asked."""
LOUDEST: Final = 3.5
"""Standard deviations that one row can say: two odd ones are none, three of them are a shift."""
LOUDEST_MEAN: Final = 4.0
"""The same of means, whose rows stand for calls: two odd ones are a shift where another series of
their source says the same, and three where none does."""
ALONE: Final = 1.3
"""Evidence that is asked of a series when no other of its source has any."""
STEADY: Final = 3
"""Rows in a row that are believed in full when each of them by itself is far off."""
DENSE: Final = 5.0
"""Events a row from which counts are as good as normal; rarer ones are added up instead."""
CALM: Final = 0.5
"""Share of an alert below which a row is like any other."""
ODD: Final = 0.02
"""How much a row counts for what is usual when it is not."""
BRIEF: Final = 3
"""Odd rows in a row that teach the noise of a gauge all the same: else one that has a spike now and
then would never be known for it, and every spike be news;"""
BRIEFLY: Final = 500.0
"""but each by one in so many at most, that a fault does not spoil what is known of the noise."""
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
    shows; ``fast``: the series is read every few seconds; ``lonely``: too little to be
    believed while no other series of its source says the same; ``usual``, ``low``, ``high``: what
    was expected.
    """

    evidence: Values
    level: Values
    usual: Values
    low: Values
    high: Values
    fast: Mask
    lonely: Mask


@dataclass(slots=True)
class _Found:
    """Windows in standard deviations of their kind, and what is made of them."""

    base: Base
    rare: Mask
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
    whole = counted & (s["whole"] > 0.0)
    row_noise = np.maximum(s["row_noise"], 1.0 * whole)
    few = counted & (base.amount / base.weight * row.weight < DENSE * row_noise)
    rare = whole & (base.amount < SELDOM * base.weight / row.weight)
    sums = np.cumsum(ring[:, : SCORE - 1, ::-1], axis=2)[:, :, _LAST]
    plain = _plain(row.kind, sums, base, rare) / np.sqrt(row_noise)[:, None]
    plain = _finite(plain)
    ring[:, SCORE, -1] = plain[:, 0]
    loudest = np.where(row.kind == rules.MEAN, LOUDEST_MEAN, LOUDEST)[:, None]
    scores = np.clip(ring[:, SCORE], -loudest, loudest)
    windows = np.where(few[:, None], plain, rules.together(scores, ring[:, WEIGHT], base))
    scale = np.sqrt(np.maximum(noise, 1.0))
    at = np.argmax(np.abs(windows / scale), axis=1)[:, None]
    off, unclipped, amount, weight = (
        np.take_along_axis(one, at, axis=1)[:, 0]
        for one in (windows / scale, plain / scale, sums[:, AMOUNT], sums[:, WEIGHT])
    )
    steady = _steady(row.kind, ring, scale)
    off = np.where(np.abs(steady) > np.abs(off), steady, off)
    sure = rare & (amount >= SEVERAL) & (np.maximum(row_noise, noise.max(axis=1)) <= SPREAD)
    asked = np.where(sure, RARELY, ASKED * (1.0 + YOUNG / (s["rows"] + 1.0)))
    asked = np.maximum(asked, BEYOND * np.where(off > 0.0, s["up"], s["down"]))
    ready = (s["rows"] >= _warm(row.kind)) & (s["age"] >= AGE_S) & (row.gap <= FAST_S)
    ready &= (row_noise > 0.0) & (base.weight > 0.0)
    evidence = np.where(ready, _finite(np.abs(off) / asked * _regular(s, row.kind)), 0.0)
    # What several rows agree on is as strong as they are.
    strong = np.where(evidence >= 1.0, np.maximum(evidence, np.abs(unclipped) / asked), evidence)
    lonely = np.where(row.kind == rules.MEAN, evidence, strong) < ALONE
    usual = _finite(base.amount / base.weight)
    low, high = rules.usual_range(row.kind, row.weight, usual, row_noise)
    _learn(s, noise, ring, row, _Found(base, rare, row_noise, windows, off, asked, strong))
    return Shifts(strong, amount / weight, usual, low, high, row.gap <= FAST_S, lonely & ~sure)


def _plain(kind: Ints, sums: Values, base: Base, rare: Mask) -> Values:
    """Say how far windows are off, before what is known of the noise; ``sums`` (n, parts, ...)."""
    plain = rules.statistic(kind, sums[:, AMOUNT], sums[:, WEIGHT], base)
    if rare.any():
        known = Base(base.amount[rare], base.weight[rare])
        plain[rare] = rules.exact(sums[rare, AMOUNT], sums[rare, WEIGHT], known)
    return plain


def _warm(kind: Ints) -> Values:
    return np.where(kind == rules.MEAN, float(WARM_MEAN), float(WARM))


def _steady(kind: Ints, ring: Values, scale: Values) -> Values:
    """Say how far the last rows are off when each of them is by as much as the least; else 0.

    Each by itself: so a series that wanders, of which windows say little, is still seen to leap.
    All together, but of means: no single row is as loud as it is cut to, so they count in full.
    """
    last = ring[:, SCORE, -STEADY:]
    least = np.abs(last).min(axis=1)
    one_side = np.abs(np.sign(last).sum(axis=1)) == STEADY
    together = np.sqrt(STEADY) / scale[:, WINDOWS.index(STEADY)]
    together = np.where(kind == rules.MEAN, 0.0, together)
    off = least * np.maximum(1.0 / scale[:, 0], together)
    return np.where(one_side, np.copysign(off, last[:, -1]), 0.0)


def _let_go(s: Numbers, ring: Values, row: Row) -> None:
    """Let the oldest row of the ring become part of what is usual."""
    amount, weight, counts = (ring[:, part, 0] for part in (AMOUNT, WEIGHT, COUNTS))
    # What an odd row says of a gauge is no farther off than its noise reaches.
    usual, reach = s["amount"] / s["weight"], np.sqrt(NOISE_CLIP * s["row_noise"])
    odd = (row.kind == rules.LEVEL) & (counts < 1.0) & (weight > 0.0) & (s["weight"] > 0.0)
    amount = np.where(odd, np.clip(amount, usual - reach, usual + reach), amount)
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
    # Of what is rare each single event is odd, and yet all that the rate is known by.
    usual = ~odd | (found.rare & (found.evidence < 1.0)) | (s["odd"] >= GIVE_UP)
    counts = np.where(usual, 1.0, ODD)
    brief = odd & (s["odd"] <= BRIEF) & (row.kind == rules.LEVEL)
    ring[:, COUNTS, -1] = 1.0
    ring[:, COUNTS] = np.minimum(ring[:, COUNTS], counts[:, None])
    _learn_noise(s, noise, row, found, (counts, brief))
    # How far a run of odd rows went is known when it is over, and counts from then on.
    reached = np.where(np.abs(found.off) > np.abs(s["run"]), found.off, s["run"])
    most = np.where(s["odd"] >= LASTING, 1.0, FARTHEST) * found.asked
    reached = np.copysign(np.minimum(np.abs(reached), most), reached)
    over = (s["rows"] >= _warm(row.kind) / 2) & ~odd
    for name, side in (("up", reached), ("down", -reached)):
        s[name][:] = np.maximum(s[name] * FADE, np.where(over, side, 0.0))
    s["run"][:] = np.where(odd, reached, 0.0)
    s["rows"] += 1.0
    s["age"] += np.minimum(row.gap, GAP_S)


def _learn_noise(
    s: Numbers, noise: Values, row: Row, found: _Found, learned: tuple[Values, Mask]
) -> None:
    """Learn a row's noise: by how much it counts, and whether it is briefly odd."""
    counts, brief = learned
    w = np.maximum(1.0 / NOISE, 1.0 / np.maximum(s["rows"] + 1.0 - DEPTH, 1.0))
    w = np.where(brief, np.minimum(w, 1.0 / BRIEFLY), w * counts) * (found.base.weight > 0.0)
    old = s["rows"] >= _warm(row.kind) / 2
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
