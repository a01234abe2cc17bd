"""The rules at work together: which series each watches, and what it needs to begin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from quadra.alerts.absence import AbsenceWatch
from quadra.alerts.ledger import Alert
from quadra.alerts.rules import Rule
from quadra.alerts.states import State
from quadra.alerts.watch import Happened, Watch
from quadra.engine.alerting import AnomalyChange, JudgeStore
from quadra.engine.ports import HistoryStore
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey

AnyWatch = Watch | AbsenceWatch

_SERIES_A_READ = 5_000
_SERIES_A_WARMING = 2_000
_LATEST = np.iinfo(np.int64).max


class Docket:
    """Holds a watch for every rule that is enabled. Blocking; used by one thread."""

    def __init__(self, store: JudgeStore, history: HistoryStore) -> None:
        """Begin without rules."""
        self._store = store
        self._history = history
        self._watches: dict[int, AnyWatch] = {}
        self._keys: dict[int, SeriesKey] = {}
        self._known = 0

    def __iter__(self) -> Iterator[AnyWatch]:
        """Give all watches, by the ids of their rules."""
        return iter(list(self._watches.values()))

    def __len__(self) -> int:
        """Give the number of rules that are watched."""
        return len(self._watches)

    def rule(self, rule_id: int) -> Rule | None:
        """Give a rule that is enabled."""
        watch = self._watches.get(rule_id)
        return None if watch is None else watch.rule

    def state(self, rule_id: int, series_id: int) -> State:
        """Give where a rule's state machine stands for a series."""
        return self._watches[rule_id].state_of(series_id)

    def value(self, rule_id: int, series_id: int) -> float:
        """Give the newest value that a rule has found for a series; NaN without one."""
        watch = self._watches.get(rule_id)
        return math.nan if watch is None else watch.value_of(series_id)

    def worst(self, rule_id: int, series_id: int) -> float:
        """Give the worst value of a rule's alert for a series; NaN without one."""
        watch = self._watches.get(rule_id)
        return math.nan if watch is None else watch.worst_of(series_id)

    def key(self, series_id: int) -> SeriesKey | None:
        """Give the key of a watched series; None for what is absent."""
        return self._keys.get(series_id)

    def set(self, rules: Sequence[Rule], alerts: Sequence[Alert]) -> list[AnyWatch]:
        """Watch these rules and no others; gives the watches that are new.

        A new watch takes up the states of the alerts that its rule has. A rule of which only
        other things have changed keeps its watch.
        """
        enabled = {rule.id: rule for rule in rules if rule.enabled}
        self._watches = {i: watch for i, watch in self._watches.items() if i in enabled}
        new: list[AnyWatch] = []
        for rule_id, rule in enabled.items():
            watch = self._watches.get(rule_id)
            if watch is not None and _is_same(watch.rule, rule):
                watch.rule = rule
                continue
            watch = AbsenceWatch(rule) if rule.aggregate == "absent" else Watch(rule)
            self._watches[rule_id] = watch
            new.append(watch)
        if new:
            # The others first, and nobody beyond what they know: what is met once is met by all.
            others = [watch for watch in self if watch not in new]
            if others:
                self._meet_after(self._known, others)
            self._meet_after(0, new, until=self._known if others else None)
            for watch in new:
                self._restore(watch, [a for a in alerts if a.rule_id == watch.rule.id])
        return new

    def meet(self, columns: Columns) -> None:
        """Get to know the series of samples that were never seen before."""
        if len(columns) and int(columns.ids.max()) > self._known:
            self._meet_after(self._known, list(self))

    def anomalies(
        self, changes: Sequence[AnomalyChange], now: int
    ) -> Iterator[tuple[Rule, list[Happened]]]:
        """Show anomalies to the rules on them."""
        scores = Columns(
            np.array([one.series_id for one in changes], np.uint32),
            np.array([one.t for one in changes], np.int64),
            np.array([one.score for one in changes], np.float64),
        )
        for watch in self:
            if watch.rule.subject == "anomaly":
                yield watch.rule, watch.take(scores, now)

    def warm(self, watches: Sequence[AnyWatch], now: int, until: Columns) -> None:
        """Fill windows from history, up to where ``until``, what is judged next, begins.

        Of series that are not in it, up to its oldest sample.
        """
        begins = np.full(self._known + 1, until.t.min() if len(until) else _LATEST)
        until = until.where(until.ids <= self._known)
        np.minimum.at(begins, until.ids, until.t)
        for watch in watches:
            if watch.rule.subject == "anomaly":
                continue
            start = now - watch.rule.staleness
            for ids in _portions(watch.ids):
                past = self._history.between(start, _LATEST, ids)
                watch.load(past.where(past.t < begins[past.ids]), now)

    def _meet_after(
        self, series_id: int, watches: Sequence[AnyWatch], until: int | None = None
    ) -> None:
        """Show the series after an id to watches; ``until`` is the last one, all when absent."""
        while found := self._store.series_after(series_id, _SERIES_A_READ):
            for watch in watches:
                selector = watch.rule.selector
                mine = {
                    i: key
                    for i, key in found
                    if (until is None or i <= until) and selector.matches(key)
                }
                if mine:
                    watch.follow(list(mine))
                    self._keys |= mine
            series_id = found[-1][0]
            if until is not None and series_id >= until:
                return
            self._known = max(self._known, series_id)

    @staticmethod
    def _restore(watch: AnyWatch, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            watch.restore(alert.series_id, alert.machine)


def _is_same(former: Rule, rule: Rule) -> bool:
    """Say whether a watch can go on with the rule: windows and conditions are the same."""
    compared = ("op", "threshold", "clear_threshold", "hold", "keep_firing_for", "no_data")
    return former.judged == rule.judged and all(
        getattr(former, name) == getattr(rule, name) for name in compared
    )


def _portions(ids: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.uint32]]:
    for at in range(0, len(ids), _SERIES_A_WARMING):
        yield ids[at : at + _SERIES_A_WARMING].astype(np.uint32)
