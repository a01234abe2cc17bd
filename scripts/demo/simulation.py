"""The simulated AI service: from a seed and the time alone, second by second.

Nothing here looks at a clock, a file or the network. Each service draws from a stream of random
numbers of its own, so that a fault in one leaves the others as they would have been.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from scripts.demo import catalogue as c
from scripts.demo.catalogue import Model
from scripts.demo.faults import Fault, FaultKind
from scripts.demo.instruments import Floats, Meter

DAY_S = 86_400.0
LONGEST_STEP_S = 10.0
"""Of a longer pause (a laptop that slept) only this much is made up for."""

MEMORY_NOISE = 0.005
"""Standard deviation of a process' memory, second by second, as a share of it."""
NOISE_REACH = 3.0
"""Standard deviations that memory goes of itself."""
BURST_A_SECOND = 2.5
"""Calls that fail in an error burst, at the least: when there are few (at night), more fail,"""
BURST_SHARE = 0.85
"""but not more than these of all."""
AGENTS_AT_NIGHT = 0.5
"""Share of the agents' work that comes at any hour."""

_MB = 1e6
_EMPTY = np.empty(0)


def rhythm(local: float) -> float:
    """Give the share of the busiest traffic at a local time (seconds, unix-like).

    Least at 4 in the morning, most in the afternoon, a little less at the weekend.
    """
    hour = local % DAY_S / 3_600
    day = (local / DAY_S + 3) % 7  # from Monday's beginning
    daily = 0.5 - 0.5 * math.cos(2 * math.pi * (hour - 4) / 24)
    evening = 0.12 * math.exp(-(((hour - 20.5) / 1.5) ** 2))
    weekly = 1 + 0.1 * math.cos(2 * math.pi * (day - 2.5) / 7)
    return (0.3 + 0.7 * math.pow(daily, 1.2) + evening) * weekly / 1.1


@dataclass(slots=True)
class Drift:
    """Noise that wanders around 1 (an AR(1) process of the logarithm)."""

    rng: np.random.Generator
    spread: float = 0.075
    memory: float = 0.98
    state: float = 0.0

    def step(self) -> float:
        """Give the next value."""
        shock = self.spread * math.sqrt(1 - self.memory**2)
        self.state = self.memory * self.state + shock * self.rng.standard_normal()
        return math.exp(self.state)


@dataclass(slots=True)
class Load:
    """What the services ask of one model in a second: seconds of each call, tokens in all."""

    first_token: list[Floats] = field(default_factory=list)
    durations: list[Floats] = field(default_factory=list)
    tokens: float = 0.0


class Moment:
    """One second as the services see it: time, span, what is wrong, and what the models do."""

    def __init__(self, local: float, span: float, fault: Fault | None, progress: float) -> None:
        """Take the local time, the seconds since the last step, the fault and its progress 0-1."""
        self.busy = rhythm(local)
        self.span = span
        self.fault = fault
        self.progress = progress
        self.loads: dict[str, Load] = {model.name: Load() for model in c.MODELS}
        self.is_felt = False

    def feel(self) -> None:
        """Note that a value of this second was made under the fault: it is a bad sample."""
        self.is_felt = True

    def hit(self, kind: FaultKind, service: str = "", **target: str) -> float:
        """Give the strength of a fault of this kind here and now; 0 when there is none."""
        fault = self.fault
        if fault is None or fault.kind != kind or (service and fault.service != service):
            return 0.0
        wanted = {name.replace("__", "."): value for name, value in target.items()}
        return fault.strength if wanted.items() <= dict(fault.target).items() else 0.0

    def slowness(self, model: Model) -> float:
        """Say how many times longer than usual a model takes."""
        return self.hit("latency_step", gen_ai__request__model=model.name) or 1.0


class Service:
    """One of the simulated programs, with its metrics."""

    memory_mb = 600.0

    def __init__(self, name: str, seed: np.random.SeedSequence) -> None:
        self.name = name
        self.meter = Meter()
        self.rng = np.random.default_rng(seed)
        self.drift = Drift(self.rng)

    def step(self, moment: Moment) -> None:
        """Live through a second."""
        raise NotImplementedError

    # --- what several of them do

    def arrivals(self, moment: Moment, rate: float) -> int:
        """Draw how many requests came, of ``rate`` a second."""
        left = moment.hit("traffic_drop", self.name) or 1.0
        if left < 1.0:
            moment.feel()
        expected = rate * self.drift.step() * moment.span * left
        return int(self.rng.poisson(expected))

    def lognormal(self, median: float, sigma: float, size: int) -> Floats:
        """Draw from a lognormal distribution."""
        return median * np.exp(sigma * self.rng.standard_normal(size))

    def heavy_tail(self, size: int, share: float = 0.01) -> Floats:
        """Draw factors that are 1 for nearly all, and now and then many times that."""
        unlucky = self.rng.random(size) < share
        return np.where(unlucky, 2 + self.rng.pareto(1.6, size), 1.0).clip(max=40.0)

    def call(self, moment: Moment, model: Model, output: Floats) -> Floats:
        """Let a model make tokens; give how long each call took, as its caller sees it."""
        size = len(output)
        slow = moment.slowness(model) * (0.85 + 0.3 * moment.busy)
        if size > 0 and moment.slowness(model) > 1.0:
            moment.feel()
        first = self.lognormal(model.first_token_s * slow, 0.3, size) * self.heavy_tail(size)
        served = first + output * model.token_s * slow * self.lognormal(1.0, 0.12, size)
        load = moment.loads[model.name]
        load.durations.append(served)
        load.tokens += float(output.sum()) + 4.0 * size
        if model.token_s:
            load.first_token.append(first)
        return served + self.lognormal(0.012, 0.4, size)  # the way there and back

    def spend(self, model: Model, used: Floats, made: Floats, attributes: dict[str, str]) -> None:
        """Record the tokens and the cost of calls."""
        for kind, tokens in (("input", used), ("output", made)):
            if kind == "input" or model.output_price:
                named = attributes | {"gen_ai.token.type": kind}
                self.meter.record(c.TOKEN_USAGE, np.ceil(tokens), named)
        dollars = (used.sum() * model.input_price + made.sum() * model.output_price) / 1e6
        labels = {
            name: value
            for name, value in attributes.items()
            if name in {"gen_ai.request.model", "gen_ai.agent.name"}
        }
        self.meter.add(c.COST, float(dollars), labels)

    def remember(self, moment: Moment) -> None:
        """Record the memory of the process, which a leak lets grow."""
        leak = 1 + moment.hit("slow_leak", self.name) * moment.progress
        noise = 1 + MEMORY_NOISE * self.rng.standard_normal()
        # A leak begins within the noise: its first bad sample is the first that lies beyond.
        if leak > 1.0 and leak * noise - 1 > NOISE_REACH * MEMORY_NOISE:
            moment.feel()
        used = self.memory_mb * (0.9 + 0.15 * moment.busy) * leak * noise
        self.meter.level(c.MEMORY, round(used * _MB), {})


def operation(name: str, model: Model, **more: str) -> dict[str, str]:
    """Give the attributes that the GenAI conventions want of an operation."""
    return {
        "gen_ai.operation.name": name,
        "gen_ai.provider.name": c.PROVIDER,
        "gen_ai.request.model": model.name,
        "server.address": c.ADDRESS,
    } | {key.replace("__", "."): value for key, value in more.items()}


class ChatApi(Service):
    """People chat, with the large model or the small one."""

    rate = 20.0
    share: ClassVar = {c.LARGE.name: 0.4, c.MINI.name: 0.6}
    usual_errors = 0.006
    memory_mb = 900.0

    def step(self, moment: Moment) -> None:
        """Live through a second."""
        total = self.arrivals(moment, self.rate * moment.busy)
        large = int(self.rng.binomial(total, self.share[c.LARGE.name]))
        ended = {"ok": 0, "error": 0}
        for model, size in ((c.LARGE, large), (c.MINI, total - large)):
            failed = self._chat(moment, model, size)
            ended["error"] += failed
            ended["ok"] += size - failed
        for outcome, count in ended.items():
            labels = {"gen_ai.operation.name": "chat", "outcome": outcome}
            self.meter.add(c.REQUESTS, count, labels)
        left = moment.hit("traffic_drop", self.name) or 1.0
        people = self.rng.poisson(240 * moment.busy * self.drift.step() * left)
        self.meter.level(c.SESSIONS, float(people), {})
        self.remember(moment)

    def _chat(self, moment: Moment, model: Model, size: int) -> int:
        attributes = operation("chat", model)
        burst, kind = self._burst(moment, model)
        failed = int(self.rng.binomial(size, max(burst, self.usual_errors)))
        if burst > 0.0 and failed > 0:
            moment.feel()
        shares = [float(error == kind) for error in c.ERROR_TYPES] if burst else (0.5, 0.3, 0.2)
        for error, count in zip(c.ERROR_TYPES, self.rng.multinomial(failed, shares), strict=True):
            took = self.lognormal(30.0 if error == "timeout" else 0.15, 0.02, int(count))
            self.meter.record(c.OPERATION_DURATION, took, attributes | {"error.type": error})
        output = self.lognormal(190, 0.7, size - failed)
        used = self.lognormal(600, 0.9, size - failed)
        took = self.call(moment, model, output)
        self.meter.record(c.OPERATION_DURATION, took, attributes)
        self.spend(model, used, output, attributes)
        return failed

    def _burst(self, moment: Moment, model: Model) -> tuple[float, str]:
        share = moment.hit("error_burst", self.name, gen_ai__request__model=model.name)
        if not share or moment.fault is None:
            return 0.0, ""
        calls = self.rate * self.share[model.name] * moment.busy
        share = max(share, min(BURST_A_SECOND / calls, BURST_SHARE))
        return share, moment.fault.value("error.type")


class Agents(Service):
    """Workers run agents, each of which calls the large model several times."""

    rate = 4.0
    capacity = 2.2  # jobs a second and worker

    def __init__(self, name: str, seed: np.random.SeedSequence) -> None:
        super().__init__(name, seed)
        self.backlog = 0.0
        self.stuck = ""  # the worker that is

    def step(self, moment: Moment) -> None:
        """Live through a second."""
        stuck = ""
        if moment.fault is not None and moment.fault.kind == "stuck_worker":
            stuck = moment.fault.value("demo.worker")
        elif self.stuck:
            self.backlog = 0.0  # nobody waits any more for what the stuck one held up
        self.stuck = stuck
        self.meter.mute(("demo.worker", stuck) if stuck else None)
        if stuck:
            moment.feel()
        working = [worker for worker in c.WORKERS if worker != stuck]
        busy = AGENTS_AT_NIGHT + (1 - AGENTS_AT_NIGHT) * moment.busy
        came = self.arrivals(moment, self.rate * busy)
        # The others soon wait for what the stuck one holds.
        possible = self.capacity * len(working) * moment.span * (0.3 if stuck else 1.0)
        done = int(min(came + self.backlog, self.rng.poisson(possible)))
        self.backlog = min(self.backlog + came - done, 500.0)
        fresh = int(self.rng.poisson(0.5 * came / moment.span))  # just came, and nobody took them
        self.meter.level(c.QUEUE_DEPTH, self.backlog + fresh, {"demo.queue": "agent-jobs"})
        self._share_out(moment, working, done)
        for agent in c.AGENT_NAMES:
            jobs = int(self.rng.binomial(done, 0.5)) if agent != c.AGENT_NAMES[-1] else done
            done -= jobs
            self._run(moment, agent, jobs)
        self.remember(moment)

    def _share_out(self, moment: Moment, working: list[str], done: int) -> None:
        jobs = self.rng.multinomial(done, [1 / len(working)] * len(working))
        for worker, count in zip(working, jobs, strict=True):
            self.meter.add(c.WORKER_JOBS, float(count), {"demo.worker": worker})
            busy = 0.25 + 0.45 * moment.busy + 0.05 * self.rng.standard_normal()
            self.meter.level(c.WORKER_BUSY, float(np.clip(busy, 0, 1)), {"demo.worker": worker})

    def _run(self, moment: Moment, agent: str, jobs: int) -> None:
        calls = 1 + self.rng.poisson(2.5, jobs)
        total = int(calls.sum())
        more = moment.hit("cost_runaway", self.name, gen_ai__agent__name=agent) or 1.0
        if jobs > 0 and more > 1.0:
            moment.feel()
        used = self.lognormal(1_800 * more, 0.6, total)
        output = self.lognormal(260, 0.6, total)
        took = self.call(moment, c.LARGE, output)
        attributes = operation("invoke_agent", c.LARGE, gen_ai__agent__name=agent)
        # A run takes as long as its calls, one after another, and the tools between them.
        runs = np.add.reduceat(took, np.r_[0, calls.cumsum()[:-1]]) if jobs else _EMPTY
        tools = self.rng.gamma(2.0, 0.4, jobs)
        self.meter.record(c.OPERATION_DURATION, runs + tools, attributes)
        self.spend(c.LARGE, used, output * more, attributes)
        self.meter.add(c.REQUESTS, float(jobs), {"gen_ai.operation.name": "invoke_agent"})


class Embeddings(Service):
    """Documents are embedded, in many small calls."""

    rate = 30.0
    memory_mb = 450.0

    def step(self, moment: Moment) -> None:
        """Live through a second."""
        size = self.arrivals(moment, self.rate * moment.busy)
        attributes = operation("embeddings", c.EMBED)
        used = self.lognormal(350, 0.8, size)
        took = self.call(moment, c.EMBED, np.zeros(size))
        self.meter.record(c.OPERATION_DURATION, took, attributes)
        self.spend(c.EMBED, used, np.zeros(size), attributes)
        self.meter.add(c.REQUESTS, float(size), {"gen_ai.operation.name": "embeddings"})
        self.remember(moment)


class ModelServer(Service):
    """Serves what the others ask of the models, on four GPUs."""

    memory_mb = 5_200.0
    gpu_memory_mb = 61_000.0
    tokens_a_second = 9_500.0

    def step(self, moment: Moment) -> None:
        """Live through a second; comes after the others."""
        tokens = 0.0
        for model in c.MODELS:
            load = moment.loads[model.name]
            attributes = {
                "gen_ai.operation.name": "chat" if model.token_s else "embeddings",
                "gen_ai.provider.name": c.PROVIDER,
                "gen_ai.request.model": model.name,
            }
            self.meter.record(c.REQUEST_DURATION, _joined(load.durations), attributes)
            if model.token_s:
                self.meter.record(c.TIME_TO_FIRST_TOKEN, _joined(load.first_token), attributes)
            waiting = 0.6 * len(_joined(load.durations)) * (moment.slowness(model) ** 2 - 0.5)
            depth = float(self.rng.poisson(waiting / moment.span))
            self.meter.level(c.QUEUE_DEPTH, depth, {"gen_ai.request.model": model.name})
            tokens += load.tokens
        share = tokens / moment.span / self.tokens_a_second
        for gpu in c.GPUS:
            use = np.clip(0.12 + 0.6 * share + 0.04 * self.rng.standard_normal(), 0.01, 1.0)
            self.meter.level(c.GPU_UTILIZATION, float(use), {"hw.id": gpu})
            memory = self.gpu_memory_mb * (0.82 + 0.1 * use)
            self.meter.level(c.GPU_MEMORY, round(memory * _MB), {"hw.id": gpu})
        self.remember(moment)


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else _EMPTY


@dataclass(frozen=True, slots=True)
class Change:
    """What a step brought: a fault begins, shows in its first bad sample, or is over.

    A sample is bad when its own value was made under the fault (of a worker that is stuck: when it
    did not come). Between a fault's beginning and that there may be seconds, when nobody asks for
    what has gone wrong.
    """

    fault: Fault
    what: Literal["begins", "shows", "ends"]


class Simulation:
    """All services. Times are unix seconds; ``offset`` is the local time's distance from UTC."""

    def __init__(self, seed: int, start: float, offset: float, faults: Iterator[Fault]) -> None:
        kinds = (ChatApi, Agents, Embeddings, ModelServer)  # the server comes last
        seeds = np.random.SeedSequence([seed, 0]).spawn(len(kinds))
        self.services: list[Service] = [
            kind(name, own) for kind, name, own in zip(kinds, c.SERVICES, seeds, strict=True)
        ]
        self.start = start
        self._offset = offset
        self._last = start - 1.0
        self._faults = faults
        self._next = next(faults)
        self._fault: Fault | None = None
        self._has_shown = False

    def step(self, t: float) -> list[Change]:
        """Live up to ``t``; gives what begins, shows and ends to be wrong with it."""
        changes = self._change(t)
        fault = self._fault
        progress = (t - fault.start) / (fault.end - fault.start) if fault else 0.0
        span = min(max(t - self._last, 0.001), LONGEST_STEP_S)
        moment = Moment(t + self._offset, span, fault, progress)
        for service in self.services:
            service.step(moment)
        if fault is not None and moment.is_felt and not self._has_shown:
            self._has_shown = True
            changes.append(Change(fault, "shows"))
        self._last = t
        return changes

    def _change(self, t: float) -> list[Change]:
        changes: list[Change] = []
        if self._fault is not None and t >= self._fault.end:
            changes.append(Change(self._fault, "ends"))
            self._fault = None
        while self._next.end <= t:  # slept through
            self._next = next(self._faults)
        if self._fault is None and t >= self._next.start:
            self._fault = self._next
            self._next = next(self._faults)
            self._has_shown = False
            changes.append(Change(self._fault, "begins"))
        return changes
