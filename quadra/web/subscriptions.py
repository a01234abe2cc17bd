"""What a console asks for, which room it watches from, and what a frame looks like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

from quadra.errors import InvalidError
from quadra.telemetry.batch import Columns
from quadra.telemetry.selector import Selector, parse_selector
from quadra.telemetry.series import SeriesKey

MAX_SELECTORS = 120
EVENTS = ("series", "alerts", "anomalies", "training", "system")

Format = Literal["json", "binary"]
RoomKey = tuple[frozenset[str], Format]

SAMPLE_BYTES: dict[Format, int] = {"json": 40, "binary": 20}
"""About what a sample takes in a frame."""


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


@dataclass(slots=True)
class Room:
    """What its members watch; ``watched[id]`` says whether a series belongs."""

    name: str
    form: Format
    selectors: tuple[Selector, ...]
    watched: npt.NDArray[np.bool_]
    frame_bytes: int = 0
    awaited: int = 0
    """Consoles that are still catching up and will be members."""
    members: set[str] = field(default_factory=set)

    def matches(self, key: SeriesKey) -> bool:
        """Say whether a series belongs here."""
        return any(selector.matches(key) for selector in self.selectors)

    def watch(self, ids: Iterable[int], capacity: int) -> None:
        """Let series join."""
        if capacity > len(self.watched):
            grown = np.zeros(capacity, np.bool_)
            grown[: len(self.watched)] = self.watched
            self.watched = grown
        self.watched[list(ids)] = True

    def part_of(self, columns: Columns) -> Columns:
        """Give the samples that are watched here."""
        within = columns.ids < len(self.watched)
        return columns.where(within & self.watched[np.where(within, columns.ids, 0)])


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription as it was asked for."""

    selectors: tuple[Selector, ...]
    events: frozenset[str]
    form: Format
    since: int | None


def read_wish(data: object) -> Wish:
    """Read what a client sent to ``subscribe``; raises InvalidError."""
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
    selectors = tuple(parse_selector(text) for text in sorted(set(series)))
    return Wish(selectors, frozenset(events), form, since)


def frame(form: Format, seq: int, columns: Columns) -> dict[str, Any]:
    """Make a frame: ``t`` in unix ms, series ``id``, value ``v``, all of one length."""
    if form == "json":
        return {
            "seq": seq,
            "t": columns.t.tolist(),
            "id": columns.ids.tolist(),
            "v": columns.v.tolist(),
        }
    return {
        "seq": seq,
        "t": columns.t.astype("<f8").tobytes(),
        "id": columns.ids.astype("<u4", copy=False).tobytes(),
        "v": columns.v.astype("<f8", copy=False).tobytes(),
    }
