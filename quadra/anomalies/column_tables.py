"""What is known of many series by time of day and of week, and the values they have had.

Most samples of a batch are of one time, hence of one slot: by slot they stand side by side. What
no series has met yet is neither copied nor saved, and the system gives it no memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.anomalies import parameters as p
from quadra.anomalies import saving

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

_SLOTS: Final[dict[str, tuple[int, type]]] = {
    "day_mean": (p.DAY_SLOTS, np.float32),
    "day_swing": (p.DAY_SLOTS, np.float32),
    "day_seen": (p.DAY_SLOTS, np.uint8),
    "week_mean": (p.WEEK_SLOTS, np.float32),
    "week_seen": (p.WEEK_SLOTS, np.uint8),
}


class Tables(NamedTuple):
    """Kept by slot: (slots, room for series) each. ``landmarks``: (room for series, landmarks).

    Landmarks are sorted, padded with infinity.
    """

    day_mean: npt.NDArray[np.float32]
    day_swing: npt.NDArray[np.float32]
    day_seen: npt.NDArray[np.uint8]
    week_mean: npt.NDArray[np.float32]
    week_seen: npt.NDArray[np.uint8]
    landmarks: npt.NDArray[np.float32]


def place_of(table: Array, rows: Ints, slot: Ints) -> Ints:
    """Give the flat places of series in a table, each at its slot."""
    room: int = table.shape[1]
    return slot * room + rows


def new_tables(room: int) -> Tables:
    """Give tables for so many series, of which nothing is known."""
    made: dict[str, Array] = {
        name: np.zeros((slots, room), kind) for name, (slots, kind) in _SLOTS.items()
    }
    return Tables(**made, landmarks=np.full((room, p.LANDMARKS), np.inf, np.float32))


def moved(tables: Tables, rows: Ints | slice, room: int) -> Tables:
    """Give tables with room for more or fewer series, in which these rows come first."""
    fresh = new_tables(room)
    count = len(tables.landmarks[rows])
    for name in _SLOTS:
        old, new = getattr(tables, name), getattr(fresh, name)
        for slot in _met(tables, name):
            new[slot, :count] = old[slot, rows]
    fresh.landmarks[:count] = tables.landmarks[rows]
    return fresh


def dump(tables: Tables, used: int) -> dict[str, Array]:
    """Give what is known of the first ``used`` series, for ``adopted``."""
    kept: dict[str, Array] = {"landmarks": tables.landmarks[:used]}
    for part in ("day", "week"):
        kept[f"{part}_met"] = _met(tables, part)
    for name in _SLOTS:
        kept[name] = getattr(tables, name)[_met(tables, name), :used]
    return kept


def adopted(kept: Mapping[str, Array], n: int) -> Tables:
    """Give the tables of ``n`` series from what ``dump`` gave.

    Raises:
        ValueError: It can't be that.
    """
    slots = {"day": p.DAY_SLOTS, "week": p.WEEK_SLOTS}
    shapes: dict[str, tuple[int, ...]] = {"landmarks": (n, p.LANDMARKS)}
    for part, most in slots.items():
        met = kept.get(f"{part}_met", np.empty(0))
        if met.ndim != 1 or not set(met.tolist()) <= set(range(most)):
            raise ValueError(f"the saved detector is damaged: {part}_met is not a list of slots")
        shapes |= {name: (len(met), n) for name in _SLOTS if name.startswith(part)}
    saving.expect(kept, shapes)
    tables = new_tables(n)
    for name in _SLOTS:
        getattr(tables, name)[kept[f"{name.partition('_')[0]}_met"].astype(np.int64)] = kept[name]
    tables.landmarks[:] = kept["landmarks"]
    return tables


def _met(tables: Tables, name: str) -> Ints:
    """List the slots of the day or the week that any series has gone through."""
    seen = tables.day_seen if name.startswith("day") else tables.week_seen
    return np.flatnonzero(seen.any(axis=1))
