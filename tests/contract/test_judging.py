"""The judge over real databases: killed anywhere, it loses nothing and repeats nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quadra.alerts.rules import Rule
from quadra.alerts.silences import silence_from
from quadra.anomalies.events import AnomalyEvent
from quadra.engine.alerting import AlertQuestion, AnomalyChange, Outcome, OvertakenError
from quadra.engine.judge import STANDBY_S, Judge, Observer
from quadra.engine.ports import Entry
from quadra.errors import StorageError
from quadra.storage.alert_rules import SqlRules
from quadra.storage.alerts import SqlAlerts
from quadra.storage.announcements import SqlAnnouncements
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.judging import SqlJudge
from quadra.storage.migrations import upgrade
from quadra.storage.quiet import SqlQuiet
from quadra.storage.tables import outbox
from quadra.telemetry.batch import Batch, Columns
from tests.unit.alert_makers import rule
from tests.unit.fakes import NOW, SetClock

EVERYTHING = AlertQuestion(limit=1_000)
PLAIN: dict[str, Any] = {"cooldown": "0s", "repeat_interval": "0s"}


class CrashError(Exception):
    """Stands for the end of the process."""


class CrashingJudge(SqlJudge):
    """Dies when told to: before its transaction, or after it and before anybody knows."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.dies: str = ""

    def write(self, epoch: int, outcome: Outcome, now: float) -> None:
        if self.dies != "before":
            super().write(epoch, outcome, now)
        if self.dies:
            raise CrashError


class House:
    """Journal, judge and stores on one database, with a clock that is set."""

    def __init__(self, database: Database, observers: tuple[Observer, ...] = ()) -> None:
        self.database = database
        self.clock = SetClock()
        self.journal = SqlJournal(database, self.clock)
        self.rules = SqlRules(database)
        self.alerts = SqlAlerts(database)
        self.quiet = SqlQuiet(database)
        self.news = SqlAnnouncements(database)
        self.store = CrashingJudge(database)
        self.ids: dict[Any, int] = {}
        self.observers = observers
        self.judge = self.new_judge()

    def new_judge(self, epoch: int | None = None) -> Judge:
        history = SqlHistory(self.database)
        return Judge(
            self.journal, history, self.store, self.clock, observers=self.observers, epoch=epoch
        )

    def keep(self, made: Rule) -> int:
        return self.rules.add(made, self.clock()).rule.id

    def send(self, value: float, name: str = "x", **labels: str) -> None:
        """Write a sample of this moment."""
        key = (name, tuple(sorted(labels.items())))
        batch = Batch(
            (key,),
            np.zeros(1, np.uint32),
            np.array([round(self.clock() * 1000)]),
            np.array([value]),
        )
        done = self.journal.append([Entry(batch, [self.ids.get(key, 0)])])
        self.ids |= {k: number for number, k in done.met}

    def step(self, value: float, seconds: float = 1.0, **labels: str) -> None:
        self.clock.forward(seconds)
        self.send(value, **labels)
        self.judge.round()

    def story(self) -> list[tuple[str, float]]:
        """Give what happened, in order, with its time after the beginning."""
        items = reversed(self.alerts.history(EVERYTHING).items)
        return [(event.kind, round(event.at - NOW, 3)) for event, _alert in items]

    def pages(self) -> list[tuple[str, str]]:
        rows = self.database.read(lambda c: c.execute(outbox.select().order_by(outbox.c.id)).all())
        return [(row.status, row.alerts) for row in rows]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_breach_becomes_an_alert_a_page_and_news_in_one_round(house: House) -> None:
    house.keep(rule(**PLAIN, annotations={"summary": "{{ value }} on {{ labels.host }}"}))
    house.judge.round()
    house.step(99, host="a")
    (alert,) = house.alerts.alerts(EVERYTHING).items
    assert ("firing", 99.0, {"host": "a"}, 1) == (
        alert.state, alert.value, alert.labels, alert.pages,
    )  # fmt: skip
    assert {"summary": "99 on a"} == alert.annotations
    assert [("firing", 1.0), ("paged", 1.0)] == house.story()
    assert ["firing"] == [status for status, _alerts in house.pages()]
    news, event = house.news.since(0, 10)
    assert ("alert", alert.id, "firing") == (news.event, news.body["id"], news.body["state"])
    assert ("event", "alert_fired", str(alert.id)) == (
        event.event, event.body["kind"], event.body["ref"],
    )  # fmt: skip
    assert {"warning": 1} == house.alerts.firing()


def test_the_value_of_an_alert_is_kept_up_to_date_without_ado(house: House) -> None:
    house.keep(rule(**PLAIN, annotations={"summary": "{{ value }}"}))
    house.judge.round()
    house.step(99, host="a")
    told = len(house.news.since(0, 100))
    for value in (150, 151, 152):
        house.step(value, 2, host="a")
    alert = house.alerts.alert(1)
    assert (152.0, {"summary": "152"}, 1) == (alert.value, alert.annotations, alert.transitions)
    assert told == len(house.news.since(0, 100))


def test_the_worst_value_of_an_alert_is_kept_beyond_its_end_and_a_change_of_judges(
    house: House,
) -> None:
    house.keep(rule(**PLAIN))
    house.judge.round()
    house.step(20)
    house.step(90, 3)
    house.step(30)
    (alert,) = house.alerts.alerts(EVERYTHING).items
    assert ("firing", 90.0) == (alert.state, alert.peak)
    house.judge = house.new_judge()
    house.clock.forward(STANDBY_S)
    house.judge.round()
    house.step(50)
    house.step(1)
    (alert,) = house.alerts.alerts(EVERYTHING).items
    assert ("resolved", 1.0, 90.0) == (alert.state, alert.value, alert.peak)
    house.step(12)
    house.step(1)
    newest = house.alerts.alerts(EVERYTHING).items[0]
    assert ("resolved", 12.0) == (newest.state, newest.peak)


def test_a_rule_judges_what_it_finds_when_it_is_made(house: House) -> None:
    house.judge.round()
    house.step(99, host="a")
    house.keep(rule(**PLAIN))
    house.judge.round()
    assert ["firing"] == [alert.state for alert in house.alerts.alerts(EVERYTHING).items]


def test_a_rule_beside_which_another_is_made_meets_the_series_of_that_moment(house: House) -> None:
    """The new rule gets to know all series there are: the former must not miss the newest."""
    house.keep(rule(**PLAIN))
    house.judge.round()
    house.clock.forward(1)
    house.send(99, host="new")
    house.keep(rule(**PLAIN, name="another", selector="y"))
    house.judge.round()
    assert ["firing"] == [alert.state for alert in house.alerts.alerts(EVERYTHING).items]


@pytest.mark.parametrize("age", [0, 3_600])
def test_a_rule_made_while_nobody_judged_looks_at_what_was_judged_before(
    house: House, age: int
) -> None:
    house.judge.round()
    house.step(99, 3)  # long enough for the position to be written
    house.judge = house.new_judge()  # the former is gone
    house.rules.add(rule(**PLAIN), house.clock() - age)
    house.judge.round()
    expected = [] if age else ["firing"]
    assert expected == [alert.state for alert in house.alerts.alerts(EVERYTHING).items]


def test_a_changed_threshold_holds_at_once_and_a_removed_rule_ends_its_alerts(
    house: House,
) -> None:
    number = house.keep(rule(**PLAIN))
    house.judge.round()
    house.step(99)
    house.rules.replace(number, rule(**PLAIN, threshold=200), house.clock())
    house.judge.round()
    assert ["resolved"] == [alert.state for alert in house.alerts.alerts(EVERYTHING).items]
    house.rules.replace(number, rule(**PLAIN), house.clock())
    house.judge.round()
    house.rules.remove(number)
    house.judge.round()
    one = ["firing", "paged", "resolved", "resolved_told"]
    assert [*one, *one] == [kind for kind, _at in house.story()]


def test_an_acknowledgement_reaches_the_judge(house: House) -> None:
    house.keep(rule(**PLAIN | {"repeat_interval": "5m"}))
    house.judge.round()
    house.step(99)
    house.alerts.acknowledge(1, "Mira", house.clock())
    for _ in range(10):
        house.step(99, 60)
    assert ["firing", "paged", "acknowledged"] == [kind for kind, _at in house.story()]
    assert "Mira" == house.alerts.alert(1).acknowledged_by


def test_a_silence_hides_the_page_and_shows_what_it_hid(house: House) -> None:
    house.keep(rule(**PLAIN))
    wanted = silence_from({"matchers": ['rule="r"'], "ends_at": NOW + 60, "reason": "x"}, NOW, "me")
    made = house.quiet.add_silence(wanted, NOW)
    house.judge.round()
    house.step(99)
    assert [] == house.pages()
    hidden = house.alerts.history(replace(EVERYTHING, ref=str(made.id))).items
    assert [("quiet_silence", 1)] == [(event.kind, alert.id) for event, alert in hidden]
    house.step(99, 60)
    assert 1 == len(house.pages())


def scenario(seed: int) -> list[float]:
    chance = random.Random(seed)
    values: list[float] = []
    while len(values) < 50:
        values += [chance.choice([1.0, 99.0])] * chance.randint(1, 8)
    return values[:50]


RULES = (
    {"name": "at once"},
    {"name": "after a while", "for": "4s", "keep_firing_for": "3s"},
    {
        "name": "on average",
        "aggregate": "avg",
        "window": "5s",
        "clear_threshold": 5,
        "threshold": 40,
    },
)


def undisturbed(database: Database, values: list[float]) -> House:
    house = House(database)
    for fields in RULES:
        house.keep(rule(**PLAIN | fields))
    house.judge.round()
    for value in values:
        house.step(value)
    return house


@pytest.mark.parametrize("seed", [1])
def test_killed_between_any_two_steps_it_loses_no_timer_and_repeats_no_page(
    seed: int, database: Database, tmp_path: Any
) -> None:
    values = scenario(seed)
    chance = random.Random(seed)
    house = House(database)
    for fields in RULES:
        house.keep(rule(**PLAIN | fields))
    house.judge.round()
    for value in values:
        house.clock.forward(1)
        house.send(value)
        house.store.dies = chance.choice(["", "", "before", "after"])
        try:
            if chance.random() < 0.8:  # else it is killed before it begins to look
                house.judge.round()
        except CrashError:
            pass
        if house.store.dies or chance.random() < 0.3:
            house.judge = house.new_judge()
        house.store.dies = ""
    house.judge.round()

    other = Database(f"sqlite:///{tmp_path}/undisturbed.db")
    upgrade(other)
    calm = undisturbed(other, values)
    calm.judge.round()
    changes = ("pending", "cancelled", "firing", "recovering", "relapsed", "resolved")

    def told(one: House) -> dict[str, list[tuple[str, float]]]:
        found: dict[str, list[tuple[str, float]]] = {}
        for event, alert in reversed(one.alerts.history(EVERYTHING).items):
            if event.kind in changes:
                found.setdefault(alert.rule, []).append((event.kind, round(event.at - NOW, 3)))
        return found

    assert told(calm) == told(house)
    fired = [a for a in house.alerts.alerts(EVERYTHING).items if a.fired_at is not None]
    assert [1] * len(fired) == [alert.pages for alert in fired]
    assert len(calm.pages()) >= len(fired)
    paged = [alerts for status, alerts in house.pages() if status == "firing"]
    assert len(fired) == sum(text.count('"fingerprint"') for text in paged)
    other.close()


def test_pending_timers_outlive_a_change_of_judges(house: House) -> None:
    house.keep(rule(**PLAIN, hold="10s"))
    house.judge.round()
    house.step(99)
    house.judge = house.new_judge()
    for _ in range(9):
        house.step(99)
    house.judge = house.new_judge()
    house.step(99)
    assert [("pending", 1.0), ("firing", 11.0), ("paged", 11.0)] == house.story()


def test_a_judge_that_was_overtaken_writes_nothing_more_and_stands_by(house: House) -> None:
    house.keep(rule(**PLAIN))
    house.judge.round()
    second = house.new_judge()
    second.round()
    house.clock.forward(10)
    house.send(99)
    with pytest.raises(OvertakenError):
        house.judge.round()
    second.round()
    assert ["firing", "paged"] == [kind for kind, _at in house.story()]
    # `run` turns that into standing by, until the other has said nothing for long.
    turns = iter([False, False, True])
    house.judge.run(lambda _seconds: next(turns))
    assert house.judge._standing_by
    house.clock.forward(STANDBY_S + 1)
    house.judge.round()
    with pytest.raises(OvertakenError):
        second.round()


def test_an_older_lease_is_refused(house: House) -> None:
    house.new_judge(epoch=7).round()
    with pytest.raises(OvertakenError):
        house.new_judge(epoch=6).round()
    house.clock.forward(60)
    house.new_judge(epoch=8).round()


def test_after_an_error_it_begins_again_from_what_is_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.keep(rule(**PLAIN))
    house.judge.round()
    house.clock.forward(1)
    house.send(99)
    real = house.store.write
    broken = iter([True, False, False, False])

    def write(*args: Any) -> None:
        if next(broken):
            raise StorageError("gone")
        real(*args)

    monkeypatch.setattr(house.store, "write", write)
    turns = iter([False, True])
    house.judge.run(lambda _seconds: next(turns))
    assert [("firing", 1.0), ("paged", 1.0)] == house.story()


def odd(series: int, t: int) -> AnomalyEvent:
    return AnomalyEvent(
        series, t, None, 9.0, 9.0, (0.0, 1.0), 2.0, "high", 0.9, "jump", "It is odd.", "g"
    )


class Oddities:
    """Says that a series is odd while its value is above 50."""

    def restore(self, seq: int) -> None:
        self.began = seq

    def observe(self, columns: Columns, seq: int) -> list[AnomalyChange]:
        return [
            AnomalyChange(int(i), int(t), 0.9 if v > 50 else 0.0, odd(int(i), int(t)), "m", {})
            for i, t, v in zip(columns.ids, columns.t, columns.v, strict=True)
        ]

    def close(self) -> None:
        """Nothing was learned."""


def test_a_rule_on_anomalies_follows_what_an_observer_says(database: Database) -> None:
    house = House(database, (Oddities(),))
    house.keep(rule(**PLAIN, on="anomaly", op=">=", threshold=0.8))
    house.judge.round()
    for value in (1, 99, 99, 1):
        house.step(value)
    assert [("firing", 2.0), ("paged", 2.0), ("resolved", 4.0), ("resolved_told", 4.0)] == (
        house.story()
    )
    kinds = [one.event for one in house.news.since(0, 100)]
    assert 4 == kinds.count("anomaly")


def test_what_ended_long_ago_is_dropped(house: House) -> None:
    house.keep(rule(**PLAIN))
    house.judge.round()
    house.step(99)
    house.step(1)
    epoch = house.judge._epoch
    assert epoch is not None
    assert house.store.prune(epoch, NOW, 100) == 0
    assert house.store.prune(epoch, NOW + 60, 100) > 0
    assert [] == house.alerts.alerts(EVERYTHING).items
    with pytest.raises(OvertakenError):
        house.store.prune(epoch - 1, NOW, 100)


def test_what_comes_before_the_first_judge_has_begun_is_judged(house: House) -> None:
    house.keep(rule(**PLAIN))
    house.send(99)
    house.clock.forward(1)
    house.send(1)
    house.judge.round()
    assert ["firing", "resolved"] == [kind for kind, _at in house.story()][:2]


def test_old_data_is_not_judged_when_alerting_is_new(
    house: House, connect: Callable[[], Database]
) -> None:
    house.send(99)
    house.clock.forward(3_600)
    house.keep(rule(**PLAIN))
    house.judge.round()
    assert "firing" not in [kind for kind, _at in house.story()]
    house.step(99)
    assert "firing" in [kind for kind, _at in House(connect()).story()]
