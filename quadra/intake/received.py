"""What a reader of a wire format hands over: samples, metadata, and what it had to leave out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from quadra.engine.ports import Memo
from quadra.errors import QuadraError
from quadra.intake.bounds import MAX_AGE_S, MAX_AHEAD_S
from quadra.telemetry.batch import Batch, TimeArray, ValueArray
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import MAX_NAME_LENGTH, SeriesKey

STALE_BITS = 0x7FF0000000000002
"""The bits of Prometheus's staleness marker: a NaN that ends a line instead of drawing it on."""
STALE = float(np.array(STALE_BITS, np.uint64).view(np.float64))

MAX_METADATA_TEXT = 1_024

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

SlotArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Rejections:
    """Counts what is left out, by reason, and keeps the first reason in words."""

    total: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    message: str = ""

    def add(self, reason: str, message: str, count: int = 1) -> None:
        """Count ``count`` points or samples that are left out."""
        if count:
            self.total += count
            self.reasons[reason] = self.reasons.get(reason, 0) + count
            self.message = self.message or message


@dataclass(frozen=True, slots=True)
class Received:
    """A request that was read.

    ``batch`` holds what may be stored; ``rejected`` counts what must not, by ``reasons`` (of
    remote write in samples, of OTLP in data points), ``message`` says the first in words.
    ``trimmed`` counts labels that new series lost to a bound, by what happened to them.
    ``exemplars`` counts those that came, were fine, and are not kept here. ``memos`` must be kept
    together with the batch, and ``settle`` must hear once which of them were: of a request that
    fails, none.
    """

    batch: Batch
    metadata: list[Metadata] = field(default_factory=list)
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    message: str = ""
    trimmed: dict[str, int] = field(default_factory=dict)
    exemplars: int = 0
    memos: Sequence[Memo] = ()
    settle: Callable[[Sequence[Memo]], None] = lambda _kept: None

    def without_new_series(self, known: Batch, error: QuadraError) -> Received:
        """Give the same with only ``known`` left of the batch; ``error`` says why."""
        left_out = len(self.batch) - len(known)
        stay = set(known.keys)
        return replace(
            self,
            batch=known,
            memos=[memo for memo in self.memos if memo.series in stay],
            rejected=self.rejected + left_out,
            reasons=self.reasons | {error.code: left_out},
            message=self.message or error.detail.partition(". ")[0].removesuffix("."),
        )

    def explanation(self) -> str:
        """Say in one sentence what was left out; empty when nothing was."""
        if not self.rejected:
            return ""
        counts = ", ".join(f"{reason}: {n}" for reason, n in sorted(self.reasons.items()))
        return f"{self.rejected} refused ({counts}), the rest stored. First: {self.message}."


def make_batch(
    owners: Sequence[int],
    counts: npt.NDArray[np.int64],
    t: TimeArray,
    v: ValueArray,
    *,
    keys: Sequence[SeriesKey],
    source: str,
) -> Batch:
    """Make a batch of runs of samples: ``counts[i]`` of them belong to ``keys[owners[i]]``.

    Owners may come twice; runs may be empty.
    """
    if len(set(owners)) != len(owners) or (len(counts) and counts.min() == 0):
        filled = np.flatnonzero(counts)
        used, place = np.unique(np.array(owners, np.int64)[filled], return_inverse=True)
        owners, counts = used.tolist(), counts[filled]
    else:
        place = np.arange(len(owners))
    index = place.astype(np.uint32)
    if len(t) != len(index):
        index = np.repeat(index, counts)
    return Batch(tuple(map(keys.__getitem__, owners)), index, t, v, source)


def believable(t: TimeArray, now: float, rejections: Rejections) -> BoolArray | None:
    """Mark the times (unix ms) that are believed, and count the others; None when all are."""
    if len(t) == 0:
        return None
    low, high = int((now - MAX_AGE_S) * 1000), int((now + MAX_AHEAD_S) * 1000)
    if t.min() >= low and t.max() <= high:
        return None
    old, ahead = t < low, t > high
    rejections.add("too_old", f"more than {MAX_AGE_S // 86_400} days ago", int(old.sum()))
    rejections.add(
        "too_far_ahead", f"more than {MAX_AHEAD_S // 60} minutes in the future", int(ahead.sum())
    )
    return ~(old | ahead)


def metadata_of(name: str, kind: str, unit: str, text: str) -> Metadata | None:
    """Make metadata that can be kept: bounded, and without NUL, which Postgres can't hold.

    None for a name that no series can have.
    """
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        return None
    unit, text = (
        one[:MAX_METADATA_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}") for one in (unit, text)
    )
    return Metadata(name, kind, unit, text)


def distinct_metadata(found: Iterable[Metadata | None]) -> list[Metadata]:
    """Keep the last word on each family, in the order of their first."""
    return list({one.name: one for one in found if one is not None}.values())
