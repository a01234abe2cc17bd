"""What a sender says of a metric: its type, its unit, and what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a sender says of a metric family.

    ``type`` is one of Prometheus's: counter, gauge, histogram, gaugehistogram, summary, info,
    stateset, unknown.
    """

    name: str
    type: str = "unknown"
    unit: str = ""
    help: str = ""
