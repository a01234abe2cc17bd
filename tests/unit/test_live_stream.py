"""From commits to frames: who is sent what, in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from quadra.engine.catalog import Catalog
from quadra.engine.ports import Appended
from quadra.telemetry.series import SeriesKey, series_key
from quadra.web.live.link import Link
from quadra.web.live.pacing import Pace, Tick
from quadra.web.live.rooms import Room
from quadra.web.live.stream import SENDS_AT_ONCE, Stream
from quadra.web.live.window import Window
from quadra.web.subscriptions import read_wish
from tests.unit.fakes import SetClock, ThreadRuntime, columns
from utils.metrics import MetricsManager


class Ear:
    """A socket that keeps what it is sent."""

    def __init__(self) -> None:
        self.data = b""
        self.link = Link(self, {}, now=lambda: 0.0, blocked=set(), on_lost=lambda: None)

    def send(self, data: bytes | memoryview) -> int:
        self.data += bytes(data)
        return len(data)

    def shutdown(self, how: int) -> None: ...

    def detach(self) -> int:
        return 0

    def heard(self) -> list[tuple[str, Any]]:
        """Give what came, as (event, body), and forget it."""
        parts, self.data = self.data.split(b'42["')[1:], b""
        texts = [b'["' + part.split(b"\x81")[0] for part in parts]
        return [(name, body) for name, body in map(json.loads, texts)]

    def values(self) -> list[float]:
        return [v for name, body in self.heard() if name == "samples" for v in body["v"]]


class Loop(ThreadRuntime):
    """Runs nothing by itself, and calls back when the stream lets others have a turn."""

    def __init__(self) -> None:
        super().__init__()
        self.turn: Callable[[], None] = lambda: None

    def spawn(self, task: Any, *args: Any, **kwargs: Any) -> None: ...

    def sleep(self, seconds: float) -> None:
        self.turn()


class Setting:
    def __init__(self) -> None:
        self.loop = Loop()
        self.catalog = Catalog(max_series=1_000)
        self.told: list[tuple[str, Any]] = []
        self.metrics = MetricsManager()
        self.stream = Stream(
            self.catalog,
            self.loop,
            SetClock(),
            self.metrics,
            Tick(10),
            lambda name, body: self.told.append((name, body)),
        )
        self.stream.start(0, Window())
        self.seq = 0

    def series(self, number: int, name: str) -> tuple[int, SeriesKey]:
        key = series_key(name, {})
        self.catalog.add(number, key)
        return number, key

    def commit(
        self, *samples: tuple[int, float], met: list[tuple[int, SeriesKey]] | None = None
    ) -> None:
        self.seq += 1
        found = columns([(number, 1_000, value) for number, value in samples])
        self.stream.on_commit(Appended(self.seq, found, met or []))

    def room(self, *names: str, members: tuple[Ear, ...] = ()) -> Room:
        wish = read_wish({"series": list(names)})
        known = len(self.catalog)
        room = self.stream.room_for(wish, self.catalog.select(wish.selectors), known)
        for ear in members:
            self.enter(room, ear)
        return room

    def enter(self, room: Room, ear: Ear) -> None:
        ear.link.joined_at = room.seq
        room.members.add(ear.link)


def test_each_room_gets_its_own_and_all_of_its_members_the_same() -> None:
    at, a, b, c = Setting(), Ear(), Ear(), Ear()
    at.series(1, "cpu")
    at.series(2, "memory")
    at.room("cpu", members=(a, b))
    at.room("memory", members=(c,))
    at.commit((1, 10.0), (2, 20.0))
    assert at.stream.flush() is None
    assert a.data == b.data
    assert [("samples", {"seq": 1, "t": [1000], "id": [1], "v": [10.0]})] == a.heard()
    assert [20.0] == c.values()


def test_nothing_is_built_that_nobody_watches() -> None:
    at, ear = Setting(), Ear()
    at.series(1, "cpu")
    at.series(2, "memory")
    room = at.room("cpu", members=(ear,))
    at.commit((2, 1.0))
    at.stream.flush()
    assert ([], 1) == (ear.heard(), room.seq)
    assert 0 == at.metrics.registry.get_sample_value("quadra_matrix_live_frames_total")


def test_in_a_steady_stream_commits_gather_until_the_tick() -> None:
    at, ear = Setting(), Ear()
    at.series(1, "cpu")
    room = at.room("cpu", members=(ear,))
    for number in range(int(Pace.BURST)):
        at.commit((1, float(number)))
        at.stream.flush()
        assert [float(number)] == ear.values()
    at.commit((1, 8.0))
    at.commit((1, 9.0))
    wait = at.stream.flush()
    assert wait is not None
    assert 0 < wait <= at.stream.tick.seconds
    assert ([], 3, 5) == (ear.heard(), room.seq, at.stream.seq)
    at.stream.flush(all_rooms=True)
    assert [
        ("samples", {"seq": 5, "t": [1000, 1000], "id": [1, 1], "v": [8.0, 9.0]})
    ] == ear.heard()


def test_a_room_that_waits_does_not_keep_another_waiting() -> None:
    at, busy, calm = Setting(), Ear(), Ear()
    at.series(1, "busy")
    at.series(2, "calm")
    at.room("busy", members=(busy,))
    at.room("calm", members=(calm,))
    for number in range(5):
        at.commit((1, float(number)))
        at.stream.flush()
    at.commit((2, 7.0))
    at.stream.flush()
    assert [7.0] == calm.values()


def test_who_enters_gets_what_is_committed_from_then_on() -> None:
    at, first, later = Setting(), Ear(), Ear()
    at.series(1, "cpu")
    room = at.room("cpu", members=(first,))
    at.commit((1, 1.0))
    at.stream.flush()
    at.enter(room, later)
    at.commit((1, 2.0))
    at.stream.flush()
    assert ([1.0, 2.0], [2.0]) == (first.values(), later.values())


def test_a_new_series_is_announced_before_its_first_sample() -> None:
    at, ear = Setting(), Ear()
    at.room('{__name__=~"c.*"}', members=(ear,))
    met = [at.series(1, "cpu"), at.series(2, "memory")]
    at.commit((1, 1.0), (2, 2.0), met=met)
    at.stream.flush()
    (first, told), (second, frame) = ear.heard()
    assert ("series", [1]) == (first, [one["id"] for one in told["series"]])
    assert ("samples", [1.0]) == (second, frame["v"])
    assert [("series", [1, 2])] == [(n, [s["id"] for s in b["series"]]) for n, b in at.told]


def test_a_large_room_lets_others_have_a_turn_and_nobody_gets_a_frame_twice() -> None:
    at = Setting()
    at.series(1, "cpu")
    ears = [Ear() for _ in range(3 * SENDS_AT_ONCE)]
    room = at.room("cpu", members=tuple(ears))
    turns = []

    def come_and_go() -> None:
        turns.append(1)
        if len(turns) == 1:
            leaves, comes_back = [ear.link for ear in ears if not ear.data][:2]
            room.members -= {leaves, comes_back}
            comes_back.joined_at = room.seq  # up to date by what it was told when it came back
            room.members.add(comes_back)

    at.loop.turn = come_and_go
    at.commit((1, 1.0))
    at.stream.flush()
    assert [1, 1] == turns
    got = [ear.values() for ear in ears]
    assert (2, len(ears) - 2) == (got.count([]), got.count([1.0]))


def test_what_all_rooms_have_had_is_let_go() -> None:
    at, ear = Setting(), Ear()
    at.series(1, "cpu")
    at.room("cpu", members=(ear,))
    for number in range(50):
        at.commit((1, float(number)))
        at.stream.flush(all_rooms=True)
    assert 0 == len(at.stream._pending)
    assert [float(n) for n in range(50)] == ear.values()


def test_what_is_in_no_hurry_begins_when_the_frames_are_out_also_when_that_failed() -> None:
    at, ear = Setting(), Ear()
    at.series(1, "cpu")
    room = at.room("cpu", members=(ear,))
    had: list[list[float]] = []
    at.stream.after_frames.append(lambda: had.append(ear.values()))
    at.commit((1, 1.0))
    assert at.stream._beat() is None
    assert [[1.0]] == had
    room.watched = room.watched[:0].astype(float)  # whatever is wrong with a room
    at.commit((1, 2.0))
    assert at.stream._beat() == at.stream.tick.seconds
    assert [[1.0], []] == had
