"""What the worker has counted, shown on ``/metrics`` by whoever serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from utils.declared_metrics import DECLARED, PREFIX, family


class WorkerFigures(Collector):
    """Shows what the worker has counted, as it was last read.

    ``state`` is JSON of the form ``{"bounds": [s…], "counts": [[name, [label…], n]…], "times":
    [[name, [label…], [count a bucket…], sum in s]…]}``.
    """

    def __init__(self, ours: Mapping[str, Collector]) -> None:
        """Show metrics that serving processes have too together with their own."""
        self._ours = ours
        self.state: Mapping[str, Any] = {}

    def collect(self) -> Iterator[Metric]:
        """Give each family once, under its public name."""
        families: dict[str, Metric] = {}
        rows = [*self.state.get("counts", ()), *self.state.get("times", ())]
        counted = {(row[0], tuple(row[1])) for row in rows}
        for name, one in DECLARED.items():
            if name in self._ours:
                (families[name],) = self._ours[name].collect()
            elif name in _WORKERS:
                families[name] = family(name)
                for labels in one.known:
                    if (name, labels) not in counted:
                        _add_zero(families[name], labels)
        for name, labels, number in self.state.get("counts", ()):
            if name in families:
                _add(families[name], labels, number)
        for name, labels, counts, seconds in self.state.get("times", ()):
            if name in families:
                _add_time(families[name], labels, counts, seconds, self.state["bounds"])
        yield from families.values()


_WORKERS = ("anomalies_total", "detection_duration_seconds")
"""What the worker alone counts."""


def _add_zero(found: Metric, labels: Sequence[str]) -> None:
    if found.type == "histogram":
        _add_time(found, labels, [0], 0.0, ())
    else:
        _add(found, labels, 0.0)


def _add(found: Metric, labels: Sequence[str], number: float) -> None:
    names = DECLARED[found.name.removeprefix(PREFIX) + "_total"].labels
    found.add_sample(found.name + "_total", dict(zip(names, labels, strict=True)), number)


def _add_time(
    found: Metric,
    labels: Sequence[str],
    counts: Sequence[int],
    seconds: float,
    bounds: Sequence[float],
) -> None:
    names = DECLARED[found.name.removeprefix(PREFIX)].labels
    named = dict(zip(names, labels, strict=True))
    total = 0
    for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
        total += count
        found.add_sample(found.name + "_bucket", {**named, "le": bound}, total)
    found.add_sample(found.name + "_count", named, total)
    found.add_sample(found.name + "_sum", named, seconds)
