"""The state machine of an alert, by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.alerts.flapping import CHECK_MS, Flaps, percent
from quadra.alerts.rules import Condition, Rule
from quadra.alerts.states import NEVER, START, Change, Phase, State, due, step
from tests.unit.alert_makers import rule

CLEAR, BETWEEN, BREACH, HOLD = Condition
PATHS = st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from(Condition)), max_size=60)
RULES = st.builds(
    lambda hold, keep: rule(hold=hold, keep_firing_for=keep),
    st.sampled_from([0, 5, 30]),
    st.sampled_from([0, 10, 60]),
)


def walk(made: Rule, *steps: tuple[int, Condition]) -> list[tuple[str, int]]:
    state, told = START, []
    for t, condition in steps:
        state, changes = step(made, state, t * 1000, condition, 1.0)
        told += [(change.change.value, change.at // 1000) for change in changes]
    return told


def test_without_for_it_fires_and_is_resolved_at_once() -> None:
    assert [("firing", 1), ("resolved", 3)] == walk(
        rule(), (0, CLEAR), (1, BREACH), (2, BREACH), (3, CLEAR), (4, CLEAR)
    )


def test_for_must_pass_without_a_break() -> None:
    made = rule(hold="10s")
    assert [("pending", 0), ("cancelled", 9), ("pending", 10), ("firing", 20)] == walk(
        made, (0, BREACH), (9, CLEAR), (10, BREACH), (19, BREACH), (20, BREACH)
    )


def test_between_the_thresholds_a_firing_alert_stays_and_a_pending_one_ends() -> None:
    assert [("firing", 0), ("resolved", 2)] == walk(
        rule(), (0, BREACH), (1, BETWEEN), (2, CLEAR), (3, BETWEEN)
    )
    assert [("pending", 0), ("cancelled", 1)] == walk(rule(hold="5s"), (0, BREACH), (1, BETWEEN))


def test_keep_firing_for_outlives_a_dip() -> None:
    made = rule(keep_firing_for="10s")
    told = walk(made, (0, BREACH), (1, CLEAR), (5, BREACH), (6, CLEAR), (15, CLEAR), (16, CLEAR))
    assert [
        ("firing", 0), ("recovering", 1), ("relapsed", 5), ("recovering", 6), ("resolved", 16),
    ] == told  # fmt: skip


def test_what_is_not_known_changes_nothing() -> None:
    assert [("pending", 0)] == walk(rule(hold="5s"), (0, BREACH), (9, HOLD))
    assert [("firing", 0)] == walk(rule(), (0, BREACH), (1, HOLD))


def test_time_that_runs_backwards_stands_still() -> None:
    assert [("pending", 10), ("firing", 15)] == walk(
        rule(hold="5s"), (10, BREACH), (3, BREACH), (15, BREACH)
    )


@given(RULES, PATHS)
def test_an_observation_that_is_not_due_and_says_the_same_changes_nothing(
    made: Rule, path: list[tuple[int, Condition]]
) -> None:
    """This is what lets the judge skip it."""
    state, held, t = START, None, 0
    for later, condition in path:
        t += later
        was_due = t >= due(made, state)
        new, changes = step(made, state, t, condition, 1.0)
        if condition == held and not was_due:
            assert () == changes
            assert (state.phase, state.since) == (new.phase, new.since)
        state = new
        held = held if condition is HOLD else condition


@given(RULES, PATHS)
def test_no_alert_fires_early_and_every_change_follows_from_the_one_before(
    made: Rule, path: list[tuple[int, Condition]]
) -> None:
    allowed: dict[Phase, set[Change]] = {
        Phase.INACTIVE: {Change.PENDING, Change.FIRING},
        Phase.PENDING: {Change.CANCELLED, Change.FIRING},
        Phase.FIRING: {Change.RECOVERING, Change.RESOLVED},
        Phase.RECOVERING: {Change.RELAPSED, Change.RESOLVED},
    }
    state, t, breach_since = START, 0, None
    for later, condition in path:
        t += later
        if condition is BREACH:
            breach_since = t if breach_since is None else breach_since
        elif condition is not HOLD:
            breach_since = None
        before = state
        state, changes = step(made, state, t, condition, 1.0)
        moves = [c.change for c in changes if c.change not in (Change.FLAPPING, Change.STEADY)]
        assert len(moves) <= 1
        for move in moves:
            assert move in allowed[before.phase]
            if move is Change.FIRING:
                assert breach_since is not None
                assert t - breach_since >= made.hold
        if before.phase in (Phase.FIRING, Phase.RECOVERING) and condition is BREACH:
            assert Phase.FIRING is state.phase


# -- flapping --------------------------------------------------------------------------------


def test_the_weights_are_those_of_nagios() -> None:
    assert 100.0 == pytest.approx(percent((1 << 20) - 1))
    assert 1.25 * 5 == percent(1)
    assert 0.75 * 5 == percent(1 << 19)
    assert 0.0 == percent(0)


def test_an_alert_that_comes_and_goes_flaps_until_it_has_been_calm() -> None:
    made = rule()
    state, told = START, []
    for minute in range(60):
        bad = minute < 12 and minute % 2 == 0
        t = minute * CHECK_MS
        state, changes = step(made, state, t, BREACH if bad else CLEAR, 1.0)
        told += [(c.change.value, minute) for c in changes]
    flapping = [one for one in told if one[0] in ("flapping", "steady")]
    assert [("flapping", 8), ("steady", 25)] == flapping


def test_two_short_alerts_within_twenty_minutes_do_not_flap() -> None:
    path = [(0, BREACH), (90, CLEAR), (600, BREACH), (690, CLEAR), (1_190, BREACH)]
    assert ["firing", "resolved"] * 2 + ["firing"] == [kind for kind, _at in walk(rule(), *path)]


@given(st.lists(st.integers(0, 90), min_size=1, max_size=40))
def test_it_is_calm_exactly_when_it_is_said_to_be(minutes: list[int]) -> None:
    flaps = Flaps()
    for minute in sorted(minutes):
        flaps = flaps.at(minute * CHECK_MS, changed=True)
    if flaps.flapping:
        assert flaps.at(flaps.calm_at - 1).flapping
        assert not flaps.at(flaps.calm_at).flapping


def test_flapping_is_one_more_timer() -> None:
    flaps = Flaps(minute=3, bits=0b1111111111, flapping=True)
    assert flaps.calm_at == due(rule(), State(flaps=flaps))
    assert NEVER == due(rule(), State(phase=Phase.FIRING))
