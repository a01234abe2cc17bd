"""When pages go out: retries, rates, digests, lanes that do not hold each other up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from quadra.alerts.silences import Matchers
from quadra.engine.channels import (
    Channel,
    ChannelState,
    Delivery,
    Ending,
    Later,
    Outcome,
    Refused,
    Sent,
)
from quadra.engine.dispatcher import GIVE_UP_S, LONGEST_PAUSE_S, Bucket, Dispatcher, Pace
from quadra.engine.lease import FencedError
from quadra.errors import StorageError
from tests.unit.fakes import NOW, SetClock


def page(number: int, channel: str = "ops", group: str = "") -> Delivery:
    alert = {"id": number, "rule": "r"}
    return Delivery(
        number, f"d{number}", group or f"g{number}", channel, "firing", "first", [alert], NOW, 0
    )


@dataclass
class MemoryOutbox:
    """Keeps pages in order; the SQL one is held to its port by the contract suite."""

    waiting: dict[int, tuple[Delivery, float]] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)
    broken: bool = False
    unkept: list[StorageError] = field(default_factory=list)
    taken_over_at: float | None = None

    def put(self, *deliveries: Delivery) -> None:
        for one in deliveries:
            self.waiting[one.id] = (one, 0.0)

    def expand(self, routes: Mapping[str, Matchers], now: float) -> int:
        if self.broken:
            raise StorageError("gone")
        return 0

    def move_in_time(self, step: float, now: float) -> None:
        for number, (one, due_at) in self.waiting.items():
            self.waiting[number] = (one, due_at + step)

    def due(self, now: float) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one, due_at in self.waiting.values():
            if due_at <= now:
                counts[one.channel] = counts.get(one.channel, 0) + 1
        return counts

    def next_due(self, now: float) -> float | None:
        return None

    def asked_for(self, now: float) -> set[str]:
        return {
            one.channel
            for one, due_at in self.waiting.values()
            if one.kind == "test" and due_at == 0.0
        }

    def claim(
        self,
        channel: str,
        claimant: str,
        now: float,
        until: float,
        limit: int,
        *,
        asked: bool = False,
    ) -> list[Delivery]:
        found = [
            replace(one, attempts=one.attempts + 1)
            for one, due_at in self.waiting.values()
            if one.channel == channel and due_at <= now
            if not asked or (one.kind == "test" and due_at == 0.0)
        ][:limit]
        for one in found:
            self.waiting[one.id] = (one, until)
        return found

    def take_over(self, claimant: str, until: float) -> None:
        self.taken_over_at = until

    def settle(
        self, deliveries: Sequence[Delivery], claimant: str, outcome: Outcome, now: float
    ) -> int:
        if self.unkept:
            raise self.unkept.pop()
        for one in deliveries:
            if outcome.state == "waiting":
                self.waiting[one.id] = (one, outcome.due_at)
            else:
                del self.waiting[one.id]
                self.ended[one.id] = outcome
        return len(deliveries)

    def add_test(self, channel: str, alert: Mapping[str, Any], now: float) -> int:
        raise NotImplementedError

    def outcome(self, number: int) -> tuple[str, str, float | None]:
        raise NotImplementedError


@dataclass
class MemoryChannels:
    kept: list[Channel]

    def channels(self) -> list[tuple[Channel, ChannelState]]:
        return [(one, ChannelState()) for one in self.kept]

    def put_given(self, given: Sequence[Channel]) -> None:
        raise NotImplementedError

    def add(self, channel: Channel) -> Channel:
        raise NotImplementedError

    def replace(self, channel_id: int, channel: Channel) -> bool:
        raise NotImplementedError

    def remove(self, channel_id: int, now: float) -> bool:
        raise NotImplementedError


@dataclass
class Script:
    """Answers as it is told, then takes all."""

    endings: list[Ending] = field(default_factory=list)
    sent: list[list[Delivery]] = field(default_factory=list)

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        self.sent.append(list(deliveries))
        return self.endings.pop(0) if self.endings else Sent("ref")


class House:
    def __init__(self, *endings: Ending, kind: str = "webhook") -> None:
        self.clock = SetClock()
        self.set_by = 0.0
        self.outbox = MemoryOutbox()
        self.script = Script(list(endings))
        channel = Channel("ops", kind, "http://x")  # type: ignore[arg-type]
        self.channels = MemoryChannels([channel, Channel("dead", "slack", "http://y")])
        self.dead = Script([Later("down")] * 50)
        senders = {"webhook": self.script, "email": self.script, "slack": self.dead}
        self.dispatcher = Dispatcher(
            self.outbox,
            self.channels,
            senders,  # type: ignore[arg-type]
            self.clock,
            link=lambda alert: f"at/{alert['id']}",
            jitter=lambda: 1.0,
            pace=Pace(lambda: self.clock() - self.set_by, self.clock.forward),
        )

    def round(self, forward: float = 0.0) -> None:
        self.clock.forward(forward)
        self.dispatcher.round(lambda work: work())


def test_pages_are_sent_with_a_link_and_settled() -> None:
    house = House()
    house.outbox.put(page(1), page(2))
    house.round()
    assert {1, 2} == set(house.outbox.ended)
    assert ["at/1", "at/2"] == [sent[0].alerts[0]["url"] for sent in house.script.sent]
    assert Outcome("sent", NOW, ref="ref") == house.outbox.ended[1]


def test_a_page_that_is_not_taken_is_tried_again_ever_later() -> None:
    house = House(*[Later("500")] * 20)
    house.outbox.put(page(1))
    waits = []
    for _ in range(12):
        house.round()
        waits.append(house.outbox.waiting[1][1] - house.clock.now)
        house.clock.forward(waits[-1])
    assert [2, 4, 8, 16] == waits[:4]
    assert LONGEST_PAUSE_S == max(waits)
    assert waits == sorted(waits)


def test_what_the_channel_asks_for_is_obeyed() -> None:
    house = House(Later("429", 77.0))
    house.outbox.put(page(1))
    house.round()
    house.round(76)
    assert 1 == len(house.script.sent)
    house.round(1)
    assert 2 == len(house.script.sent)


@pytest.mark.parametrize("step", [-3_600, 3_600])
def test_a_clock_that_is_set_changes_no_pause(step: int) -> None:
    house = House(Later("429", 77.0))
    house.outbox.put(page(1))
    house.round()
    house.set_by = step
    house.clock.forward(step)
    house.round(76)
    assert 1 == len(house.script.sent)
    house.round(1)
    assert 2 == len(house.script.sent)


@pytest.mark.parametrize("asked", [float("inf"), float("nan"), 1e12])
def test_a_channel_may_not_ask_for_ever(asked: float) -> None:
    house = House(Later("429", asked))
    house.outbox.put(page(1))
    house.round()
    house.round(3_600)
    assert 2 == len(house.script.sent)


def test_what_was_sent_is_kept_although_the_database_stumbles() -> None:
    house = House()
    house.outbox.put(page(1))
    house.outbox.unkept = [StorageError("busy") for _ in range(4)]
    house.round()
    assert [1] == list(house.outbox.ended)
    assert 1 == len(house.script.sent)


def test_a_worker_that_was_overtaken_does_not_insist() -> None:
    house = House()
    house.outbox.put(page(1))
    house.outbox.unkept = [FencedError("gone")]
    house.round()
    assert ([], NOW) == (list(house.outbox.ended), house.clock())


def test_a_channel_that_is_locked_keeps_its_pages_and_is_sent_nothing() -> None:
    house = House()
    (channel, *others) = house.channels.kept
    house.channels.kept = [replace(channel, url="", is_locked=True), *others]
    house.outbox.put(page(1))
    house.round()
    assert ([], {}) == (house.script.sent, house.outbox.ended)
    house.channels.kept = [channel, *others]
    house.round(2)
    assert {1} == set(house.outbox.ended)


def test_a_refusal_ends_it() -> None:
    house = House(Refused("gone"))
    house.outbox.put(page(1))
    house.round()
    assert Outcome("failed", NOW, "gone") == house.outbox.ended[1]


def test_after_a_day_it_is_given_up_and_said_so() -> None:
    house = House(Later("down"))
    house.outbox.put(page(1))
    house.round(GIVE_UP_S + 1)
    assert "failed" == house.outbox.ended[1].state
    assert "given up" in house.outbox.ended[1].error


def test_a_dead_channel_holds_no_other_up() -> None:
    house = House()
    house.outbox.put(*(page(n, "dead") for n in range(10)), *(page(n) for n in range(10, 20)))
    house.round()
    assert set(range(10, 20)) == set(house.outbox.ended)
    assert 1 == len(house.dead.sent)
    house.round(0.5)
    assert 1 == len(house.dead.sent)


def test_more_than_the_rate_come_as_a_digest() -> None:
    house = House(kind="email")
    house.outbox.put(*(page(n) for n in range(60)))
    house.round()
    assert [1] * 10 == [len(sent) for sent in house.script.sent]
    house.round(2.0)
    assert [1] * 10 + [50] == [len(sent) for sent in house.script.sent]
    assert set(range(60)) == set(house.outbox.ended)


def test_a_few_that_were_held_back_still_come_one_by_one() -> None:
    house = House(kind="email")
    house.outbox.put(*(page(n) for n in range(12)))
    house.round()
    house.round(2.0)
    house.round(2.0)
    assert [1] * 12 == [len(sent) for sent in house.script.sent]


def test_pages_of_a_channel_that_is_off_or_gone_are_not_sent() -> None:
    house = House()
    house.channels.kept[0] = replace(house.channels.kept[0], enabled=False)
    house.outbox.put(page(1), page(2, "nobody"))
    house.round()
    assert [] == house.script.sent


def test_a_database_that_is_away_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.outbox.put(page(1))
    house.outbox.broken = True
    house.round()
    house.round()
    house.outbox.broken = False
    house.round()
    assert {1} == set(house.outbox.ended)
    assert 1 == caplog.text.count("can't be delivered")


def test_a_bucket_refills_and_never_overflows() -> None:
    bucket = Bucket(2.0, 3.0, 3.0, 0.0)
    assert [0.0, 0.0, 0.0] == [bucket.take(0.0) for _ in range(3)]
    assert 0.5 == bucket.take(0.0)
    assert 0.0 == bucket.take(0.5)
    assert [0.0, 0.0, 0.0] == [bucket.take(1_000.0) for _ in range(3)]
    assert bucket.take(1_000.0) > 0


def test_a_test_goes_at_once_while_others_wait_to_be_tried_again() -> None:
    house = House(*[Later("500")] * 6)
    house.outbox.put(page(1), page(2))
    for _ in range(6):
        house.round(40)
    before = len(house.script.sent)
    house.outbox.put(replace(page(3), kind="test"))
    house.round(0.01)
    assert [[3]] == [[one.id for one in sent] for sent in house.script.sent[before:]]
    assert {3} == set(house.outbox.ended)
    house.round(0.01)  # the channel works: what had not been tried yet follows
    assert {2, 3} == set(house.outbox.ended)


def test_a_test_that_is_not_taken_shortens_no_pause() -> None:
    house = House(*[Later("500")] * 20)
    house.outbox.put(page(1))
    for _ in range(6):
        house.round(40)
    tried = len(house.script.sent)
    house.outbox.put(replace(page(2), kind="test"))
    house.round(0.01)
    house.round(4)  # when the test alone would be tried again
    assert tried + 1 == len(house.script.sent)


def test_a_test_waits_for_as_long_as_the_channel_has_asked_for() -> None:
    house = House(Later("429", 77.0))
    house.outbox.put(page(1))
    house.round()
    house.outbox.put(replace(page(2), kind="test"))
    house.round(76)
    assert 1 == len(house.script.sent)
    house.round(1)
    assert {1, 2} == set(house.outbox.ended)


def test_a_test_goes_beside_a_send_that_hangs() -> None:
    house = House()
    house.outbox.put(page(1))
    hangs: list[Callable[[], None]] = []
    house.dispatcher.round(hangs.append)
    house.outbox.put(replace(page(2), kind="test"))
    house.round()
    assert {2} == set(house.outbox.ended)
    hangs[0]()
    assert {1, 2} == set(house.outbox.ended)


def test_a_clock_that_is_set_back_costs_no_tokens_and_gives_none() -> None:
    bucket = Bucket(1.0, 1.0, 1.0, 1_000.0)
    assert 0.0 == bucket.take(1_000.0)
    assert 1.0 == bucket.take(-2_600.0)
    assert 0.0 == bucket.take(-2_599.0)


def test_it_runs_until_it_is_told_to_end() -> None:
    house = House()
    house.outbox.put(page(1))
    turns = iter([False, True])
    wait: Callable[[float], bool] = lambda _seconds: next(turns)  # noqa: E731
    house.dispatcher.run(wait)
    assert {1} == set(house.outbox.ended)
