"""Who is told what, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.alerts.ledger import Alert, Changes, Ledger
from quadra.alerts.notices import Desk, Notice, Quiet
from quadra.alerts.rules import Rule
from quadra.alerts.silences import Maintenance, Silence, matchers_from
from quadra.alerts.states import Change, Transition
from tests.unit.alert_makers import rule

T0 = 1_750_000_000.0
MINUTE, HOUR = 60.0, 3_600.0


class Office:
    """A ledger and a desk with rules, driven by hand; times in seconds after T0."""

    def __init__(self, *rules: Rule, quiet: Quiet | None = None) -> None:
        self.rules = dict(enumerate(rules, 1))
        self.quiet = quiet or Quiet()
        self.ledger = Ledger()
        self.desk = Desk()
        self.told: list[tuple[float, str, str, tuple[int, ...]]] = []
        self.notices: list[Notice] = []
        self.events: list[tuple[str, str]] = []

    def change(self, change: Change, at: float, series: int = 1, number: int = 1) -> None:
        made = replace(self.rules[number], id=number)
        key = ("x", (("host", str(series)),))
        changes = Changes()
        transition = Transition(change, round((T0 + at) * 1000), 99.0)
        self.ledger.apply(made, series, key, transition, changes)
        self.decide(at)

    def fire(self, at: float, series: int = 1, number: int = 1) -> None:
        self.change(Change.FIRING, at, series, number)

    def resolve(self, at: float, series: int = 1, number: int = 1) -> None:
        self.change(Change.RESOLVED, at, series, number)

    def decide(self, at: float) -> None:
        changes = Changes()
        for one in self.desk.decide(
            self.ledger, lambda alert: self.rules.get(alert.rule_id), self.quiet, T0 + at, changes
        ):
            self.notices.append(one)
            who = tuple(sorted(alert.series_id for alert in one.alerts))
            self.told.append((at, one.kind, one.channel, who))
        self.events += [(event.kind, event.ref) for event in changes.events]

    def pass_time(self, begin: float, end: float, every: float = 1.0) -> None:
        for n in range(round((end - begin) / every)):
            self.decide(begin + n * every)

    def alert(self, series: int = 1, number: int = 1) -> Alert:
        found = self.ledger.get(number, series)
        assert found is not None
        return found


def kinds(office: Office) -> list[tuple[float, str]]:
    return [(at, kind) for at, kind, _channel, _who in office.told]


def made(**fields: Any) -> Rule:
    return rule(**{"cooldown": "0s", "repeat_interval": "0s"} | fields)


def test_a_page_goes_out_at_once_and_its_end_is_told() -> None:
    office = Office(made())
    office.fire(0)
    office.pass_time(1, 60)
    office.resolve(60)
    office.pass_time(61, 120)
    assert [(0, "first", "", (1,)), (60, "resolved", "", (1,))] == office.told
    assert 1 == office.alert().pages


def test_pending_alerts_page_nobody() -> None:
    office = Office(made(hold="1m"))
    office.change(Change.PENDING, 0)
    office.change(Change.CANCELLED, 10)
    assert [] == office.told


def test_a_page_that_waits_out_its_cooldown_goes_out_if_it_still_fires() -> None:
    office = Office(made(cooldown="30m"))
    office.fire(0)
    office.resolve(60)
    office.fire(120)
    office.resolve(180)
    office.fire(240)
    office.pass_time(241, 2_000)
    assert [(0, "first"), (60, "resolved"), (1_800, "first")] == kinds(office)
    assert ("quiet_cooldown", "") in office.events


def test_repeats_end_with_an_acknowledgement() -> None:
    office = Office(made(repeat_interval="1h"))
    office.fire(0)
    office.pass_time(1, 2 * HOUR + 1, 60)
    assert ["first", "repeat", "repeat"][:2] == [kind for _at, kind in kinds(office)][:2]
    office.alert().acknowledged_by = "Mira"
    before = len(office.told)
    office.pass_time(2 * HOUR + 1, 9 * HOUR, 60)
    assert before == len(office.told)
    office.resolve(9 * HOUR)
    assert "resolved" == office.told[-1][1]


def test_escalation_unless_somebody_has_it() -> None:
    fields = {"escalate_after": "15m", "escalate_to": ["boss"], "channels": ["ops"]}
    office = Office(made(**fields))
    office.fire(0)
    office.pass_time(1, HOUR)
    assert [(0, "first", "ops", (1,)), (900, "escalation", "boss", (1,))] == office.told
    office = Office(made(**fields))
    office.fire(0)
    office.alert().acknowledged_by = "Mira"
    office.pass_time(1, HOUR)
    assert [(0, "first")] == kinds(office)


def test_groups_wait_for_company_and_keep_their_distance() -> None:
    office = Office(made(group_wait="10s", group_interval="1m"))
    for series in range(1, 6):
        office.fire(series, series)
    office.pass_time(6, 30)
    assert [(11, "first", "", (1, 2, 3, 4, 5))] == office.told
    office.fire(30, 6)
    office.resolve(31, 1)
    office.pass_time(32, 200)
    assert [(71, "first", "", (6,)), (71, "resolved", "", (1,))] == office.told[1:]


def test_alerts_are_grouped_by_the_labels_that_the_rule_says() -> None:
    office = Office(made(group_by=["host"]), made(name="other", group_by=["host"]))
    with_both = ((1, 1), (2, 1), (1, 2))
    for series, number in with_both:
        office.fire(0, series, number)
    assert 2 == len({notice.group for notice in office.notices})


def test_each_channel_of_the_rule_gets_its_own_page() -> None:
    office = Office(made(channels=["ops", "chat"]))
    office.fire(0)
    assert ["ops", "chat"] == [channel for _at, _kind, channel, _who in office.told]
    assert 2 == len({notice.key for notice in office.notices})


def test_a_warning_is_inhibited_by_the_critical_of_the_same_labels() -> None:
    office = Office(made(), made(name="worse", severity="critical"))
    office.fire(0, 1, 2)
    office.fire(1, 1, 1)
    office.fire(2, 2, 1)
    assert [(0, (1,)), (2, (2,))] == [(at, who) for at, _kind, _channel, who in office.told]
    office.resolve(60, 1, 2)
    office.pass_time(61, 63)
    assert (61, "first") in kinds(office) or (60, "first") in kinds(office)
    assert ("quiet_inhibited", "") in office.events


def silence(begin: float, end: float, *matchers: str) -> Silence:
    return Silence(7, matchers_from(list(matchers), []), T0 + begin, T0 + end, "because")


def test_a_silence_hides_and_remembers_and_ends() -> None:
    office = Office(made(), quiet=Quiet([silence(0, 100, 'rule="r"', 'host=~"1|2"')]))
    office.fire(0, 1)
    office.fire(0, 3)
    office.fire(10, 2)
    office.resolve(50, 2)
    office.pass_time(51, 200)
    assert [(0, (3,)), (100, (1,))] == [(at, who) for at, _kind, _channel, who in office.told]
    assert [("quiet_silence", "7")] * 2 == [e for e in office.events if e[0] == "quiet_silence"]
    assert ("silence:7",) == office.alert(1).quieted_by


def test_a_maintenance_window_hides_as_well() -> None:
    # T0 is a Sunday, 15:06:40 in UTC.
    window = Maintenance(3, "n", matchers_from(['host="1"'], []), ("sun",), "15:00", 600.0)
    office = Office(made(), quiet=Quiet([], [window]))
    office.fire(0)
    office.pass_time(1, 300)
    assert [(200, "first")] == kinds(office)
    assert ("quiet_maintenance", "3") in office.events


def test_what_flaps_pages_once_and_then_only_its_calm() -> None:
    office = Office(made())
    office.fire(0)
    office.resolve(1)
    office.change(Change.FLAPPING, 1)
    for n in range(2, 20, 2):
        office.fire(n)
        office.resolve(n + 1)
    assert [(0, "first"), (1, "resolved")] == kinds(office)
    office.fire(30)
    office.change(Change.STEADY, 40)
    assert (40, "first") == kinds(office)[-1]


def test_what_fired_and_ended_between_two_looks_is_told_whole() -> None:
    office = Office(made())
    changes = Changes()
    for change, at in ((Change.FIRING, 1), (Change.RESOLVED, 2)):
        transition = Transition(change, round((T0 + at) * 1000), 99.0)
        office.ledger.apply(office.rules[1], 1, ("x", ()), transition, changes)
    office.rules[0] = office.rules[1]
    office.decide(3)
    assert [(3, "first"), (3, "resolved")] == kinds(office)
    office.pass_time(4, 100)
    assert 2 == len(office.told)


def test_what_is_long_over_is_no_news() -> None:
    office = Office(made())
    changes = Changes()
    for change, at in ((Change.FIRING, 1), (Change.RESOLVED, 2)):
        transition = Transition(change, round((T0 + at) * 1000), 99.0)
        office.ledger.apply(office.rules[1], 1, ("x", ()), transition, changes)
    office.rules[0] = office.rules[1]
    office.decide(2 * HOUR)
    assert [] == office.told


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_clock_that_steps_holds_up_no_page_and_repeats_none(step: float) -> None:
    office = Office(made(group_interval="1m", repeat_interval="4h"))
    office.fire(0, 1)
    office.decide(step)
    office.fire(step + 1, 2)
    office.pass_time(step + 2, step + 120)
    assert [(1,), (2,)] == [who for _at, _kind, _channel, who in office.told]


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(1, 300), st.integers(1, 3), st.booleans()), min_size=1, max_size=30
    ),
    st.sampled_from(["0s", "20s"]),
    st.sampled_from(["0s", "1m"]),
    st.sampled_from(["0s", "5m"]),
)
def test_looking_only_when_due_tells_the_same_as_looking_every_second(
    steps: list[tuple[int, int, bool]], wait: str, interval: str, cooldown: str
) -> None:
    """Back-tests jump from one due time to the next; the judge looks every second."""
    fields = {
        "group_wait": wait,
        "group_interval": interval,
        "cooldown": cooldown,
        "repeat_interval": "10m",
        "escalate_after": "7m",
        "escalate_to": ["boss"],
    }
    every_second, jumping = Office(made(**fields)), Office(made(**fields))
    now = 0.0
    for later, series, bad in steps:
        every_second.pass_time(now + 1, now + later)
        due_times(jumping, now, now + later)
        now += later
        for office in (every_second, jumping):
            alert = office.ledger.get(1, series)
            is_open = alert is not None and alert.is_open
            if bad != is_open:
                office.change(Change.FIRING if bad else Change.RESOLVED, now, series)
            else:
                office.decide(now)
    assert every_second.told == jumping.told


def due_times(office: Office, now: float, until: float) -> None:
    def due_after(now: float) -> float:
        return office.desk.due(office.ledger, lambda _alert: office.rules[1], T0 + now) - T0

    while (due := due_after(now)) < until:
        office.decide(round(due, 3))
        now = due
