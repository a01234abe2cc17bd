"""Whether a series went wrong alone: what two say at once is believed sooner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from quadra.anomalies.parameters import ALERT, HELD
from quadra.anomalies.readings import Readings
from quadra.anomalies.shift_step import Shifts
from quadra.anomalies.traits import PLAIN, Trait

NEARLY: Final = 0.9
"""Evidence that makes a series company for another."""
TOGETHER_MS: Final = 10_000


class Company:
    """Remembers, by source, which series had evidence a moment ago; bounded by their number."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._seen: dict[str, dict[int, int]] = {}  # source: series: unix ms

    def weigh(self, readings: Readings, shifts: Shifts, traits: Mapping[int, Trait]) -> None:
        """Hold back the evidence (changed in place) of who is alone and ``lonely``."""
        evidence = shifts.evidence
        odd = np.flatnonzero(evidence >= NEARLY)
        if not len(odd):
            return
        found = [(i, int(readings.ids[i]), int(readings.t[i])) for i in odd.tolist()]
        for _, series, t in found:
            source = traits.get(series, PLAIN).source
            if source:
                self._meet(source, series, t)
        for i, series, t in found:
            if shifts.lonely[i] and evidence[i] >= ALERT and not self._has(series, t, traits):
                evidence[i] = HELD

    def _meet(self, source: str, series: int, t: int) -> None:
        seen = self._seen.setdefault(source, {})
        seen[series] = t
        for other in [other for other, at in seen.items() if t - at > TOGETHER_MS]:
            del seen[other]

    def _has(self, series: int, t: int, traits: Mapping[int, Trait]) -> bool:
        seen = self._seen.get(traits.get(series, PLAIN).source, {})
        return any(o != series and abs(t - at) <= TOGETHER_MS for o, at in seen.items())
