"""What a program is told of an alert."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TriggeredAlert:
    """An alert that has just been triggered; ``timestamp`` in unix seconds."""

    rule: str
    metric: str
    value: float
    threshold: float
    severity: str
    message: str
    timestamp: float

    @property
    def name(self) -> str:
        """Give the rule's name."""
        return self.rule
