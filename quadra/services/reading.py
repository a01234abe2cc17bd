"""What a window shows: which family stands for a signal, its value now and its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quadra.services.conventions import GOLDEN, OF_HOSTS, Signal
from quadra.services.slots import Family, Subject
from quadra.services.window import STEPS, Window

QUANTILE = 0.95
_ENOUGH = 0.3
"""Of a step must have been told for it to be a point: a rate over less is noise."""
_SHARES = "%"
_HALF_TOLD = 12  # steps, counted from the newest: senders are heard at least that often
_GONE_MS = 60_000

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown of one subject: the family for each signal, of errors what they are part of."""

    subject: Subject
    families: dict[Signal, Family]
    whole: Family | None


def choose(window: Window) -> list[Choice]:
    """Choose for each subject that sent within the window; in the order in which they came."""
    places = window.places()
    told = set(np.flatnonzero(window.seen[: window.slots.rows][:, places].any(axis=1)).tolist())
    heights = window.sums[: window.slots.rows][:, places]
    chosen = []
    for subject in window.slots.subjects:
        families: dict[Signal, Family] = {}
        for signal in OF_HOSTS if subject.is_host else GOLDEN:
            there = [
                family
                for (of, _name), family in subject.families.items()
                if of == signal and not told.isdisjoint(family.rows.values())
            ]
            if there:
                families[signal] = _best(there, heights)
        if families:
            whole = families.get("traffic")
            errors = families.get("errors")
            if errors is not None and errors.unit == _SHARES and errors.how == "counter":
                whole = subject.families.get(("traffic", errors.name))
            chosen.append(Choice(subject, families, whole))
    return chosen


def _best(families: Sequence[Family], heights: npt.NDArray[np.float32]) -> Family:
    """Take the lowest rank; of shares the one that was highest, as the scarcest part counts."""
    rank = min(family.rank for family in families)
    best = [family for family in families if family.rank == rank]
    if len(best) == 1 or best[0].how != "level":
        return min(best, key=lambda family: family.name)
    return max(best, key=lambda one: (float(heights[one.row].max()), one.name))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines off a window."""

    window: Window

    def unit(self, choice: Choice, signal: Signal) -> str:
        """Give the unit in which a signal is told."""
        family = choice.families[signal]
        if signal == "errors" and family.how == "counter":
            return "/s" if choice.whole is None else _SHARES
        return family.unit

    def lines(self, choices: Sequence[Choice], signal: Signal, steps: int = STEPS) -> Matrix:
        """Give a signal's values, shape (choices, steps), NaN where nothing is known.

        A step that is told in part is raised to what it will come to.
        """
        found = np.full((len(choices), steps), np.nan)
        asked = [(n, c, c.families[signal]) for n, c in enumerate(choices) if signal in c.families]
        for how, part in _by_how(asked).items():
            index = [n for n, _choice, _family in part]
            if how == "bucket":
                self._quantiles(found, part, steps)
            elif how == "level":
                found[index] = self._levels([f for _n, _c, f in part], steps)
            else:
                found[index] = self._rates([f for _n, _c, f in part], steps)
                if signal == "errors":
                    self._shares(found, part, steps)
        return found

    def now(self, choices: Sequence[Choice], signal: Signal) -> Matrix:
        """Give each choice's newest value that is known, of the last steps."""
        return self._newest(self.lines(choices, signal, _HALF_TOLD))

    @staticmethod
    def _newest(lines: Matrix) -> Matrix:
        """Take the last value that is known of each."""
        known = ~np.isnan(lines)
        last = lines.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        values: Matrix = np.where(known.any(axis=1), lines[np.arange(len(lines)), last], np.nan)
        return values

    def _cut(self, rows: Sequence[int], steps: int) -> tuple[Matrix, npt.NDArray[np.bool_]]:
        places = self.window.places(steps)
        picked = np.ix_(np.array(rows, np.int64), places)
        return self.window.sums[picked].astype(np.float64), self.window.seen[picked]

    def _levels(self, families: Sequence[Family], steps: int) -> Matrix:
        sums, seen = self._cut([family.row for family in families], steps)
        return np.where(seen, sums, np.nan)

    def _rates(self, families: Sequence[Family], steps: int) -> Matrix:
        sums, seen = self._cut([family.row for family in families], steps)
        told = self._told(families, steps)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates: Matrix = sums / (told * (self.window.step_ms / 1000.0))
        return np.where(seen & (told >= _ENOUGH), rates, np.nan)

    def _told(self, families: Sequence[Family], steps: int) -> Matrix:
        """Give which part of each step samples have told of, on average over a family's series.

        Only the newest steps can be half told; series that have ended long ago don't count.
        """
        slots, step_ms = self.window.slots, self.window.step_ms
        lanes = np.concatenate([np.array(family.lanes) for family in families])
        sizes = np.array([len(family.lanes) for family in families])
        starts = np.cumsum(sizes) - sizes
        last = slots.last_t[lanes]
        newest = np.repeat(np.maximum.reduceat(last, starts), sizes)
        alive = newest - last <= np.maximum(3 * slots.every[lanes], _GONE_MS)
        recent = min(steps, _HALF_TOLD)
        begins = np.arange(self.window.head - recent + 1, self.window.head + 1) * step_ms
        parts = np.clip((last[:, None] - begins) / step_ms, 0.0, 1.0) * alive[:, None]
        told = np.ones((len(families), steps))
        sums = np.add.reduceat(parts, starts, axis=0)
        told[:, steps - recent :] = sums / np.add.reduceat(alive, starts, dtype=float)[:, None]
        return told

    def _shares(
        self, found: Matrix, part: Sequence[tuple[int, Choice, Family]], steps: int
    ) -> None:
        """Turn what failed a second into the share of all, in percent, where all is known."""
        known = [(n, family, c.whole) for n, c, family in part if c.whole is not None]
        if not known:
            return
        index = [n for n, _family, _whole in known]
        failed, _seen = self._cut([family.row for _n, family, _whole in known], steps)
        wholes = [whole for _n, _family, whole in known]
        done, _seen = self._cut([whole.row for whole in wholes], steps)
        is_known = (done > 0) & (self._told(wholes, steps) >= _ENOUGH)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.minimum(100.0 * failed / done, 100.0)
        found[index] = np.where(is_known, share, np.nan)

    def _quantiles(
        self, found: Matrix, part: Sequence[tuple[int, Choice, Family]], steps: int
    ) -> None:
        by_size: defaultdict[int, list[tuple[int, list[float], list[int]]]] = defaultdict(list)
        for n, _choice, family in part:
            bounds, rows = family.bounds()
            by_size[len(rows)].append((n, bounds, rows))
        for size, same in by_size.items():
            cells = np.array([rows for _n, _bounds, rows in same]).reshape(-1)
            sums, _seen = self._cut(cells.tolist(), steps)
            counts = sums.reshape(len(same), size, steps)
            upper = np.array([bounds for _n, bounds, _rows in same])
            found[[n for n, _bounds, _rows in same]] = quantile(counts, upper, QUANTILE)


def quantile(counts: Matrix, bounds: Matrix, q: float) -> Matrix:
    """Estimate a quantile as Prometheus's ``histogram_quantile`` does.

    ``counts`` (n, buckets, steps) are cumulative over ``bounds`` (n, buckets), which rise and
    should end in infinity; gives (n, steps), NaN where nothing was counted.
    """
    counts = np.maximum.accumulate(counts, axis=1)
    total = counts[:, -1:, :]
    reached = counts >= q * total
    place = np.argmax(reached, axis=1)[:, None, :]
    upper = np.take_along_axis(np.broadcast_to(bounds[:, :, None], counts.shape), place, 1)[:, 0]
    low = np.concatenate((np.minimum(bounds[:, :1], 0.0), bounds[:, :-1]), axis=1)
    lower = np.take_along_axis(np.broadcast_to(low[:, :, None], counts.shape), place, 1)[:, 0]
    until = np.take_along_axis(counts, place, 1)[:, 0]
    before = np.where(
        place[:, 0] > 0, np.take_along_axis(counts, np.maximum(place - 1, 0), 1)[:, 0], 0.0
    )
    inside = until - before
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (q * total[:, 0] - before) / inside
        value = lower + (upper - lower) * np.clip(share, 0.0, 1.0)
    value = np.where(np.isinf(upper), lower, value)  # beyond the last bound nothing is known
    return np.where(total[:, 0] > 0, value, np.nan)


def _by_how(
    asked: Sequence[tuple[int, Choice, Family]],
) -> dict[str, list[tuple[int, Choice, Family]]]:
    parts: defaultdict[str, list[tuple[int, Choice, Family]]] = defaultdict(list)
    for one in asked:
        how = one[2].how
        parts["counter" if how == "flow" else how].append(one)
    return parts
