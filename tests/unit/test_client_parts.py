"""The parts of the client library: names, what is kept, what each answer means, timing."""

import json
import random
from typing import Any

import pytest

from quadra.client import Client, Timer
from quadra.client import buffer as buffers
from quadra.client.buffer import Buffer, Sample
from quadra.client.courier import Courier
from quadra.client.series import BadSeriesError, Keys, SeriesKey
from quadra.client.transport import Answer
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
