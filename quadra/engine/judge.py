"""The judge: reads the journal in order, and writes what it concludes with its position.

Everything that a round comes to is one transaction: the alerts, their events, the pages and the
journal position. A judge that dies resumes from there, so nothing is lost and nothing is told
twice. What is held in memory is only ever what was written, or is dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from quadra.alerts.external import ExternalWatch, external_rule
from quadra.alerts.ledger import Alert, Changes, Ledger
from quadra.alerts.notices import Desk, Notice, Quiet
from quadra.alerts.rules import Rule
from quadra.alerts.watch import Happened
from quadra.engine.alerting import AnomalyChange, JudgeStore, Orders, Outcome, OvertakenError
from quadra.engine.docket import AnyWatch, Docket
from quadra.engine.ports import Clock, HistoryStore, JournalStore, Row
from quadra.errors import QuadraError, StorageError
from quadra.telemetry.batch import Columns

log = logging.getLogger(__name__)

ROWS_A_ROUND = 1_000
EXTERNAL_A_ROUND = 10_000
SAMPLES_A_ROUND = 500_000
TICK_S = 1.0
LOOK_EVERY_S = 1.0
KEEP_POSITION_EVERY_S = 2.0
BEAT_EVERY_S = 5.0
STANDBY_S = 15.0
REMEMBER_S = 86_400.0
CHANGED_UNSEEN_S = 60.0
"""A rule that was changed so shortly before a judge's last word may not have been judged by."""
NEW_S = 300.0
PRUNE_EVERY_S = 600.0
REFRESHED_AT_ONCE = 500
_PRUNED_AT_ONCE = 5_000


class Observer(Protocol):
    """Looks at every sample in the order of the journal, as a detector does."""

    def restore(self, seq: int) -> None:
        """Take up what was kept: samples up to a journal position were observed."""

    def observe(self, columns: Columns, seq: int) -> Sequence[AnomalyChange]:
        """Look at samples up to a position; gives the anomalies that began, grew or ended."""

    def close(self) -> None:
        """Keep what was learned."""


class Judge:
    """Judges the journal. Blocking; one thread's alone."""

    def __init__(
        self,
        journal: JournalStore,
        history: HistoryStore,
        store: JudgeStore,
        clock: Clock,
        *,
        observers: Sequence[Observer] = (),
        told: Callable[[], None] = lambda: None,
        keep_s: float | None = None,
        epoch: int | None = None,
    ) -> None:
        """Wire the judge.

        ``told`` is called when there is news for consoles or channels; ``keep_s`` is the age at
        which alerts that ended are dropped. Without ``epoch``, the number of a lease, the judge
        takes the next one by itself.
        """
        self._journal = journal
        self._history = history
        self._store = store
        self._clock = clock
        self._observers = observers
        self._told = told
        self._keep_s = keep_s
        self._given_epoch = epoch
        self.has_caught_up = False
        self._epoch: int | None = None
        self._standing_by = False
        self._failing = False
        self._reset()

    def _reset(self) -> None:
        self._epoch = None
        self._seq = 0
        self._docket = Docket(self._store, self._history)
        self._ledger = Ledger()
        self._desk = Desk()
        self._gone: dict[int, Rule] = {}  # rules that are no more, whose alerts are to be told over
        self._quiet = Quiet()
        self._external = ExternalWatch()
        self._revision = -1
        self._ticked = self._decided = self._written = self._pruned = 0.0
        self._written_seq = 0
        self._last_alert = 0
        self._beat_before = 0.0

    def run(self, wait: Callable[[float], bool]) -> None:
        """Judge until ``wait(seconds)``, which a wake-up cuts short, says that the end has come."""
        while True:
            try:
                more = self.round()
                if self._failing:
                    log.warning("Rules are judged again")
                self._failing = False
            except OvertakenError:
                log.warning("Another process judges; this one stands by")
                self._reset()
                self._standing_by, more = True, False
            except Exception as error:
                more = False
                self._reset()
                if not isinstance(error, QuadraError):
                    log.exception("A round of judging failed; it begins again from what is kept")
                elif not self._failing:
                    log.warning("Rules can't be judged now: %s", error.detail)
                self._failing = True
            if wait(0.0 if more else LOOK_EVERY_S):
                if self._epoch is not None:
                    for observer in self._observers:
                        observer.close()
                return

    def round(self) -> bool:
        """Judge what is new, and let time go on; says whether more waits.

        Raises StorageError, after which the judge has to be begun anew.
        """
        now = self._clock()
        if self._epoch is None and not self._begin(now):
            return False
        rows = self._journal.since(self._seq, ROWS_A_ROUND, SAMPLES_A_ROUND)
        changes, anomalies = Changes(), []
        # After the rows: a rule that was kept before a sample came must not miss it.
        self._follow_orders(now, rows, changes)
        if rows:
            anomalies = self._judge(rows, changes)
        self._take_external(now, changes)
        if not 0 <= now - self._ticked < TICK_S:
            self._ticked = now
            for watch in self._docket:
                self._record(watch.rule, watch.tick(round(now * 1000)), changes)
        notices: list[Notice] = []
        if changes.alerts or not 0 <= now - self._decided < TICK_S:
            self._decided = now
            notices = self._desk.decide(self._ledger, self._rule_of, self._quiet, now, changes)
        self._write(changes, notices, anomalies, now)
        self._prune(now)
        more = len(rows) == ROWS_A_ROUND or sum(map(_size, rows)) >= SAMPLES_A_ROUND // 2
        self.has_caught_up = self.has_caught_up or not more
        return more

    def _begin(self, now: float) -> bool:
        """Take up what was kept; says no while another judge is at work."""
        if self._standing_by and now - self._store.last_beat() < STANDBY_S:
            return False
        self._standing_by = False
        kept = self._store.begin(now, REMEMBER_S, epoch=self._given_epoch)
        self._epoch = kept.epoch
        self._seq = self._first_position(now) if kept.seq is None else kept.seq
        self._written_seq = -1  # so that it is kept soon, should nothing else be written
        self._last_alert = kept.last_alert
        self._beat_before = kept.beat_at
        self._ledger = Ledger(kept.alerts, next_id=kept.last_alert + 1)
        self._desk = Desk(kept.groups)
        for observer in self._observers:
            observer.restore(self._seq)
        return True

    def _first_position(self, now: float) -> int:
        """Judge a new installation from its beginning; what an older one holds is history."""
        is_new = self._journal.gap(0).oldest >= now - NEW_S
        return 0 if is_new else self._journal.head()

    def _follow_orders(self, now: float, rows: Sequence[Row], changes: Changes) -> None:
        if self._store.revision() == self._revision:
            return
        orders = self._store.orders()
        began = self._revision == -1
        self._revision = orders.revision
        self._take_acknowledgements(orders)
        self._quiet = Quiet(
            [s for s in orders.quiet.silences if s.ends_at > now], orders.quiet.maintenance
        )
        open_alerts = [alert for alert in self._ledger if alert.is_open]
        self._gone |= {watch.rule.id: watch.rule for watch in self._docket}
        new = self._docket.set(orders.rules, list(self._ledger))
        for alert in open_alerts:
            if self._docket.rule(alert.rule_id) is None and not alert.is_external:
                self._ledger.end(alert, now, "the rule is gone or disabled", changes)
        told_of = {alert.rule_id for alert in open_alerts}
        self._gone = {i: rule for i, rule in self._gone.items() if i in told_of}
        if new:
            coming = Columns.concat([row.columns for row in rows])
            self._docket.warm(new, round(now * 1000), coming)
            if began:  # what was judged before a restart is not judged again
                since = self._beat_before - CHANGED_UNSEEN_S
                new = [one for one in new if orders.changed_at.get(one.rule.id, 0.0) >= since]
            self._look_at_once(new, round(now * 1000), changes)

    def _look_at_once(self, watches: Sequence[AnyWatch], now: int, changes: Changes) -> None:
        for watch in watches:
            self._record(watch.rule, watch.look(now), changes)

    def _take_acknowledgements(self, orders: Orders) -> None:
        for alert in self._ledger:
            if alert.id in orders.acknowledged:
                alert.acknowledged_by, alert.acknowledged_at = orders.acknowledged[alert.id]

    def _judge(self, rows: Sequence[Row], changes: Changes) -> list[AnomalyChange]:
        columns = Columns.concat([row.columns for row in rows])
        arrived = round(rows[-1].committed_at * 1000)
        self._docket.meet(columns)
        for watch in self._docket:
            if watch.rule.subject == "samples":
                self._record(watch.rule, watch.take(columns, arrived), changes)
        anomalies = [one for o in self._observers for one in o.observe(columns, rows[-1].seq)]
        if anomalies:
            for rule, happened in self._docket.anomalies(anomalies, arrived):
                self._record(rule, happened, changes)
        self._seq = rows[-1].seq
        return anomalies

    def _record(self, rule: Rule, happened: Sequence[Happened], changes: Changes) -> None:
        touched: set[int] = set()
        for series_id, transition in happened:
            self._ledger.apply(rule, series_id, self._docket.key(series_id), transition, changes)
            touched.add(series_id)
        for series_id in touched:
            alert = self._ledger.get(rule.id, series_id)
            if alert is not None:
                alert.machine = self._docket.state(rule.id, series_id)
                self._last_alert = max(self._last_alert, alert.id)

    def _write(
        self,
        changes: Changes,
        notices: Sequence[Notice],
        anomalies: Sequence[AnomalyChange],
        now: float,
    ) -> None:
        groups = {key: self._desk.groups[key] for key in self._desk.changed}
        since = now - self._written
        due = BEAT_EVERY_S if self._seq == self._written_seq else KEEP_POSITION_EVERY_S
        outcome = Outcome(
            self._seq, self._last_alert, changes, notices, groups, anomalies=anomalies
        )
        if not 0 <= since < due:
            outcome = replace(outcome, refreshed=self._refreshed(changes))
        elif not (outcome.says_something or groups):
            return
        if self._epoch is None:
            raise StorageError("The judge has not begun.")
        self._store.write(self._epoch, outcome, now)
        self._desk.changed.clear()
        self._written, self._written_seq = now, self._seq
        if outcome.says_something:
            self._told()

    def _refreshed(self, changes: Changes) -> list[Alert]:
        """Bring the values of alerts that fire up to date."""
        found: list[Alert] = []
        for alert in self._ledger:
            rule = self._docket.rule(alert.rule_id) if alert.is_firing else None
            if rule is None or alert.id in changes.alerts or len(found) == REFRESHED_AT_ONCE:
                continue
            key = rule.id, alert.series_id
            value, worst = self._docket.value(*key), self._docket.worst(*key)
            if self._ledger.refresh(alert, rule, value, worst):
                found.append(alert)
        return found

    def _take_external(self, now: float, changes: Changes) -> None:
        told = self._store.external_after(self._external.revision, EXTERNAL_A_ROUND)
        self._external.take(told, self._ledger, now, changes)
        self._last_alert = max([self._last_alert, *changes.alerts])

    def _rule_of(self, alert: Alert) -> Rule | None:
        if alert.is_external:
            return external_rule(alert.rule, alert.severity)
        return self._docket.rule(alert.rule_id) or self._gone.get(alert.rule_id)

    def _prune(self, now: float) -> None:
        if 0 <= now - self._pruned < PRUNE_EVERY_S or self._epoch is None:
            return
        self._pruned = now
        self._ledger.forget(now - REMEMBER_S)
        ended = self._desk.forget(now - REMEMBER_S)
        if ended:
            outcome = Outcome(self._seq, self._last_alert, Changes(), groups_ended=ended)
            self._store.write(self._epoch, outcome, now)
        if self._keep_s is not None:
            self._store.prune(self._epoch, now - self._keep_s, _PRUNED_AT_ONCE)

    @property
    def open_alerts(self) -> list[Alert]:
        """Give the alerts that are open."""
        return [alert for alert in self._ledger if alert.is_open]


def _size(row: Row) -> int:
    return len(row.columns)
