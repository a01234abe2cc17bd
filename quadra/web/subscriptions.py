"""What a console asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import orjson

from quadra.errors import InvalidError
from quadra.telemetry.selector import Patterns, Selector, parse_selectors

MAX_SELECTORS = 120
EVENTS = ("series", "alerts", "anomalies", "training", "system", "events")

Format = Literal["json", "binary"]
RoomKey = tuple[frozenset[str], Format]


class FastJson:
    """The codec of the socket: orjson, which writes no NaN and reads none."""

    @staticmethod
    def dumps(value: object, **_options: object) -> str:
        """Encode."""
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: object) -> object:
        """Decode; raises ValueError."""
        return orjson.loads(text)


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription as it was asked for."""

    selectors: tuple[Selector, ...]
    events: frozenset[str]
    form: Format
    since: int | None

    @property
    def room(self) -> RoomKey:
        """What is shared by all who wish the same."""
        return frozenset(s.text for s in self.selectors), self.form


def read_wish(data: object, patterns: Patterns | None = None) -> Wish:
    """Read what a client sent to ``subscribe``; raises InvalidError.

    ``patterns`` tells afterwards what its regular expressions have cost.
    """
    if not isinstance(data, dict):
        msg = "Send an object: {series: […], events: […], format, since}."
        raise InvalidError(msg, code="bad_subscription")
    series, events = data.get("series", []), data.get("events", [])
    form, since = data.get("format", "json"), data.get("since")
    if not isinstance(series, list) or not all(isinstance(s, str) for s in series):
        msg = "`series` is a list of selectors."
        raise InvalidError(msg, code="bad_subscription")
    if len(series) > MAX_SELECTORS:
        msg = f"At most {MAX_SELECTORS} selectors; join some with a regular expression."
        raise InvalidError(msg, code="too_many_selectors")
    if not isinstance(events, list) or any(event not in EVENTS for event in events):
        msg = f"`events` is a list out of {', '.join(EVENTS)}."
        raise InvalidError(msg, code="bad_subscription")
    if form not in ("json", "binary"):
        msg = "`format` is json or binary."
        raise InvalidError(msg, code="bad_subscription")
    if since is not None and (type(since) is not int or since < 0):
        msg = "`since` is the seq of the last frame received."
        raise InvalidError(msg, code="bad_subscription")
    selectors = tuple(parse_selectors(sorted(set(series)), patterns))
    return Wish(selectors, frozenset(events), form, since)
