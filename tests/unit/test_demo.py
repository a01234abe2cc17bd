"""The simulated service of `make demo`: what it does, what goes wrong with it, what it says."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from scripts.demo import __main__ as program
from scripts.demo import catalogue as c
from scripts.demo.faults import KINDS, SECONDS, Fault, FaultKind, plan
from scripts.demo.instruments import SCALE, Explicit, Exponential, Instrument, Meter
from scripts.demo.otlp import encode
from scripts.demo.sending import KEPT, Answer, Connection, Outbox
from scripts.demo.simulation import (
    DAY_S,
    MEMORY_NOISE,
    Change,
    ChatApi,
    Drift,
    Service,
    Simulation,
    rhythm,
)
from scripts.demo.truth import TruthFile, affected
from tests.servers.process import free_port

MONDAY = 1_790_553_600.0  # 2026-09-28, midnight UTC
START = MONDAY + 14 * 3_600  # in the busy hours
NEVER = Fault(0, "slow_leak", c.CHAT_API, (), 1e12, 1e12 + 1, 1.0)

# --- the rhythm of day and week


def test_traffic_is_least_at_night_and_most_in_the_afternoon() -> None:
    day = [rhythm(MONDAY + minute * 60) for minute in range(24 * 60)]
    assert 3 <= int(np.argmin(day)) / 60 <= 5
    assert 13 <= int(np.argmax(day)) / 60 <= 21
    assert 0.2 < min(day) < max(day) / 2 < 0.6


def test_the_weekend_is_a_little_quieter() -> None:
    noons = [rhythm(MONDAY + day * DAY_S + DAY_S / 2) for day in range(7)]
    assert 0.75 * max(noons) < min(noons) == min(noons[5:]) < 0.95 * max(noons)
    assert rhythm(MONDAY) == pytest.approx(rhythm(MONDAY + 7 * DAY_S))


def test_noise_wanders_around_one() -> None:
    drift = Drift(np.random.default_rng(7))
    walk = np.log([drift.step() for _ in range(20_000)])
    assert abs(walk.mean()) < 0.03
    assert 0.07 < walk.std() < 0.13


# --- the plan


def first(count: int, seed: int = 7, every: float = 240.0) -> list[Fault]:
    return list(islice(plan(seed, START, 120.0, every), count))


def test_the_plan_follows_from_the_seed_alone() -> None:
    assert first(20) == first(20)
    assert first(20) != first(20, seed=8)


@pytest.mark.parametrize("every", [5.0, 60.0, 240.0])
@pytest.mark.parametrize("seed", [0, 7])
def test_faults_come_one_at_a_time_and_each_kind_as_often_as_others(
    seed: int, every: float
) -> None:
    faults = first(60, seed, every)
    assert START + 120 == faults[0].start
    assert list(range(1, 61)) == [fault.number for fault in faults]
    for i in range(0, 60, 6):
        assert set(KINDS) == {fault.kind for fault in faults[i : i + 6]}
    for one, after in pairwise(faults):
        assert one.start < one.end < after.start
        assert 0.8 * every <= after.start - one.start <= 1.2 * every
        assert after.start - one.end >= 0.4 * (after.start - one.start) - 1e-6
        assert one.end - one.start <= SECONDS[one.kind][1]


# --- instruments


def test_a_value_on_a_bound_belongs_to_the_bucket_below() -> None:
    histogram = Explicit(np.array([1.0, 2.0]), np.zeros(3, np.int64))
    histogram.record(np.array([0.5, 1.0, 1.5, 2.0, 2.5]))
    assert ([2, 2, 1], 5, 7.5) == (histogram.counts.tolist(), histogram.count, histogram.sum)


def test_exponential_buckets_span_their_bounds() -> None:
    histogram = Exponential()
    values = np.array([0.003, 0.7, 1.0, 1.0001, 2.0, 55.0])
    histogram.record(values)
    base = 2 ** (2**-SCALE)
    offset, counts = histogram.dense()
    spans = [offset + i for i, count in enumerate(counts) for _ in range(count)]
    for value, i in zip(values, spans, strict=True):
        assert base**i < value <= base ** (i + 1) * (1 + 1e-12)
    assert (6, 0.003, 55.0) == (histogram.count, histogram.min, histogram.max)


# --- the simulation


class Planned(Iterator[Fault]):
    """A plan that can be copied with the simulation that follows it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._left = list(faults)

    def __next__(self) -> Fault:
        return self._left.pop(0) if self._left else NEVER


def simulate(
    seconds: int, faults: Sequence[Fault] = (), seed: int = 7, start: float = START
) -> tuple[Simulation, list[Change]]:
    simulation = Simulation(seed, start, 0.0, Planned(faults))
    changes = [
        change for i in range(1, seconds + 1) for change in simulation.step(start + float(i))
    ]
    return simulation, changes


def service(simulation: Simulation, name: str) -> Service:
    return next(one for one in simulation.services if one.name == name)


def number(simulation: Simulation, of: str, instrument: Instrument, **labels: str) -> float:
    """Sum up the numbers of one metric whose attributes hold these."""
    wanted = {(name.replace("__", "."), value) for name, value in labels.items()}
    found = service(simulation, of).meter.numbers[instrument]
    return sum(value for key, value in found.items() if wanted <= set(key))


def histogram(
    simulation: Simulation, of: str, instrument: Instrument, **labels: str
) -> tuple[int, float]:
    """Give count and mean of one metric whose attributes hold these."""
    wanted = {(name.replace("__", "."), value) for name, value in labels.items()}
    found = service(simulation, of).meter.histograms[instrument]
    piles = [pile for key, pile in found.items() if wanted <= set(key)]
    count = sum(pile.count for pile in piles)
    return count, sum(pile.sum for pile in piles) / max(count, 1)


def bodies(seed: int) -> list[bytes]:
    simulation = Simulation(seed, START, 0.0, plan(seed, START, 5.0, 10.0))
    made = []
    for i in range(1, 60):
        simulation.step(START + i)
        made.append(encode(simulation.services, START, START + i - 1, START + i))
    return made


def test_the_same_seed_and_times_give_the_same_bytes() -> None:
    sevens = bodies(7)
    assert sevens == bodies(7)
    assert sevens[-1] != bodies(8)[-1]


def test_traffic_follows_the_day() -> None:
    night, _ = simulate(150, start=MONDAY + 4 * 3_600)
    day, _ = simulate(150)
    quiet, _ = histogram(night, c.EMBEDDINGS, c.OPERATION_DURATION)
    busy, _ = histogram(day, c.EMBEDDINGS, c.OPERATION_DURATION)
    assert 0.2 * busy < quiet < 0.5 * busy


def test_latencies_have_a_heavy_tail() -> None:
    simulation, _ = simulate(600)
    found = service(simulation, c.MODEL_SERVER).meter.histograms[c.TIME_TO_FIRST_TOKEN]
    pile = next(pile for key, pile in found.items() if ("gen_ai.request.model", c.MINI.name) in key)
    assert isinstance(pile, Explicit)
    share = pile.counts.cumsum() / pile.count
    bounds = [*c.TIME_TO_FIRST_TOKEN.bounds, float("inf")]
    assert bounds[int(np.argmax(share >= 0.5))] <= 0.25
    assert bounds[int(np.argmax(share >= 0.999))] >= 0.75


def test_each_call_that_a_service_makes_is_seen_by_the_model_server() -> None:
    simulation, _ = simulate(120)
    served, _ = histogram(simulation, c.MODEL_SERVER, c.REQUEST_DURATION)
    asked = [
        histogram(simulation, name, c.TOKEN_USAGE, gen_ai__token__type="input")[0]
        for name in (c.CHAT_API, c.AGENTS, c.EMBEDDINGS)
    ]
    assert sum(asked) == served > 1_000


def test_what_was_slept_through_is_made_up_for_only_a_little() -> None:
    simulation, _ = simulate(10)
    before, _ = histogram(simulation, c.EMBEDDINGS, c.OPERATION_DURATION)
    simulation.step(START + 4 * 3_600)
    after, _ = histogram(simulation, c.EMBEDDINGS, c.OPERATION_DURATION)
    assert after - before < 400


def test_a_fault_that_was_slept_through_is_not_told() -> None:
    faults = [fault(kind) for kind in ("slow_leak", "traffic_drop")]
    simulation, changes = simulate(30, faults)
    assert [] == changes + simulation.step(START + 4_000)


# --- what goes wrong

BEGINS, ENDS, SECONDS_IN_ALL = 60.0, 180.0, 240
MODEL = ("gen_ai.request.model", c.LARGE.name)
TARGETS: dict[FaultKind, tuple[str, tuple[tuple[str, str], ...], float]] = {
    "latency_step": (c.MODEL_SERVER, (MODEL,), 3.0),
    "error_burst": (c.CHAT_API, (MODEL, ("error.type", "500")), 0.3),
    "slow_leak": (c.CHAT_API, (), 1.0),
    "traffic_drop": (c.CHAT_API, (), 0.1),
    "cost_runaway": (c.AGENTS, (("gen_ai.agent.name", "planner"),), 6.0),
    "stuck_worker": (c.AGENTS, (("demo.worker", "3"),), 0.0),
}


def fault(kind: FaultKind) -> Fault:
    name, target, strength = TARGETS[kind]
    return Fault(1, kind, name, target, START + BEGINS, START + ENDS, strength)


@cache
def course(kind: FaultKind | None) -> tuple[dict[int, Simulation], dict[int, list[str]]]:
    """Live through a fault, or a usual day; give how all was at some seconds, and what was told."""
    wanted = {30, 60, *(int(s) for s in (BEGINS - 1, BEGINS, 120, ENDS - 1, ENDS, ENDS + 1))}
    simulation = Simulation(7, START, 0.0, Planned([fault(kind)] if kind else []))
    kept: dict[int, Simulation] = {}
    told: dict[int, list[str]] = {}
    for i in range(1, SECONDS_IN_ALL):
        told[i] = [one.what for one in simulation.step(START + i) if one.what != "shows"]
        if i in wanted:
            kept[i] = deepcopy(simulation)
    return kept, {i: what for i, what in told.items() if what}


def seen(seconds: float, kind: FaultKind | None) -> Simulation:
    """For looking only: what is sent changes the differences."""
    return course(kind)[0][int(seconds)]


def until(seconds: float, kind: FaultKind | None) -> Simulation:
    return deepcopy(seen(seconds, kind))


def grown(
    kind: FaultKind | None, read: str, of: str, instrument: Instrument, **labels: str
) -> float:
    """Give by how much a count, sum or number grew in the time of the fault."""
    ends = []
    for seconds in (BEGINS - 1, ENDS - 1):
        simulation = seen(seconds, kind)
        if read == "number":
            ends.append(number(simulation, of, instrument, **labels))
        else:
            count, mean = histogram(simulation, of, instrument, **labels)
            ends.append(count if read == "count" else count * mean)
    return ends[1] - ends[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_told_when_it_begins_and_when_it_is_over(kind: FaultKind) -> None:
    assert {int(BEGINS): ["begins"], int(ENDS): ["ends"]} == course(kind)[1]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "slow_leak"])
def test_a_fault_shows_in_the_first_sample_that_is_not_as_it_would_have_been(
    kind: FaultKind,
) -> None:
    wrong = Simulation(7, START, 0.0, Planned([fault(kind)]))
    shown, other = None, None
    for i, usual in enumerate(usually_sent(), 1):
        if any(change.what == "shows" for change in wrong.step(START + i)):
            assert shown is None, "once"
            shown = i
        if other is None and bytes_of(wrong, i) != usual:
            other = i
    assert other is not None
    assert shown == other


@pytest.mark.parametrize("seed", range(5))
def test_a_leak_shows_in_the_first_sample_beyond_what_memory_does_by_itself(seed: int) -> None:
    simulation = Simulation(seed, START, 0.0, Planned([fault("slow_leak")]))
    away, shown = [], None
    for i in range(1, int(BEGINS) + 12):
        if any(change.what == "shows" for change in simulation.step(START + i)):
            shown = i
        used = number(simulation, c.CHAT_API, c.MEMORY) / 1e6
        usual = ChatApi.memory_mb * (0.9 + 0.15 * rhythm(START + i))
        away.append((used / usual - 1) / MEMORY_NOISE)
    assert shown is not None
    assert BEGINS < shown <= BEGINS + 5
    assert max(away[int(BEGINS) : shown - 1], default=0.0) <= 3.0 < away[shown - 1]


@cache
def usually_sent() -> list[bytes]:
    """Give what is sent each second until a fault would end, had it not come."""
    fine = Simulation(7, START, 0.0, Planned([]))
    made = []
    for i in range(1, int(ENDS)):
        fine.step(START + i)
        made.append(bytes_of(fine, i))
    return made


def bytes_of(simulation: Simulation, i: int) -> bytes:
    return encode(simulation.services, START, START + i - 1, START + i)


def test_a_latency_step_makes_one_model_slow_for_all_its_callers() -> None:
    for name, instrument in (
        (c.MODEL_SERVER, c.REQUEST_DURATION),
        (c.MODEL_SERVER, c.TIME_TO_FIRST_TOKEN),
        (c.CHAT_API, c.OPERATION_DURATION),
        (c.AGENTS, c.OPERATION_DURATION),
    ):
        labels = {"gen_ai__request__model": c.LARGE.name}
        ratio = grown("latency_step", "sum", name, instrument, **labels) / grown(
            None, "sum", name, instrument, **labels
        )
        assert 1.8 < ratio < 3.5, (name, instrument.name)
    same = {"gen_ai__request__model": c.MINI.name}
    usual = grown(None, "sum", c.MODEL_SERVER, c.REQUEST_DURATION, **same)
    assert usual == pytest.approx(
        grown("latency_step", "sum", c.MODEL_SERVER, c.REQUEST_DURATION, **same)
    )
    depth = number(
        seen(ENDS - 1, "latency_step"),
        c.MODEL_SERVER,
        c.QUEUE_DEPTH,
        gen_ai__request__model=c.LARGE.name,
    )
    assert depth > 15


def test_an_error_burst_lets_calls_of_one_model_fail() -> None:
    labels = {"error__type": "500", "gen_ai__request__model": c.LARGE.name}
    assert grown(None, "count", c.CHAT_API, c.OPERATION_DURATION, **labels) < 12
    assert grown("error_burst", "count", c.CHAT_API, c.OPERATION_DURATION, **labels) > 80
    labels["gen_ai__request__model"] = c.MINI.name
    assert grown("error_burst", "count", c.CHAT_API, c.OPERATION_DURATION, **labels) < 12


@pytest.mark.parametrize("seed", range(5))
def test_a_burst_is_one_at_night_too(seed: int) -> None:
    night = MONDAY + 4 * 3_600
    labels = {"error__type": "500", "gen_ai__request__model": c.LARGE.name}
    weak = Fault(1, "error_burst", *TARGETS["error_burst"][:2], night + 60, night + 90, 0.2)
    calm, wrong = (simulate(until, [weak], seed, night)[0] for until in (59, 89))
    before, _ = histogram(calm, c.CHAT_API, c.OPERATION_DURATION, **labels)
    since, _ = histogram(wrong, c.CHAT_API, c.OPERATION_DURATION, **labels)
    assert since - before > 30, "more than one a second"


def test_agents_work_at_night_too() -> None:
    simulation, _ = simulate(120, start=MONDAY + 4 * 3_600)
    for agent in c.AGENT_NAMES:
        jobs, _ = histogram(simulation, c.AGENTS, c.OPERATION_DURATION, gen_ai__agent__name=agent)
        assert jobs > 90


def test_a_leak_grows_slowly_and_is_gone_with_its_end() -> None:
    def memory(seconds: float) -> float:
        return number(seen(seconds, "slow_leak"), c.CHAT_API, c.MEMORY)

    usual, middle, late, after = (memory(s) for s in (BEGINS - 1, 120, ENDS - 1, ENDS + 1))
    assert 1.4 * usual < middle < 1.6 * usual
    assert 1.9 * usual < late < 2.1 * usual
    assert after == pytest.approx(usual, rel=0.06)


def test_a_traffic_drop_leaves_a_few_requests() -> None:
    drop = grown("traffic_drop", "count", c.CHAT_API, c.OPERATION_DURATION)
    usual = grown(None, "count", c.CHAT_API, c.OPERATION_DURATION)
    assert 0.02 * usual < drop < 0.2 * usual
    people = number(seen(ENDS - 1, "traffic_drop"), c.CHAT_API, c.SESSIONS)
    assert people < 0.3 * number(seen(ENDS - 1, None), c.CHAT_API, c.SESSIONS)
    other = grown("traffic_drop", "count", c.EMBEDDINGS, c.OPERATION_DURATION)
    assert other == grown(None, "count", c.EMBEDDINGS, c.OPERATION_DURATION)


def test_a_cost_runaway_is_one_agents() -> None:
    def cost(kind: FaultKind | None, agent: str) -> float:
        return grown(kind, "number", c.AGENTS, c.COST, gen_ai__agent__name=agent)

    assert 4 < cost("cost_runaway", "planner") / cost(None, "planner") < 9
    assert 0.5 < cost("cost_runaway", "researcher") / cost(None, "researcher") < 2


@cache
def sent_after(seconds: float, kind: FaultKind) -> ExportMetricsServiceRequest:
    return sent(until(seconds, kind), seconds)


def workers_in(request: ExportMetricsServiceRequest, instrument: Instrument) -> set[str]:
    return {
        attribute.value.string_value
        for metric in metrics(request, c.AGENTS)
        if metric.name == instrument.name
        for point in (metric.gauge.data_points or metric.sum.data_points)
        for attribute in point.attributes
        if attribute.key == "demo.worker"
    }


@pytest.mark.parametrize("instrument", [c.WORKER_JOBS, c.WORKER_BUSY])
def test_a_stuck_workers_series_stop_and_come_back(instrument: Instrument) -> None:
    everybody = set(c.WORKERS)
    for seconds, there in (
        (BEGINS - 1, everybody),
        (BEGINS, everybody - {"3"}),
        (ENDS - 1, everybody - {"3"}),
        (ENDS, everybody),
    ):
        assert there == workers_in(sent_after(seconds, "stuck_worker"), instrument)


def test_jobs_pile_up_behind_a_stuck_worker() -> None:
    assert number(seen(ENDS - 1, "stuck_worker"), c.AGENTS, c.QUEUE_DEPTH) > 15
    assert number(seen(ENDS - 1, None), c.AGENTS, c.QUEUE_DEPTH) < 5


# --- what is sent


def sent(simulation: Simulation, seconds: float = 30) -> ExportMetricsServiceRequest:
    now = START + seconds
    return ExportMetricsServiceRequest.FromString(encode(simulation.services, START, now - 1, now))


def metrics(request: ExportMetricsServiceRequest, name: str) -> list[Metric]:
    return [
        metric
        for resource in request.resource_metrics
        if any(a.value.string_value == name for a in resource.resource.attributes)
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def test_everything_that_is_sent_is_labelled_as_simulated() -> None:
    request = sent(until(30, None))
    assert 4 == len(request.resource_metrics)
    for resource in request.resource_metrics:
        labels = {a.key: a.value for a in resource.resource.attributes}
        assert labels["service.name"].string_value in c.SERVICES
        assert "(simulated)" in labels["service.name"].string_value
        assert "simulated" == labels["service.namespace"].string_value
        assert "demo" == labels["deployment.environment"].string_value
        assert labels["simulated"].bool_value


def all_metrics(request: ExportMetricsServiceRequest) -> list[Metric]:
    return [metric for name in c.SERVICES for metric in metrics(request, name)]


def test_all_shapes_of_otlp_are_among_what_is_sent() -> None:
    found = all_metrics(sent(until(30, None)))
    shapes = {
        (
            str(metric.WhichOneof("data")),
            metric.sum.aggregation_temporality,
            metric.sum.is_monotonic,
        )
        for metric in found
    }
    assert {
        ("gauge", 0, False),
        ("sum", 2, True),
        ("sum", 2, False),
        ("sum", 1, True),
        ("histogram", 0, False),
        ("exponential_histogram", 0, False),
    } == shapes
    instruments = {one.name for one in vars(c).values() if isinstance(one, Instrument)}
    assert instruments == {metric.name for metric in found}


def test_operations_and_models_are_those_of_the_conventions() -> None:
    seen: dict[str, set[str]] = {}
    for metric in all_metrics(sent(until(60, None))):
        for point in metric.histogram.data_points:
            for attribute in point.attributes:
                seen.setdefault(attribute.key, set()).add(attribute.value.string_value)
    assert {"chat", "embeddings", "invoke_agent"} == seen["gen_ai.operation.name"]
    assert {model.name for model in c.MODELS} == seen["gen_ai.request.model"]
    assert {"input", "output"} == seen["gen_ai.token.type"]
    assert set(c.ERROR_TYPES) == seen["error.type"]


def test_histograms_are_whole() -> None:
    for metric in all_metrics(sent(until(60, None))):
        for point in metric.histogram.data_points:
            assert len(point.explicit_bounds) + 1 == len(point.bucket_counts)
            assert sum(point.bucket_counts) == point.count
        for bucketed in metric.exponential_histogram.data_points:
            assert sum(bucketed.positive.bucket_counts) == bucketed.count
            assert bucketed.min <= bucketed.sum / bucketed.count <= bucketed.max


def test_differences_begin_where_the_last_ones_ended() -> None:
    simulation = until(30, None)
    total = number(simulation, c.EMBEDDINGS, c.REQUESTS)
    for seconds, value in ((30, total), (31, 0.0)):
        metric = next(
            metric
            for metric in metrics(sent(simulation, seconds), c.EMBEDDINGS)
            if metric.name == c.REQUESTS.name
        )
        point = metric.sum.data_points[0]
        assert int((START + seconds - 1) * 1e9) == point.start_time_unix_nano
        assert (int((START + seconds) * 1e9), value) == (point.time_unix_nano, point.as_double)


def test_a_metric_keeps_apart_what_has_other_attributes() -> None:
    meter = Meter()
    meter.add(c.COST, 1.0, {"a": "1", "b": "2"})
    meter.add(c.COST, 2.0, {"b": "2", "a": "1"})
    meter.add(c.COST, 4.0, {"a": "1"})
    assert [3.0, 4.0] == list(meter.numbers[c.COST].values())


# --- the truth


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_truth_is_written_as_it_happens(tmp_path: Path) -> None:
    path = tmp_path / "new" / "truth.jsonl"
    truth = TruthFile(path)
    truth.began(START, 7, c.SERVICES)
    truth.starts(fault("error_burst"))
    assert ("start", None) == (lines(path)[-1]["event"], lines(path)[-1]["end"])
    truth.shows(fault("error_burst"), START + BEGINS + 3)
    truth.ends(fault("error_burst"), START + ENDS)
    run, start, show, end = lines(path)
    assert ("show", START + BEGINS + 3, None) == (show["event"], show["first_bad"], show["end"])
    assert [None, START + BEGINS + 3] == [line["first_bad"] for line in (start, end)]
    assert ("run", 7, "2026-09-28T14:00:00.000Z") == (run["event"], run["seed"], run["time"])
    assert ("end", START + BEGINS, START + ENDS) == (end["event"], end["start"], end["end"])
    assert ("error_burst", c.CHAT_API) == (end["kind"], end["service"])
    assert "2026-09-28T14:03:00.000Z" == end["time"]
    assert START + ENDS == start["planned_end"]
    assert {
        "metric": "gen_ai_client_operation_duration_seconds",
        "labels": {
            "error_type": "500",
            "gen_ai_request_model": "aurora-large",
            "service_name": "demo-chat-api (simulated)",
        },
        "effect": "rises",
    } in affected(fault("error_burst"))


def test_a_fault_that_the_end_cuts_short_ends_in_the_truth(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "truth.jsonl")
    truth.stop(START)
    truth.starts(fault("slow_leak"))
    truth.stop(START + 70)
    truth.stop(START + 80)
    assert [None, START + 70] == [line["end"] for line in lines(tmp_path / "truth.jsonl")]


@pytest.mark.parametrize("one", first(12), ids=lambda one: f"{one.kind}-{one.number}")
def test_the_series_that_the_truth_names_are_there(one: Fault) -> None:
    simulation = until(60, None)
    there = {instrument.shown: instrument for instrument in vars(c).values()
             if isinstance(instrument, Instrument)}  # fmt: skip
    for series in affected(one):
        labels = series["labels"]
        assert isinstance(labels, dict)
        instrument = there[str(series["metric"])]
        meter = service(simulation, labels.pop("service_name")).meter
        keys = [*meter.numbers.get(instrument, {}), *meter.histograms.get(instrument, {})]
        shown = [{name.replace(".", "_"): value for name, value in key} for key in keys]
        assert any(labels.items() <= have.items() for have in shown), series


# --- sending


class Server:
    """Gives the answers it was told, then 200 to all."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.came: list[tuple[bytes, str]] = []
        self.tokens = ["old", "new"]
        self.said: list[str] = []
        self.outbox = Outbox(self.post, self.token, self.said.append)

    def post(self, body: bytes, token: str) -> Answer:
        self.came.append((body, token))
        return self.answers.pop(0) if self.answers else Answer(200)

    def token(self) -> str:
        return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]

    def put(self, *bodies: bytes) -> None:
        for body in bodies:
            self.outbox.put(body)


def test_what_could_not_be_sent_is_sent_later_in_order() -> None:
    server = Server(Answer(0, "refused"), Answer(503))
    server.put(b"1")
    server.outbox.send(0.0)
    server.put(b"2")
    server.outbox.send(1.0)
    server.put(b"3")
    server.outbox.send(2.0)
    assert [b"1", b"1", b"1", b"2", b"3"] == [body for body, _token in server.came]
    assert ([], 0) == (server.said, len(server.outbox))


def test_a_long_outage_costs_the_oldest() -> None:
    server = Server()
    server.put(*(str(i).encode() for i in range(KEPT + 5)))
    server.outbox.send(0.0)
    assert (KEPT, b"5") == (len(server.came), server.came[0][0])


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    server = Server(Answer(429, "", 5.0))
    server.put(b"1")
    for now, came in ((0.0, 1), (4.9, 1), (5.0, 2)):
        server.outbox.send(now)
        assert came == len(server.came)


def test_a_token_that_is_refused_is_read_anew_and_not_tried_without_end() -> None:
    server = Server(*[Answer(401, "Unauthorized")] * 2)
    server.put(b"1")
    for now in range(70):
        server.outbox.send(float(now))
    assert ["old", "new", "new"] == [token for _body, token in server.came]
    assert 1 == len(server.said)


def test_what_the_server_will_never_take_is_left_out_and_said_once() -> None:
    server = Server(Answer(400, "Bad Request"), Answer(400, "Bad Request"))
    server.put(b"1", b"2", b"3")
    server.outbox.send(0.0)
    assert (3, 0) == (len(server.came), len(server.outbox))
    assert ["Quadra does not take this: 400 Bad Request"] == server.said


def test_points_that_were_left_out_are_said() -> None:
    partial = ExportMetricsPartialSuccess(rejected_data_points=3, error_message="too old")
    body = ExportMetricsServiceResponse(partial_success=partial).SerializeToString()
    server = Server(Answer(200, body=body), Answer(200, body=b"\xff"))
    server.put(b"1", b"2")
    server.outbox.send(0.0)
    assert ["Quadra left points out: too old"] == server.said


def test_nobody_there_is_an_answer_too() -> None:
    connection = Connection("127.0.0.1", free_port())
    assert [0, 0] == [connection.ask("POST", "/", b"x", "t").status for _ in range(2)]


# --- the program


def test_it_steps_at_full_seconds_until_it_is_told_to_end(tmp_path: Path) -> None:
    server, clock = Server(), [START + 0.25]
    simulation = Simulation(7, START, 0.0, plan(7, START, 2.0, 5.0))
    truth = TruthFile(tmp_path / "truth.jsonl")

    def wait(seconds: float) -> bool:
        clock[0] += seconds + 0.01
        return len(server.came) == 5

    program.run(simulation, truth, server.outbox, wait, lambda: clock[0])
    times = [
        ExportMetricsServiceRequest.FromString(body)
        .resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points
        or ExportMetricsServiceRequest.FromString(body)
        .resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
        for body, _token in server.came
    ]  # fmt: skip
    assert [START + i for i in range(1, 6)] == [one[0].time_unix_nano / 1e9 for one in times]
    assert "start" == lines(tmp_path / "truth.jsonl")[0]["event"]


def test_arguments_are_read_as_durations() -> None:
    chosen = program.read_arguments(["--fault-every", "1m30s", "--first-fault", "0"])
    assert (7, 90.0, 0.0) == (chosen.seed, chosen.fault_every, chosen.first_fault)


@pytest.mark.parametrize("wrong", ["--seed=-1", "--fault-every=1s", "--fault-every=often", "--x"])
def test_arguments_that_make_no_sense_are_refused(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.read_arguments([wrong])
    assert 2 == ended.value.code
    assert wrong.partition("=")[0] in capsys.readouterr().err


def test_a_server_on_any_port_can_not_be_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "0")
    assert 2 == program.main([])
    monkeypatch.setenv("PORT", "x")
    assert 2 == program.main([])
    said = capsys.readouterr().err.splitlines()
    assert "PORT=0" in said[0]
    assert "PORT='x'" in said[1]
