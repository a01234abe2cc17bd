"""Prometheus remote write 2.0: ``io.prometheus.write.v2.Request``, labels by a symbol table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quadra.intake.received import Received, SlotArray, metadata_of
from quadra.intake.remote_write.frame import (
    MAX_PARTS,
    TYPES,
    finish,
    refuse_histograms,
    refuse_labels,
    refuse_parts,
    type_name,
    unpack_snappy,
)
from quadra.intake.remote_write.labels import MAX_LABELS_READ, LabelCache
from quadra.intake.remote_write.samples import SAMPLE, read_sample, read_samples
from quadra.intake.wire import damaged, encode_varint, fields, varint
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesRules

_SYMBOL, _SERIES = 0x22, 0x2A
_REFS, _REF, _HISTOGRAM, _EXEMPLAR, _METADATA = 0x0A, 0x08, 0x1A, 0x22, 0x2A
_TYPE, _HELP, _UNIT = 0x08, 0x18, 0x20
_ODD = {_REFS, _REF, SAMPLE, _HISTOGRAM, _EXEMPLAR}  # behind the samples, these are not usual

_MAX_SYMBOLS = 1_000_000
_NUMBER_BYTES = 4
_SERIES_AT_ONCE = 1_000
_LONGEST_REFERENCE = 5
_FAMILY_ENDS = {
    "histogram": ("_bucket", "_sum", "_count"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "summary": ("_sum", "_count"),
}


def parse_v2(
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


def written_headers(received: Received) -> dict[str, str]:
    """Give the headers that tell a 2.0 sender what was stored."""
    return {
        "X-Prometheus-Remote-Write-Samples-Written": str(len(received.batch)),
        "X-Prometheus-Remote-Write-Histograms-Written": "0",
        "X-Prometheus-Remote-Write-Exemplars-Written": "0",
    }


class _Request:
    """One request on its way through.

    References mean something only beside the symbol table of their own request. So every symbol
    gets a number in the cache, and the numbers of a series' symbols, as bytes, name the series
    for all requests.
    """

    def __init__(self, data: bytes, rules: SeriesRules, cache: LabelCache) -> None:
        self.data = data
        self.rules = rules
        self.cache = cache
        self.symbols: list[bytes] = []
        self.refs: list[bytes] = []
        self.begins: list[int] = []  # where the samples of a series begin,
        self.marks: list[int] = []  # where they end,
        self.stops: list[int] = []  # and where the series ends
        self.notes: list[bytes] = []  # what stands behind the samples: metadata, mostly
        self.exemplars = 0
        self._strays = 0

    def read(self, now: float) -> Received:
        self._parts()
        self._set_odd_apart()
        begins, marks = np.array(self.begins, np.int64), np.array(self.marks, np.int64)
        columns = read_samples(self.data, begins, marks, self._odd)
        slots = self._slots()
        return finish(
            slots,
            columns,
            now=now,
            cache=self.cache,
            metadata=self._metadata(slots),
            exemplars=self.exemplars,
        )

    def _parts(self) -> None:
        """Find the symbols, and the series with their references, samples and metadata."""
        data, end, pos = self.data, len(self.data), 0
        while pos < end:
            tag = data[pos]
            if tag == _SYMBOL:
                pos = self._read_symbols(pos)
            elif tag == _SERIES:
                pos = self._read_series(pos)
            else:
                self._strays += 1
                pos = self._other(pos)
            if len(self.refs) > MAX_PARTS or len(self.symbols) + self._strays > _MAX_SYMBOLS:
                refuse_parts()
        if pos != end:
            raise damaged("it is cut short")

    def _read_symbols(self, pos: int) -> int:
        """Take the symbols from ``pos`` on, and give the place behind them."""
        data, end, symbols = self.data, len(self.data), self.symbols
        while pos < end and data[pos] == _SYMBOL and len(symbols) <= _MAX_SYMBOLS:
            size = data[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                size, pos = varint(data, pos - 1)
            symbols.append(data[pos : pos + size])
            pos += size
        return pos

    def _read_series(self, pos: int) -> int:
        """Take the series from ``pos`` on apart as they usually are; give the place behind them.

        What stands in them behind the samples is looked at later.
        """
        data, end = self.data, len(self.data)
        refs, begins, marks = self.refs.append, self.begins.append, self.marks.append
        stops, notes = self.stops.append, self.notes.append
        for _ in range(MAX_PARTS + 1):
            if pos >= end or data[pos] != _SERIES:
                break
            size = data[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                size, pos = varint(data, pos - 1)
            stop = pos + size
            if pos < stop and data[pos] == _REFS:
                size = data[pos + 1]
                pos += 2
                if size > 127:  # noqa: PLR2004
                    size, pos = varint(data, pos - 1)
            else:
                size = 0
            begin = mark = pos + size
            while mark < stop and data[mark] == SAMPLE and data[mark + 1] < 128:  # noqa: PLR2004
                mark += data[mark + 1] + 2
            if mark > stop:
                raise damaged("a part is longer than what holds it")
            refs(data[pos:begin])
            begins(begin)
            marks(mark)
            stops(stop)
            notes(data[mark:stop])
            pos = stop
        return pos

    def _other(self, pos: int) -> int:
        """Pass over what is neither symbol nor series, and give the place behind it."""
        for tag, _, _, stop in fields(self.data, pos, len(self.data)):
            if tag in (_SERIES, _SYMBOL):
                raise damaged("a tag takes more bytes than it needs")
            return stop
        return pos

    def _set_odd_apart(self) -> None:
        """Have those series read field by field that hold more than samples, then metadata."""
        odd = {
            note
            for note in set(self.notes)
            if any(tag in _ODD for tag, _, _, _ in fields(note, 0, len(note)))
        }
        if odd:
            for i, note in enumerate(self.notes):
                if note in odd:
                    self.marks[i] = self.begins[i]

    def _odd(self, region: int) -> list[tuple[int, float]]:
        """Read what stands behind the references of a series field by field."""
        data, samples = self.data, []
        refs = [self.refs[region]]
        for tag, start, value, end in fields(data, self.begins[region], self.stops[region]):
            if tag == SAMPLE:
                samples.append(read_sample(data, value, end))
            elif tag == _HISTOGRAM:
                refuse_histograms()
            elif tag == _EXEMPLAR:
                self.exemplars += 1
            elif tag == _METADATA:
                self.notes[region] = data[start:end]
            elif tag == _REFS:
                refs.append(data[value:end])
            elif tag == _REF:
                refs.append(encode_varint(value))
        self.refs[region] = b"".join(refs)
        return samples

    def _slots(self) -> list[int]:
        """Look up the series by the numbers of their symbols."""
        cache = self.cache
        symbols = [cache.symbols.get(raw, -1) for raw in self.symbols]
        if symbols and min(symbols) < 0:
            get, add = cache.symbols.get, cache.symbol
            symbols = [add(raw) if get(raw) is None else cache.symbols[raw] for raw in self.symbols]
        numbers = np.array(symbols, np.uint32)
        slots: list[int] = []
        for start in range(0, len(self.refs), _SERIES_AT_ONCE):
            slots += self._slots_of(self.refs[start : start + _SERIES_AT_ONCE], numbers)
        return slots

    def _slots_of(self, blocks: list[bytes], symbols: npt.NDArray[np.uint32]) -> list[int]:
        """Look up some series, so many that what numpy takes for them stays small."""
        if max(map(len, blocks)) > _LONGEST_REFERENCE * 2 * MAX_LABELS_READ:
            refuse_labels()
        refs, counts = _varints(blocks)
        if len(refs) and int(refs.max()) >= len(symbols):
            raise damaged("a reference leads outside the symbols")
        if (counts % 2).any():
            raise damaged("a label has no value")
        numbers = symbols[refs].tobytes()
        ends = np.cumsum(counts * _NUMBER_BYTES).tolist()
        rows = [numbers[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        known = self.cache.rows.get
        slots = [known(row) for row in rows]
        return [
            self._add(row) if slot is None else slot for slot, row in zip(slots, rows, strict=True)
        ]

    def _add(self, row: bytes) -> int:
        slot = self.cache.rows.get(row)  # it may have come twice in this request
        if slot is None:
            slot = self.cache.add_row(row, np.frombuffer(row, np.uint32).tolist(), self.rules)
        return slot

    def _metadata(self, slots: list[int]) -> list[Metadata | None]:
        keys = self.cache.keys
        told = {
            (keys[s][0], note) for s, note in zip(slots, self.notes, strict=True) if note and s >= 0
        }
        return [self._note(name, note) for name, note in sorted(told)]

    def _note(self, name: str, note: bytes) -> Metadata | None:
        """Read the metadata of a series; None when it says nothing."""
        type_number, texts = 0, {_HELP: "", _UNIT: ""}
        for outer, _, begin, end in fields(note, 0, len(note)):
            if outer != _METADATA:
                continue
            for tag, _, value, _ in fields(note, begin, end):
                if tag == _TYPE:
                    type_number = value
                elif tag in texts:
                    if value >= len(self.symbols):
                        raise damaged("a reference leads outside the symbols")
                    texts[tag] = self.symbols[value].decode("utf-8", "replace")
        kind = type_name(type_number)
        if kind == TYPES[0] and not any(texts.values()):
            return None
        for ending in _FAMILY_ENDS.get(kind, ()):
            if name.endswith(ending):
                name = name.removesuffix(ending)
                break
        return metadata_of(name, kind, texts[_UNIT], texts[_HELP])


def _varints(blocks: list[bytes]) -> tuple[SlotArray, SlotArray]:
    """Read blocks of packed varints: all their numbers (int64), and how many each block has."""
    raw = np.frombuffer(b"".join(blocks), np.uint8)
    lengths = np.fromiter(map(len, blocks), np.int64, len(blocks))
    last = raw < 128  # noqa: PLR2004 - no continuation bit: the number ends here
    before = np.concatenate(([0], np.cumsum(last)))
    ends = np.cumsum(lengths)
    counts = before[ends] - before[ends - lengths]
    whole = ends[lengths > 0]
    if not last[whole - 1].all():
        raise damaged("a list of references is cut short")
    if last.all():
        return raw.astype(np.int64), counts
    stops = np.flatnonzero(last)
    sizes = np.diff(stops, prepend=-1)
    if sizes.max() > _LONGEST_REFERENCE:
        raise damaged("a reference is too large")
    values = np.zeros(len(stops), np.int64)
    for back in range(int(sizes.max())):
        there = sizes > back
        values[there] = values[there] << 7 | raw[stops[there] - back] & 0x7F
    return values, counts
