"""Reads the samples of many series at once: numpy wherever their layout is the usual one.

A sample is ``12 size 09 <value: 8 bytes> 10 <milliseconds: varint>``, and a time between 1971
and 2109 takes 6 bytes. A value of zero is left out, and version 2 may add ``18 <start time>``.
So samples are 18, 9, 25 or 16 bytes long, and are read by gathering rows of one size and checking
every fixed byte of them. A series with any other kind of sample is read field by field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from quadra.errors import InvalidError
from quadra.intake.bounds import MAX_SAMPLES_A_REQUEST
from quadra.intake.received import SlotArray
from quadra.intake.wire import fields, signed
from quadra.telemetry.batch import TimeArray, ValueArray

SAMPLE = 0x12
_VALUE, _TIME = 0x09, 0x10

_Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]
Number = TypeVar("Number", np.uint32, np.uint64, np.float64)
Odd = Callable[[int], list[tuple[int, float]]]
"""Reads the region of that number field by field, to (time, value) of its samples."""

# Of the 8 bytes that end in a time: one that does not matter, the tag, five bytes with their
# continuation bit and a last one without; little-endian, as is all of protobuf.
_TIME_MASK = np.uint64(0x80_80_80_80_80_80_FF_00)
_TIME_BITS = np.uint64(0x00_80_80_80_80_80_10_00)
_START_BITS = np.uint64(0x00_80_80_80_80_80_18_00)
_HEAD_MASK = np.uint32(0x00_FF_FF_FF)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand in a sample of ``size`` bytes; ``time`` is where its word begins."""

    size: int
    has_value: bool
    has_start: bool

    @property
    def head(self) -> int:
        """Give the first three bytes of the sample as a little-endian number."""
        third = _VALUE if self.has_value else _TIME
        return SAMPLE | (self.size - 2) << 8 | third << 16

    @property
    def time(self) -> int:
        """Give the place of the word that ends with the time."""
        return 10 if self.has_value else 1


_LAYOUTS = (
    _Layout(18, has_value=True, has_start=False),
    _Layout(9, has_value=False, has_start=False),
    _Layout(25, has_value=True, has_start=True),
    _Layout(16, has_value=False, has_start=True),
)
_FITTING = np.zeros(256, np.int64)  # by the second byte of a sample: its size, when usual
for _layout in _LAYOUTS:
    _FITTING[_layout.size - 2] = _layout.size


def read_samples(
    data: bytes, begins: SlotArray, stops: SlotArray, odd: Odd
) -> tuple[SlotArray, TimeArray, ValueArray]:
    """Read the samples in each region ``data[begins[i]:stops[i]]``.

    Gives how many each has (int64, length regions) and, in the regions' order, the times (unix
    ms) and values of all. Raises InvalidError when there are too many.
    """
    if not len(begins):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64)
    raw = np.frombuffer(data, np.uint8)
    lengths = stops - begins
    steps = _FITTING[raw[np.minimum(begins + 1, len(raw) - 1)]]
    counts, rest = np.divmod(lengths, np.maximum(steps, 1))
    even = (rest == 0) & (steps > 0) & (lengths > 0)
    parts = []
    for layout in _LAYOUTS:
        regions = np.flatnonzero(even & (steps == layout.size))
        if not len(regions):
            continue
        part = _gather_runs(raw, layout, regions, begins[regions], counts[regions])
        if len(part.failed):
            even[part.failed] = False
        elif len(regions) == len(begins):
            return counts, part.t, part.v
        parts.append(part)
    left = np.flatnonzero(~even)
    parts += _chase(data, raw, (left, begins[left], stops[left]), odd)
    return _assemble(parts, len(begins))


@dataclass(frozen=True, slots=True)
class _Part:
    """Samples: the region of each, its place within that, its time and value.

    ``failed`` are regions that hold something unexpected; none of their samples is here.
    """

    owners: SlotArray
    within: SlotArray
    t: TimeArray
    v: ValueArray
    failed: SlotArray

    def without(self, regions: SlotArray) -> _Part:
        """Leave out all samples of ``regions``."""
        keep = ~np.isin(self.owners, regions)
        return _Part(self.owners[keep], self.within[keep], self.t[keep], self.v[keep], regions)


def _gather_runs(
    raw: _Bytes, layout: _Layout, regions: SlotArray, begins: SlotArray, counts: SlotArray
) -> _Part:
    """Read regions in which sample follows upon sample."""
    total = int(counts.sum())
    refuse_many(total)
    if total == len(counts):
        return _gather(raw, layout, begins, regions, np.zeros(total, np.int64))
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    offsets = np.repeat(begins, counts) + layout.size * within
    return _gather(raw, layout, offsets, np.repeat(regions, counts), within)


def _gather(
    raw: _Bytes, layout: _Layout, offsets: SlotArray, owners: SlotArray, within: SlotArray
) -> _Part:
    """Read the samples at ``offsets``, and check all bytes that are not theirs to choose."""
    size = layout.size
    windows = np.ndarray((len(raw) - size + 1,), f"V{size}", raw, strides=(1,))
    rows = windows[offsets]
    head = _column(rows, np.uint32, 0) & _HEAD_MASK
    time = _column(rows, np.uint64, layout.time)
    right = (head == layout.head) & ((time & _TIME_MASK) == _TIME_BITS)
    if layout.has_start:
        right &= (_column(rows, np.uint64, size - 8) & _TIME_MASK) == _START_BITS
    v = _column(rows, np.float64, 3) if layout.has_value else np.zeros(len(rows))
    part = _Part(owners, within, _six_bytes(time), v, owners[~right])
    return part.without(np.unique(part.failed)) if len(part.failed) else part


def _chase(
    data: bytes, raw: _Bytes, regions: tuple[SlotArray, SlotArray, SlotArray], odd: Odd
) -> list[_Part]:
    """Read regions of mixed samples, going from each to the next by its size."""
    offsets: list[int] = []
    owners: list[int] = []
    within: list[int] = []
    single: list[int] = []
    for region, begin, stop in zip(*(column.tolist() for column in regions), strict=True):
        first, pos = len(offsets), begin
        while pos + 1 < stop and data[pos] == SAMPLE:
            offsets.append(pos)
            pos += data[pos + 1] + 2
        if pos == stop and pos > begin:
            count = len(offsets) - first
            owners += [region] * count
            within += range(count)
            refuse_many(len(offsets))
        else:
            del offsets[first:]
            single.append(region)
    places, homes = np.array(offsets, np.int64), np.array(owners, np.int64)
    order = np.array(within, np.int64)
    sizes = _FITTING[raw[places + 1]]
    failed = [np.array(single, np.int64), homes[sizes == 0]]
    parts = []
    for layout in _LAYOUTS:
        chosen = np.flatnonzero(sizes == layout.size)
        if len(chosen):
            parts.append(_gather(raw, layout, places[chosen], homes[chosen], order[chosen]))
            failed.append(parts[-1].failed)
    others = np.unique(np.concatenate(failed))
    if len(others):
        parts = [part.without(others) for part in parts]
        parts.append(_one_by_one(others, odd))
    return parts


def _one_by_one(regions: SlotArray, odd: Odd) -> _Part:
    """Read regions field by field."""
    owners: list[int] = []
    within: list[int] = []
    samples: list[tuple[int, float]] = []
    for region in regions.tolist():
        found = odd(region)
        owners += [region] * len(found)
        within += range(len(found))
        samples += found
        refuse_many(len(samples))
    return _Part(
        np.array(owners, np.int64),
        np.array(within, np.int64),
        np.array([t for t, _ in samples], np.int64),
        np.array([v for _, v in samples], np.float64),
        regions,
    )


def _assemble(parts: list[_Part], regions: int) -> tuple[SlotArray, TimeArray, ValueArray]:
    """Put all samples in the regions' order."""
    owners = np.concatenate([part.owners for part in parts])
    refuse_many(len(owners))
    counts = np.bincount(owners, minlength=regions)
    firsts = np.cumsum(counts) - counts
    places = firsts[owners] + np.concatenate([part.within for part in parts])
    t = np.empty(len(owners), np.int64)
    v = np.empty(len(owners), np.float64)
    t[places] = np.concatenate([part.t for part in parts])
    v[places] = np.concatenate([part.v for part in parts])
    return counts, t, v


def _column(rows: npt.NDArray[np.void], kind: type[Number], offset: int) -> npt.NDArray[Number]:
    """View the bytes from ``offset`` of each row as a number, and copy them out in one column."""
    size = rows.dtype.itemsize
    view: npt.NDArray[Number] = np.ndarray(
        (len(rows),), np.dtype(kind).newbyteorder("<"), rows, offset, (size,)
    )
    return np.ascontiguousarray(view)


def _six_bytes(word: _Words) -> TimeArray:
    """Join the seven low bits of bytes 2 to 7 of each word: first in twos, then all."""
    pairs = (word >> np.uint64(16)) & np.uint64(0x7F7F_7F7F_7F7F)
    pairs = (pairs & np.uint64(0x007F_007F_007F)) | (
        pairs & np.uint64(0x7F00_7F00_7F00)
    ) >> np.uint64(1)
    low = pairs & np.uint64(0x3FFF)
    middle = (pairs >> np.uint64(2)) & np.uint64(0x3FFF << 14)
    high = (pairs >> np.uint64(4)) & np.uint64(0x3FFF << 28)
    joined: TimeArray = (low | middle | high).astype(np.int64)
    return joined


def refuse_many(count: int) -> None:
    """Refuse a request of too many samples."""
    if count > MAX_SAMPLES_A_REQUEST:
        msg = f"More than {MAX_SAMPLES_A_REQUEST} samples in one request; send them in parts."
        raise InvalidError(msg, code="too_many_samples")


def read_sample(data: bytes, start: int, stop: int) -> tuple[int, float]:
    """Read one sample field by field: its time in unix ms, and its value, bit by bit."""
    t, v = 0, 0.0
    for tag, _, value, _ in fields(data, start, stop):
        if tag == _TIME:
            t = signed(value)
        elif tag == _VALUE:
            v = float(np.frombuffer(data, "<f8", 1, value)[0])
    return t, v
