"""Prometheus's text format 0.0.4 and OpenMetrics 1.0, read into columns.

A target sends the same lines with other numbers each time. So a line is split at its last space,
and what stands before, name and labels as they were written, is looked up: only what was never
seen before is taken apart. The memory is bounded, see ``PageReader.forget``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from quadra.errors import InvalidError, MalformedError
from quadra.intake.received import MAX_METADATA_TEXT, BoolArray, Rejections, believable
from quadra.telemetry.batch import TimeArray, ValueArray
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import MAX_NAME_LENGTH, SeriesKey, SeriesRules

Slots = npt.NDArray[np.int64]

_NEW, _NOTHING = -1, -2
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*+"
_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_BLOCK = rf'\{{(?:[^"{{}}]++|{_QUOTED})*+\}}'
_EXEMPLAR_RE = re.compile(rf"{_BLOCK}[ \t]*+([^ \t]++)(?:[ \t]++([^ \t]++))?+[ \t]*+")
_LINE_RE = re.compile(
    rf"[ \t]*+({_NAME}(?=[ \t{{])(?:[ \t]*+{_BLOCK})?+|{_BLOCK})"  # 1: name and labels
    r"[ \t]*+([^ \t#{]++)"  # 2: value
    r"(?:[ \t]++([^ \t#]++))?+"  # 3: time
    r"(?:[ \t]++#[ \t]*+(.*+))?+[ \t]*+"  # 4: exemplar
)
_PLAIN_BLOCK_RE = re.compile(rf'(?:{_LABEL}="[^"\\]*+"(?:,|\Z))*+')
_PLAIN_LABEL_RE = re.compile(rf'({_LABEL})="([^"\\]*+)"')
_ITEM_RE = re.compile(
    rf"[ \t]*+(?:({_LABEL})|({_QUOTED}))"
    rf"(?:[ \t]*+=[ \t]*+({_QUOTED}))?+[ \t]*+(?:,[ \t]*+|\Z)"
)
_COMMENT_RE = re.compile(
    rf"[ \t]++(HELP|TYPE|UNIT)[ \t]++(?:({_NAME})|({_QUOTED}))(?:[ \t]++(.*+))?+"
)
_ESCAPES_RE = re.compile(r'\\[\\n"]')
_HELP_ESCAPES_RE = re.compile(r"\\[\\n]")
_ESCAPED = {r"\\": "\\", r"\n": "\n", r"\"": '"'}
_NUMBER_LETTERS = b"0123456789+-.eEinfINFatyATY"
_TYPES = {
    "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
}  # fmt: skip
_LONGEST_TIME = 20
_MAX_UNIT = 100
_MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Page:
    """One page of metrics, read. The columns have length n.

    ``slots[i]`` is the place of sample *i*'s series in ``PageReader.keys``, ``t[i]`` its time
    (unix ms), ``v[i]`` its value; ``stamped[i]`` says whether the page itself gave the time (None
    when it gave none). ``found`` counts the samples on the page, also those left out.
    """

    slots: Slots
    t: TimeArray
    v: ValueArray
    stamped: BoolArray | None
    found: int
    metadata: list[Metadata]
    rejections: Rejections


@dataclass(slots=True)
class _Lines:
    """The sample lines of a page, on their way to columns."""

    lines: list[str]
    values: list[str]
    places: list[int] = field(default_factory=list)  # of those that bring their own time
    times: list[str] = field(default_factory=list)


class PageReader:
    """Reads the pages of one target and remembers its series.

    ``labels`` are the target's own: where a series brings a label of the same name, that one is
    renamed with ``exported_`` in front, as Prometheus does (``honor_labels: false``).
    """

    def __init__(
        self,
        rules: SeriesRules,
        *,
        sample_limit: int,
        labels: Mapping[str, str] | None = None,
        label_limit: int | None = None,
        taken: frozenset[SeriesKey] = frozenset(),
    ) -> None:
        """Begin without memory; ``label_limit`` counts the name too, as Prometheus does.

        ``taken`` are series that no page may bring.
        """
        self.keys: list[SeriesKey] = []
        self._rules = rules
        self._labels = dict(labels or {})
        self._own_names = frozenset(self._labels)
        self._own = tuple(sorted(self._labels.items()))
        self._sample_limit = sample_limit
        self._label_limit = label_limit
        self._taken = taken
        self._heads: dict[str, int] = {}  # name and labels as written -> slot
        self._slot_of: dict[SeriesKey, int] = {}
        self._faulty: dict[int, str] = {}  # slot -> what is wrong with the series
        self._blocks: dict[str, tuple[tuple[str, str], ...]] = {}
        self._comments: list[str] = []
        self._metadata: list[Metadata] = []
        self._usual: Slots = np.empty(0, np.int64)  # slots of a page known to hold no series twice

    def read(self, text: str, t: int, *, openmetrics: bool) -> Page:
        """Read a page that was asked for at ``t`` (unix ms).

        Raises MalformedError with the line that can't be read, InvalidError when a limit of the
        target is exceeded. Series that Quadra itself can't keep are left out and counted.
        """
        try:
            return self._read(text, t, openmetrics=openmetrics)
        finally:
            self._blocks.clear()

    def forget(self, keep: Slots) -> Slots:
        """Forget every series but those at ``keep`` (distinct), which get new slots in order.

        Gives the new slots. Whoever calls this now and then holds the memory to what is in use.
        """
        keys = self.keys
        fresh = {int(old): new for new, old in enumerate(keep)}
        self.keys = [keys[old] for old in fresh]
        self._heads = {head: fresh[s] for head, s in self._heads.items() if s in fresh}
        self._slot_of = {key: slot for slot, key in enumerate(self.keys)}
        self._faulty = {fresh[s]: why for s, why in self._faulty.items() if s in fresh}
        self._usual = np.empty(0, np.int64)
        return np.arange(len(keep), dtype=np.int64)

    @property
    def remembered(self) -> int:
        """Give the number of spellings of series in memory."""
        return len(self._heads)

    def _read(self, text: str, t: int, *, openmetrics: bool) -> Page:
        lines, comments = _separate(text)
        if openmetrics:
            _check_end(text, comments)
        self._refuse_many(len(lines))
        if comments != self._comments:
            self._metadata = _metadata(comments, openmetrics=openmetrics)
            self._comments = comments
        slots, page = self._columns(lines, text)
        rejections = Rejections()
        times = np.full(len(slots), t, np.int64)
        stamped = None
        if page.places:
            stamped = np.zeros(len(slots), np.bool_)
            stamped[page.places] = True
            times[page.places] = _times(page, text, openmetrics=openmetrics)
        values = _numbers(page, text)
        real = slots != _NOTHING
        if not real.all():
            slots, times, values = slots[real], times[real], values[real]
            stamped = None if stamped is None else stamped[real]
        self._refuse_many(len(slots))
        found = len(slots)
        keep = self._storable(slots, times, t, rejections)
        if keep is not None:
            slots, times, values = slots[keep], times[keep], values[keep]
            stamped = None if stamped is None else stamped[keep]
        return Page(slots, times, values, stamped, found, self._metadata, rejections)

    def _refuse_many(self, count: int) -> None:
        if count > self._sample_limit:
            msg = f"more than {self._sample_limit} samples (sample_limit)"
            raise InvalidError(msg, code="sample_limit")

    def _columns(self, lines: list[str], text: str) -> tuple[Slots, _Lines]:
        """Give the slot of each line, or _NOTHING, with the raw values and times."""
        if not lines:
            return np.empty(0, np.int64), _Lines([], [])
        heads, _, tails = zip(*[line.rpartition(" ") for line in lines], strict=True)
        found = map(self._heads.get, heads, repeat(_NEW))
        slots: Slots = np.fromiter(found, np.int64, len(lines))
        page = _Lines(lines, list(tails))
        for i in np.flatnonzero(slots == _NEW).tolist():
            slots[i] = self._look_closer(page, i, text)
        return slots, page

    def _look_closer(self, page: _Lines, i: int, text: str) -> int:
        """Find the slot of a line that is more, or less, than a known series and its value."""
        line = page.lines[i]
        known = self._known(line)
        if known is not None:
            slot, page.values[i], time = known
        else:
            match = _LINE_RE.fullmatch(line)
            if match is None:
                if not line.strip(" \t") or line.lstrip(" \t").startswith("#"):
                    page.values[i] = "0"
                    return _NOTHING
                _refuse(text, line, "not a name, labels and a value")
            head, page.values[i], time, exemplar = match.groups()
            if exemplar is not None and not _is_exemplar(exemplar):
                _refuse(text, line, "the exemplar can't be read")
            slot = self._learn(head, line, text)
        if time is not None:
            page.places.append(i)
            page.times.append(time)
        return slot

    def _known(self, line: str) -> tuple[int, str, str | None] | None:
        """Try what most often keeps a line with a known series from being plain.

        A known head is complete, so what follows it can't be meant otherwise.
        """
        main, mark, exemplar = line.partition(" # {")
        if mark and not _is_exemplar("{" + exemplar):
            return None
        head, _, last = main.rpartition(" ")
        if not last:
            return None
        slot = self._heads.get(head)
        if slot is not None:
            return slot, last, None
        head, _, value = head.rpartition(" ")
        slot = self._heads.get(head)
        return (slot, value, last) if slot is not None and value else None

    def _learn(self, head: str, line: str, text: str) -> int:
        """Take a new spelling of a series apart and give the series' slot."""
        slot = self._heads.get(head)
        if slot is not None:
            return slot
        try:
            key = self._key(head)
        except ValueError as error:
            _refuse(text, line, str(error))
        name, pairs = key
        if self._label_limit is not None and len(pairs) + 1 > self._label_limit:
            msg = f"{name[:_MAX_SHOWN]} has more than {self._label_limit} labels (label_limit)"
            raise InvalidError(msg, code="label_limit")
        slot = self._heads[head] = self._slot_of.setdefault(key, len(self.keys))
        if slot == len(self.keys):
            self.keys.append(key)
            faults = self._rules.faults(key, None)
            if faults:
                self._faulty[slot] = f"{name[:_MAX_SHOWN]}: {faults[0].field}: {faults[0].reason}"
            elif key in self._taken:
                self._faulty[slot] = f"{name[:_MAX_SHOWN]}: the scrape itself writes this series"
        return slot

    def _key(self, head: str) -> SeriesKey:
        """Read a name and labels as written; raises ValueError."""
        name, brace, block = head.partition("{")
        name = name.rstrip(" \t")
        if not brace:
            return name, self._own
        block = block[:-1]
        known = self._blocks.get(block) if name else None
        if known is not None:
            return name, known
        exposed, quoted = _labels(block)
        if bool(name) == (quoted is not None):
            msg = "a series with two names" if name else "a series without a name"
            raise ValueError(msg)
        pairs = self._merged(exposed)
        if name:
            self._blocks[block] = pairs
        return name or quoted or "", pairs

    def _merged(self, exposed: dict[str, str]) -> tuple[tuple[str, str], ...]:
        """Join a series' labels with the target's."""
        labels = {name: value for name, value in exposed.items() if value}
        clashing = self._own_names & labels.keys()
        if clashing:
            moved = {name: labels.pop(name) for name in sorted(clashing, key=lambda n: (len(n), n))}
            for name, value in moved.items():
                new = "exported_" + name
                while new in exposed or new in labels or new in self._own_names:
                    new = "exported_" + new
                labels[new] = value
        return tuple(sorted((labels | self._labels).items()))

    def _storable(
        self, slots: Slots, times: TimeArray, t: int, rejections: Rejections
    ) -> BoolArray | None:
        """Mark what may be kept, and count the rest; None when all may."""
        keep = believable(times, t / 1000, rejections)
        if self._faulty:
            bad = np.isin(slots, np.fromiter(self._faulty, np.int64))
            if bad.any():
                first = self._faulty[int(slots[bad][0])]
                rejections.add("bad_series", first, int(bad.sum()))
                keep = ~bad if keep is None else keep & ~bad
        if np.array_equal(slots, self._usual):
            return keep
        if len(slots) == 0 or np.bincount(slots).max() == 1:
            self._usual = slots
            return keep
        again = _repeated(slots, times)
        if again.any():
            name = self.keys[int(slots[again][0])][0]
            rejections.add("twice", f"{name}: the same series twice", int(again.sum()))
            keep = ~again if keep is None else keep & ~again
        return keep


def _separate(text: str) -> tuple[list[str], list[str]]:
    """Give the lines with samples, and what stands behind the # of the comments."""
    lines = text.split("\n")
    samples = [line for line in lines if line and line[0] != "#"]
    comments = [line[1:] for line in lines if line and line[0] == "#"]
    return samples, comments


def _check_end(text: str, comments: list[str]) -> None:
    """Hold OpenMetrics to its end mark: a page that was cut short must not pass for whole."""
    is_last = text.endswith(("\n# EOF\n", "\n# EOF")) or text in {"# EOF\n", "# EOF"}
    if not is_last or comments.index(" EOF") != len(comments) - 1:
        msg = "the page does not end with # EOF: it was cut short"
        raise MalformedError(msg, code="bad_exposition")


def _labels(block: str) -> tuple[dict[str, str], str | None]:
    """Read what stands between braces: labels, and the name where it stands there too."""
    if _PLAIN_BLOCK_RE.fullmatch(block):
        pairs = _PLAIN_LABEL_RE.findall(block)
        labels = dict(pairs)
        if len(labels) != len(pairs):
            msg = "a label stands there twice"
            raise ValueError(msg)
        return labels, None
    labels, name, at = {}, None, 0
    while at < len(block):
        match = _ITEM_RE.match(block, at)
        if match is None:
            if not block[at:].strip(" \t"):
                break
            msg = "the labels can't be read"
            raise ValueError(msg)
        label, quoted, value = match.groups()
        if value is None:
            if quoted is None or name is not None:
                msg = "a label without a value"
                raise ValueError(msg)
            name = _unescaped(quoted[1:-1])
        else:
            label = label or _unescaped(quoted[1:-1])
            if label in labels:
                msg = "a label stands there twice"
                raise ValueError(msg)
            labels[label] = _unescaped(value[1:-1])
        at = match.end()
    return labels, name


def _unescaped(text: str) -> str:
    return _ESCAPES_RE.sub(lambda m: _ESCAPED[m[0]], text) if "\\" in text else text


def _is_exemplar(text: str) -> bool:
    match = _EXEMPLAR_RE.fullmatch(text)
    return match is not None and all(
        number is None or _number(number) is not None for number in match.groups()
    )


def _number(text: str) -> float | None:
    """Read a number as Go writes it; Python's own reading takes blanks, 1_0 and other digits."""
    if text.encode("utf-8", "replace").translate(None, _NUMBER_LETTERS):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(page: _Lines, text: str) -> ValueArray:
    strange = "".join(page.values).encode("utf-8", "replace").translate(None, _NUMBER_LETTERS)
    try:
        if not strange:
            return np.fromiter(map(float, page.values), np.float64, len(page.values))
    except ValueError:
        pass
    for line, value in zip(page.lines, page.values, strict=True):
        if _number(value) is None:
            _refuse(text, line, f"{value[:_MAX_SHOWN]!r} is not a number")
    raise AssertionError


def _times(page: _Lines, text: str, *, openmetrics: bool) -> TimeArray:
    """Read the times that the page gives, in unix ms; OpenMetrics writes seconds."""
    times = np.empty(len(page.times), np.int64)
    for n, (place, raw) in enumerate(zip(page.places, page.times, strict=True)):
        number = _number(raw) if len(raw) <= _LONGEST_TIME else None
        scaled = None if number is None else number * 1000 if openmetrics else number
        is_whole = openmetrics or raw.lstrip("+-").isdecimal()
        if scaled is None or not abs(scaled) < 1e18 or not is_whole:  # noqa: PLR2004 - fits int64
            _refuse(text, page.lines[place], f"{raw[:_MAX_SHOWN]!r} is not a time")
        times[n] = round(scaled)
    return times


def _repeated(slots: Slots, times: TimeArray) -> BoolArray:
    """Mark samples whose series and time stand on the page before."""
    order = np.lexsort((times, slots))  # stable: of equals the first on the page comes first
    s, t = slots[order], times[order]
    again = np.zeros(len(slots), np.bool_)
    again[order[1:]] = (s[1:] == s[:-1]) & (t[1:] == t[:-1])
    return again


def _metadata(comments: Iterable[str], *, openmetrics: bool) -> list[Metadata]:
    """Collect what HELP, TYPE and UNIT say, a family at a time; the last word counts."""
    said: dict[str, dict[str, str]] = {}
    help_escapes = _ESCAPES_RE if openmetrics else _HELP_ESCAPES_RE
    for comment in comments:
        match = _COMMENT_RE.fullmatch(comment)
        if match is None:
            continue
        word, plain, quoted, rest = match.groups()
        name = plain or _unescaped(quoted[1:-1])
        rest = rest or ""
        if len(name) > MAX_NAME_LENGTH or (quoted and not re.fullmatch(_NAME, name)):
            continue
        family = said.setdefault(name, {})
        if word == "TYPE":
            kind = rest.strip(" \t")
            family["type"] = kind if kind in _TYPES else "unknown"
        elif word == "UNIT":
            family["unit"] = _kept(rest.strip(" \t"), _MAX_UNIT)
        else:
            family["help"] = _kept(
                help_escapes.sub(lambda m: _ESCAPED[m[0]], rest), MAX_METADATA_TEXT
            )
    return [Metadata(name, **family) for name, family in said.items()]


def _kept(text: str, length: int) -> str:
    return text[:length].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _refuse(text: str, line: str, why: str) -> NoReturn:
    number = text.split("\n").index(line) + 1
    msg = f"line {number}: {why}: {line[:_MAX_SHOWN]!r}"
    raise MalformedError(msg, code="bad_exposition")
