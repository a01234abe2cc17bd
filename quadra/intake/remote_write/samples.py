"""Reads the samples of many series at once: numpy wherever their layout is the usual one.

A sample is ``12 size 09 <value: 8 bytes> 10 <milliseconds: varint>``, and a time between 1971
and 2109 takes 6 bytes. A value of zero is left out, and version 2 may add ``18 <start time>``.
So samples are 18, 9, 25 or 16 bytes long; a series whose samples all have one of these sizes is
read by gathering rows and checking every fixed byte of them. Any other is read field by field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    raw = np.frombuffer(data, np.uint8)
    lengths = stops - begins
    steps = _FITTING[raw[np.minimum(begins + 1, len(raw) - 1)]]
    np.copyto(steps, 0, where=(lengths % np.maximum(steps, 1) != 0) | (lengths == 0))
    parts: list[_Part] = []
    for layout in _LAYOUTS:
        chosen = np.flatnonzero(steps == layout.size)
        if len(chosen):
            part = _gather(raw, layout, chosen, begins[chosen], lengths[chosen])
            if part.failed is not None:
                steps[part.failed] = 0
            elif len(chosen) == len(begins):
                return part.counts, part.t, part.v
            parts.append(part)
    return _assemble(parts, np.flatnonzero(steps == 0), len(begins), odd)


@dataclass(frozen=True, slots=True)
class _Part:
    """Samples of the regions ``regions``; ``failed`` are those that must be read otherwise."""

    regions: SlotArray
    counts: SlotArray
    t: TimeArray
    v: ValueArray
    failed: SlotArray | None = None


def _gather(
    raw: _Bytes, layout: _Layout, regions: SlotArray, begins: SlotArray, lengths: SlotArray
) -> _Part:
    size = layout.size
    counts = lengths // size
    offsets = begins
    total = int(counts.sum())
    refuse_many(total)
    if total != len(counts):
        within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        offsets = np.repeat(begins, counts) + size * within
    windows = np.ndarray((len(raw) - size + 1,), f"V{size}", raw, strides=(1,))
    rows = windows[offsets]
    head = _column(rows, np.uint32, 0) & _HEAD_MASK
    time = _column(rows, np.uint64, layout.time)
    right = (head == layout.head) & ((time & _TIME_MASK) == _TIME_BITS)
    if layout.has_start:
        right &= (_column(rows, np.uint64, size - 8) & _TIME_MASK) == _START_BITS
    t = _six_bytes(time)
    v = _column(rows, np.float64, 3) if layout.has_value else np.zeros(total)
    if right.all():
        return _Part(regions, counts, t, v)
    owners = np.repeat(np.arange(len(regions)), counts)
    wrong = np.zeros(len(regions), np.bool_)
    wrong[owners[~right]] = True
    good = ~wrong[owners]
    return _Part(regions, np.where(wrong, 0, counts), t[good], v[good], regions[wrong])


def _column(rows: npt.NDArray[np.void], kind: type, offset: int) -> npt.NDArray[np.void]:
    """View the bytes from ``offset`` of each row as a number, and copy them out in one column."""
    size = rows.dtype.itemsize
    view = np.ndarray((len(rows),), np.dtype(kind).newbyteorder("<"), rows, offset, (size,))
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
    return (low | middle | high).astype(np.int64)


def _assemble(
    parts: list[_Part], rest: SlotArray, regions: int, odd: Odd
) -> tuple[SlotArray, TimeArray, ValueArray]:
    """Read the regions ``rest`` one by one and put all samples in the regions' order."""
    total = sum(len(part.v) for part in parts)
    refuse_many(total)
    counts = np.zeros(regions, np.int64)
    single: list[tuple[int, float]] = []
    for region in rest.tolist():
        found = odd(region)
        counts[region] = len(found)
        single += found
        refuse_many(total + len(single))
    if single:
        t, v = zip(*single, strict=True)
        parts.append(_Part(rest, counts[rest], np.array(t, np.int64), np.array(v, np.float64)))
    for part in parts:
        counts[part.regions] = part.counts
    firsts = np.cumsum(counts) - counts
    t_all = np.empty(total + len(single), np.int64)
    v_all = np.empty(total + len(single), np.float64)
    for part in parts:
        within = np.arange(len(part.v)) - np.repeat(
            np.cumsum(part.counts) - part.counts, part.counts
        )
        places = np.repeat(firsts[part.regions], part.counts) + within
        t_all[places] = part.t
        v_all[places] = part.v
    return counts, t_all, v_all


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
