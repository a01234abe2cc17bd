"""When many series go wrong together: one group, and who went first and most."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from quadra.anomalies.events import AnomalyEvent

TOGETHER_MS: Final = 60_000
"""An event that begins this soon after the last of a group, or while one lasts, belongs to it."""
LONGEST_MS: Final = 600_000
"""And no later than this after the first."""
_DELAY_MS: Final = 10_000.0


@dataclass(slots=True)
class Grouping:
    """The group that events join now; times in unix ms."""

    key: str = ""
    began: int = 0
    latest: int = 0

    def of(self, t: int, is_open: Container[str] = ()) -> str:
        """Give the key of the group that an event at ``t`` joins; empty when it begins one.

        ``is_open`` are the groups of which an event lasts: what follows then may be its aftermath.
        """
        near = abs(t - self.latest) <= TOGETHER_MS or self.key in is_open
        return self.key if self.key and near and t - self.began <= LONGEST_MS else ""

    def joined(self, event: AnomalyEvent) -> None:
        """Note an event that has opened."""
        if event.group == self.key:
            self.latest = max(self.latest, event.started_at)
        else:
            self.key, self.began, self.latest = event.group, event.started_at, event.started_at


def weight(event: AnomalyEvent, began: int) -> float:
    """Say how likely an event of a group that ``began`` then is to be near the cause, 0 to 1.

    Strength saturates (2 and 20 times the threshold differ less than 1 and 2); each ten seconds
    of delay weigh like a halving of it.
    """
    strength = event.evidence / (1.0 + event.evidence)
    return strength / (1.0 + max(0, event.started_at - began) / _DELAY_MS)


def ranked(events: Iterable[AnomalyEvent]) -> list[AnomalyEvent]:
    """Order the events of one group: those first that began early and strongly."""
    events = list(events)
    began = min((event.started_at for event in events), default=0)
    return sorted(events, key=lambda event: (-weight(event, began), event.started_at, event.series))
