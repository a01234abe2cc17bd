"""What goes to a console whose socket takes all, some or nothing."""

from dataclasses import dataclass, field
from typing import Any

from engineio.packet import MESSAGE, PING, Packet
from hypothesis import given
from hypothesis import strategies as st

from quadra.web.live.frames import Frame, event, resync
from quadra.web.live.link import (
    MAX_FRAME_BYTES,
    MAX_KEPT_BYTES,
    Link,
    LockedLink,
    offer_to_all,
)
from quadra.web.live.websocket import TEXT, encode


@dataclass
class Socket:
    """Takes as many bytes as there is room for."""

    room: int = 10**9
    got: bytearray = field(default_factory=bytearray)
    ended: bool = False

    def send(self, data: bytes | memoryview) -> int:
        if self.ended:
            raise BrokenPipeError
        if self.room == 0 and data:
            raise BlockingIOError
        taken = bytes(data[: self.room])
        self.got += taken
        self.room -= len(taken)
        return len(taken)

    def shutdown(self, how: int) -> None:
        self.ended = True

    def detach(self) -> int:
        return 1


class Setting:
    def __init__(self, kind: type[Link] = Link, room: int = 10**9) -> None:
        self.socket = Socket(room)
        self.now = 100.0
        self.lost = 0
        self.blocked: set[Link] = set()
        self.link = kind(
            self.socket, {}, now=lambda: self.now, blocked=self.blocked, on_lost=self.on_lost
        )

    def on_lost(self) -> None:
        self.lost += 1


def frame(seq: int, size: int = 10) -> Frame:
    return Frame(seq, b"%010d" % seq + b"f" * (size - 10))


def test_a_socket_with_room_is_sent_all_at_once() -> None:
    at = Setting()
    at.link.write(b"answer")
    at.link.offer(frame(1))
    assert b"answer" + frame(1).data == at.socket.got
    assert (set(), 0, 0.0) == (at.blocked, at.link.waiting_bytes, at.link.full_since)


def test_what_the_socket_does_not_take_waits_in_order() -> None:
    at = Setting(room=4)
    at.link.offer(frame(1))
    at.link.write(b"answer")
    at.link.offer(frame(2))
    assert (4, {at.link}, 100.0) == (len(at.socket.got), at.blocked, at.link.full_since)
    at.socket.room = 8
    assert at.link.flush() is False
    at.socket.room = 10**9
    assert at.link.flush() is True
    assert frame(1).data + b"answer" + frame(2).data == at.socket.got
    assert (set(), 0, 0.0) == (at.blocked, at.link.waiting_bytes, at.link.full_since)


def test_the_newest_frame_takes_the_place_of_those_that_wait_and_it_is_said() -> None:
    at = Setting(room=0)
    size = MAX_FRAME_BYTES // 2
    at.link.write(b"answer")
    for seq in range(1, 6):
        at.link.offer(frame(seq, size))
    assert at.link.waiting_bytes <= MAX_FRAME_BYTES + 100
    at.socket.room = 10**9
    assert at.link.flush() is True
    # 1 and 2 fit; 3, 4 and 5 each took the place of what waited.
    assert b"answer" + resync(5, "too_slow") + frame(5, size).data == at.socket.got
    assert 3 == at.lost


def test_a_frame_that_has_begun_is_ended_before_anything_else() -> None:
    at = Setting(room=7)
    at.link.offer(frame(1, MAX_FRAME_BYTES))
    at.link.offer(frame(2, MAX_FRAME_BYTES))
    at.link.offer(frame(3, MAX_FRAME_BYTES))
    at.socket.room = 10**9
    at.link.flush()
    expected = frame(1, MAX_FRAME_BYTES).data + resync(3, "too_slow")
    assert expected + frame(3, MAX_FRAME_BYTES).data == at.socket.got


def test_who_lets_too_many_answers_wait_is_cut() -> None:
    at = Setting(room=0)
    for _ in range(MAX_KEPT_BYTES // 100_000 + 1):
        at.link.write(b"x" * 100_000)
    assert (True, True, 0, set()) == (
        at.link.closed,
        at.socket.ended,
        at.link.waiting_bytes,
        at.blocked,
    )


def test_a_broken_socket_closes_its_link_and_nothing_is_raised() -> None:
    at = Setting()
    at.socket.ended = True
    at.link.offer(frame(1))
    assert at.link.closed
    at.link.offer(frame(2))
    at.link.write(b"x")
    at.link.put(Packet(PING))
    assert (set(), 0) == (at.blocked, at.link.waiting_bytes)


def test_frames_are_held_until_the_answer_is_out() -> None:
    at = Setting()
    at.link.hold(frame(1), resync(1, "too_long"))
    at.link.offer(frame(2))
    at.link.tell(event("series", {}))
    at.link.write(b"the answer")
    at.link.let_go()
    expected = frame(1).data + resync(1, "too_long") + frame(2).data + event("series", {})
    assert b"the answer" + expected == at.socket.got
    assert at.link.held is None


def test_packets_of_engine_io_go_the_same_way_and_none_ends_it() -> None:
    at = Setting()
    at.link.put(Packet(PING))
    at.link.put(Packet(MESSAGE, "2[]"))
    at.link.put(None)
    assert encode(TEXT, b"2") + encode(TEXT, b"42[]") == at.socket.got[:-4]
    assert bytes([0x88, 2, 3, 232]) == at.socket.got[-4:]
    assert (True, True) == (at.link.closed, at.socket.ended)


def test_many_are_offered_a_frame_as_each_would_be() -> None:
    free, full, half, broken, held = (
        Setting(),
        Setting(room=0),
        Setting(room=7),
        Setting(),
        Setting(),
    )
    broken.socket.ended = True
    held.link.hold()
    every = [free, full, half, broken, held]
    links = [at.link for at in every]
    offer_to_all(links, frame(1, 50))
    offer_to_all(links, frame(2, 50))
    both = frame(1, 50).data + frame(2, 50).data
    assert both == free.socket.got
    assert [False, True, True, False, False] == [at.link in at.blocked for at in every]
    assert broken.link.closed
    for at in (full, half):
        at.socket.room = 10**9
        assert at.link.flush()
        assert at.link.is_clear
    held.link.write(b"the answer")
    held.link.let_go()
    assert [both, both, b"the answer" + both] == [at.socket.got for at in (full, half, held)]


def test_the_links_of_threads_are_never_written_to_without_their_lock() -> None:
    at = Setting(LockedLink)
    at.link.hold()
    at.link.let_go()
    at.link.flush()
    assert not at.link.is_clear


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["offer", "offer to all"]), st.integers(1, 200_000)),
        st.tuples(st.just("write"), st.integers(1, 3_000)),
        st.tuples(st.just("room"), st.sampled_from([0, 1, 7, 5_000, 300_000])),
        st.tuples(st.just("flush"), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS, st.sampled_from([Link, LockedLink]))
def test_whatever_the_socket_does_answers_come_all_and_frames_whole_and_in_order(
    steps: list[tuple[str, int]], kind: type[Link]
) -> None:
    at = Setting(kind)
    parts: dict[bytes, tuple[str, int]] = {}
    for number, (step, size) in enumerate(steps):
        if step == "room":
            at.socket.room = size
        elif step == "flush":
            at.link.flush()
        elif step in ("offer", "offer to all"):
            one = Frame(number, b"F%06d" % number + b"f" * size)
            parts[one.data] = ("frame", number)
            if step == "offer":
                at.link.offer(one)
            else:
                offer_to_all([at.link], one)
        else:
            data = b"A%06d" % number + b"a" * size
            parts[data] = ("answer", number)
            at.link.write(data)
        assert at.link.waiting_bytes <= MAX_FRAME_BYTES + 200_100 * 2 + 3_010 * 40
        assert bool(at.blocked) == bool(at.link.waiting_bytes)
    at.socket.room = 10**9
    at.link.flush()
    came = _taken_apart(bytes(at.socket.got), parts)
    assert [n for n, (s, _) in enumerate(steps) if s == "write"] == [
        n for what, n in came if what == "answer"
    ]
    frames = [n for what, n in came if what == "frame"]
    assert sorted(set(frames)) == frames
    offered = [n for n, (s, _) in enumerate(steps) if s.startswith("offer")]
    assert offered[-1:] == frames[-1:]  # the newest always comes
    if frames != offered:
        assert at.lost
        assert "resync" in [what for what, _n in came]


def _taken_apart(data: bytes, parts: dict[bytes, tuple[str, int]]) -> list[tuple[str, Any]]:
    came: list[tuple[str, Any]] = []
    while data:
        if data.startswith(b"\x81"):
            came.append(("resync", None))
            data = data[2 + data[1] :]
            continue
        one = next(part for part in parts if data.startswith(part[:7]))
        assert data.startswith(one), "a frame is broken"
        came.append(parts[one])
        data = data[len(one) :]
    return came
