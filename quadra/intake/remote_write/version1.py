"""Prometheus remote write 1.0: ``prometheus.WriteRequest``."""

from __future__ import annotations

import numpy as np

from quadra.intake.received import Received, metadata_of
from quadra.intake.remote_write.frame import (
    MAX_PARTS,
    finish,
    refuse_histograms,
    refuse_labels,
    refuse_parts,
    type_name,
    unpack_snappy,
)
from quadra.intake.remote_write.labels import MAX_LABELS_READ, LabelCache
from quadra.intake.remote_write.samples import SAMPLE, read_sample, read_samples
from quadra.intake.wire import damaged, fields, varint
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesRules

_SERIES, _METADATA = 0x0A, 0x1A
_LABEL, _EXEMPLAR, _HISTOGRAM = 0x0A, 0x1A, 0x22
_TYPE, _FAMILY, _HELP, _UNIT = 0x08, 0x12, 0x22, 0x2A

_USUAL = (18, 9)  # the bytes of one sample, and of one whose value is zero


def parse_v1(
    body: bytes, now: float, rules: SeriesRules, max_unpacked: int, cache: LabelCache
) -> Received:
    """Read a snappy-compressed request; ``now`` in unix seconds.

    Series with bad labels and samples with unbelievable times are left out and counted.
    Raises MalformedError, TooLargeError, or InvalidError when nothing of it may be stored.
    """
    data = unpack_snappy(body, max_unpacked)
    cache.make_room()
    try:
        return _Request(data, rules, cache).read(now)
    except IndexError:
        raise damaged("it is cut short") from None


class _Request:
    """One request on its way through: its series in the order in which they stand in it."""

    def __init__(self, data: bytes, rules: SeriesRules, cache: LabelCache) -> None:
        self.data = data
        self.rules = rules
        self.cache = cache
        self.slots: list[int] = []
        self.tails: list[int] = []  # how many bytes of the series stand behind its labels
        self.stops: list[int] = []
        self.starts: list[int] = []  # where the labels begin; found only when it is needed
        self.metadata: list[Metadata | None] = []
        self.exemplars = 0

    def read(self, now: float) -> Received:
        self._series()
        stops = np.array(self.stops, np.int64)
        begins = stops - np.array(self.tails, np.int64)
        columns = read_samples(self.data, begins, stops, self._odd)
        return finish(
            self.slots,
            columns,
            now=now,
            cache=self.cache,
            metadata=self.metadata,
            exemplars=self.exemplars,
        )

    def _series(self) -> None:
        """Find the series and their labels.

        The samples of a series mostly take as many bytes as those of the one before. So the
        guess is that the labels end there: when the bytes up to that place are known as the
        labels of a series, it is right, for what follows whole label fields is looked at next,
        and more labels among it are found then.
        """
        data, end = self.data, len(self.data)
        known, cold = self.cache.blocks.get, self._cold
        slots, tails, stops = self.slots.append, self.tails.append, self.stops.append
        pos, tail = 0, _USUAL[0]
        for _ in range(MAX_PARTS):
            if pos >= end:
                break
            if data[pos] != _SERIES:
                pos = self._other(pos)
                continue
            size = data[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                more = data[pos]
                if more > 127:  # noqa: PLR2004
                    size, pos = varint(data, pos - 1)
                else:
                    size += (more << 7) - 128
                    pos += 1
            stop = pos + size
            slot = known(data[pos : stop - tail]) if tail < size else None
            if slot is None:
                slot, tail = cold(pos, stop)
            slots(slot)
            tails(tail)
            stops(stop)
            pos = stop
        else:
            if pos < end:
                refuse_parts()
        if pos != end:
            raise damaged("it is cut short")

    def _cold(self, pos: int, stop: int) -> tuple[int, int]:
        """Find the labels in ``data[pos:stop]`` where the guess was wrong."""
        data, known = self.data, self.cache.blocks.get
        if stop > len(data):
            raise damaged("a part is longer than what holds it")
        for tail in _USUAL:
            slot = known(data[pos : stop - tail]) if tail < stop - pos else None
            if slot is not None:
                return slot, tail
        end = pos
        for _ in range(MAX_LABELS_READ + 1):
            if end >= stop or data[end] != _LABEL:
                break
            size = data[end + 1]
            if size > 127:  # noqa: PLR2004
                size, end = varint(data, end + 1)
                end += size
            else:
                end += 2 + size
        else:
            refuse_labels()
        if end > stop:
            raise damaged("a part is longer than what holds it")
        return self._slot(data[pos:end]), stop - end

    def _slot(self, block: bytes) -> int:
        slot = self.cache.blocks.get(block)
        return self.cache.add_block(block, self.rules) if slot is None else slot

    def _other(self, pos: int) -> int:
        """Read what is not a series, and give the place behind it."""
        for tag, _, value, stop in fields(self.data, pos, len(self.data)):
            if tag == _METADATA:
                self._note(value, stop)
            elif tag == _SERIES:
                raise damaged("a tag takes more bytes than it needs")
            return stop
        return pos

    def _note(self, start: int, stop: int) -> None:
        data, kind, texts = self.data, 0, {}
        for tag, _, value, end in fields(data, start, stop):
            if tag == _TYPE:
                kind = value
            elif tag in (_FAMILY, _HELP, _UNIT):
                texts[tag] = data[value:end].decode("utf-8", "replace")
        family, unit, text = (texts.get(tag, "") for tag in (_FAMILY, _UNIT, _HELP))
        self.metadata.append(metadata_of(family, type_name(kind), unit, text))

    def _odd(self, region: int) -> list[tuple[int, float]]:
        """Read what stands behind the labels of a series field by field."""
        data, samples = self.data, []
        more: list[bytes] = []
        stop = self.stops[region]
        begin = stop - self.tails[region]
        for tag, start, value, end in fields(data, begin, stop):
            if tag == SAMPLE:
                samples.append(read_sample(data, value, end))
            elif tag == _LABEL:
                more.append(data[start:end])
            elif tag == _HISTOGRAM:
                refuse_histograms()
            elif tag == _EXEMPLAR:
                self.exemplars += 1
        if more:
            if not self.starts:
                found = fields(data, 0, len(data))
                self.starts = [value for tag, _, value, _ in found if tag == _SERIES]
            if len(more) > MAX_LABELS_READ:
                refuse_labels()
            self.slots[region] = self._slot(data[self.starts[region] : begin] + b"".join(more))
        return samples
