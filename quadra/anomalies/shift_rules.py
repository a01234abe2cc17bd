"""How far the last rows of a series are from the rows before, for each kind of reading.

All functions are columnar: (n,) for the series at hand, (n, windows) for windows of rows. What
they give is a *statistic*, the signed root of a likelihood ratio but for the noise of the series,
by which the caller divides:

* a **level** (a gauge) is normal around its mean;
* a **count** (the growth of a counter) is compound Poisson: its variance is proportional to its
  mean, so ten errors where one is usual say more than a hundred and nine where a hundred are;
* a **mean** (of the calls of a histogram or summary) is lognormal, and the surer the more calls it
  stands for.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVEL, COUNT, MEAN = 0, 1, 2
WINDOWS: Final = (1, 2, 3, 5, 8)
"""Rows over which a shift may show: a strong one in the first, a weak one later."""
DEPTH: Final = WINDOWS[-1]
RANGE: Final = 3.0
"""Standard deviations of one row to either side that an expected range reaches."""


class Base(NamedTuple):
    """What is usual: amount and weight, summed over the rows before the windows; (n,) each."""

    amount: Values
    weight: Values


def statistic(kind: Ints, amount: Values, weight: Values, base: Base) -> Values:
    """Say how far windows are from what is usual; ``amount``, ``weight``: (n, windows)."""
    before, since = base.amount[:, None], base.weight[:, None]
    out = np.zeros(amount.shape)
    for one, rule in ((LEVEL, _level), (COUNT, _count), (MEAN, _mean)):
        mine = kind == one
        if mine.any():
            out[mine] = rule(amount[mine], weight[mine], before[mine], since[mine])
    return np.where(np.isfinite(out), out, 0.0)


def _level(amount: Values, weight: Values, before: Values, since: Values) -> Values:
    return (amount / weight - before / since) * np.sqrt(weight * since / (weight + since))


def _count(amount: Values, weight: Values, before: Values, since: Values) -> Values:
    """Compare two Poisson rates (the signed root of the deviance)."""
    rate = (amount + before) / (weight + since)
    deviance = 2.0 * (_entropy(amount, rate * weight) + _entropy(before, rate * since))
    return np.copysign(np.sqrt(np.maximum(deviance, 0.0)), amount - rate * weight)


def exact(amount: Values, weight: Values, base: Base) -> Values:
    """Say how far counts of events in windows are from what is usual, as normal deviates.

    Given how many events there were in all, how many of them fell into the window is binomial when
    nothing has changed, whatever the rate: the little that is known of it after a few minutes is
    counted in. The tail of that is the saddlepoint's (Lugannani and Rice, with the correction of
    half an event for what comes in whole ones), right to a few hundredths however few there are.
    """
    before, since = base.amount[:, None], base.weight[:, None]
    more = amount * since > before * weight
    half = np.where(more, 0.5, -0.5)
    x, y = amount - half, before + half
    ratio = x * since / (y * weight)
    root = _count(x, weight, y, since)
    wald = 2.0 * np.sinh(0.5 * np.log(ratio)) * np.sqrt(x * y / (x + y))
    out = np.where(np.abs(root) > 1.0, root + np.log(wald / root) / root, root)
    # Within half an event of the usual nothing is odd.
    fair = np.isfinite(out) & (y > 0.0) & (more == (ratio > 1.0))
    return np.where(fair, out, 0.0)


def _entropy(found: Values, expected: Values) -> Values:
    return np.where(found > 0.0, found * np.log(np.where(found > 0.0, found, 1.0) / expected), 0.0)


def _mean(amount: Values, weight: Values, before: Values, since: Values) -> Values:
    ratio = (amount / weight) / (before / since)
    return np.log(ratio) * np.sqrt(weight * since / (weight + since))


def together(scores: Values, weight: Values, base: Base) -> Values:
    """Add up scores of single rows (n, DEPTH), the last row last, into windows (n, windows)."""
    last = np.array(WINDOWS) - 1
    total = np.cumsum(weight[:, ::-1], axis=1)[:, last]
    score = np.cumsum((scores * np.sqrt(weight))[:, ::-1], axis=1)[:, last]
    since = base.weight[:, None]
    return np.where(total > 0.0, score / np.sqrt(total) * np.sqrt(since / (total + since)), 0.0)


def noise_of_row(kind: Ints, amount: Values, weight: Values, base: Base) -> Values:
    """Give the square of one row's distance from what is usual, in the statistic's measure (n,)."""
    usual = base.amount / base.weight
    expected = usual * weight
    off = amount - expected
    out = np.where(kind == COUNT, off * off / expected, off * off)
    mean = kind == MEAN
    if mean.any():
        out[mean] = weight[mean] * np.log(amount[mean] / expected[mean]) ** 2
    return np.where(np.isfinite(out), out, 0.0)


def usual_range(kind: Ints, weight: Values, usual: Values, noise: Values) -> tuple[Values, Values]:
    """Give the values (of one row of this weight) that nobody would wonder at; (n,) each."""
    reach = RANGE * np.sqrt(noise)
    low, high = usual - reach, usual + reach
    count = kind == COUNT
    root, half = np.sqrt(np.maximum(usual * weight, 0.0)), 0.5 * reach
    low = np.where(count, np.maximum(root - half, 0.0) ** 2 / weight, low)
    high = np.where(count, (root + half) ** 2 / weight, high)
    far = np.exp(np.minimum(reach / np.sqrt(weight), 700.0))
    mean = kind == MEAN
    return np.where(mean, usual / far, low), np.where(mean, usual * far, high)
