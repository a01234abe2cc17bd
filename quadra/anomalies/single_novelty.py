"""How far a value is from all that were ever seen of its series."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import pairwise

from quadra.anomalies import parameters as p
from quadra.anomalies.single_state import SingleState


class NoveltyState(SingleState):
    """Remembers values that stand for all, sorted; see ``single`` for what it is part of."""

    __slots__ = ()

    def novelty(self, x: float, age_h: float, weight: float) -> float:
        """Score the distance from the nearest value ever seen, and keep what is worth keeping."""
        kept = self.landmarks
        self.cell[0] = x
        place = self.cell[0]  # as precise as the values kept, so that the same is no news
        at = bisect_left(kept, place)
        distance = math.inf
        if at < len(kept):
            distance = kept[at] - place
        if at > 0:
            below = place - kept[at - 1]
            distance = below if below < distance else distance
        deviation = math.sqrt(self.square)
        self.penalty *= 1.0 - weight / p.FORGIVE
        self.since += weight
        asked = math.inf
        if self.rows >= p.WARM and age_h > 0.0:
            asked = p.NOVELTY * (1.0 + p.PENALTY * self.penalty) * (1.0 + p.NOVELTY_AGE_H / age_h)
        off = 0.0
        if 0.0 < distance < math.inf:
            # Among so many rows, n, no value can be farther off than this: the square root of n.
            minutes = p.ROWS_AN_HOUR * age_h if age_h > 0.0 else 0.0
            off = math.sqrt(self.rows if self.rows < minutes else minutes)
            if distance < off * deviation:
                off = distance / deviation
        score = off / asked
        self.slack = asked * deviation if asked < math.inf else 0.0
        if self.since < p.REFRACTORY and score <= self.loudest:
            score = min(score, p.HELD)
        if score >= p.ALERT:
            self.penalty += 1.0
            self.since = 0.0
            self.loudest = score
        self.floor, self.ceiling = (kept[0], kept[-1]) if kept else (place, place)
        if distance > p.SPACING * deviation:
            self._keep(place, at, distance)
        return score

    def _keep(self, place: float, at: int, distance: float) -> None:
        kept = self.landmarks
        if len(kept) == p.LANDMARKS:
            gaps = [b - a for a, b in pairwise(kept)]
            least = min(gaps) * p.ALIKE
            if least >= distance:
                return
            gone = 1 + next(i for i, gap in enumerate(gaps) if gap <= least)
            del kept[gone]
            at -= gone < at
        kept.insert(at, place)
