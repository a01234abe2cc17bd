"""What goes wrong and when: a plan that follows from a seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from scripts.demo.catalogue import (
    AGENT_NAMES,
    AGENTS,
    CHAT_API,
    CHAT_MODELS,
    EMBEDDINGS,
    ERROR_TYPES,
    MODEL_SERVER,
    WORKERS,
)

FaultKind = Literal[
    "latency_step", "error_burst", "slow_leak", "traffic_drop", "cost_runaway", "stuck_worker"
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

SECONDS: dict[FaultKind, tuple[float, float]] = {
    "latency_step": (60, 120),
    "error_burst": (30, 60),
    "slow_leak": (110, 140),
    "traffic_drop": (45, 90),
    "cost_runaway": (60, 120),
    "stuck_worker": (45, 90),
}
"""How long each lasts, from and to."""
STRENGTH: dict[FaultKind, tuple[float, float]] = {
    "latency_step": (2.5, 4.0),  # times the usual
    "error_burst": (0.2, 0.45),  # share of calls that fail
    "slow_leak": (0.8, 1.5),  # of the usual memory, more at the end
    "traffic_drop": (0.03, 0.15),  # of the usual
    "cost_runaway": (4.0, 8.0),  # times the usual tokens
    "stuck_worker": (0.0, 0.0),
}
_SHARE_OF_GAP = 0.6  # so that between two faults there is always time that is normal
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: from ``start`` to ``end`` (unix seconds), at ``service``.

    ``target`` are the attributes that it hits; ``strength`` see STRENGTH.
    """

    number: int
    kind: FaultKind
    service: str
    target: tuple[tuple[str, str], ...]
    start: float
    end: float
    strength: float

    def value(self, attribute: str) -> str:
        """Give the value of a target attribute."""
        return dict(self.target)[attribute]


def plan(seed: int, start: float, first_after: float, every: float) -> Iterator[Fault]:
    """Give all faults in order, without end: never two at a time, each kind as often as others."""
    rng = np.random.default_rng([seed, 1])
    begins = start + first_after
    number = 0
    while True:
        for i in rng.permutation(len(KINDS)):
            kind = KINDS[i]
            number += 1
            gap = every * rng.uniform(1 - _JITTER, 1 + _JITTER)
            lasts = min(rng.uniform(*SECONDS[kind]), gap * _SHARE_OF_GAP)
            service, target = _target(kind, rng)
            strength = round(float(rng.uniform(*STRENGTH[kind])), 3)
            end = begins + lasts
            yield Fault(number, kind, service, target, float(begins), float(end), strength)
            begins += gap


def _target(kind: FaultKind, rng: np.random.Generator) -> tuple[str, tuple[tuple[str, str], ...]]:
    def one_of(names: tuple[str, ...]) -> str:
        return names[int(rng.integers(len(names)))]

    model = ("gen_ai.request.model", one_of(CHAT_MODELS))
    service = one_of((CHAT_API, EMBEDDINGS))
    found: dict[FaultKind, tuple[str, tuple[tuple[str, str], ...]]] = {
        "latency_step": (MODEL_SERVER, (model,)),
        "error_burst": (CHAT_API, (model, ("error.type", one_of(ERROR_TYPES)))),
        "slow_leak": (service, ()),
        "traffic_drop": (service, ()),
        "cost_runaway": (AGENTS, (("gen_ai.agent.name", one_of(AGENT_NAMES)),)),
        "stuck_worker": (AGENTS, (("demo.worker", one_of(WORKERS)),)),
    }
    return found[kind]
