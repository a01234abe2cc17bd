"""What ``SeriesDetector`` knows of its series, and that as bytes and back."""

from __future__ import annotations

import hashlib
import math
import struct
from array import array
from typing import Final, Self

from quadra.anomalies import parameters as p

NUMBERS: Final = (
    # the first value, and what values are multiplied with once it is taken away
    "first", "unit", "born", "last_t", "rows",
    # where the last sample stood
    "value", "usual", "usual_before", "known", "known_before", "day", "week",
    # the slots of day and week that are being filled
    "day_sum", "day_rows", "swing", "week_sum", "week_rows",
    # season
    "apart", "apart_square", "apart_mean", "apart_count",
    "day_error", "day_count", "week_error", "week_count",
    # jump
    "step_square", "step_mean", "step_lately", "largest", "rest_size", "plain_size",
    # drift
    "quick", "slow", "drift_square", "drift_mean",
    # novelty and moments
    "mean", "square", "centre_lately", "spread", "penalty", "since", "loudest",
    # alerts
    "quiet", "loud",
    # of the last sample alone: what was said and expected
    "evidence", "detector", "season_on", "season_size", "centre", "before",
    "expected", "jump_half", "slack", "floor", "ceiling",
)  # fmt: skip
"""One number each, 0 for a series not yet met but for ``START``."""
START: Final = {
    "day": -1.0,
    "week": -1.0,
    "since": p.REFRACTORY,
    "quiet": float(p.QUIET),
    "jump_half": math.inf,
}
WHOLE: Final = ("born", "last_t", "day", "week", "known", "known_before", "detector", "season_on")

_HEAD: Final = struct.Struct("<8sBB32s")  # mark, version, landmarks, SHA-256 of what follows
_MARK: Final = b"QSERIES\0"
_VERSION: Final = 1
_BODY: Final = struct.Struct(
    f"<{len(NUMBERS)}d{p.DAY_SLOTS}f{p.DAY_SLOTS}f{p.DAY_SLOTS}B"
    f"{p.WEEK_SLOTS}f{p.WEEK_SLOTS}B{p.LANDMARKS}f"
)


class SingleState:
    """All numbers and tables of one series; times in unix ms, values scaled."""

    __slots__ = (
        *NUMBERS,
        "cell",
        "day_mean",
        "day_seen",
        "day_swing",
        "landmarks",
        "week_mean",
        "week_seen",
    )
    first: float
    unit: float
    rows: float
    value: float
    usual: float
    usual_before: float
    day_sum: float
    day_rows: float
    swing: float
    week_sum: float
    week_rows: float
    apart: float
    apart_square: float
    apart_mean: float
    apart_count: float
    day_error: float
    day_count: float
    week_error: float
    week_count: float
    step_square: float
    step_mean: float
    step_lately: float
    largest: float
    rest_size: float
    plain_size: float
    quick: float
    slow: float
    drift_square: float
    drift_mean: float
    mean: float
    square: float
    centre_lately: float
    spread: float
    penalty: float
    since: float
    loudest: float
    quiet: float
    loud: float
    evidence: float
    season_size: float
    centre: float
    before: float
    expected: float
    jump_half: float
    slack: float
    floor: float
    ceiling: float
    born: int
    last_t: int
    day: int
    week: int
    known: bool
    known_before: bool
    detector: int
    season_on: bool

    def __init__(self) -> None:
        """Begin without any history."""
        for name in NUMBERS:
            value = START.get(name, 0.0)
            setattr(self, name, int(value) if name in WHOLE else value)
        self.day_mean = array("f", bytes(4 * p.DAY_SLOTS))
        self.day_swing = array("f", bytes(4 * p.DAY_SLOTS))
        self.day_seen = bytearray(p.DAY_SLOTS)
        self.week_mean = array("f", bytes(4 * p.WEEK_SLOTS))
        self.week_seen = bytearray(p.WEEK_SLOTS)
        self.landmarks = array("f")
        self.cell = array("f", (0.0,))

    def copy(self) -> Self:
        """Give a twin that learns on its own."""
        twin = object.__new__(type(self))
        for name in NUMBERS:
            setattr(twin, name, getattr(self, name))
        for name in ("day_mean", "day_swing", "day_seen", "week_mean", "week_seen", "landmarks"):
            setattr(twin, name, getattr(self, name)[:])
        twin.cell = array("f", (0.0,))
        return twin

    def state(self) -> bytes:
        """Give everything that was learned, with version and checksum; see ``restore``."""
        kept = [*self.landmarks, *[0.0] * (p.LANDMARKS - len(self.landmarks))]
        body = _BODY.pack(
            *(getattr(self, name) for name in NUMBERS),
            *self.day_mean,
            *self.day_swing,
            *self.day_seen,
            *self.week_mean,
            *self.week_seen,
            *kept,
        )
        check = hashlib.sha256(body).digest()
        return _HEAD.pack(_MARK, _VERSION, len(self.landmarks), check) + body

    def restore(self, data: bytes) -> None:
        """Go on from a ``state``, as if nothing had been between.

        Raises:
            ValueError: The bytes are damaged, cut short, or of another version.
        """
        if len(data) != _HEAD.size + _BODY.size:
            raise ValueError("detector state has the wrong length: cut short, or not one")
        mark, version, kept, check = _HEAD.unpack_from(data)
        body = data[_HEAD.size :]
        if mark != _MARK or version != _VERSION or kept > p.LANDMARKS:
            raise ValueError("not a detector state, or one of another version")
        if hashlib.sha256(body).digest() != check:
            raise ValueError("detector state is damaged: its checksum differs")
        fields = _BODY.unpack(body)
        for name, number in zip(NUMBERS, fields, strict=False):
            setattr(self, name, int(number) if name in WHOLE else number)
        at = len(NUMBERS)
        for name, length in (
            ("day_mean", p.DAY_SLOTS),
            ("day_swing", p.DAY_SLOTS),
            ("day_seen", p.DAY_SLOTS),
            ("week_mean", p.WEEK_SLOTS),
            ("week_seen", p.WEEK_SLOTS),
            ("landmarks", kept),
        ):
            make = bytearray if name.endswith("seen") else lambda part: array("f", part)
            setattr(self, name, make(fields[at : at + length]))
            at += length
