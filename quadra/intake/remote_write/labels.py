"""Remembers the series of remote write by the bytes that name them."""

from __future__ import annotations

from quadra.errors import InvalidError
from quadra.intake.received import Rejections
from quadra.intake.wire import fields, varint
from quadra.telemetry.series import SeriesKey, SeriesRules

NAME, VALUE = 0x0A, 0x12  # the tags inside a label
MAX_LABELS_READ = 300  # more than any rules allow

_OVERHEAD = 300  # what a remembered text or series takes beside its bytes, about

_Pair = tuple[str, str]
Pairs = list[_Pair] | None
"""Labels as they came; None when a text of them is not UTF-8."""


class LabelCache:
    """Series by their raw labels, so that a series that came before costs one dictionary look-up.

    ``blocks`` maps the bytes of a label block (version 1) and ``rows`` the numbers of a series'
    symbols (version 2) to a *slot*: the place of its key in ``keys``, or, below zero, of a
    refusal. Only whole, parsed blocks become keys, and bytes can't be confused with those of
    another series, so no sender can put a series under another's bytes.

    The memory is bounded by ``max_bytes`` (an estimate of what it takes, not of what came). It
    is simply forgotten before the request that finds it full, so within a request slots stay
    true; a single request that would fill it twice over is refused. A cache goes with one set
    of rules. ``generation`` counts how often it was forgotten.
    """

    def __init__(self, *, max_bytes: int = 128 << 20) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self.generation = 0
        self.forget()

    def forget(self) -> None:
        """Start anew; slots of before mean nothing any more."""
        self.generation += 1
        self._bytes = 0
        self.blocks: dict[bytes, int] = {}
        self.rows: dict[bytes, int] = {}
        self.keys: list[SeriesKey] = []
        self.symbols: dict[bytes, int] = {}
        self.texts: list[str | None] = []
        self._refusals: list[tuple[str, str]] = []
        self._slots: dict[SeriesKey, int] = {}
        self._pairs: dict[bytes, _Pair | None] = {}
        self._shared: dict[_Pair, _Pair] = {}

    def make_room(self) -> None:
        """Call before each request."""
        if self._bytes >= self._max_bytes:
            self.forget()

    def _grow(self, size: int) -> None:
        self._bytes += size + _OVERHEAD
        if self._bytes > 2 * self._max_bytes:
            msg = "Too many new series in one request; send them in parts."
            raise InvalidError(msg, code="too_many_series_at_once")

    def add_block(self, block: bytes, rules: SeriesRules) -> int:
        """Parse a block of whole label fields (version 1) and give its slot."""
        self._grow(2 * len(block))
        pairs = self._parse(block)
        slot = self.blocks[block] = self._slot(pairs, rules)
        return slot

    def add_row(self, row: bytes, symbols: list[int], rules: SeriesRules) -> int:
        """Make a series of symbol numbers (name, value, name, …) and give its slot."""
        self._grow(2 * len(row))
        texts = [self.texts[symbol] for symbol in symbols]
        known = [text for text in texts if text is not None]
        pairs = None
        if len(known) == len(texts):
            shared = self._shared
            new = zip(known[::2], known[1::2], strict=True)
            pairs = [shared.setdefault(pair, pair) for pair in new]
        slot = self.rows[row] = self._slot(pairs, rules)
        return slot

    def symbol(self, raw: bytes) -> int:
        """Give the number of a text that may come again."""
        self._grow(2 * len(raw))
        number = self.symbols[raw] = len(self.texts)
        try:
            self.texts.append(raw.decode())
        except UnicodeDecodeError:
            self.texts.append(None)
        return number

    def refuse(self, slot: int, count: int, rejections: Rejections) -> None:
        """Count the samples of a refused series (a slot below zero)."""
        reason, message = self._refusals[-1 - slot]
        rejections.add(reason, message, count)

    def _parse(self, block: bytes) -> Pairs:
        """Take the labels out of a block that is known to hold nothing else."""
        pairs: list[_Pair] = []
        known, pos, end = self._pairs, 0, len(block)
        while pos < end:
            size = block[pos + 1]
            pos += 2
            if size > 127:  # noqa: PLR2004 - a length of two bytes or more
                size, pos = varint(block, pos - 1)
            raw = block[pos : pos + size]
            pos += size
            if raw in known:
                pair = known[raw]
            else:
                pair = known[raw] = self._pair(raw)
            if pair is None:
                return None
            pairs.append(pair)
        return pairs

    def _pair(self, raw: bytes) -> _Pair | None:
        self._grow(2 * len(raw))
        name = value = b""
        for tag, _, start, stop in fields(raw, 0, len(raw)):
            if tag == NAME:
                name = raw[start:stop]
            elif tag == VALUE:
                value = raw[start:stop]
        try:
            return name.decode(), value.decode()
        except UnicodeDecodeError:
            return None

    def _slot(self, pairs: Pairs, rules: SeriesRules) -> int:
        key, message = _key(pairs)
        if key is not None:
            known = self._slots.get(key)
            if known is not None:
                return known
            faults = rules.faults(key, None)
            if not faults:
                slot = self._slots[key] = len(self.keys)
                self.keys.append(key)
                return slot
            message = f"{faults[0].field} of {key[0][:60]!r}: {faults[0].reason}"
        self._refusals.append(("bad_labels", message))
        return -len(self._refusals)


def _key(pairs: Pairs) -> tuple[SeriesKey | None, str]:
    """Make the key of labels as they came, or say why there is none."""
    if pairs is None:
        return None, "a label is not UTF-8"
    name = ""
    before = ""
    labels = []
    for pair in pairs:
        label, value = pair
        if label <= before:
            if not label:
                return None, "a label has no name"
            why = "comes twice" if label == before else "is out of order; sort labels by name"
            return None, f"label {label[:60]!r} {why}"
        before = label
        if label == "__name__":
            name = value
        elif value:
            labels.append(pair)
    if not name:
        return None, "a series has no __name__"
    return (name, tuple(labels)), ""
