"""Metrics of what the worker keeps in the database, as they were last read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from quadra.engine.alerting import Beat
from quadra.engine.channels import Channel, ChannelState
from utils.declared_metrics import family


class KeptCollector(Collector):
    """Shows what it was given last: the channels' counts and the judge's beat."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.channels: Sequence[tuple[Channel, ChannelState]] = ()
        self.beat = Beat(0.0, 0, 0)
        self.backups: Mapping[str, float] = {}

    def collect(self) -> Iterator[Metric]:
        """Give the families under their public names."""
        told = family("notifications_total")
        for channel, state in self.channels:
            for outcome in ("sent", "failed", "retried"):
                told.add_metric([channel.name, outcome], getattr(state, outcome))
        yield told
        judged = family("last_evaluation_timestamp_seconds")
        judged.add_metric([], self.beat.at)
        yield judged
        by_kind = family("backup_last_success_by_kind_timestamp_seconds")
        for kind, at in self.backups.items():
            by_kind.add_metric([kind], at)
        yield by_kind
