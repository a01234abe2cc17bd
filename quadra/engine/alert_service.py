"""What people ask of alerting: rules, alerts, silences, back-tests. Keeps them off the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quadra.alerts.ledger import Alert
from quadra.alerts.replay import Curve, Replay
from quadra.alerts.rules import Rule
from quadra.alerts.silences import Maintenance, Silence
from quadra.engine.alerting import (
    AlertQuestion,
    AlertStore,
    KeptRule,
    Page,
    QuietStore,
    RuleFile,
    RuleStore,
)
from quadra.engine.catalog import Catalog
from quadra.engine.ports import Clock, HistoryStore, Runtime
from quadra.errors import InvalidError, NotFoundError, QuadraError, UnavailableError

log = logging.getLogger(__name__)

MAX_SERIES_A_BACKTEST = 500
MAX_SAMPLES_A_BACKTEST = 60_000_000
SERIES_A_READ = 5
BACKTESTS_AT_ONCE = 2
COUNT_EVERY_S = 2.0


class Alerting:
    """The API's and the console's way to alerting. Used from the loop."""

    def __init__(
        self,
        rules: RuleStore,
        alerts: AlertStore,
        quiet: QuietStore,
        history: HistoryStore,
        catalog: Catalog,
        runtime: Runtime,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """Wire; ``wake`` lets the judge look at once."""
        self._rules = rules
        self._alerts = alerts
        self._quiet = quiet
        self._history = history
        self._catalog = catalog
        self._runtime = runtime
        self._clock = clock
        self._wake = wake
        self._backtests = 0

    def count_firing(self, count: Callable[[dict[str, int]], None]) -> None:
        """Hand ``count`` the number of alerts that fire, by severity, from now on."""
        self._runtime.spawn(self._count_forever, count)

    def _count_forever(self, count: Callable[[dict[str, int]], None]) -> None:
        while True:
            try:
                count(self._runtime.offload(self._alerts.firing))
            except QuadraError:
                log.debug("Alerts could not be counted this time", exc_info=True)
            self._runtime.sleep(COUNT_EVERY_S)

    # -- rules --------------------------------------------------------------------------------

    def rules(self) -> list[KeptRule]:
        """Give all rules."""
        return self._runtime.offload(self._rules.rules)

    def rule(self, rule_id: int) -> KeptRule:
        """Give one rule; raises NotFoundError."""
        for kept in self.rules():
            if kept.rule.id == rule_id:
                return kept
        msg = f"There is no rule {rule_id}."
        raise NotFoundError(msg)

    def files(self) -> list[RuleFile]:
        """Give how the rule files were read."""
        return self._runtime.offload(self._rules.files)

    def add_rule(self, rule: Rule) -> KeptRule:
        """Keep a new rule; raises ConflictError."""
        kept = self._runtime.offload(self._rules.add, rule, self._clock())
        self._wake()
        return kept

    def replace_rule(self, rule_id: int, rule: Rule) -> KeptRule:
        """Change a rule; raises NotFoundError, ConflictError."""
        kept = self._runtime.offload(self._rules.replace, rule_id, rule, self._clock())
        self._wake()
        return kept

    def remove_rule(self, rule_id: int) -> None:
        """Drop a rule; raises NotFoundError, ConflictError."""
        self._runtime.offload(self._rules.remove, rule_id)
        self._wake()

    # -- alerts -------------------------------------------------------------------------------

    def alerts(self, question: AlertQuestion) -> Page:
        """Give alerts, the newest first."""
        return self._runtime.offload(self._alerts.alerts, question)

    def alert(self, alert_id: int) -> Alert:
        """Give one alert; raises NotFoundError."""
        return self._runtime.offload(self._alerts.alert, alert_id)

    def history(self, question: AlertQuestion) -> Page:
        """Give events with their alerts, the newest first."""
        return self._runtime.offload(self._alerts.history, question)

    def acknowledge(self, alert_id: int, by: str) -> Alert:
        """Say that somebody has an alert; raises NotFoundError, ConflictError."""
        alert = self._runtime.offload(self._alerts.acknowledge, alert_id, by, self._clock())
        self._wake()
        return alert

    # -- silences and windows -----------------------------------------------------------------

    def silences(self) -> list[Silence]:
        """Give all silences, the newest first."""
        return self._runtime.offload(self._quiet.silences)

    def silence(self, silence_id: int) -> Silence:
        """Give one; raises NotFoundError."""
        return self._runtime.offload(self._quiet.silence, silence_id)

    def add_silence(self, silence: Silence) -> Silence:
        """Keep a new silence; raises ConflictError."""
        kept = self._runtime.offload(self._quiet.add_silence, silence, self._clock())
        self._wake()
        return kept

    def end_silence(self, silence_id: int) -> None:
        """End a silence now; raises NotFoundError."""
        self._runtime.offload(self._quiet.end_silence, silence_id, self._clock())
        self._wake()

    def windows(self) -> list[Maintenance]:
        """Give all maintenance windows."""
        return self._runtime.offload(self._quiet.windows)

    def put_window(self, window: Maintenance) -> Maintenance:
        """Keep or change a maintenance window; raises NotFoundError, ConflictError."""
        kept = self._runtime.offload(self._quiet.put_window, window)
        self._wake()
        return kept

    def remove_window(self, window_id: int) -> None:
        """Drop a maintenance window; raises NotFoundError."""
        self._runtime.offload(self._quiet.remove_window, window_id)
        self._wake()

    # -- back-tests ---------------------------------------------------------------------------

    def backtest(
        self, rule: Rule, start: float, end: float, limits: Sequence[float] = ()
    ) -> Iterator[float | dict[str, Any]]:
        """Replay the past: gives how far it is (0..1), again and again, and last the answer.

        Times are unix seconds. With ``limits`` the answer is how often it would have paged at each
        of them. Raises InvalidError when it would be too much, StorageError.
        """
        if self._backtests >= BACKTESTS_AT_ONCE:
            msg = "Other back-tests are under way. Try again in a moment."
            raise UnavailableError(msg, code="overloaded", retry_after=2)
        self._backtests += 1
        try:
            span = round(start * 1000), round(end * 1000)
            yield from self._replay(replace(rule, id=0), *span, limits)
        finally:
            self._backtests -= 1

    def _replay(
        self, rule: Rule, start: int, end: int, limits: Sequence[float]
    ) -> Iterator[float | dict[str, Any]]:
        ids = self._runtime.offload(self._catalog.select, [rule.selector])
        if len(ids) > MAX_SERIES_A_BACKTEST:
            msg = (
                f"The selector means {len(ids)} series, more than {MAX_SERIES_A_BACKTEST} in a "
                "back-test. Add a label to narrow it."
            )
            raise InvalidError(msg, code="too_many_series_selected")
        replay = Curve(rule, limits, start, end) if limits else Replay(rule, start, end)
        samples = 0
        at_once = len(ids) if rule.aggregate == "absent" else SERIES_A_READ
        for at in range(0, len(ids), max(at_once, 1)):
            yield at / len(ids)
            some = ids[at : at + at_once]
            samples += self._runtime.offload(self._replay_some, replay, some, rule, (start, end))
            if samples * max(len(limits), 1) > MAX_SAMPLES_A_BACKTEST:
                msg = f"More than {MAX_SAMPLES_A_BACKTEST} samples. Shorten the span."
                raise InvalidError(msg, code="too_many_samples")
        if isinstance(replay, Curve):
            yield {"curve": self._runtime.offload(replay.as_list), "samples": samples}
        else:
            yield self._runtime.offload(replay.as_dict)

    def _replay_some(
        self, replay: Replay | Curve, ids: list[int], rule: Rule, span: tuple[int, int]
    ) -> int:
        wanted = np.array(ids, np.uint32)
        columns = self._history.between(span[0] - rule.window, span[1], wanted)
        replay.take({i: self._catalog.key(i) for i in ids}, columns)
        return len(columns)
