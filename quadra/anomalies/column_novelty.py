"""How far values are from all that were ever seen, for many series at once.

Follows ``single_novelty``, operation by operation; see ``column_rules``.
"""

from __future__ import annotations

import numpy as np

from quadra.anomalies import parameters as p
from quadra.anomalies.column_rules import Ints, Now, Numbers, Values
from quadra.anomalies.column_tables import Tables

_COLUMNS = np.arange(p.LANDMARKS)


def novelty(s: Numbers, tables: Tables, now: Now) -> tuple[Values, Values, Values, Values]:
    """Score the distance from the nearest value ever seen.

    Gives also the least and the greatest value seen before, and how far beyond another may be.
    """
    place = now.x.astype(np.float32).astype(np.float64)
    at, below, above = _nearest(tables, now.rows, place)
    distance = np.minimum(above - place, place - below)
    deviation = np.sqrt(s["square"])
    s["penalty"] *= 1.0 - now.weight / p.FORGIVE
    s["since"] += now.weight
    ready = (s["rows"] >= p.WARM) & (now.age_h > 0.0)
    harder = 1.0 + p.PENALTY * s["penalty"]
    asked = np.where(ready, p.NOVELTY * harder * (1.0 + p.NOVELTY_AGE_H / now.age_h), np.inf)
    # Among so many rows, n, no value can be farther off than this: the square root of n.
    most = np.sqrt(np.minimum(s["rows"], p.ROWS_AN_HOUR * np.maximum(now.age_h, 0.0)))
    there = (distance > 0.0) & (distance < np.inf)
    off = np.where(distance < most * deviation, distance / deviation, most)
    off = np.where(there, off, 0.0)
    score = off / asked
    slack = np.where(ready, asked * deviation, 0.0)
    soon = (s["since"] < p.REFRACTORY) & (score <= s["loudest"])
    score = np.where(soon, np.minimum(score, p.HELD), score)
    loud = score >= p.ALERT
    s["penalty"] += loud
    np.copyto(s["since"], 0.0, where=loud)
    np.copyto(s["loudest"], score, where=loud)
    # The landmarks of a series begin at place 0; their number says where the last one is.
    kept = s["landmarks"].astype(np.int64)
    first = now.rows * p.LANDMARKS
    values = tables.landmarks.ravel()
    floor = np.where(kept > 0, values[first].astype(np.float64), place)
    ceiling = np.where(kept > 0, values[first + np.maximum(kept - 1, 0)].astype(np.float64), place)
    new = np.flatnonzero(distance > p.SPACING * deviation)
    if len(new):
        _keep(s, tables, now.rows[new], new, place[new], at[new], distance[new])
    return score, floor, ceiling, slack


def _nearest(tables: Tables, rows: Ints, place: Values) -> tuple[Ints, Values, Values]:
    """Bisect in all rows at once: where the value belongs, and its neighbours (or infinity)."""
    values = tables.landmarks.ravel()
    first = rows * p.LANDMARKS
    at = np.zeros(len(rows), np.int64)
    step = p.LANDMARKS // 2
    while step:
        at += step * (values[first + (at + step - 1)] < place)
        step //= 2
    at += values[first + at] < place
    above = np.where(
        at < p.LANDMARKS, values[first + np.minimum(at, p.LANDMARKS - 1)].astype(np.float64), np.inf
    )
    below = np.where(at > 0, values[first + np.maximum(at - 1, 0)].astype(np.float64), -np.inf)
    return at, below, above


def _keep(
    s: Numbers, tables: Tables, rows: Ints, who: Ints, place: Values, at: Ints, distance: Values
) -> None:
    """Put values among the landmarks; a full row gives up the one that stands closest."""
    kept = tables.landmarks[rows].astype(np.float64)
    full = np.flatnonzero(s["landmarks"][who] == p.LANDMARKS)
    stay = np.zeros(len(rows), np.bool_)
    if len(full):
        gaps = np.diff(kept[full], axis=1)
        least = gaps.min(axis=1) * p.ALIKE
        stay[full] = least >= distance[full]
        gone = (gaps <= least[:, None]).argmax(axis=1) + 1
        without = np.where(gone[:, None] > _COLUMNS, kept[full], np.roll(kept[full], -1, axis=1))
        without[:, -1] = np.inf
        kept[full] = without
        at[full] -= gone < at[full]
    put = np.flatnonzero(~stay)
    kept, at, who = kept[put], at[put], who[put]
    grown = np.where(at[:, None] > _COLUMNS, kept, np.roll(kept, 1, axis=1))
    grown[np.arange(len(put)), at] = place[put]
    tables.landmarks[rows[put]] = grown
    s["landmarks"][who] = np.minimum(s["landmarks"][who] + 1.0, p.LANDMARKS)
