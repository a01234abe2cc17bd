"""The state machine of one rule and one series.

It is a pure function of event time: the same observations give the same transitions, whenever
they are made. ``for`` and ``keep_firing_for`` are those of Prometheus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from quadra.alerts.flapping import STEADY, Flaps
from quadra.alerts.rules import Condition, Rule

NEVER = (1 << 63) - 1


class Phase(StrEnum):
    """Where an alert stands; what is resolved is inactive again."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"


class Change(StrEnum):
    """What a transition does."""

    PENDING = "pending"
    CANCELLED = "cancelled"
    """It was pending, and the condition ended before it fired."""
    FIRING = "firing"
    RECOVERING = "recovering"
    RELAPSED = "relapsed"
    """It was recovering, and the condition holds again."""
    RESOLVED = "resolved"
    FLAPPING = "flapping"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class State:
    """Times in unix ms.

    ``since`` is when the phase began; ``seen`` the event time of the latest observation.
    """

    phase: Phase = Phase.INACTIVE
    since: int = 0
    seen: int = 0
    flaps: Flaps = STEADY


class Transition(NamedTuple):
    """A change at an event time (unix ms), with the value that made it (NaN without one).

    ``worst`` is the worst value of the alert before it, where somebody has kept it.
    """

    change: Change
    at: int
    value: float
    worst: float = math.nan


START = State()
_PENDS = (Phase.PENDING, Change.PENDING)
_IS_CANCELLED = (Phase.INACTIVE, Change.CANCELLED)
_FIRES = (Phase.FIRING, Change.FIRING)
_RECOVERS = (Phase.RECOVERING, Change.RECOVERING)
_RELAPSES = (Phase.FIRING, Change.RELAPSED)
_IS_RESOLVED = (Phase.INACTIVE, Change.RESOLVED)
_GOOD_OR_BAD = {Change.FIRING, Change.RESOLVED}


def step(
    rule: Rule, state: State, t: int, condition: Condition, value: float
) -> tuple[State, tuple[Transition, ...]]:
    """Observe a condition at a time; gives the new state and what has changed.

    Time that runs backwards stands still.
    """
    t = max(t, state.seen)
    phase, since, changes = _moved(rule, state, t, condition)
    flaps = state.flaps
    if flaps.bits or changes:
        flaps = flaps.at(t, changed=not _GOOD_OR_BAD.isdisjoint(changes))
        if flaps.flapping != state.flaps.flapping:
            changes = (*changes, Change.FLAPPING if flaps.flapping else Change.STEADY)
    return State(phase, since, t, flaps), tuple(Transition(change, t, value) for change in changes)


def _moved(
    rule: Rule, state: State, t: int, condition: Condition
) -> tuple[Phase, int, tuple[Change, ...]]:
    breach, clear = condition is Condition.BREACH, condition is Condition.CLEAR
    elapsed = t - state.since
    found: tuple[Phase, Change] | None = None
    if condition is Condition.HOLD:
        pass
    elif state.phase is Phase.INACTIVE and breach:
        found = _PENDS if rule.hold > 0 else _FIRES
    elif state.phase is Phase.PENDING:
        if not breach:
            found = _IS_CANCELLED
        elif elapsed >= rule.hold:
            found = _FIRES
    elif state.phase is Phase.FIRING and clear:
        found = _RECOVERS if rule.keep_firing_for > 0 else _IS_RESOLVED
    elif state.phase is Phase.RECOVERING:
        if not clear:
            found = _RELAPSES
        elif elapsed >= rule.keep_firing_for:
            found = _IS_RESOLVED
    return (state.phase, state.since, ()) if found is None else (found[0], t, (found[1],))


def due(rule: Rule, state: State) -> int:
    """Give the time (ms) from which the same condition once more would change something.

    Before it, an observation equal to the last one needs no look: that is what makes thousands
    of quiet series, and a month of history, cheap.
    """
    times = [NEVER]
    if state.phase is Phase.PENDING:
        times.append(state.since + rule.hold)
    elif state.phase is Phase.RECOVERING:
        times.append(state.since + rule.keep_firing_for)
    if state.flaps.flapping:
        times.append(state.flaps.calm_at)
    return min(times)


def moved_in_time(state: State, by: int) -> State:
    """Give the state with all its times moved, for a clock that was set back."""
    return replace(state, since=state.since + by, seen=state.seen + by)
