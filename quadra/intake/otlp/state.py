"""What is remembered between requests: series by their raw attributes, and running totals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from quadra.engine.ports import Memo
from quadra.errors import InvalidError
from quadra.intake.otlp.attributes import Attributes, Decode
from quadra.intake.otlp.buckets import Pile
from quadra.intake.otlp.kept_totals import NumberForm, PileForm
from quadra.intake.otlp.names import Family, label_name
from quadra.intake.otlp.totals import MAX_BYTES, Totals
from quadra.telemetry.series import (
    MAX_LABEL_VALUE_LENGTH,
    SeriesKey,
    SeriesRules,
    digest,
    series_key,
)

MAX_ATTRIBUTE_BYTES = 65_536
BAD = -1
"""The slot of a series that is refused."""

_OVERHEAD = 400  # what a remembered text or series takes beside its bytes, about
_LEFT_OUT = ("telemetry.sdk.", "process.command")
_JOB_PARTS = {"service.name", "service.namespace", "service.instance.id"}

Labels = dict[str, str]


@dataclass(slots=True)
class Context:
    """A resource and a scope: the labels that they give, and the metrics seen under them."""

    labels: Labels
    decode: Decode
    streams: dict[tuple[object, ...], Stream] = field(default_factory=dict)


@dataclass(slots=True)
class Stream:
    """A metric under a resource and scope, with its series by the raw attributes of points."""

    family: Family
    context: Context
    slots: dict[bytes, int] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """The series of one histogram or summary: its parts by suffix, its buckets by bound."""

    name: str
    labels: Labels
    slots: dict[tuple[str, str, str], int] = field(default_factory=dict)
    layout: tuple[object, ...] = ()  # bounds and parts of the newest point, and their slots
    slots_of_layout: list[int] = field(default_factory=list)
    shown: tuple[int, ...] = ()  # the slots that the newest point filled
    time: int = 0  # of the newest point, unix ms
    start: int = 0  # when it began to count, unix ns


class OtlpState:
    """The memory of the OTLP reader, bounded; one for all requests of a sender or of all.

    Series are found by the raw bytes of their attributes, beneath those of their metric, scope
    and resource: whole and parsed, so that no sender can put a series under another's bytes.
    ``max_bytes`` (an estimate of what it takes) bounds this part, which is simply forgotten before
    the request that finds it full. Of the running totals of delta points, as many are in memory as
    ``max_total_bytes`` let, of sums and of histograms. It goes with one set of rules.
    """

    def __init__(self, *, max_bytes: int = 128 << 20, max_total_bytes: int = MAX_BYTES) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self.generation = 0
        self.numbers: Totals[float] = Totals(NumberForm(), max_total_bytes)
        self.piles: Totals[Pile] = Totals(PileForm(), max_total_bytes)
        self.forget()

    def forget(self) -> None:
        """Start anew, save for the running totals."""
        self.generation += 1
        self._bytes = 0
        self._contexts: dict[tuple[bytes, bytes, Decode], Context] = {}
        self._slots: dict[SeriesKey, int] = {}
        self.keys: list[SeriesKey] = []
        self._names: dict[int, bytes] = {}
        self.refusal = ""
        self.starts: npt.NDArray[np.uint64] = np.zeros(1024, np.uint64)
        self.newest: npt.NDArray[np.int64] = np.zeros(1024, np.int64)

    def forget_totals(self) -> None:
        """Read running totals again when they come: another process may have gone on with them."""
        self.numbers.forget()
        self.piles.forget()

    def settle(self, memos: Sequence[Memo], kept: Iterable[Memo]) -> None:
        """Hear which memos of a request are on disk; the others never will be."""
        keys: Collection[bytes] = {memo.key for memo in kept}
        self.numbers.settle(memos, keys)
        self.piles.settle(memos, keys)

    def name(self, slot: int) -> bytes:
        """Give the digest of the series of a slot."""
        found = self._names.get(slot)
        if found is None:
            found = self._names[slot] = digest(self.keys[slot])
        return found

    def make_room(self) -> None:
        """Call before each request."""
        if self._bytes >= self._max_bytes:
            self.forget()

    def grow(self, size: int) -> None:
        """Count what is remembered; refuses a request that would fill the memory twice over."""
        self._bytes += size + _OVERHEAD
        if self._bytes > 2 * self._max_bytes:
            msg = "Too many new series in one request; send them in parts."
            raise InvalidError(msg, code="too_many_series_at_once")

    def context(self, resource: bytes, scope: bytes, decode: Decode) -> Context | None:
        """Find what is known of a resource and scope by their raw bytes."""
        return self._contexts.get((resource, scope, decode))

    def add_context(self, resource: bytes, scope: bytes, decode: Decode, labels: Labels) -> Context:
        """Remember a resource and scope."""
        self.grow(len(resource) + len(scope) + 100 * len(labels))
        context = self._contexts[resource, scope, decode] = Context(labels, decode)
        return context

    def slot(self, name: str, labels: Labels, rules: SeriesRules) -> int:
        """Give the slot of a series, BAD when the rules refuse it (``refusal`` says why)."""
        key = series_key(name, labels)
        known = self._slots.get(key)
        if known is not None:
            return known
        self.grow(len(name) + 64 * len(labels))
        faults = rules.faults(key, None)
        if faults:
            self.refusal = f"{faults[0].field} of {name[:60]!r}: {faults[0].reason}"
            return BAD
        slot = self._slots[key] = len(self.keys)
        self.keys.append(key)
        if slot >= len(self.starts):
            self.starts = np.concatenate((self.starts, np.zeros_like(self.starts)))
            self.newest = np.concatenate((self.newest, np.zeros_like(self.newest)))
        return slot


# --- labels


def spell(attributes: Iterable[tuple[str, str]], trimmed: dict[str, int]) -> Labels:
    """Make labels of attributes, sorted by the attributes' names.

    Names that become the same are joined with ";" in that order, as Prometheus does.
    """
    labels: Labels = {}
    for name, value in sorted(attributes):
        label = label_name(name)
        if not label or not value:
            continue
        text = f"{labels[label]};{value}" if label in labels else value
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        if len(text) > MAX_LABEL_VALUE_LENGTH:
            text = text[:MAX_LABEL_VALUE_LENGTH]
            trimmed["values_shortened"] = trimmed.get("values_shortened", 0) + 1
        labels[label] = text
    return labels


def context_labels(
    resource: Attributes,
    scope: tuple[str, str, Attributes],
    trimmed: dict[str, int],
) -> Labels:
    """Make the labels of a resource and scope, the most telling first."""
    known = dict(resource)
    name, version, attributes = scope
    service, space = known.get("service.name", ""), known.get("service.namespace", "")
    first = [
        ("job", f"{space}/{service}" if space and service else service),
        ("instance", known.get("service.instance.id", "")),
        ("service_name", service),
        ("otel_scope_name", name),
        ("otel_scope_version", version),
    ]
    labels: Labels = {}
    for pair in first:
        labels |= spell([pair], trimmed)
    rest = [
        (key, value)
        for key, value in known.items()
        if key not in _JOB_PARTS and not key.startswith(_LEFT_OUT)
    ]
    for label, value in spell(rest, trimmed).items():
        labels.setdefault(label, value)
    scoped = [(f"otel_scope_{key}", value) for key, value in attributes]
    for label, value in spell(scoped, trimmed).items():
        labels.setdefault(label, value)
    return labels


def join(own: Labels, context: Labels, most: int, trimmed: dict[str, int]) -> Labels:
    """Add the labels of resource and scope to a point's own, which win; at most ``most``."""
    labels = dict(own)
    for label, value in context.items():
        labels.setdefault(label, value)
    if len(labels) > most:
        extra = len(labels) - most
        trimmed["labels_dropped"] = trimmed.get("labels_dropped", 0) + extra
        labels = dict(list(labels.items())[:most])
    return labels
