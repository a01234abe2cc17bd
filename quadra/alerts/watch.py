"""A rule at work: its series' windows and states, all in columns.

One numpy evaluation covers all new samples of a rule. Only where a condition has changed, or a
timer has run out, the state machine is asked; quiet series cost no Python at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.alerts.hot import next_hot
from quadra.alerts.rows import Rows
from quadra.alerts.rules import Condition, Conditions, Rule
from quadra.alerts.states import NEVER, START, Phase, State, Transition, due, moved_in_time, step
from quadra.alerts.windows import Places, Windows, aggregate
from quadra.alerts.worst import keep_worst
from quadra.telemetry.batch import Columns, TimeArray, ValueArray, latest_of_each

UNKNOWN = -1
# A sample this much older than its series' newest means that the sender's clock was set back, if
# nothing newer has come for this long and for as many samples; else it is an old one come late.
SET_BACK_MS = 60_000
QUIET_MS = 10_000
_SAMPLES_MISSED = 3
_NONE = np.iinfo(np.int64).min
_LOOK_AGAIN_PARTS = 10  # of a window, between looks at a silent series
_SHORTEST_LOOK_MS = 1_000

Happened = tuple[int, Transition]
"""A series' id, and what has changed."""


class Evaluations(NamedTuple):
    """Evaluations of several series; sorted by row, and by time within one. All have length n."""

    rows: Places
    t: TimeArray
    values: ValueArray
    conditions: Conditions


class Watch:
    """One rule over its series. Times in unix ms; ``now`` is the clock of whoever received."""

    def __init__(self, rule: Rule, *, stride: int = 1) -> None:
        """Begin without series; of many new samples of a series each ``stride``-th is judged."""
        self.rule = rule
        self._stride = stride
        self.ids: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.states: dict[int, State] = {}
        self._rows = Rows(rule.window)
        self._newest: TimeArray = np.empty(0, np.int64)
        self._arrived: TimeArray = np.empty(0, np.int64)
        self._seen: TimeArray = np.empty(0, np.int64)
        self._due: TimeArray = np.empty(0, np.int64)
        self._conditions: Conditions = np.empty(0, np.int8)
        self._values: ValueArray = np.empty(0, np.float64)
        self._open: npt.NDArray[np.bool_] = np.empty(0, np.bool_)
        self._worst: ValueArray = np.empty(0, np.float64)

    def __len__(self) -> int:
        """Give the number of series."""
        return len(self.ids)

    def follow(self, ids: Sequence[int]) -> None:
        """Watch further series; their ids rise and are above all before."""
        count = len(ids)
        self.ids = np.concatenate((self.ids, np.array(ids, np.int64)))
        self._rows.grow(count)
        self._newest = np.concatenate((self._newest, np.full(count, _NONE)))
        self._arrived = np.concatenate((self._arrived, np.zeros(count, np.int64)))
        self._seen = np.concatenate((self._seen, np.full(count, _NONE)))
        self._due = np.concatenate((self._due, np.full(count, NEVER)))
        self._conditions = np.concatenate((self._conditions, np.full(count, UNKNOWN, np.int8)))
        self._values = np.concatenate((self._values, np.full(count, np.nan)))
        self._open = np.concatenate((self._open, np.zeros(count, np.bool_)))
        self._worst = np.concatenate((self._worst, np.full(count, np.nan)))

    def restore(self, series_id: int, state: State) -> None:
        """Take up a state that was kept."""
        row = int(np.searchsorted(self.ids, series_id))
        if row < len(self.ids) and self.ids[row] == series_id:
            self._keep(row, state)
            self._seen[row] = state.seen

    def mine(self, columns: Columns) -> Columns:
        """Give the samples of series that are watched, without NaN."""
        if len(self.ids) == 0 or len(columns) == 0:
            return Columns.empty()
        places = np.minimum(self._places(columns.ids), len(self.ids) - 1)
        mask = self.ids[places] == columns.ids
        mask &= ~np.isnan(columns.v)
        return columns if mask.all() else columns.where(mask)

    def _places(self, ids: npt.NDArray[np.uint32]) -> Places:
        """Find the rows of ids; for those that are not watched, any number."""
        highest = max(int(ids.max()), int(self.ids[-1]))
        if len(ids) < highest:
            return np.searchsorted(self.ids, ids)
        table = np.zeros(highest + 1, np.int64)  # a month of history: looking up beats searching
        table[self.ids] = np.arange(len(self.ids))
        return table[ids]

    def take(self, columns: Columns, now: int | None) -> list[Happened]:
        """Observe samples, in the order they were written; gives what has changed by them.

        ``now`` is when they came; None stands for the very time that each of them says.
        """
        columns = latest_of_each(self.mine(columns))
        if len(columns) == 0:
            return []
        rows = self._places(columns.ids)
        late = columns.t <= self._newest[rows]
        happened: list[Happened] = []
        if late.any():
            happened += self._take_late(rows[late], columns.t[late], columns.v[late], now or 0)
            # A row that was set back takes its other samples as new ones.
            fresh = ~late & (columns.t > self._newest[rows])
            rows, columns = rows[fresh], columns.where(fresh)
            if len(rows) == 0:
                return happened
        t = columns.t
        high = self._rows.append(rows, t, columns.v) + 1
        gaps = self._gaps(rows, t)
        newest = np.r_[rows[1:] != rows[:-1], True]
        last, last_t = rows[newest], t[newest]
        if self._stride > 1:
            some = newest | gaps | (np.arange(len(t)) % self._stride == 0)
            rows, t, high, gaps = rows[some], t[some], high[some], gaps[some]
        found = self._evaluate(rows, self._rows.windows(rows, high, t), t)
        happened += self._observe(found, gaps)
        self._newest[last], self._arrived[last] = last_t, last_t if now is None else now
        return happened

    def load(self, columns: Columns, now: int) -> None:
        """Fill windows with samples that were judged before, or came before the rule."""
        columns = latest_of_each(self.mine(columns))
        if len(columns) == 0:
            return
        rows = self._places(columns.ids)
        self._rows.append(rows, columns.t, columns.v)
        newest = np.r_[rows[1:] != rows[:-1], True]
        self._newest[rows[newest]], self._arrived[rows[newest]] = columns.t[newest], now

    def look(self, now: int) -> list[Happened]:
        """Judge what the windows hold now, for a rule that is new; what is long silent is not."""
        rows = np.flatnonzero(self._newest > now - self.rule.staleness)
        return self._evaluate_again(rows, self._newest)

    def tick(self, now: int) -> list[Happened]:
        """Let time go on for series of which nothing has come.

        A series' event time goes on at the pace of the clock from its newest sample.
        """
        if len(self.ids) == 0:
            return []
        silence = np.maximum(now - self._arrived, 0)
        event = self._newest + silence
        known = self._newest != _NONE
        gone = silence > self.rule.staleness
        look = event >= self._due
        unseen = self._seen - self._newest <= self.rule.staleness
        if self.rule.aggregate != "last":
            every = max(self.rule.window // _LOOK_AGAIN_PARTS, _SHORTEST_LOOK_MS)
            soon = look | (event - self._seen >= every)
        else:
            soon = look
        happened = self._evaluate_again(np.flatnonzero(known & ~gone & soon), event)
        for row in np.flatnonzero(known & gone & (unseen | look)).tolist():
            happened += self._drive_silence(row, int(self._newest[row]), int(event[row]))
        return happened

    def _evaluate_again(self, rows: Places, event: TimeArray) -> list[Happened]:
        """Evaluate at a later time; an empty window changes nothing until the series is gone."""
        if len(rows) == 0:
            return []
        t = event[rows]
        found = self._evaluate(rows, self._rows.windows(rows, self._rows.ends(rows), t), t)
        held = self._conditions[rows]
        keep = np.isnan(found.values) & (held != UNKNOWN)
        conditions = np.where(keep, held, found.conditions).astype(np.int8)
        return self._observe(found._replace(conditions=conditions), np.zeros(len(rows), np.bool_))

    def _evaluate(self, rows: Places, windows: Windows, t: TimeArray) -> Evaluations:
        values = aggregate(windows, self.rule.aggregate)
        return Evaluations(rows, t, values, self.rule.classify(values))

    def _gaps(self, rows: Places, t: TimeArray) -> npt.NDArray[np.bool_]:
        """Say before which samples the series was silent for too long, unless that was seen."""
        first = np.r_[True, rows[1:] != rows[:-1]]
        before = np.where(first, self._newest[rows], np.r_[0, t[:-1]])
        gaps = (before != _NONE) & (t - before > self.rule.staleness)
        was_seen = first & (self._seen[rows] > before + self.rule.staleness)
        unseen: npt.NDArray[np.bool_] = gaps & ~was_seen
        return unseen

    def _observe(self, found: Evaluations, gaps: npt.NDArray[np.bool_]) -> list[Happened]:
        rows, t = found.rows, found.t
        hot = found.conditions != self._conditions[rows]
        hot |= t >= self._due[rows]
        hot |= gaps
        happened: list[Happened] = []
        calm = self._open[rows]
        if hot.any():
            hot_rows = np.unique(rows[hot])
            calm &= ~np.isin(rows, hot_rows)
            low = np.searchsorted(rows, hot_rows)
            high = np.searchsorted(rows, hot_rows, side="right")
            for row, begin, end in zip(hot_rows.tolist(), low.tolist(), high.tolist(), strict=True):
                happened += self._drive_through(row, begin, end, found, gaps)
        self._see(rows[calm], found.values[calm], found.conditions[calm])
        self._seen[rows] = np.maximum(self._seen[rows], t)
        self._values[rows] = found.values
        return happened

    def _see(self, rows: Places, values: ValueArray, conditions: Conditions) -> None:
        """Keep the worst values of alerts that are open; their ``rows`` are sorted."""
        breach = (conditions == Condition.BREACH) & ~np.isnan(values)
        if breach.any():
            keep_worst(self.rule, self._worst, rows[breach], values[breach])

    def _drive_through(
        self, row: int, begin: int, end: int, found: Evaluations, gaps: npt.NDArray[np.bool_]
    ) -> list[Happened]:
        """Show the state machine those of a row's evaluations that can change something."""
        happened: list[Happened] = []
        conditions, t = found.conditions[begin:end], found.t[begin:end]
        at = shown = 0
        while True:
            at = next_hot(
                conditions, t, gaps[begin:end], at, int(self._conditions[row]), int(self._due[row])
            )
            if self._open[row]:
                between = slice(begin + shown, begin + at)
                self._see(found.rows[between], found.values[between], found.conditions[between])
            if at == len(t):
                return happened
            if gaps[begin + at]:
                before = int(t[at - 1]) if at else int(self._newest[row])
                happened += self._drive_silence(row, before, int(t[at]))
            condition = Condition(int(conditions[at]))
            happened += self._drive(row, int(t[at]), condition, float(found.values[begin + at]))
            shown, at = at, at + 1

    def _drive(self, row: int, t: int, condition: Condition, value: float) -> list[Happened]:
        if not self._open[row]:
            self._worst[row] = math.nan
        state, changes = step(self.rule, self.states.get(row, START), t, condition, value)
        self._keep(row, state)
        if condition is not Condition.HOLD:
            self._conditions[row] = condition
        self._seen[row] = max(int(self._seen[row]), t)
        series_id = int(self.ids[row])
        worst = float(self._worst[row])
        return [(series_id, change._replace(worst=worst)) for change in changes]

    def _drive_silence(self, row: int, newest: int, until: int) -> list[Happened]:
        """Show the state machine a silence from ``newest`` on, with the timers up to ``until``."""
        condition = self.rule.silent
        gone = newest + self.rule.staleness + 1
        happened = self._drive(row, gone, condition, math.nan)
        if condition is not Condition.HOLD:
            while (at := int(self._due[row])) <= until:
                happened += self._drive(row, at, condition, math.nan)
        return happened

    def _keep(self, row: int, state: State) -> None:
        if state.phase is START.phase and not state.flaps.bits:
            self.states.pop(row, None)
        else:
            self.states[row] = state
        self._due[row] = due(self.rule, state)
        self._open[row] = state.phase is not Phase.INACTIVE

    def value_of(self, series_id: int) -> float:
        """Give the newest value of a watched series; NaN without one."""
        return float(self._values[np.searchsorted(self.ids, series_id)])

    def worst_of(self, series_id: int) -> float:
        """Give the worst value of a series' alert as far as it was watched; NaN without one."""
        return float(self._worst[np.searchsorted(self.ids, series_id)])

    def state_of(self, series_id: int) -> State:
        """Give the state of a watched series."""
        return self.states.get(int(np.searchsorted(self.ids, series_id)), START)

    # -- samples that are not the newest ------------------------------------------------------

    def _take_late(self, rows: Places, t: TimeArray, v: ValueArray, now: int) -> list[Happened]:
        happened: list[Happened] = []
        bounds = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1], True]).tolist()
        for low, high in pairwise(bounds):
            row = int(rows[low])
            newest = int(t[high - 1])
            if self._is_set_back(row, newest, now):
                self._set_back(row, newest)
                self._arrived[row] = now
            self._rows.insert(row, t[low:high], v[low:high])
            one = np.array([row])
            event = self._newest[one]
            found = self._evaluate(one, self._rows.windows(one, self._rows.ends(one), event), event)
            happened += self._observe(found, np.zeros(1, np.bool_))
        return happened

    def _is_set_back(self, row: int, t: int, now: int) -> bool:
        """Say whether the sender's clock was set back, rather than an old sample come late."""
        behind = int(self._newest[row]) - t
        quiet = QUIET_MS + _SAMPLES_MISSED * self._rows.interval(row, self.rule.staleness)
        return behind > SET_BACK_MS and abs(now - int(self._arrived[row])) > quiet

    def _set_back(self, row: int, t: int) -> None:
        """Go on at an earlier time, with every timer where it was."""
        by = t - int(self._newest[row])
        self._rows.cut(row, t)
        self._newest[row] = t
        self._seen[row] = min(int(self._seen[row]), t)
        if row in self.states:
            self._keep(row, moved_in_time(self.states[row], by))
