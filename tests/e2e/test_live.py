"""The live stream, as a Python client meets it."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psutil
import pytest
import socketio
from socketio.exceptions import ConnectionError as LiveConnectionError

from scripts import live_load
from tests.e2e.clients import (
    Browserlike,
    Live,
    come_back_while_samples_pour_in,
    live,
    make_token,
    push,
)
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

NOW = float(int(time.time()))
Start = Callable[..., QuadraServer]


def unpacked(frame: dict[str, Any]) -> list[tuple[int, int, float]]:
    n = len(frame["v"]) // 8
    return list(
        zip(
            struct.unpack(f"<{n}I", frame["id"]),
            [int(t) for t in struct.unpack(f"<{n}d", frame["t"])],
            struct.unpack(f"<{n}d", frame["v"]),
            strict=True,
        )
    )


# --- what is sent


@pytest.mark.parametrize("form", ["json", "binary"])
def test_what_is_posted_arrives_in_the_format_asked_for(server: QuadraServer, form: str) -> None:
    push(server, "streamed", 0, t=NOW - 1, form=form)
    with live(server) as console:
        ack = console.subscribe(f'streamed{{form="{form}"}}', format=form)
        assert ack["ok"] is True
        ((number, name, labels),) = [(s["id"], s["name"], s["labels"]) for s in ack["series"]]
        assert ("streamed", {"form": form}) == (name, labels)
        push(server, "streamed", 7.5, t=NOW, form=form)
        expected = (number, int(NOW * 1000), 7.5)
        found: list[tuple[int, int, float]] = []
        while expected not in found:  # the one from before may come with it or before it
            frame = console.wait_for("samples")
            assert frame["seq"] > ack["seq"]
            assert {"seq", "t", "id", "v"} == set(frame)
            columns = frame["id"], frame["t"], frame["v"]
            found += unpacked(frame) if form == "binary" else list(zip(*columns, strict=True))
        assert {number} == {sample[0] for sample in found}


def test_a_console_gets_what_it_watches_and_nothing_else(server: QuadraServer) -> None:
    with live(server) as console:
        console.subscribe('watched{x="1"}', 'watched{x=~"2|3"}')
        for x in ("0", "1", "2", "3", "4"):
            push(server, "watched", float(x), x=x)
        push(server, "other", 9)
        assert [1.0, 2.0, 3.0] == sorted(v for _id, _t, v in console.samples(3))
        assert [] == [
            e for e in console.drain() if e[0] == "samples" and {0.0, 4.0, 9.0} & set(e[1]["v"])
        ]


def test_a_new_series_that_matches_joins_and_is_announced_first(server: QuadraServer) -> None:
    with live(server) as console:
        ack = console.subscribe('joins{x=~".+"}')
        assert [] == ack["series"]
        push(server, "joins", 3, x="new")
        announced = console.wait_for("series")["series"]
        assert [("joins", {"x": "new"})] == [(s["name"], s["labels"]) for s in announced]
        assert [(announced[0]["id"], 3.0)] == [(i, v) for i, _t, v in console.samples(1)]
        assert "samples" not in [event for event, _data in console.seen[:-1]]


def test_who_listens_to_series_hears_of_every_new_one(server: QuadraServer) -> None:
    with live(server) as console:
        assert console.subscribe(events=["series"])["ok"] is True
        push(server, "brand_new", 1)
        names: list[str] = []
        while "brand_new" not in names:  # Quadra's own may come into being just now
            names += [series["name"] for series in console.wait_for("series")["series"]]


def test_a_new_subscription_takes_the_place_of_the_one_before(server: QuadraServer) -> None:
    with live(server) as console:
        console.subscribe("first_wish")
        console.subscribe("second_wish")
        push(server, "first_wish", 1)
        push(server, "second_wish", 2)
        assert [2.0] == [v for _id, _t, v in console.samples(1)]


def test_after_unsubscribe_nothing_more_comes(server: QuadraServer) -> None:
    with live(server) as console, live(server) as other:
        console.subscribe("ended_wish")
        other.subscribe("ended_wish")
        assert console.client.call("unsubscribe", timeout=5)["ok"] is True
        push(server, "ended_wish", 1)
        assert 1 == len(other.samples(1))
        assert [] == [event for event, _data in console.drain() if event == "samples"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"series": ["{oops"]}, "bad_selector"),
        ({"series": ["{}"]}, "bad_selector"),
        ({"series": "up"}, "bad_subscription"),
        ({"series": ["up"] * 121}, "too_many_selectors"),
        ({"format": "xml"}, "bad_subscription"),
        ({"events": ["secrets"]}, "bad_subscription"),
        ({"since": -1}, "bad_subscription"),
        ("up", "bad_subscription"),
        (None, "bad_subscription"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_a_code(
    server: QuadraServer, wish: Any, code: str
) -> None:
    with live(server) as console:
        ack = console.client.call("subscribe", wish, timeout=5)
        assert (False, code) == (ack["ok"], ack["code"])
        assert ack["detail"]
        assert console.subscribe("up")["ok"] is True  # and the connection goes on


def test_an_unknown_event_is_refused(server: QuadraServer) -> None:
    with live(server) as console:
        assert "unknown_event" == console.client.call("drop_tables", timeout=5)["code"]


# --- who may


def refused(server: QuadraServer, console: Live | None = None, *, auth: Any) -> None:
    """Try to connect, and hold that nothing at all came but the refusal."""
    console = console or Live()
    with pytest.raises(LiveConnectionError):
        console.client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=3)
    push(server, "secret", 1)
    console.close()
    assert not [e for e in list(console.events.queue) if e[0] != "disconnect"]


@pytest.mark.parametrize(
    "auth",
    [
        None,
        {},
        {"token": ""},
        {"token": "wrong-token-wrong"},
        {"token": 1},
        {"token": None},
        "x",
        ["x"],
    ],
)
def test_without_a_good_token_nobody_is_let_in(server: QuadraServer, auth: Any) -> None:
    refused(server, auth=auth)


def test_a_token_that_only_sends_is_not_let_in(server: QuadraServer) -> None:
    refused(server, auth={"token": make_token(server, "ingest")[1]})


def test_a_revoked_token_is_not_let_in(server: QuadraServer) -> None:
    number, token = make_token(server, "read")
    server.session.delete(f"{server.url}/api/v1/tokens/{number}")
    refused(server, auth={"token": token})


def test_a_token_in_the_query_or_in_a_header_of_another_kind_opens_nothing(
    server: QuadraServer,
) -> None:
    console = socketio.Client(reconnection=False)
    with pytest.raises(LiveConnectionError):
        console.connect(
            f"{server.url}/?token={server.token}", transports=["websocket"], wait_timeout=3
        )


def test_a_page_of_another_origin_gets_no_connection(server: QuadraServer) -> None:
    for origin in ("http://evil.example", "null", f"http://evil.example:{server.port}"):
        refused(server, Live(origin=origin), auth={"token": server.token})


def test_our_own_pages_connect_with_their_cookie(server: QuadraServer) -> None:
    someone = Browserlike(server)
    someone.sign_in(server.token)
    with live(server, origin=server.url, cookie=someone.cookie) as console:
        assert console.subscribe("up")["ok"] is True
    refused(server, Live(origin="http://evil.example", cookie=someone.cookie), auth=None)
    refused(server, Live(origin="null", cookie=someone.cookie), auth=None)


def test_polling_is_closed(server: QuadraServer) -> None:
    with Stopwatch(server.process.pid) as watch:
        answer = server.get("/socket.io/?EIO=4&transport=polling")
        assert (400, "websocket_only") == (answer.status_code, answer.json()["code"])
        bomb = server.post("/socket.io/?EIO=4&transport=polling", data=b"9x", timeout=5)
        assert 400 == bomb.status_code
    assert watch.seconds < 3


def test_a_revoked_token_cuts_its_open_connections_within_five_seconds(
    server: QuadraServer,
) -> None:
    number, token = make_token(server, "read")
    with live(server, token) as console, live(server) as other:
        console.subscribe("up")
        assert 204 == server.session.delete(f"{server.url}/api/v1/tokens/{number}").status_code
        console.wait_for("disconnect", timeout=5)
        assert other.subscribe("up")["ok"] is True


def test_signing_out_cuts_the_sessions_open_connection_within_five_seconds(
    server: QuadraServer,
) -> None:
    someone = Browserlike(server)
    someone.sign_in(server.token)
    csrf = someone.get("/").text.partition('"csrf":')[2].split('"')[1]
    with live(server, origin=server.url, cookie=someone.cookie) as console:
        assert 204 == someone.request("POST", "/logout", headers={"X-CSRF-Token": csrf}).status_code
        console.wait_for("disconnect", timeout=5)


# --- too much


def test_handshakes_of_one_address_are_limited(start_quadra: Start) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_CONNECT="5 per minute")
    threads = psutil.Process(server.process.pid).num_threads()
    statuses = [handshake(server) for _ in range(40)]
    assert [101] * 5 + [429] * 35 == statuses
    assert psutil.Process(server.process.pid).num_threads() <= threads + 4


def handshake(server: QuadraServer, kept: list[socket.socket] | None = None) -> int:
    """Open a websocket without saying who; give the status."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    connection.sendall(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    status = int(connection.recv(4096).split(b" ")[1])
    if kept is None:
        connection.close()
    else:
        kept.append(connection)
    return status


def test_who_never_says_who_they_are_is_cut(start_quadra: Start) -> None:
    server = start_quadra()
    kept: list[socket.socket] = []
    assert 101 == handshake(server, kept)
    ended = threading.Event()

    def read() -> None:
        while kept[0].recv(4096):
            pass
        ended.set()

    kept[0].settimeout(20)
    reader = threading.Thread(target=read)
    reader.start()
    assert ended.wait(12)
    reader.join(5)
    kept[0].close()


def test_no_more_consoles_than_allowed(start_quadra: Start) -> None:
    server = start_quadra(MAX_CONSOLES="2")
    with live(server), live(server):
        refused(server, auth={"token": server.token})
    assert wait_until(lambda: can_connect(server), timeout=5, every=0.2)


def can_connect(server: QuadraServer) -> bool:
    try:
        with live(server):
            return True
    except LiveConnectionError:
        return False


def test_who_sends_a_flood_of_events_is_told_to_slow_down_and_then_cut(
    server: QuadraServer,
) -> None:
    with live(server) as console:
        codes = [console.subscribe("up").get("code") for _ in range(60)]
        assert "too_many_events" in codes
        for _ in range(2_000):
            if not console.client.connected:
                break
            console.client.emit("subscribe", {"series": ["up"]})
        console.wait_for("disconnect", timeout=5)
    with live(server) as other:
        assert other.subscribe("up")["ok"] is True


def test_a_huge_frame_closes_its_connection_and_leaves_memory_flat(server: QuadraServer) -> None:
    process = psutil.Process(server.process.pid)
    with live(server) as console:
        console.subscribe("up")
        before = process.memory_info().rss
        console.client.emit("subscribe", {"series": ["x" * 5_000_000]})
        console.wait_for("disconnect", timeout=5)
    assert process.memory_info().rss - before < 32 << 20
    push(server, "still_alive", 1)


def test_who_does_not_read_is_cut_and_memory_stays_bounded(start_quadra: Start) -> None:
    server = start_quadra()
    process = psutil.Process(server.process.pid)
    labels = [{"name": "heavy", "labels": {"n": str(i)}, "value": 1.5} for i in range(2000)]
    server.post("/api/v1/samples", json={"samples": labels})
    with live(server) as good:
        good.subscribe("heavy")
        with closing(stuck_reader(server)):
            before = process.memory_info().rss
            deadline = time.monotonic() + 45
            while consoles(server) > 1 and time.monotonic() < deadline:
                server.post("/api/v1/samples", json={"samples": labels})
                good.samples(1)
            assert 1 == consoles(server)
        assert process.memory_info().rss - before < 96 << 20
        server.post("/api/v1/samples", json={"samples": labels})
        assert good.samples(1)


def consoles(server: QuadraServer) -> int:
    found: int = server.get("/api/v1/status").json()["consoles"]
    return found


def stuck_reader(server: QuadraServer) -> socket.socket:
    """Subscribe with the smallest of buffers, and then never read again."""
    wish = live_load.Wish(server.port, server.token, "heavy", "json")
    stuck = live_load.Console(wish, live_load.Ledger(), small_buffer=True)
    assert wait_until(lambda: consoles(server) == 2, timeout=5)
    return stuck.socket


def test_who_reads_too_slowly_gets_the_newest_and_is_told_of_the_gap(
    server: QuadraServer,
) -> None:
    items = [{"name": "heavy", "labels": {"n": str(i)}, "value": 0} for i in range(2000)]
    wish = live_load.Wish(server.port, server.token, "heavy", "json")
    ledger = live_load.Ledger()
    slow = live_load.Console(wish, ledger, small_buffer=True)
    read_at = time.monotonic()
    newest = b'"v":[' + b",".join([b"40.0"] * 2000)
    with closing(slow.socket):
        for value in range(1, 41):
            samples = [{**item, "value": value} for item in items]
            assert 200 == server.post("/api/v1/samples", json={"samples": samples}).status_code
            time.sleep(0.1)
            if time.monotonic() - read_at > 5:  # on a busy machine: who reads nothing is cut
                slow.take(time.time(), timed=False)
                read_at = time.monotonic()
        deadline = time.monotonic() + 20
        while not (ledger.frames and newest in ledger.frames[-1]) and time.monotonic() < deadline:
            select.select([slow.socket], [], [], 0.5)
            slow.take(time.time(), timed=False)
    assert newest in ledger.frames[-1]
    assert (0, 0) == (ledger.wrong, ledger.closed)
    assert 1 <= ledger.resyncs < 40
    assert len(ledger.frames) < 40


# --- coming back


def flushed(server: QuadraServer, name: str, value: float, **labels: str) -> int:
    """Push a sample and give the position of the frame that it was sent with."""
    with live(server) as console:
        console.subscribe(name)
        push(server, name, value, labels)
        console.samples_until(value)
        frame = console.seen[-1][1]
        return int(frame["seq"])


def test_after_a_gap_every_sample_comes_exactly_once(server: QuadraServer) -> None:
    last = flushed(server, "gapped", 0)
    for value in range(1, 20):
        push(server, "gapped", float(value))
    assert flushed(server, "gapped", 20) > last
    with live(server) as console:
        assert console.subscribe("gapped", since=last)["seq"] > last
        push(server, "gapped", 21)
        assert [float(v) for v in range(1, 22)] == [v for _i, _t, v in console.samples_until(21)]
        seen = console.drain()
        assert "resync" not in [event for event, _data in seen]
        assert 21 == sum(len(data["v"]) for event, data in seen if event == "samples")


def test_coming_back_while_samples_pour_in_loses_and_doubles_none(server: QuadraServer) -> None:
    come_back_while_samples_pour_in(server, "pouring", rounds=8)


@pytest.mark.parametrize("again", [True, False], ids=["asks anew", "leaves"])
def test_a_console_that_does_not_wait_for_what_it_missed_leaves_no_room_behind(
    server: QuadraServer, *, again: bool
) -> None:
    last = flushed(server, "left_behind", 0)
    for value in range(1, 4):
        push(server, "left_behind", value)
    for _ in range(5):
        with live(server) as console:
            console.subscribe("left_behind", since=last)
            if again:
                console.subscribe("something_else", since=last)
    with live(server) as watching:
        watching.subscribe("marker")
        before = frames_sent(server)
        push(server, "left_behind", 9)
        push(server, "marker", 1)
        watching.wait_for("samples")
        assert before + 1 == frames_sent(server)


def frames_sent(server: QuadraServer) -> float:
    lines = server.get("/metrics").text.splitlines()
    name = "quadra_matrix_live_frames_total "
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_what_was_missed_comes_before_what_is_new(server: QuadraServer) -> None:
    """Else a console that is cut between the two would come back with a hole."""
    last = flushed(server, "missed", -1, n="0")
    items = [{"name": "missed", "labels": {"n": str(i)}, "value": 0} for i in range(2_000)]
    for _ in range(60):  # enough to take longer to read than a frame waits
        assert 200 == server.post("/api/v1/samples", json={"samples": items}).status_code
    flushed(server, "missed", 1, n="0")
    for turn in range(5):
        with live(server) as console:
            console.subscribe("missed", since=last)
            for number in range(10):
                push(server, "missed", 10.0 + number, n="0")
            console.samples_until(19.0)
            positions = [data["seq"] for event, data in console.drain() if event == "samples"]
            assert sorted(positions) == positions, f"in turn {turn}"


@pytest.mark.parametrize("since", [0, 10**12])
def test_a_gap_that_cannot_be_filled_is_told(start_quadra: Start, since: int) -> None:
    server = start_quadra()
    flushed(server, "old_gap", 1)
    if since == 0:
        age_the_journal(server)
    with live(server) as console:
        ack = console.subscribe("old_gap", since=since)
        assert ack["ok"] is True
        resync = console.wait_for("resync")
        assert ack["seq"] == resync["seq"]
        assert "samples" not in [event for event, _data in console.seen]
        push(server, "old_gap", 2)
        assert [2.0] == [v for _id, _t, v in console.samples(1)]


def age_the_journal(server: QuadraServer) -> None:
    """Make what was journalled look two minutes old, as if a console had been away that long."""
    import sqlite3  # noqa: PLC0415 - nearer to its only use

    server.terminate()
    database = sqlite3.connect(server.folder / "data" / "quadra_matrix.db")
    with database:
        database.execute("UPDATE journal SET committed_at = committed_at - 120")
    database.close()
    server.restart()


def test_positions_mean_the_same_after_a_restart(start_quadra: Start) -> None:
    server = start_quadra()
    last = flushed(server, "restarted", 1)
    push(server, "restarted", 2)
    server.kill9()
    server.restart()
    push(server, "restarted", 3)
    with live(server) as console:
        console.subscribe("restarted", since=last)
        assert [2.0, 3.0] == [v for _id, _t, v in console.samples(2)]


def test_consoles_are_told_when_quadra_stops(start_quadra: Start) -> None:
    server = start_quadra()
    with live(server) as console:
        console.subscribe(events=["system"])
        ending = threading.Thread(target=server.terminate)
        ending.start()
        assert "stopping" == console.wait_for("system")["kind"]
        console.wait_for("disconnect")
        ending.join(10)
