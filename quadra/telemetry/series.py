"""The identity of a series: its name and labels, the rules for both, and a stable digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as _quoted

from quadra.errors import Fault

MAX_NAME_LENGTH = 200
MAX_LABEL_VALUE_LENGTH = 1024
MAX_SERIES_BYTES = 4_096
_CACHE_LIMIT = 50_000

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

SeriesKey = tuple[str, tuple[tuple[str, str], ...]]
"""A series as ``(name, ((label, value), …))``, labels sorted by name, empty values left out."""


def series_key(name: str, labels: Mapping[str, str]) -> SeriesKey:
    """Make the canonical key; an empty label value means the same as no label."""
    if not labels:
        return (name, ())
    return (name, tuple(sorted(item for item in labels.items() if item[1] != "")))


def digest(key: SeriesKey) -> bytes:
    """Give 16 bytes that identify the series in every database and process."""
    name, labels = key
    # As json.dumps([name, labels], separators=(",", ":")) writes it, in half the time.
    pairs = ",".join([f"[{_quoted(label)},{_quoted(value)}]" for label, value in labels])
    text = f"[{_quoted(name)},[{pairs}]]"
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).digest()


@dataclass(slots=True)
class SeriesRules:
    """The bounds on names and labels, with a memory of what has passed already.

    Senders repeat the same series with every request, so a key that passed once is only
    looked up. The memory is bounded and simply forgotten when it is full.
    """

    max_labels: int = 32
    _passed: set[SeriesKey] = field(default_factory=set, repr=False)

    def faults(self, key: SeriesKey, index: int | None) -> list[Fault]:
        """Say what is wrong with a series; an empty list means nothing is."""
        if key in self._passed:
            return []
        found = list(self._check(key, index))
        if not found:
            if len(self._passed) >= _CACHE_LIMIT:
                self._passed.clear()
            self._passed.add(key)
        return found

    def _check(self, key: SeriesKey, index: int | None) -> list[Fault]:
        name, labels = key
        if len(name) > MAX_NAME_LENGTH:
            return [Fault(index, "name", f"longer than {MAX_NAME_LENGTH} characters")]
        if not _NAME.fullmatch(name):
            return [Fault(index, "name", "use letters, digits, _ and :, not starting with a digit")]
        if len(labels) > self.max_labels:
            return [Fault(index, "labels", f"{len(labels)} labels, at most {self.max_labels}")]
        size = len(name) + sum(
            len(label) + len(value.encode("utf-8", "replace")) for label, value in labels
        )
        if size > MAX_SERIES_BYTES:
            reason = f"name and labels together take {size} bytes, at most {MAX_SERIES_BYTES}"
            return [Fault(index, "labels", reason)]
        found = []
        for label, value in labels:
            where = f"labels.{label[:60]}"
            if len(label) > MAX_NAME_LENGTH or not _LABEL.fullmatch(label):
                found.append(Fault(index, where, "label names use letters, digits and _"))
            elif label.startswith("__"):
                found.append(Fault(index, where, "label names starting with __ are reserved"))
            elif len(value) > MAX_LABEL_VALUE_LENGTH:
                found.append(
                    Fault(index, where, f"value longer than {MAX_LABEL_VALUE_LENGTH} characters")
                )
            elif not _is_storable(value):
                found.append(Fault(index, where, "value holds a NUL or half a surrogate pair"))
        return found


def _is_storable(text: str) -> bool:
    """Postgres text can't hold NUL, and no UTF-8 can hold a lone surrogate."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text
