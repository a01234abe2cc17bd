"""The training's metrics, as the worker last reported them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from quadra.engine.training import idle_state
from quadra.engine.training_totals import BOUNDS
from utils.metrics import PREFIX

_GAUGES = (
    ("training_loss", "loss", "Squared one-step error over the series' variance, of late"),
    ("training_reward", "reward", "1 / (1 + loss)"),
    ("training_field_variance", "variance", "Variance of the field's state"),
    ("field_size", "field_size", "Units of the field"),
    ("iteration_count", "iteration", "Training steps that the field has done"),
)


class TrainingCollector(Collector):
    """Shows the state that it was given last."""

    def __init__(self) -> None:
        """Begin with the state before anything was trained."""
        self.state: dict[str, Any] = idle_state()

    def collect(self) -> Iterator[Metric]:
        """Give the families under their public names."""
        state = self.state
        running = float(bool(state["running"]) and not state["stale"])
        for name, key, text in _GAUGES:
            value = state.get(key)
            yield GaugeMetricFamily(PREFIX + name, text, math.nan if value is None else value)
        yield GaugeMetricFamily(
            PREFIX + "active_training_sessions", "Fields in training now", running
        )
        yield GaugeMetricFamily(PREFIX + "system_state", "0 idle, 1 training", running)
        yield from self._totals(state.get("totals") or {})

    def _totals(self, totals: dict[str, Any]) -> Iterator[Metric]:
        yield CounterMetricFamily(
            PREFIX + "training_batches", "Training steps since the worker started",
            totals.get("batches", 0),
        )  # fmt: skip
        yield SummaryMetricFamily(
            PREFIX + "training_duration_seconds", "Time that training steps took",
            count_value=totals.get("batches", 0), sum_value=totals.get("seconds", 0.0),
        )  # fmt: skip
        made = CounterMetricFamily(
            PREFIX + "model_predictions", "Forecasts given", labels=["model_version"]
        )
        took = HistogramMetricFamily(
            PREFIX + "model_inference_duration_seconds", "Time a forecast took",
            labels=["model_version"],
        )  # fmt: skip
        for version, about in (totals.get("inference") or {}).items():
            made.add_metric([version], sum(about["counts"]))
            took.add_metric([version], _buckets(about["counts"]), about["seconds"])
        yield made
        yield took


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Count up, as Prometheus's buckets do."""
    total, buckets = 0, []
    for bound, count in zip([*map(str, BOUNDS), "+Inf"], counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets
