"""Where each series' samples go: lanes lead from a series to the slots of a subject's signal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from quadra.services.conventions import Role, Signal, condition_of, roles_of
from quadra.telemetry.series import SeriesKey

MAX_SUBJECTS = 5_000
MAX_SLOTS = 120_000
COUNTER, FLOW, LEVEL = 0, 1, 2
_HOWS = {"counter": COUNTER, "bucket": COUNTER, "flow": FLOW, "level": LEVEL}

Lanes = npt.NDArray[np.int32]
_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(slots=True)
class Family:
    """What is put together for one signal of one subject: a row, of histograms one each ``le``."""

    signal: Signal
    name: str
    rank: int
    unit: str
    how: str
    rows: dict[float, int] = field(default_factory=dict)
    series: list[int] = field(default_factory=list)
    lanes: list[int] = field(default_factory=list)
    row: int = -1
    """The only one of what is no histogram."""

    @property
    def metric(self) -> str:
        """Give the name to search for: of histograms without its endings, of quantiles theirs."""
        return self.name.partition("{")[0]

    def bounds(self) -> tuple[list[float], list[int]]:
        """Give upper bounds, rising, and the rows that count up to each."""
        order = sorted(self.rows)
        return order, [self.rows[le] for le in order]


@dataclass(slots=True)
class Subject:
    """A service or a host, with all families that tell of it."""

    id: int
    name: str
    is_host: bool
    match: str = ""
    """The condition that selects its series."""
    families: dict[tuple[Signal, str], Family] = field(default_factory=dict)


class Slots:
    """Grows with the series met; arrays are by lane, and doubled when full."""

    def __init__(self) -> None:
        """Begin empty."""
        self.subjects: list[Subject] = []
        self.rows = 0
        self.lanes = 0
        self.slot = np.zeros(256, np.int32)
        self.subject = np.zeros(256, np.int32)
        self.how = np.zeros(256, np.int8)
        self.scale = np.zeros(256)
        self.last_t = np.zeros(256, np.int64)
        self.last_v = np.zeros(256)
        self.every = np.zeros(256, np.int64)
        self._by_name: dict[tuple[bool, str], Subject] = {}
        # By series id: the first and the second lane, -1 for none.
        self._first: Lanes = np.full(1024, -1, np.int32)
        self._second: Lanes = np.full(1024, -1, np.int32)

    def meet(self, series_id: int, key: SeriesKey) -> bool:
        """Learn a series; says whether it tells anything."""
        roles = roles_of(key)
        labels = dict(key[1])
        found = (self._place(role, labels) for role in roles)
        places = [place for place in found if place is not None]
        while series_id >= len(self._first):
            self._first = _grown(self._first, -1)
            self._second = _grown(self._second, -1)
        for by_id, (role, subject, family, row) in zip(
            (self._first, self._second), places, strict=False
        ):
            if by_id[series_id] == -1:
                family.series.append(series_id)
                by_id[series_id] = self._lane(role, subject.id, row)
                family.lanes.append(int(by_id[series_id]))
        return bool(places)

    def lanes_of(self, ids: npt.NDArray[np.uint32]) -> tuple[Lanes, Lanes]:
        """Give the first and the second lane of each series, -1 where there is none."""
        known = ids < len(self._first)
        safe = np.where(known, ids, 0)
        return (
            np.where(known, self._first[safe], -1),
            np.where(known, self._second[safe], -1),
        )

    def knows(self, service: str) -> bool:
        """Say whether a service of this name has told anything yet."""
        return (False, service) in self._by_name

    def _place(
        self, role: Role, labels: Mapping[str, str]
    ) -> tuple[Role, Subject, Family, int] | None:
        key = (role.is_host, role.subject)
        subject = self._by_name.get(key)
        if subject is None:
            if len(self.subjects) >= MAX_SUBJECTS:
                return None
            match = "" if role.is_host else condition_of(labels)
            subject = Subject(len(self.subjects), role.subject, role.is_host, match)
            self._by_name[key] = subject
            self.subjects.append(subject)
        named = (role.signal, role.family)
        family = subject.families.get(named)
        if family is None:
            family = Family(role.signal, role.family, role.rank, role.unit, role.how)
            subject.families[named] = family
        le = math.inf if math.isnan(role.le) else role.le
        row = family.rows.get(le)
        if row is None:
            if self.rows >= MAX_SLOTS:
                return None
            row = family.rows[le] = family.row = self.rows
            self.rows += 1
        return role, subject, family, row

    def _lane(self, role: Role, subject: int, row: int) -> int:
        lane = self.lanes
        self.lanes += 1
        if lane >= len(self.slot):
            for name in ("slot", "subject", "how", "scale", "last_t", "last_v", "every"):
                setattr(self, name, _grown(getattr(self, name), 0))
        self.slot[lane] = row
        self.subject[lane] = subject
        self.how[lane] = _HOWS[role.how]
        self.scale[lane] = role.scale if role.how != "bucket" else 1.0
        return lane


def _grown(array: npt.NDArray[_Kind], fill: int) -> npt.NDArray[_Kind]:
    more = np.full(len(array), fill, array.dtype)
    return np.concatenate((array, more))
