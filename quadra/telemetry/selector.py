"""Prometheus's series selectors: ``name{label="x", other=~"y.*"}``.

Regular expressions run on RE2, in time linear in the text, so that no pattern a visitor
sends can hold the process. As in Prometheus they must match the whole value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from quadra.errors import InvalidError
from quadra.telemetry.series import SeriesKey

MAX_SELECTOR_LENGTH = 4_096
MAX_MATCHERS = 16
MAX_PATTERN_LENGTH = 4_000
MAX_PROGRAM = 30_000
"""How long the programs of one question's patterns may be together: a tenth of a second's work."""
_OPERATORS = ("=~", "!~", "!=", "=")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_REGEX_MEMORY = 1 << 18
_FAILED = 2_000  # to find that a pattern is too large takes time as well
_REMEMBERED_LENGTH = 300


class SelectorError(InvalidError):
    """A selector can't be understood; says at which character and what was expected."""

    code = "bad_selector"
    title = "The selector can't be understood"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; an absent label counts as the empty value."""

    label: str
    op: str
    value: str
    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector. ``name`` is set when only that exact name can match."""

    text: str
    name: str | None
    matchers: tuple[Matcher, ...]

    def matches(self, key: SeriesKey) -> bool:
        """Say whether a series is selected."""
        name, labels = key
        if self.name is not None and name != self.name:
            return False
        if not self.matchers:
            return True
        values: Mapping[str, str] = dict(labels)
        return all(
            m.accepts(name if m.label == "__name__" else values.get(m.label, ""))
            for m in self.matchers
        )


class Patterns:
    r"""The regular expressions of one question: each compiled once, all together within bounds.

    Classes of Unicode make long programs of short texts (``\pL{50}`` takes 60 ms), so what counts
    is the length of the programs.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.program = 0
        """How long the programs are together."""
        self._compiled: dict[str, Any] = {}

    def compiled(self, text: str) -> Any:
        """Compile a pattern; raises SelectorError."""
        known = self._compiled.get(text)
        if known is not None:
            return known
        if len(text) > MAX_PATTERN_LENGTH:
            msg = f"A regular expression is longer than {MAX_PATTERN_LENGTH} characters."
            raise SelectorError(msg)
        self._refuse_too_large()
        options = re2.Options()
        options.max_mem = _REGEX_MEMORY
        options.log_errors = False
        options.dot_nl = True
        try:
            pattern = re2.compile(text, options)
        except re2.error as error:
            self.program += _FAILED
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
            msg = f"The regular expression {text[:80]!r} can't be used: {reason}."
            raise SelectorError(msg) from None
        self.program += pattern.programsize
        self._refuse_too_large()
        self._compiled[text] = pattern
        return pattern

    def _refuse_too_large(self) -> None:
        if self.program > MAX_PROGRAM:
            msg = "The regular expressions are too large together. Use simpler ones, or fewer."
            raise SelectorError(msg, code="patterns_too_large")


def parse_selectors(texts: Iterable[str], patterns: Patterns | None = None) -> list[Selector]:
    """Parse the selectors of one question, whose patterns are bounded together.

    Raises SelectorError.
    """
    shared = Patterns() if patterns is None else patterns
    return [parse_selector(text, shared) for text in texts]


def parse_selector(text: str, patterns: Patterns | None = None) -> Selector:
    """Parse one selector; raises SelectorError."""
    if len(text) > MAX_SELECTOR_LENGTH:
        msg = f"The selector is longer than {MAX_SELECTOR_LENGTH} characters."
        raise SelectorError(msg)
    if len(text) > _REMEMBERED_LENGTH or "~" in text:
        return _Parser(text, patterns or Patterns()).parse()
    return _remembered(text)


@lru_cache(maxsize=512)
def _remembered(text: str) -> Selector:
    """Parse what consoles ask for again and again: patterns, which take memory, are none of it."""
    return _Parser(text, Patterns()).parse()


class _Parser:
    def __init__(self, text: str, patterns: Patterns) -> None:
        self.text = text
        self.patterns = patterns
        self.at = 0

    def parse(self) -> Selector:
        name: str | None = None
        self._space()
        if self._peek() != "{":
            name = self._word(":")
            if not name:
                raise self._error("a metric name or {")
        matchers = self._braces(named=name is not None)
        self._space()
        if self.at != len(self.text):
            raise self._error("the end")
        for matcher in matchers:
            if matcher.label == "__name__" and matcher.op == "=" and name is None:
                name = matcher.value
        if name is None and not any(not m.accepts("") for m in matchers):
            msg = (
                "The selector would match every series: give a name, or a condition "
                'that does not match the empty value, such as {job="x"}.'
            )
            raise SelectorError(msg)
        rest = tuple(m for m in matchers if not (m.label == "__name__" and m.op == "="))
        equal_names = [m.value for m in matchers if m.label == "__name__" and m.op == "="]
        if any(other != name for other in equal_names):
            rest = (*rest, Matcher("__name__", "=", "", lambda _value: False))
        return Selector(self.text, name, rest)

    def _braces(self, *, named: bool) -> list[Matcher]:
        matchers: list[Matcher] = []
        self._space()
        if self.at == len(self.text):
            return matchers
        self._take("{")
        self._space()
        while self._peek() != "}":
            if len(matchers) >= MAX_MATCHERS:
                msg = f"The selector has more than {MAX_MATCHERS} conditions."
                raise SelectorError(msg)
            matchers.append(self._matcher(named=named))
            self._space()
            if self._peek() != ",":
                break
            self.at += 1
            self._space()
        self._take("}")
        return matchers

    def _matcher(self, *, named: bool) -> Matcher:
        if self._peek() in "\"'`" and self._peek():
            quoted = self._string()
            self._space()
            if self._peek() in ",}":  # {"name"}: Prometheus 3's way to write any name
                if named:
                    raise self._error("a label, the name is already given")
                return Matcher("__name__", "=", quoted, lambda value: value == quoted)
            label = quoted
        else:
            label = self._word("")
            if not label:
                raise self._error("a label name")
        self._space()
        op = next((o for o in _OPERATORS if self.text.startswith(o, self.at)), None)
        if op is None:
            raise self._error("one of = != =~ !~")
        self.at += len(op)
        self._space()
        value = self._string()
        return Matcher(label, op, value, _acceptor(op, value, self.patterns))

    def _word(self, extra: str) -> str:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if not (char.isascii() and (char.isalnum() or char == "_" or char in extra)):
                break
            self.at += 1
        word = self.text[start : self.at]
        if word[:1].isdigit():
            self.at = start
            raise self._error("a name that does not start with a digit")
        return word

    def _string(self) -> str:
        quote = self._peek()
        if quote not in ('"', "'", "`"):
            raise self._error("a quoted value")
        self.at += 1
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == quote:
                return "".join(out)
            if char == "\\" and quote != "`":
                escaped = self.text[self.at : self.at + 1]
                if escaped not in _ESCAPES:
                    raise self._error("one of \\n \\t \\r \\\\ \\\" \\'")
                out.append(_ESCAPES[escaped])
                self.at += 1
            else:
                out.append(char)
        raise self._error(f"a closing {quote}")

    def _space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, char: str) -> None:
        if self._peek() != char:
            raise self._error(char)
        self.at += 1

    def _error(self, wanted: str) -> SelectorError:
        return SelectorError(f"At character {self.at + 1}: expected {wanted}.")


def _acceptor(op: str, value: str, patterns: Patterns) -> Callable[[str], bool]:
    if op == "=":
        return lambda found: found == value
    if op == "!=":
        return lambda found: found != value
    pattern, wanted = patterns.compiled(value), op == "=~"
    return lambda found: (pattern.fullmatch(found) is not None) is wanted
