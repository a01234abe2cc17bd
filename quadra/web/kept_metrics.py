"""Metrics of what the worker keeps in the database, as they were last read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from quadra.engine.alerting import Beat
from quadra.engine.channels import Channel, ChannelState
from utils.metrics import PREFIX


class KeptCollector(Collector):
    """Shows what it was given last: the channels' counts and the judge's beat."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.channels: Sequence[tuple[Channel, ChannelState]] = ()
        self.beat = Beat(0.0, 0, 0)

    def collect(self) -> Iterator[Metric]:
        """Give the families under their public names."""
        told = CounterMetricFamily(
            PREFIX + "notifications", "Pages by channel and how they ended; retried counts tries",
            labels=["channel", "outcome"],
        )  # fmt: skip
        for channel, state in self.channels:
            for outcome in ("sent", "failed", "retried"):
                told.add_metric([channel.name, outcome], getattr(state, outcome))
        yield told
        yield GaugeMetricFamily(
            PREFIX + "last_evaluation_timestamp_seconds",
            "When rules were last evaluated, 0 for never",
            self.beat.at,
        )
