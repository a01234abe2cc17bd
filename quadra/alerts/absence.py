"""A rule that fires when nothing comes: PromQL's ``absent_over_time``, one alert a rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quadra.alerts.rules import Condition, Rule
from quadra.alerts.states import START, Phase, State, due, step
from quadra.alerts.watch import Happened
from quadra.telemetry.batch import Columns

NO_SERIES = 0
"""Stands where the id of a series would: no series has it."""


class AbsenceWatch:
    """Watches whether any of the selected series sends. Times in unix ms."""

    def __init__(self, rule: Rule) -> None:
        """Begin with nothing seen."""
        self.rule = rule
        self.ids: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._state = START
        self._newest: int | None = None
        self._arrived = 0
        self._absent: Condition = Condition(int(rule.classify(np.ones(1))[0]))

    def __len__(self) -> int:
        """Give the number of series that would end the absence."""
        return len(self.ids)

    def follow(self, ids: Sequence[int]) -> None:
        """Watch further series."""
        self.ids = np.union1d(self.ids, np.array(ids, np.int64))

    def restore(self, series_id: int, state: State) -> None:
        """Take up a state that was kept."""
        if series_id == NO_SERIES:
            self._state = state

    def take(self, columns: Columns, now: int | None) -> list[Happened]:
        """Observe samples; gives what has changed by them. ``now`` as for a ``Watch``."""
        mine = np.unique(columns.t[np.isin(columns.ids, self.ids) & ~np.isnan(columns.v)])
        if len(mine) == 0:
            return []
        happened: list[Happened] = []
        before = np.r_[mine[0] if self._newest is None else self._newest, mine[:-1]]
        for place in np.flatnonzero(mine - before >= self.rule.window).tolist():
            self._newest = int(before[place])
            happened += self._pass_silence(int(mine[place]))
            happened += self._drive(int(mine[place]), Condition.CLEAR, 0.0)
        latest = int(mine[-1])
        happened += self._drive(latest, Condition.CLEAR, 0.0)
        self._newest = latest if self._newest is None else max(latest, self._newest)
        self._arrived = latest if now is None else now
        return happened

    def load(self, columns: Columns, now: int) -> None:
        """Take up when samples last came, before the rule or a restart."""
        mine = columns.t[np.isin(columns.ids, self.ids) & ~np.isnan(columns.v)]
        if len(mine):
            self._newest, self._arrived = int(mine.max()), now

    def look(self, now: int) -> list[Happened]:
        """Judge a rule that is new."""
        return self.tick(now)

    def tick(self, now: int) -> list[Happened]:
        """Let time go on."""
        if self._newest is None:
            return self._pass_timers(now, now)
        return self._pass_silence(self._newest + max(now - self._arrived, 0))

    def value_of(self, _series_id: int) -> float:
        """Give 1 while nothing comes, as PromQL does."""
        return 0.0 if self._state.phase is Phase.INACTIVE else 1.0

    def worst_of(self, _series_id: int) -> float:
        """Give NaN: what does not come has no worst value."""
        return math.nan

    def state_of(self, _series_id: int) -> State:
        """Give the state of the rule's only alert."""
        return self._state

    def _pass_silence(self, until: int) -> list[Happened]:
        if self._newest is None or until - self._newest < self.rule.window:
            return []
        return self._pass_timers(self._newest + self.rule.window, until)

    def _pass_timers(self, begin: int, until: int) -> list[Happened]:
        happened = self._drive(begin, self._absent, 1.0)
        while self._absent is not Condition.HOLD and due(self.rule, self._state) <= until:
            happened += self._drive(due(self.rule, self._state), self._absent, 1.0)
        return happened

    def _drive(self, t: int, condition: Condition, value: float) -> list[Happened]:
        self._state, changes = step(self.rule, self._state, t, condition, value)
        return [(NO_SERIES, change) for change in changes]
