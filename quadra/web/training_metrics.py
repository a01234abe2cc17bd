"""The training's metrics, as the worker last reported them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from quadra.engine.training import idle_state
from quadra.engine.training_totals import BOUNDS, LIVE_VERSION
from utils.declared_metrics import family

_GAUGES = {
    "training_loss": "loss",
    "training_reward": "reward",
    "training_field_variance": "variance",
    "field_size": "field_size",
    "iteration_count": "iteration",
}
_NO_FORECASTS: dict[str, Any] = {LIVE_VERSION: {"counts": [0] * (len(BOUNDS) + 1), "seconds": 0.0}}


class TrainingCollector(Collector):
    """Shows the state that it was given last."""

    def __init__(self) -> None:
        """Begin with the state before anything was trained."""
        self.state: dict[str, Any] = idle_state()

    def collect(self) -> Iterator[Metric]:
        """Give the families under their public names."""
        state = self.state
        running = float(bool(state["running"]) and not state["stale"])
        for name, key in _GAUGES.items():
            value = state.get(key)
            yield _single(name, math.nan if value is None else value)
        for name in ("active_training_sessions", "system_state"):
            yield _single(name, running)
        yield from self._totals(state.get("totals") or {})

    def _totals(self, totals: dict[str, Any]) -> Iterator[Metric]:
        yield _single("training_batches_total", totals.get("batches", 0))
        steps = family("training_duration_seconds")
        steps.add_metric([], totals.get("batches", 0), totals.get("seconds", 0.0))
        yield steps
        made = family("model_predictions_total")
        took = family("model_inference_duration_seconds")
        for version, about in (totals.get("inference") or _NO_FORECASTS).items():
            made.add_metric([version], sum(about["counts"]))
            took.add_metric([version], _buckets(about["counts"]), about["seconds"])
        yield made
        yield took


def _single(name: str, value: float) -> Metric:
    made: Any = family(name)
    made.add_metric([], value)
    return cast("Metric", made)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Count up, as Prometheus's buckets do."""
    total, buckets = 0, []
    for bound, count in zip([*map(str, BOUNDS), "+Inf"], counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets
