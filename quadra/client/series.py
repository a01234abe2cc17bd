"""What a sample is called: its name and labels, checked before it costs the server anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_NAME_LENGTH = 200
MAX_VALUE_LENGTH = 1024
_CACHE_LIMIT = 20_000

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

SeriesKey = tuple[str, tuple[tuple[str, str], ...]]
"""``(name, ((label, value), …))``, labels sorted, empty ones left out."""


class BadSeriesError(ValueError):
    """The server would refuse this name or label; the text says why."""


class Keys:
    """Makes the keys of series out of names and labels, and remembers those it has made."""

    def __init__(self, constant: Mapping[str, object]) -> None:
        """Take the labels that every series gets; raises BadSeriesError."""
        self._constant = {name: text_of(value) for name, value in constant.items()}
        for name in self._constant:
            _check_label(name)
        self._known: dict[tuple[object, ...], SeriesKey] = {}

    def find(self, name: str, labels: Mapping[str, object]) -> SeriesKey:
        """Give the key of a series; its own labels win over the constant ones."""
        texts = tuple((label, text_of(value)) for label, value in labels.items())
        key = self._known.get((name, texts))
        if key is None:
            key = self._make(name, texts)
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            self._known[name, texts] = key
        return key

    def _make(self, name: str, texts: tuple[tuple[str, str], ...]) -> SeriesKey:
        if not _NAME.fullmatch(name):
            msg = f"{name[:80]!r}: a name uses letters, digits, _ and :, no digit first"
            raise BadSeriesError(msg)
        if len(name) > MAX_NAME_LENGTH:
            msg = f"{name[:80]!r}…: a name has at most {MAX_NAME_LENGTH} characters"
            raise BadSeriesError(msg)
        for label, _text in texts:
            _check_label(label)
        joined = self._constant | dict(texts)
        return name, tuple(sorted((label, text) for label, text in joined.items() if text))


def text_of(value: object) -> str:
    """Spell a label's value: None is no label, True is ``true``, what can't be sent is replaced."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if type(value) is str else str(value)
    if len(text) > MAX_VALUE_LENGTH:
        text = text[:MAX_VALUE_LENGTH]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "")


def _check_label(label: str) -> None:
    if not _LABEL.fullmatch(label) or label.startswith("__"):
        msg = f"{label[:80]!r}: a label uses letters, digits and _, and never begins with __"
        raise BadSeriesError(msg)
    if len(label) > MAX_NAME_LENGTH:
        msg = f"{label[:80]!r}…: a label has at most {MAX_NAME_LENGTH} characters"
        raise BadSeriesError(msg)
