"""The dead man's switch: who is told that nobody evaluates, and how often."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from quadra.engine import deadman
from quadra.engine.alerting import Beat
from quadra.engine.channels import Channel, ChannelState, Delivery
from quadra.engine.deadman import MAX_TRIES, TRY_AGAIN_S, DeadMan, Told
from quadra.errors import StorageError
from tests.unit.fakes import NOW, SetClock, ThreadRuntime

OPS = Channel("ops", "webhook", "http://x")
MAIL = Channel("mail", "email", "smtp://x")


class Store:
    """Beats that are set, claims that are kept; broken when told to."""

    def __init__(self) -> None:
        self.at = NOW
        self.claims: dict[str, int] = {}
        self.broken = False

    def beat(self) -> Beat:
        self._look()
        return Beat(self.at, 1, 1)

    def claim(self, what: str, mark: int) -> bool:
        self._look()
        first = self.claims.get(what, -1) < mark
        self.claims[what] = max(mark, self.claims.get(what, -1))
        return first

    def _look(self) -> None:
        if self.broken:
            raise StorageError("gone")

    def put_given(self, given: Sequence[Channel]) -> None:
        raise AssertionError

    def add(self, channel: Channel) -> Channel:
        raise AssertionError

    def replace(self, channel_id: int, channel: Channel) -> bool:
        raise AssertionError

    def remove(self, channel_id: int, now: float) -> bool:
        raise AssertionError

    def channels(self) -> list[tuple[Channel, ChannelState]]:
        self._look()
        off = Channel("off", "webhook", "http://y", enabled=False)
        return [(one, ChannelState()) for one in (OPS, MAIL, off)]


class Pager:
    def __init__(self) -> None:
        self.answers: dict[str, Told] = {}
        self.pages: list[tuple[str, str, str]] = []

    def page(self, pages: Sequence[tuple[Channel, Delivery]]) -> dict[str, Told]:
        self.pages += [(c.name, d.status, d.delivery_id) for c, d in pages]
        return {c.name: self.answers.get(c.name, Told()) for c, _d in pages}

    def told(self) -> list[tuple[str, str]]:
        return [(name, status) for name, status, _id in self.pages]


class Watch:
    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.pager = Pager()
        self.clock = SetClock()
        self.man = DeadMan(
            self.store, self.store, self.pager, ThreadRuntime(), self.clock, self.clock, after=60
        )

    def look(self, after: float, *, beats: bool = False) -> list[tuple[str, str]]:
        self.clock.forward(after)
        if beats:
            self.store.at = self.clock()
        before = len(self.pager.pages)
        self.man.look()
        return self.pager.told()[before:]


GONE = [("ops", "firing"), ("mail", "firing")]
BACK = [("ops", "resolved"), ("mail", "resolved")]


def test_everybody_is_told_once_and_once_again_when_it_is_back() -> None:
    watch = Watch()
    assert [] == watch.look(50, beats=True)
    assert [] == watch.look(59)
    assert GONE == watch.look(1)
    assert watch.man.is_gone
    assert [] == watch.look(600)
    assert BACK == watch.look(1, beats=True)
    assert [] == watch.look(5)
    assert GONE == watch.look(60)


def test_a_beat_of_a_life_before_is_no_standstill() -> None:
    store = Store()
    store.at = NOW - 86_400
    assert [] == Watch(store).look(1)


def test_of_two_processes_one_tells() -> None:
    store = Store()
    first, second = Watch(store), Watch(store)
    first.look(0), second.look(0)
    assert (GONE, []) == (first.look(61), second.look(61))
    store.at = NOW + 100
    assert (BACK, []) == (first.look(1), second.look(1))


def test_it_waits_for_no_database_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadman, "ANSWER_WITHIN_S", 0.01)
    watch, hangs = Watch(), threading.Event()
    watch.look(1)
    monkeypatch.setattr(watch.store, "claim", lambda *_: hangs.wait(20))
    assert GONE == watch.look(61)
    hangs.set()


def test_it_tells_also_without_a_database() -> None:
    watch = Watch()
    watch.look(1)
    watch.store.broken = True
    assert GONE == watch.look(61)


def test_a_channel_that_may_be_tried_again_is_and_one_that_refuses_is_not() -> None:
    watch = Watch()
    watch.look(1)
    watch.pager.answers = {"ops": Told("busy", again=True), "mail": Told("no")}
    assert GONE == watch.look(61)
    assert [] == watch.look(1)
    watch.pager.answers = {}
    assert [("ops", "firing")] == watch.look(TRY_AGAIN_S)
    assert [] == watch.look(TRY_AGAIN_S)
    assert 1 == len({i for name, _status, i in watch.pager.pages if name == "ops"})


@pytest.mark.parametrize("looks", [MAX_TRIES + 5])
def test_nobody_is_tried_for_ever(looks: int) -> None:
    watch = Watch()
    watch.look(1)
    watch.pager.answers = {name: Told("busy", again=True) for name in ("ops", "mail")}
    told = [one for _ in range(looks) for one in watch.look(61)]
    assert 2 * MAX_TRIES == len(told)
