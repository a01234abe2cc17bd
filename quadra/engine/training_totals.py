"""What the trainer counts since it started: steps, time, and how long forecasts took."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

LIVE_VERSION = "live"  # a field that goes on from no saved version
BOUNDS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2)
MAX_VERSIONS = 20


@dataclass(slots=True)
class Totals:
    """Counts that only grow. ``inference`` holds, a version: counts a bucket, and their sum (s)."""

    batches: int = 0
    seconds: float = 0.0
    inference: dict[str, tuple[list[int], float]] = field(default_factory=dict)

    def observe(self, version: str, durations: list[float]) -> None:
        """Count forecasts that a version made, by how long (s) they took."""
        if not durations:
            return
        if version not in self.inference and len(self.inference) >= MAX_VERSIONS:
            self.inference.pop(next(iter(self.inference)))
        counts, total = self.inference.get(version, ([0] * (len(BOUNDS) + 1), 0.0))
        for duration in durations:
            counts[bisect_left(BOUNDS, duration)] += 1
        self.inference[version] = (counts, total + sum(durations))

    def as_state(self) -> dict[str, Any]:
        """Give them as JSON can hold them."""
        return {
            "batches": self.batches,
            "seconds": self.seconds,
            "inference": {
                version: {"counts": counts, "seconds": total}
                for version, (counts, total) in self.inference.items()
            },
        }
