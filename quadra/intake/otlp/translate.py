"""What data points mean: which series they fill, at what time, with what value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from quadra.engine.ports import Memo
from quadra.errors import InvalidError
from quadra.intake.bounds import MAX_AGE_S, MAX_AHEAD_S, MAX_SAMPLES_A_REQUEST
from quadra.intake.otlp import names
from quadra.intake.otlp.attributes import Attributes, Decode
from quadra.intake.otlp.buckets import MAX_BUCKETS, Pile, explicit, exponential
from quadra.intake.otlp.names import number_text
from quadra.intake.otlp.points import (
    ExponentialPoint,
    HistogramPoint,
    NumberPoint,
    Point,
    SummaryPoint,
)
from quadra.intake.otlp.state import (
    BAD,
    MAX_ATTRIBUTE_BYTES,
    Context,
    Group,
    OtlpState,
    Stream,
    context_labels,
    join,
    spell,
)
from quadra.intake.otlp.totals import Find
from quadra.intake.received import (
    STALE,
    Received,
    Rejections,
    believable,
    distinct_metadata,
    make_batch,
    metadata_of,
)
from quadra.telemetry.batch import TimeArray, ValueArray
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesRules

PLAIN, RISING, DELTA, RISING_DELTA = 0, 1, 2, 3
"""What a number means: a state, a counter's total, or a difference (of a counter, or not)."""
CUMULATIVE, DIFFERENCES = 2, 1
"""The aggregation temporalities as the protocol numbers them; 0 is taken as cumulative."""

_NANOS = 1_000_000  # in a millisecond
_Slots = npt.NDArray[np.int64]
_Nanos = npt.NDArray[np.uint64]
_Difference = tuple[
    Group, int, HistogramPoint | ExponentialPoint, Pile, Sequence[tuple[str, float]]
]
NOTHING_KEPT: Find = lambda _keys: {}  # noqa: E731 - as a default it is a value
"""Finds no running total."""


class Reader:
    """Gathers what one request holds; ``finish`` gives it."""

    def __init__(
        self, now: float, rules: SeriesRules, state: OtlpState, find: Find = NOTHING_KEPT
    ) -> None:
        """Begin a request; ``now`` in unix seconds, ``find`` looks up running totals."""
        self.now = now
        self._find = find
        self.rules = rules
        self.state = state
        self.rejections = Rejections()
        self.trimmed: dict[str, int] = {}
        self.metadata: list[Metadata | None] = []
        self._low = int((now - MAX_AGE_S) * 1000)
        self._high = int((now + MAX_AHEAD_S) * 1000)
        # Numbers: those added at once, and those added one by one, with the place that each of
        # these has among the former.
        self._many = _Numbers.of([], [], [], [], [])
        self.rank = 0
        self._ranks: list[int] = []
        self._slots: list[int] = []
        self._kinds: list[int] = []
        self._starts: list[int] = []
        self._times: list[int] = []
        self._values: list[float] = []
        # Parts of histograms and summaries, and what else is a sample: one entry a sample.
        self._more_slots: list[int] = []
        self._more_t: list[int] = []
        self._more_v: list[float] = []
        # Histograms that report differences: added up at the end, when nothing can fail any more.
        self._differences: list[_Difference] = []
        # The series whose running totals this request moves on.
        self._summed: dict[int, None] = {}
        self._piled: dict[int, None] = {}
        self._parts = 0
        state.make_room()

    # --- where points belong

    def context(
        self,
        raw: tuple[bytes, bytes],
        decode: Decode,
        parts: tuple[Attributes, tuple[str, str, Attributes]],
    ) -> Context:
        """Remember a resource and scope that ``state.context`` does not know."""
        labels = context_labels(*parts, self.trimmed)
        return self.state.add_context(*raw, decode, labels)

    def stream(self, context: Context, name: str, unit: str, kind: str) -> Stream:
        """Find the metric of this name, unit and kind."""
        key = (name, unit, kind)
        stream = context.streams.get(key)
        if stream is None:
            self.state.grow(len(name) + len(unit))
            stream = context.streams[key] = Stream(names.family(name, unit, kind), context)
        return stream

    def describe(self, stream: Stream, text: str) -> None:
        """Note what the sender says of a metric."""
        family = stream.family
        self.metadata.append(metadata_of(family.name, family.type, family.unit, text))

    def count(self, parts: int) -> None:
        """Count metrics, points and the samples they become; refuse the request at too many."""
        self._parts += parts
        if self._parts > MAX_SAMPLES_A_REQUEST:
            msg = f"More than {MAX_SAMPLES_A_REQUEST} metrics and samples in one request; "
            msg += "send them in parts."
            raise InvalidError(msg, code="too_many_samples")

    def number_slot(self, stream: Stream, raw: bytes) -> int:
        """Find the series of a number by its attributes; BAD when it is refused."""
        slot = stream.slots.get(raw)
        if slot is None:
            labels = self._labels(stream, raw, 0)
            slot = BAD
            if labels is not None:
                slot = self.state.slot(stream.family.name, labels, self.rules)
            if slot != BAD:
                self.state.grow(len(raw))
                stream.slots[raw] = slot
        return slot

    def _labels(self, stream: Stream, raw: bytes, reserved: int) -> dict[str, str] | None:
        """Make the labels of a point; ``reserved`` are those that come to it later."""
        if not stream.family.name:
            self.state.refusal = "a metric has no name"
            return None
        if len(raw) > MAX_ATTRIBUTE_BYTES:
            self.state.refusal = f"attributes of more than {MAX_ATTRIBUTE_BYTES} bytes"
            return None
        own = spell(stream.context.decode(raw), self.trimmed)
        most = self.rules.max_labels - reserved
        return join(own, stream.context.labels, most, self.trimmed)

    def _reject_series(self) -> None:
        self.rejections.add("bad_labels", self.state.refusal)

    # --- numbers

    def add_number(self, stream: Stream, kind: int, point: NumberPoint) -> None:
        """Take a point of a gauge or sum."""
        slot = self.number_slot(stream, point.attributes)
        if slot == BAD:
            self._reject_series()
        elif point.is_gap or point.value is not None:
            value = STALE if point.is_gap or point.value is None else point.value
            self._ranks.append(self.rank)
            self._slots.append(slot)
            self._kinds.append(PLAIN if point.is_gap else kind)
            self._starts.append(point.start)
            self._times.append(point.time)
            self._values.append(value)
        else:
            self.rejections.add("no_value", "a point has no value")

    def add_numbers(
        self,
        slots: list[int],
        kinds: list[int],
        starts: _Nanos,
        times: _Nanos,
        values: ValueArray,
    ) -> None:
        """Take many numbers at once, once a request.

        Those that came one by one stand before the number in whose place ``rank`` was then.
        """
        self._many = _Numbers.of(slots, kinds, starts, times, values)

    # --- histograms and summaries

    def add_histogram(self, stream: Stream, temporality: int, point: HistogramPoint) -> None:
        """Take a point of a histogram with explicit bounds."""
        if not _is_histogram(point):
            self.rejections.add("bad_histogram", "bounds and counts of a histogram do not fit")
            return
        self._pile(
            stream,
            temporality,
            point,
            explicit(point.count, point.sum, point.bounds, point.counts),
        )

    def add_exponential(self, stream: Stream, temporality: int, point: ExponentialPoint) -> None:
        """Take a point of an exponential histogram."""
        sizes = (len(point.positive.counts), len(point.negative.counts))
        pile = exponential(point) if max(sizes) <= 2 * MAX_BUCKETS else None
        if pile is None or not _is_number(point.zero_threshold):
            self.rejections.add("bad_histogram", "buckets of a histogram are out of range")
            return
        extras = [
            (end, v) for end, v in (("_min", point.min), ("_max", point.max)) if v is not None
        ]
        self._pile(stream, temporality, point, pile, extras)

    def add_summary(self, stream: Stream, point: SummaryPoint) -> None:
        """Take a point of a summary."""
        group, t = self._group(stream, point)
        if group is None:
            return
        if point.is_gap:
            self._end(group, t)
            return
        quantiles = dict(point.quantiles[:MAX_BUCKETS])
        slots = [self._part(group, "", "quantile", number_text(q)) for q in quantiles]
        values = list(quantiles.values())
        for suffix, value in (("_sum", point.sum), ("_count", float(point.count))):
            slots.append(self._part(group, suffix))
            values.append(value)
        self._show(group, t, slots, values)

    def _group(self, stream: Stream, point: Point) -> tuple[Group | None, int]:
        """Find the series of a point, and its time in unix ms; counts it when it is refused."""
        t = point.time // _NANOS or int(self.now * 1000)
        if not self._low <= t <= self._high:
            believable(np.array([t], np.int64), self.now, self.rejections)
            return None, t
        group = stream.groups.get(point.attributes)
        if group is None:
            labels = self._labels(stream, point.attributes, 1)
            if labels is not None:
                group = Group(stream.family.name, labels)
                if self._part(group, "_bucket", "le", "+Inf") == BAD:  # the longest name it has
                    group = None
            if group is None:
                self._reject_series()
                return None, t
            self.state.grow(len(point.attributes) + 64 * len(group.labels))
            stream.groups[point.attributes] = group
        return group, t

    def _part(self, group: Group, suffix: str, label: str = "", text: str = "") -> int:
        place = (suffix, label, text)
        slot = group.slots.get(place)
        if slot is None:
            labels = group.labels | {label: text} if label else group.labels
            slot = self.state.slot(group.name + suffix, labels, self.rules)
            group.slots[place] = slot
        return slot

    def _pile(
        self,
        stream: Stream,
        temporality: int,
        point: HistogramPoint | ExponentialPoint,
        pile: Pile,
        extras: Sequence[tuple[str, float]] = (),
    ) -> None:
        group, t = self._group(stream, point)
        if group is None:
            return
        if point.is_gap:
            self._end(group, t)
            return
        if temporality != DIFFERENCES:
            began = point.start // _NANOS
            anew = 0 < group.start < point.start and group.time < began < t
            group.start = max(group.start, point.start)
            self._show_pile(group, t, pile, extras, began if anew else None)
        elif pile.sum is None or _is_number(pile.sum):
            self._differences.append((group, t, point, pile, extras))
        else:
            self._reject_difference()

    def _show_pile(
        self,
        group: Group,
        t: int,
        pile: Pile,
        extras: Sequence[tuple[str, float]],
        began: int | None = None,
    ) -> None:
        """Add a histogram's samples; where it ``began`` anew zeros, as ``_mark_resets`` does."""
        bounds, totals = pile.cumulative()
        values: list[float] = [*map(float, totals), float(pile.count)]
        more = [
            (suffix, value) for suffix, value in (("_sum", pile.sum), *extras) if value is not None
        ]
        values += [value for _, value in more]
        suffixes = ["_count", *(suffix for suffix, _ in more)]
        layout = (bounds, *suffixes)
        if layout != group.layout:
            group.layout = layout
            group.slots_of_layout = [
                *(self._part(group, "_bucket", "le", number_text(bound)) for bound in bounds),
                *(self._part(group, suffix) for suffix in suffixes),
            ]
        if began is not None:
            for slot in group.slots_of_layout[: len(values) - len(extras)]:
                self._add(slot, began, 0.0)
        self._show(group, t, group.slots_of_layout, values)

    def _reject_difference(self) -> None:
        self.rejections.add("bad_delta", "a difference is below zero or no number")

    def _sum_up(
        self, group: Group, t: int, point: HistogramPoint | ExponentialPoint, pile: Pile
    ) -> tuple[int, Pile]:
        def join(before: Pile | None) -> Pile:
            return before.plus(pile) if before is not None and before.fits(pile) else pile

        name = self.state.name(self._part(group, "_count"))
        same = (point.start, point.time, (pile.count, pile.sum))
        return self.state.piles.add(name, same, t, join)

    def _show(self, group: Group, t: int, slots: list[int], values: list[float]) -> None:
        """Add a point's samples, and end the lines of bounds that it no longer has."""
        self.count(len(slots))
        self._more_slots += slots
        self._more_t += [t] * len(slots)
        self._more_v += values
        shown = tuple(slots)
        if t >= group.time:
            gone = set(group.shown).difference(shown) if shown != group.shown else ()
            group.time, group.shown = t, shown
            for slot in sorted(gone):
                self._add(slot, t, STALE)

    def _end(self, group: Group, t: int) -> None:
        for slot in group.shown or (self._part(group, "_count"),):
            self._add(slot, t, STALE)

    def _add(self, slot: int, t: int, value: float) -> None:
        self.count(1)
        self._more_slots.append(slot)
        self._more_t.append(t)
        self._more_v.append(value)

    # --- all together

    def finish(self) -> Received:
        """Give what came; running totals move on only now, when the whole request was read."""
        state = self.state
        self._piled = {self._part(group, "_count"): None for group, *_rest in self._differences}
        names = [state.name(slot) for slot in self._piled]
        state.piles.bring(names, self._find)
        before = state.piles.as_they_are(names)
        try:
            for group, time, point, pile, extras in self._differences:
                self._show_pile(group, *self._sum_up(group, time, point, pile), extras)
            slots, t, v = self._numbers()
        except Exception:  # those of numbers move on last, when nothing can fail any more
            state.piles.put_back(before)
            raise
        # Where a counter began anew stands before what it counts since.
        slots = np.concatenate((np.array(self._more_slots, np.int64), slots))
        t = np.concatenate((np.array(self._more_t, np.int64), t))
        v = np.concatenate((np.array(self._more_v, np.float64), v))
        order: list[int] = slots.tolist()
        batch = make_batch(
            order, np.ones(len(order), np.int64), t, v, keys=self.state.keys, source="otlp"
        )
        return Received(
            batch=batch,
            metadata=distinct_metadata(self.metadata),
            rejected=self.rejections.total,
            reasons=self.rejections.reasons,
            message=self.rejections.message,
            trimmed=self.trimmed,
            memos=self._memos(),
        )

    def _memos(self) -> list[Memo]:
        """Give the running totals as they are now, to be kept with the samples."""
        state = self.state
        return [
            totals.memo(state.name(slot), state.keys[slot])
            for totals, slots in ((state.piles, self._piled), (state.numbers, self._summed))
            for slot in slots
        ]

    def _numbers(self) -> tuple[_Slots, TimeArray, ValueArray]:
        numbers = self._in_order()
        t = (numbers.times // np.uint64(_NANOS)).astype(np.int64)
        t[numbers.times == 0] = int(self.now * 1000)
        keep = believable(t, self.now, self.rejections)
        if keep is not None:
            numbers, t = numbers.at(keep), t[keep]
        rising = np.flatnonzero((numbers.kinds == RISING) & (numbers.starts != 0))
        if len(rising):
            self._mark_resets(numbers.slots[rising], numbers.starts[rising], t[rising])
        if (numbers.kinds >= DELTA).any():
            return self._sum_numbers(numbers, t)
        return numbers.slots, t, numbers.values

    def _in_order(self) -> _Numbers:
        single = _Numbers.of(self._slots, self._kinds, self._starts, self._times, self._values)
        many = self._many
        if not len(many.slots):
            return single
        if not len(single.slots):
            return many
        places = np.concatenate((2 * np.array(self._ranks), 2 * np.arange(len(many.slots)) + 1))
        return single.then(many).at(np.argsort(places, kind="stable"))

    def _mark_resets(self, slots: _Slots, starts: _Nanos, t: TimeArray) -> None:
        """Show a counter that began anew as zero where it began, so that nothing is lost.

        Otherwise one that has already risen above its former self would look as if it had not
        begun anew.
        """
        state = self.state
        before = state.starts[slots]
        for i in np.flatnonzero((before != 0) & (before < starts)).tolist():
            began = int(starts[i]) // _NANOS
            if state.newest[slots[i]] < began < t[i]:
                self._add(int(slots[i]), began, 0.0)
        np.maximum.at(state.starts, slots, starts)
        np.maximum.at(state.newest, slots, t)

    def _sum_numbers(self, numbers: _Numbers, t: TimeArray) -> tuple[_Slots, TimeArray, ValueArray]:
        """Turn differences into totals."""
        state, totals, v = self.state, self.state.numbers, numbers.values
        keep = np.ones(len(t), np.bool_)
        differences = np.flatnonzero(numbers.kinds >= DELTA)
        state.numbers.bring(
            map(state.name, np.unique(numbers.slots[differences]).tolist()), self._find
        )
        for i in differences.tolist():
            value = float(v[i])
            if not _is_number(value) or (numbers.kinds[i] == RISING_DELTA and value < 0):
                self._reject_difference()
                keep[i] = False
                continue
            slot = int(numbers.slots[i])
            name = state.name(slot)
            same = (int(numbers.starts[i]), int(numbers.times[i]), value)
            t[i], v[i] = totals.add(name, same, int(t[i]), partial(_plus, value))
            self._summed[slot] = None
        return numbers.slots[keep], t[keep], v[keep]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Points of gauges and sums as columns; times in unix nanoseconds."""

    slots: _Slots
    kinds: npt.NDArray[np.int64]
    starts: _Nanos
    times: _Nanos
    values: ValueArray

    @classmethod
    def of(
        cls,
        slots: list[int],
        kinds: list[int],
        starts: _Nanos | list[int],
        times: _Nanos | list[int],
        values: ValueArray | list[float],
    ) -> _Numbers:
        return cls(
            np.array(slots, np.int64),
            np.array(kinds, np.int64),
            np.asarray(starts, np.uint64),
            np.asarray(times, np.uint64),
            np.asarray(values, np.float64),
        )

    def at(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> _Numbers:
        return _Numbers(
            self.slots[which],
            self.kinds[which],
            self.starts[which],
            self.times[which],
            self.values[which],
        )

    def then(self, other: _Numbers) -> _Numbers:
        return _Numbers(
            np.concatenate((self.slots, other.slots)),
            np.concatenate((self.kinds, other.kinds)),
            np.concatenate((self.starts, other.starts)),
            np.concatenate((self.times, other.times)),
            np.concatenate((self.values, other.values)),
        )


def _plus(value: float, before: float | None) -> float:
    return value + (before or 0.0)


def _is_number(value: float) -> bool:
    return math.isfinite(value)


def _is_histogram(point: HistogramPoint) -> bool:
    bounds, counts = point.bounds, point.counts
    if point.is_gap or (not bounds and len(counts) <= 1):
        return True
    if len(counts) != len(bounds) + 1 or len(counts) > MAX_BUCKETS:
        return False
    if not all(map(_is_number, bounds[:-1])) or math.isnan(bounds[-1]):
        return False
    return all(a < b for a, b in pairwise(bounds))
