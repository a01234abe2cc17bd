"""The client library: what it keeps, what it sends, what it makes of each answer."""

import json
import logging
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from quadra.client import Client, Timer
from quadra.client import buffer as buffers
from quadra.client.buffer import Buffer, Sample
from quadra.client.courier import Courier
from quadra.client.series import BadSeriesError, Keys, SeriesKey
from quadra.client.transport import Answer, Transport
from tests.servers.process import REPOSITORY, free_port
from tests.unit.fakes import NOW, SetClock

MS = int(NOW * 1000)
KEY: SeriesKey = ("depth", (("queue", "mail"),))
OTHER: SeriesKey = ("depth", (("queue", "print"),))

# --- names and labels


def test_a_series_has_its_own_labels_and_the_constant_ones() -> None:
    keys = Keys({"service": "shop", "zone": "a"})
    found = keys.find("x", {"zone": "b", "n": 3, "on": True, "none": None, "rate": 0.5})
    labels = (("n", "3"), ("on", "true"), ("rate", "0.5"), ("service", "shop"), ("zone", "b"))
    assert ("x", labels) == found
    assert found is keys.find("x", {"zone": "b", "n": 3, "on": True, "none": None, "rate": 0.5})


def test_equal_values_of_different_kinds_stay_apart() -> None:
    keys = Keys({})
    assert [("x", (("n", text),)) for text in ("1", "true", "1.0")] == [
        keys.find("x", {"n": value}) for value in (1, True, 1.0)
    ]


@pytest.mark.parametrize("name", ["", "2x", "a.b", "a b", "é", "x" * 201])
def test_a_name_that_the_server_would_refuse_is_refused_here(name: str) -> None:
    with pytest.raises(BadSeriesError):
        Keys({}).find(name, {})


@pytest.mark.parametrize("label", ["", "a-b", "__a", "é", "x" * 201])
def test_a_label_that_the_server_would_refuse_is_refused_here(label: str) -> None:
    with pytest.raises(BadSeriesError):
        Keys({}).find("x", {label: "1"})
    with pytest.raises(ValueError, match="label"):
        Client(None, labels={label: "1"})


@pytest.mark.parametrize(
    ("value", "text"), [("a\0b", "ab"), ("a\ud800b", "a?b"), ("é" * 2000, "é" * 1024)]
)
def test_a_label_value_that_can_not_be_stored_is_mended(value: str, text: str) -> None:
    assert ("x", (("l", text),)) == Keys({}).find("x", {"l": value})


# --- the buffer


def make_buffer(max_samples: int = 1000, max_series: int = 100) -> Buffer:
    return Buffer(max_samples=max_samples, max_series=max_series, rng=random.Random(7))


def waiting(buffer: Buffer) -> list[Sample]:
    return buffer.peek(10**6)[1]


def test_a_full_queue_gives_up_its_oldest_samples_and_counts_them() -> None:
    buffer = make_buffer(max_samples=3)
    for i in range(5):
        buffer.gauge(KEY, MS + i, float(i))
    assert [2.0, 3.0, 4.0] == [value for _key, _ms, value in waiting(buffer)]
    assert (2, 2, 3) == (buffer.dropped, buffer.head, buffer.pending)


def test_a_batch_leaves_the_queue_when_it_is_done_even_if_some_of_it_was_dropped_meanwhile() -> (
    None
):
    buffer = make_buffer(max_samples=3)
    for i in range(3):
        buffer.gauge(KEY, MS + i, float(i))
    end, batch = buffer.peek(2)
    assert [0.0, 1.0] == [value for _key, _ms, value in batch]
    buffer.gauge(KEY, MS + 3, 3.0)
    buffer.done(end)
    assert [2.0, 3.0] == [value for _key, _ms, value in waiting(buffer)]


def test_a_counter_begins_at_zero_and_sends_its_total_once_a_round() -> None:
    buffer = make_buffer()
    buffer.count(KEY, MS, 2)
    buffer.count(KEY, MS + 5, 3)
    buffer.roll(MS + 1000)
    buffer.roll(MS + 2000)
    buffer.count(KEY, MS + 2500, 1)
    buffer.roll(MS + 3000)
    assert [(KEY, MS - 1, 0.0), (KEY, MS + 1000, 5.0), (KEY, MS + 3000, 6.0)] == waiting(buffer)


def test_a_counter_that_stands_still_is_repeated_now_and_then() -> None:
    buffer = make_buffer()
    buffer.count(KEY, MS, 1)
    for second in range(21):
        buffer.roll(MS + second * 1000)
    times = [ms - MS for _key, ms, _value in waiting(buffer)]
    assert [-1, 0, 10_000, 20_000] == times


def test_observations_keep_their_times_and_have_an_exact_count_and_sum() -> None:
    buffer = make_buffer()
    for ms, value in ((MS, 0.5), (MS + 3, 1.5)):
        buffer.observe(KEY, ms, value)
    buffer.roll(MS + 1000)
    labels = KEY[1]
    assert {
        (KEY, MS, 0.5),
        (KEY, MS + 3, 1.5),
        (("depth_count", labels), MS - 1, 0.0),
        (("depth_count", labels), MS + 1000, 2.0),
        (("depth_sum", labels), MS - 1, 0.0),
        (("depth_sum", labels), MS + 1000, 2.0),
    } == set(waiting(buffer))


def test_observations_of_one_millisecond_do_not_overwrite_each_other() -> None:
    buffer = make_buffer()
    for value in (3.0, 1.0, 2.0):
        buffer.observe(KEY, MS, value)
    buffer.roll(MS + 1000)
    buffer.observe(KEY, MS + 1, 4.0)
    buffer.roll(MS + 2000)
    raw = [(ms - MS, value) for key, ms, value in waiting(buffer) if key == KEY]
    assert [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)] == raw


def test_of_very_many_observations_a_fair_choice_is_sent() -> None:
    buffer = make_buffer(max_samples=10_000)
    for i in range(5_000):
        buffer.observe(KEY, MS + i // 5, float(i))
    buffer.roll(MS + 1000)
    raw = [value for key, _ms, value in waiting(buffer) if key == KEY]
    assert buffers.KEPT_A_ROUND == len(raw)
    assert 2_000 < sum(raw) / len(raw) < 3_000
    assert 5_000.0 in [value for key, _ms, value in waiting(buffer) if key[0] == "depth_count"]


def test_observations_never_run_ahead_of_the_clock() -> None:
    buffer = make_buffer(max_samples=100_000)
    for _round in range(50):
        for _ in range(100):
            buffer.observe(KEY, MS, 1.0)
        buffer.roll(MS)
    assert MS + 1000 >= max(ms for key, ms, _value in waiting(buffer) if key == KEY)


def test_one_series_too_many_is_refused_and_the_others_go_on() -> None:
    buffer = make_buffer(max_series=1)
    buffer.count(KEY, MS, 1)
    with pytest.raises(BadSeriesError):
        buffer.count(OTHER, MS, 1)
    buffer.count(KEY, MS, 1)
    buffer.roll(MS + 1)
    assert 2.0 == waiting(buffer)[-1][2]


# --- what each answer means


class Post:
    """Notes what was posted, and gives the answers it was told; at the end always 200."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, body: bytes) -> Answer:
        self.bodies.append(json.loads(body))
        return self.answers.pop(0) if self.answers else Answer(200)

    def values(self) -> list[list[float]]:
        return [[v for one in body["series"] for v in one["values"]] for body in self.bodies]


class Round:
    """A courier with its buffer and a clock."""

    def __init__(self, *answers: Answer, batch: int = 100, max_samples: int = 1000) -> None:
        self.buffer = make_buffer(max_samples)
        self.post = Post(*answers)
        self.courier = Courier(self.buffer, self.post, batch=batch, rng=random.Random(7))
        self.clock = SetClock(0.0)

    def fill(self, count: int, key: SeriesKey = KEY) -> None:
        for i in range(count):
            self.buffer.gauge(key, MS + i, float(i))

    def deliver(self, *, urgent: bool = False) -> None:
        self.courier.deliver(self.clock, urgent=urgent)

    @property
    def pause(self) -> float:
        return self.courier.pause(self.clock())


def test_samples_are_sent_in_columns_and_in_bounded_batches() -> None:
    trip = Round(batch=2)
    trip.fill(3)
    trip.deliver()
    first = {"name": "depth", "labels": {"queue": "mail"}}
    columns = {"timestamps": [MS / 1000, (MS + 1) / 1000], "values": [0.0, 1.0]}
    assert [{"series": [first | columns]}] == trip.post.bodies[:1]
    assert [[0.0, 1.0], [2.0]] == trip.post.values()
    assert (0, 0) == (trip.buffer.pending, trip.buffer.dropped)


@pytest.mark.parametrize("status", [0, 408, 425, 429, 500, 502, 503, 401, 403, 404, 302])
def test_what_is_not_the_samples_fault_keeps_them(status: int) -> None:
    trip = Round(Answer(status))
    trip.fill(3)
    trip.deliver()
    trip.deliver()
    assert 1 == len(trip.post.bodies), "it stays away for a while"
    trip.clock.forward(trip.pause)
    trip.deliver()
    assert [[0.0, 1.0, 2.0]] * 2 == trip.post.values()
    assert (0, 0) == (trip.buffer.pending, trip.buffer.dropped)


def test_pauses_grow_to_a_bound_and_are_never_the_same_for_all() -> None:
    trip = Round(*[Answer(0, "refused")] * 12)
    trip.fill(1)
    pauses = []
    for _ in range(12):
        trip.deliver()
        pauses.append(trip.pause)
        trip.clock.forward(trip.pause)
    assert 0.25 <= pauses[0] <= 0.5
    for n, pause in enumerate(pauses):
        most = min(0.5 * 2**n, 30.0)
        assert most / 2 <= pause <= most
    assert len({pause / min(0.5 * 2**n, 30.0) for n, pause in enumerate(pauses)}) == len(pauses)
    trip.deliver()
    assert 0.0 == trip.pause
    trip.fill(1)
    trip.post.answers = [Answer(0)]
    trip.deliver()
    assert trip.pause <= 0.5, "after a success it begins anew"


def test_a_wrong_token_is_asked_about_rarely() -> None:
    trip = Round(Answer(401))
    trip.fill(1)
    trip.deliver()
    assert 30 <= trip.pause <= 60


def test_what_the_server_asks_for_is_waited_for_even_by_a_flush() -> None:
    trip = Round(Answer(503, retry_after=20.0))
    trip.fill(1)
    trip.deliver()
    assert 20 <= trip.pause <= 24
    trip.clock.forward(19)
    trip.deliver(urgent=True)
    assert 1 == len(trip.post.bodies)
    trip.clock.forward(5)
    trip.deliver()
    assert 2 == len(trip.post.bodies)


def test_a_flush_does_not_wait_for_our_own_pause() -> None:
    trip = Round(Answer(0))
    trip.fill(1)
    trip.deliver()
    trip.deliver(urgent=True)
    assert (2, 0) == (len(trip.post.bodies), trip.buffer.pending)


def test_an_absurd_wait_is_bounded() -> None:
    trip = Round(Answer(429, retry_after=1e9))
    trip.fill(1)
    trip.deliver()
    assert trip.pause <= 301


def problem(status: int, *places: int | None) -> Answer:
    errors = [{"index": i, "field": "labels", "reason": "no"} for i in places]
    return Answer(status, "", None, json.dumps({"detail": "no", "errors": errors}).encode())


def test_series_that_the_server_names_as_faulty_are_left_out_and_the_others_sent() -> None:
    trip = Round(problem(422, 0))
    trip.fill(2)
    trip.fill(1, OTHER)
    trip.deliver()
    assert ["print"] == [one["labels"]["queue"] for one in trip.post.bodies[1]["series"]]
    assert (0, 2) == (trip.buffer.pending, trip.buffer.dropped)


@pytest.mark.parametrize(
    "answer", [Answer(400), Answer(415), problem(422), problem(422, None), problem(422, 99, -1)]
)
def test_a_batch_refused_for_what_can_not_be_mended_is_dropped(answer: Answer) -> None:
    trip = Round(answer)
    trip.fill(3)
    trip.deliver()
    trip.fill(1)
    trip.deliver()
    assert (0, 3) == (trip.buffer.pending, trip.buffer.dropped)
    assert 2 == len(trip.post.bodies)


def test_a_batch_that_is_too_large_is_halved() -> None:
    trip = Round(Answer(413), Answer(413))
    trip.fill(4)
    trip.deliver()
    assert [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]] == trip.post.values()
    assert (0, 0) == (trip.buffer.pending, trip.buffer.dropped)


def test_a_server_that_refuses_all_is_not_asked_without_end() -> None:
    trip = Round(*[Answer(413)] * 1000)
    trip.fill(64)
    trip.deliver()
    assert len(trip.post.bodies) <= 20
    assert (0, 64) == (trip.buffer.pending, trip.buffer.dropped)


def test_an_outage_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    trip = Round(*[Answer(0, "Connection refused")] * 5, max_samples=10)
    trip.fill(10)
    for _ in range(5):
        trip.deliver(urgent=True)
        trip.fill(1)
    trip.deliver(urgent=True)
    said = [record.getMessage() for record in caplog.records]
    assert 3 == len(said), said
    assert "Connection refused" in said[0]
    assert "queue is full" in said[1]
    assert "takes samples again; 5 were lost" in said[2]


# --- timing


def test_a_timer_times_blocks_functions_and_what_fails() -> None:
    clock, took = SetClock(0.0), list[float]()
    timer = Timer(took.append, clock)
    with timer:
        clock.forward(1)
        with timer:
            clock.forward(2)
    assert [2.0, 3.0] == took

    @timer
    def step(seconds: float) -> str:
        """Say so."""
        clock.forward(seconds)
        if seconds > 5:
            raise OSError
        return "done"

    assert ("done", "step", "Say so.") == (step(4), step.__name__, step.__doc__)
    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        step(6)
    assert [2.0, 3.0, 4.0, 6.0] == took


def test_a_timer_times_an_async_function_until_its_result() -> None:
    clock, took = SetClock(0.0), list[float]()

    @Timer(took.append, clock)
    async def step() -> int:
        clock.forward(3)
        return 5

    running = step()
    clock.forward(10)
    with pytest.raises(StopIteration) as over:
        running.send(None)
    assert (5, [3.0]) == (over.value.value, took)


# --- the transport


class Receiver(BaseHTTPRequestHandler):
    """Answers what it was told, and keeps what came."""

    protocol_version = "HTTP/1.1"
    came: list[tuple[str, dict[str, str], dict[str, Any]]]
    plan: list[tuple[int, dict[str, str]]]
    hangs_up = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).came.append((self.path, dict(self.headers), json.loads(body)))
        status, headers = type(self).plan.pop(0) if type(self).plan else (200, {})
        self.send_response(status)
        for name, value in ({"Content-Length": "2"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = type(self).hangs_up

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def receiver(port: int = 0, *plan: tuple[int, dict[str, str]]) -> Iterator[tuple[str, Any]]:
    handler = type("H", (Receiver,), {"came": [], "plan": list(plan)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_body_is_posted_with_the_token_below_the_path_of_the_address() -> None:
    with receiver() as (url, handler):
        transport = Transport(f"{url}/quadra/", "secret", timeout=2)
        assert 200 == transport.post(b"{}").status
        assert 200 == transport.post(b"{}").status
        transport.close()
        path, headers, _body = handler.came[0]
        assert ("/quadra/api/v1/samples", "Bearer secret") == (path, headers["Authorization"])


def test_a_kept_connection_that_has_ended_is_made_anew() -> None:
    with receiver() as (url, handler):
        transport = Transport(url, "secret", timeout=2)
        handler.hangs_up = True  # without saying so
        assert [200] * 3 == [transport.post(b"{}").status for _ in range(3)]
        transport.close()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float | None) -> None:
    with receiver(0, (503, {"Retry-After": text})) as (url, _handler):
        transport = Transport(url, "secret", timeout=2)
        answer = transport.post(b"{}")
        transport.close()
        assert (503, seconds) == (answer.status, answer.retry_after)


def test_nobody_there_is_an_answer_too() -> None:
    answer = Transport(f"http://127.0.0.1:{free_port()}", "secret", timeout=2).post(b"{}")
    assert 0 == answer.status
    assert "refused" in answer.reason.lower()


def test_a_server_that_says_nothing_or_nonsense_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = Transport(
            f"http://127.0.0.1:{listener.getsockname()[1]}", "secret", timeout=0.05
        )
        assert 0 == transport.post(b"{}").status
        listener.accept()[0].close()

        def babble() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        assert 0 == transport.post(b"{}").status
        thread.join()


@pytest.mark.parametrize("url", ["", "127.0.0.1:5000", "ftp://x", "http://", "http://x:port"])
def test_an_address_that_can_not_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="url|[Pp]ort"):
        Client(url, "secret")


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "é"])
def test_a_token_that_can_not_be_sent_is_refused_at_once_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="token: give") as refused:
        Client("http://127.0.0.1:5000", token)
    assert not token or token not in str(refused.value)


# --- the whole


def series_of(handler: Any) -> dict[tuple[str, str], list[float]]:
    """Give what came: values by (name, JSON of labels)."""
    found: dict[tuple[str, str], list[float]] = {}
    for _path, _headers, body in handler.came:
        for one in body["series"]:
            key = (one["name"], json.dumps(one["labels"], sort_keys=True))
            found.setdefault(key, []).extend(one["values"])
    return found


def test_all_kinds_arrive_with_labels_and_the_callers_time() -> None:
    clock = SetClock()
    with (
        receiver() as (url, handler),
        Client(url, token="t", labels={"service": "x"}, interval=60, clock=clock) as client,
    ):
        client.gauge("queue_depth", 3, model="a")
        client.count("requests_total")
        client.observe("latency_seconds", 0.5)
        with client.timer("step_seconds"):
            pass
        assert client.flush()
        found = series_of(handler)
        service = '{"service": "x"}'
        assert [3.0] == found["queue_depth", '{"model": "a", "service": "x"}']
        assert [0.0, 1.0] == found["requests_total", service]
        assert [0.5] == found["latency_seconds", service]
        assert [0.0, 1.0] == found["latency_seconds_count", service]
        assert [0.0, 0.5] == found["latency_seconds_sum", service]
        assert 1 == len(found["step_seconds", service])
        assert NOW in handler.came[0][2]["series"][0]["timestamps"]
        assert 0 == client.pending


def test_labels_may_have_the_names_of_arguments() -> None:
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        client.gauge("x", 1, name="n", value="v", self="s")
        assert client.flush()
        assert ("x", '{"name": "n", "self": "s", "value": "v"}') in series_of(handler)


def test_samples_leave_by_themselves_within_the_interval() -> None:
    came = threading.Event()

    class Noting(Receiver):
        came: list[Any] = []  # noqa: RUF012 - of this one test
        plan: list[Any] = []  # noqa: RUF012

        def do_POST(self) -> None:
            super().do_POST()
            came.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with Client(f"http://127.0.0.1:{server.server_port}", "t", interval=0.01) as client:
        client.gauge("x", 1)
        assert came.wait(5)
    server.shutdown()
    server.server_close()


def test_threads_lose_no_count() -> None:
    with receiver() as (url, handler), Client(url, "t", interval=0.01) as client:

        def work() -> None:
            for _ in range(2_000):
                client.count("n_total")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.flush()
        assert 8_000.0 == series_of(handler)["n_total", "{}"][-1]


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


def test_nothing_that_is_noted_wrongly_raises_and_each_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    noting: Any
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        noting = client
        for _ in range(3):
            noting.gauge("a.b", 1)
            noting.gauge("x", "many")
            noting.gauge("x", None)
            noting.gauge("x", float("nan"))
            noting.gauge("x", 10**400)
            noting.gauge(5, 1)
            noting.gauge("x", 1, label=Unprintable())
            noting.gauge("x", 1, __x="1")
            noting.count("n_total", -1)
            noting.observe("x", float("inf"))
            noting.observe("x", object())
        assert client.flush()
        assert [] == handler.came
    said = [record.getMessage() for record in caplog.records]
    assert len(set(said)) == len(said)
    assert 9 <= len(said) <= 12


def test_complaints_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with receiver() as (url, _handler), Client(url, "t", interval=60) as client:
        for i in range(1_000):
            client.gauge(f"no name {i}", 1)
    assert 100 == len(caplog.records)


def test_without_an_address_everything_is_taken_and_nothing_sent() -> None:
    with Client(None) as client:
        client.gauge("x", 1)
        client.count("n_total")
        client.observe("y", 1)
        assert client.flush()
        assert (0, 0) == (client.pending, client.dropped)
    assert client.close()


def test_it_reads_nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        client.gauge("x", 1)
        assert client.flush()
        assert 1 == len(handler.came)


def test_after_the_end_samples_are_dropped_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with receiver() as (url, handler):
        client = Client(url, "t", interval=60)
        client.gauge("x", 1)
        assert client.close()
        client.gauge("x", 2)
        client.gauge("x", 3)
        assert client.close()
        assert [1.0] == series_of(handler)["x", "{}"]
    assert 1 == len(caplog.records)


def test_a_flush_without_a_server_ends_in_time_and_says_no() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}", "t", interval=60)
    client.gauge("x", 1)
    began = time.monotonic()
    assert not client.flush(0.2)
    assert not client.close(0.1)
    assert time.monotonic() - began < 2
    assert 1 == client.pending


def test_a_flush_that_can_not_succeed_in_time_does_not_wait_for_it() -> None:
    with receiver(0, (503, {"Retry-After": "60"})) as (url, _handler):
        client = Client(url, "t", interval=60)
        client.gauge("x", 1)
        began = time.monotonic()
        assert not client.flush(20)
        assert not client.close(20)
        assert time.monotonic() - began < 5


def test_what_waited_through_an_outage_arrives_after_it() -> None:
    port = free_port()
    client = Client(f"http://127.0.0.1:{port}", "t", interval=60)
    for i in range(10):
        client.gauge("x", i)
        assert not client.flush(0)
    with receiver(port) as (_url, handler):
        assert client.flush()
        assert [float(i) for i in range(10)] == sorted(series_of(handler)["x", "{}"])
        client.close()


def test_a_caller_never_waits_for_a_server_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}", "t", interval=0.01, timeout=0.3
        )
        client.gauge("x", 1)
        peer, _ = listener.accept()  # now the thread waits for an answer
        began = time.perf_counter()
        for i in range(1_000):
            client.gauge("x", i)
            client.count("n_total")
        assert time.perf_counter() - began < 0.25
        client.close(0)
        peer.close()


def test_a_child_process_begins_anew_and_the_parent_goes_on() -> None:
    with receiver() as (url, handler):
        answer = run_python(
            f"""
            import os
            from quadra.client import Client
            client = Client({url!r}, "t", process_label="pid", interval=60)
            client.count("n_total", 5)
            client.gauge("parent", 1)
            child = os.fork()
            client.count("n_total", 1)
            client.gauge("child" if child == 0 else "parent", 2)
            assert client.flush()
            if child == 0:
                os._exit(0)
            assert 0 == os.waitpid(child, 0)[1]
            client.count("n_total", 1)
            """
        )
        assert "" == answer.stderr
        found = series_of(handler)
        totals = sorted(values[-1] for (name, _), values in found.items() if name == "n_total")
        assert [1.0, 7.0] == totals
        assert 2 == len({labels for _name, labels in found})
        assert [1.0, 2.0] == next(v for (name, _), v in found.items() if name == "parent")


def run_python(text: str, *flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return subprocess.run(
        [sys.executable, *flags, "-c", "\n".join(line[indent:] for line in lines)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_needs_the_standard_library_alone_and_its_folder_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "quadra" / "client"
    folder.mkdir(parents=True)
    for file in (REPOSITORY / "quadra" / "client").glob("*.py"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    answer = run_python(
        """
        import sys
        from quadra.client import Client
        Client(None).gauge("x", 1)
        names = {name.partition(".")[0] for name in sys.modules}
        print(sorted(names - set(sys.stdlib_module_names) - {"__main__"}))
        print(sorted(n for n in sys.modules if n.count(".") == 1 and n.startswith("quadra.")))
        """,
        "-S",
        PYTHONPATH=str(tmp_path),
    )
    assert "['quadra']\n['quadra.client']\n" == answer.stdout, answer.stderr


def test_the_end_of_the_program_sends_what_waits_but_never_holds_it_up_for_long() -> None:
    text = """
        from quadra.client import Client
        client = Client({url!r}, "t", interval=60, exit_timeout=0.3)
        client.gauge("last_words", 7)
        """
    with receiver() as (url, handler):
        assert 0 == run_python(text.format(url=url)).returncode
        assert [7.0] == series_of(handler)["last_words", "{}"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        answer = run_python(text.format(url=f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert (0, "Quadra's client ends; 1 samples were not sent\n") == (
            answer.returncode,
            answer.stderr,
        )
        assert time.monotonic() - began < 5


def test_a_thread_that_can_not_be_started_is_no_reason_to_raise(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = Client("http://127.0.0.1:9", "t", interval=60)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        client.gauge("x", 1)
        client.gauge("x", 2)
        assert not client.flush(0.1)
        assert not client.close(0.1)
    assert logging.WARNING == caplog.records[0].levelno
    assert any("can't start new thread" in record.getMessage() for record in caplog.records)


def test_what_goes_wrong_in_the_background_is_said_and_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise LookupError("a fault of its own")

    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        working: Callable[..., None] = Courier.deliver
        monkeypatch.setattr(Courier, "deliver", broken)
        client.gauge("x", 1)
        assert not client.flush(0.05)
        monkeypatch.setattr(Courier, "deliver", working)
        assert client.flush()
        assert [1.0] == series_of(handler)["x", "{}"]
    assert "can't send" in caplog.text
