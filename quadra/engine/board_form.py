"""Reads what somebody wants a board to be, and says what is wrong with each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from quadra.errors import Fault, InvalidError

T = TypeVar("T")

MAX_NAME = 100
MAX_CHARTS = 120
MAX_ENTRY = 400
MAX_FILTERS = 16
MAX_VALUES = 50
MAX_VALUE = 500
ORDERS = ("unusual", "name", "own")
COMPARISONS = ("", "day", "week")
OPERATORS = ("=", "!=")
CHOICES = ("log", "stack", "raw")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.]{0,99}")
_RANGE = re.compile(r"[1-9]\d{0,8}(\.\d)?[smhd]")
_FORMAT_FIELDS = ("quadra_board", "name", "view", "revision")
FORMAT = 1
"""What ``quadra_board`` in an exported file says."""


def board_from(wish: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Read name and view of a board, as sent or as exported; raises InvalidError with every fault.

    What the view leaves out has its default in the answer, so that all boards are alike.
    """
    form = _Form()
    form.known("", wish, _FORMAT_FIELDS)
    if wish.get("quadra_board", FORMAT) != FORMAT:
        form.wrong("quadra_board", f"only format {FORMAT} can be read")
    name = form.text("name", wish.get("name"), MAX_NAME, least=1).strip()
    view = form.view(wish.get("view", {}))
    if form.faults:
        msg = "The board was not kept."
        raise InvalidError(msg, faults=tuple(form.faults))
    return name, view


class _Form:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def wrong(self, field: str, reason: str) -> None:
        self.faults.append(Fault(None, field, reason))

    def known(self, at: str, wish: Mapping[str, Any], fields: tuple[str, ...]) -> None:
        for name in wish:
            if name not in fields:
                self.wrong(f"{at}{name}"[:200], f"no such field; known are {', '.join(fields)}")

    def text(self, field: str, value: object, most: int, *, least: int = 0) -> str:
        if isinstance(value, str) and least <= len(value.strip()) and len(value) <= most:
            if value.isprintable():
                return value
            self.wrong(field, "has characters that cannot be shown")
        else:
            self.wrong(field, f"use a text of {least} to {most} characters")
        return ""

    def one_of(self, field: str, value: object, allowed: tuple[str, ...]) -> str:
        if value in allowed:
            return str(value)
        self.wrong(field, f"use one of {', '.join(map(repr, allowed))}")
        return allowed[0]

    def label(self, field: str, value: object) -> str:
        if value == "" or (isinstance(value, str) and _LABEL.fullmatch(value)):
            return value
        self.wrong(field, "use a label's name, or an empty text for none")
        return ""

    def many(
        self, field: str, value: object, most: int, read: Callable[[str, object], T]
    ) -> list[T]:
        if not isinstance(value, list) or len(value) > most:
            self.wrong(field, f"use a list of at most {most}")
            return []
        return [read(f"{field}[{i}]", one) for i, one in enumerate(value)]

    def view(self, wish: object) -> dict[str, Any]:
        if not isinstance(wish, dict):
            self.wrong("view", "use an object")
            return {}
        fields = ("range", "names", "filters", "split", "per", "order", "compare", "charts")
        self.known("view.", wish, fields)
        span = wish.get("range", "1h")
        if not isinstance(span, str) or not _RANGE.fullmatch(span):
            self.wrong("view.range", "use a span such as 5m, 1h or 137s")
        return {
            "range": span,
            "names": self.many(
                "view.names",
                wish.get("names", []),
                MAX_CHARTS,
                lambda at, one: self.text(at, one, MAX_ENTRY, least=1),
            ),
            "filters": self.many("view.filters", wish.get("filters", []), MAX_FILTERS, self.filter),
            "split": self.label("view.split", wish.get("split", "")),
            "per": self.label("view.per", wish.get("per", "")),
            "order": self.one_of("view.order", wish.get("order", "unusual"), ORDERS),
            "compare": self.one_of("view.compare", wish.get("compare", ""), COMPARISONS),
            "charts": self.charts(wish.get("charts", {})),
        }

    def filter(self, at: str, wish: object) -> dict[str, Any]:
        if not isinstance(wish, dict):
            self.wrong(at, "use an object of label, op and values")
            return {}
        self.known(f"{at}.", wish, ("label", "op", "values"))
        label = self.label(f"{at}.label", wish.get("label"))
        if not label:
            self.wrong(f"{at}.label", "a filter needs a label")
        return {
            "label": label,
            "op": self.one_of(f"{at}.op", wish.get("op", "="), OPERATORS),
            "values": self.many(
                f"{at}.values",
                wish.get("values"),
                MAX_VALUES,
                lambda place, one: self.text(place, one, MAX_VALUE),
            ),
        }

    def charts(self, wish: object) -> dict[str, dict[str, bool]]:
        if not isinstance(wish, dict) or len(wish) > MAX_CHARTS:
            self.wrong("view.charts", f"use an object of at most {MAX_CHARTS}")
            return {}
        read: dict[str, dict[str, bool]] = {}
        for key, choices in wish.items():
            at = f"view.charts[{key[:60]!r}]"
            if not isinstance(choices, dict) or len(key) > MAX_ENTRY:
                self.wrong(at, f"use an object of {', '.join(CHOICES)}")
                continue
            self.known(f"{at}.", choices, CHOICES)
            for name, value in choices.items():
                if not isinstance(value, bool):
                    self.wrong(f"{at}.{name}"[:200], "use true or false")
            read[key] = {name: True for name in CHOICES if choices.get(name) is True}
        return read
