"""What several tests of alerting make: rules, samples, a ledger's alerts."""

from __future__ import annotations

from typing import Any

from quadra.alerts.rule_form import rule_from
from quadra.alerts.rules import Rule
from quadra.alerts.watch import Happened, Watch
from quadra.telemetry.batch import Columns
from tests.unit.fakes import columns


def rule(**fields: Any) -> Rule:
    """Make a rule `x > 10`; `hold` stands for the field `for`."""
    if "hold" in fields:
        fields["for"] = fields.pop("hold")
    return rule_from({"name": "r", "selector": "x", "op": ">", "threshold": 10} | fields)


def watch(made: Rule, *ids: int) -> Watch:
    """Make a watch of some series."""
    new = Watch(made)
    new.follow(ids or (1,))
    return new


def line(*values: float, every: int = 1_000, begin: int = 0, series: int = 1) -> Columns:
    """Make samples of one series at an even pace (ms)."""
    return columns((series, begin + n * every, v) for n, v in enumerate(values))


def told(happened: list[Happened]) -> list[tuple[str, int]]:
    """Give what has changed and when (ms)."""
    return [(transition.change.value, transition.at) for _series, transition in happened]
