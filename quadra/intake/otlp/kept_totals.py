"""How running totals are written down, to be found again after a restart."""

from __future__ import annotations

import json
import struct
from typing import Any

from quadra.intake.otlp.buckets import Pile
from quadra.intake.otlp.totals import Total

_HEAD = struct.Struct("<qd")  # the total: its time, its value
_POINT = struct.Struct("<QQdqd")  # a point: start, time, value; where it showed, what it led to


class NumberForm:
    """Totals of sums."""

    mark = b"n"

    def cells(self, _value: float) -> int:
        """Give none: a number is all there is."""
        return 0

    def pack(self, total: Total[float]) -> bytes:
        """Write a total down."""
        points = b"".join(_POINT.pack(*point, shown, value) for point, shown, value in total.last)
        return _HEAD.pack(total.time, total.value) + points

    def unpack(self, raw: bytes) -> Total[float]:
        """Read what ``pack`` wrote; raises ValueError."""
        try:
            time, value = _HEAD.unpack_from(raw)
            points = list(_POINT.iter_unpack(raw[_HEAD.size :]))
        except struct.error as error:
            raise ValueError(error) from None
        last = [((start, end, v), shown, sum_) for start, end, v, shown, sum_ in points]
        return Total(time, value, list(last))


class PileForm:
    """Totals of histograms: JSON, as counts have no bound."""

    mark = b"p"

    def cells(self, value: Pile) -> int:
        """Give how many counts and bounds a histogram has."""
        return len(value.bounds) + len(value.counts) + len(value.negative)

    def pack(self, total: Total[Pile]) -> bytes:
        """Write a total down."""
        last = [(point, shown, _plain(pile)) for point, shown, pile in total.last]
        return json.dumps([total.time, _plain(total.value), last]).encode()

    def unpack(self, raw: bytes) -> Total[Pile]:
        """Read what ``pack`` wrote; raises ValueError."""
        try:
            time, value, last = json.loads(raw)
            points = [
                ((start, end, tuple(same)), shown, _pile(pile))
                for (start, end, same), shown, pile in last
            ]
            return Total(time, _pile(value), list(points))
        except TypeError as error:
            raise ValueError(error) from None


def _plain(pile: Pile) -> list[Any]:
    return [
        pile.count,
        pile.sum,
        pile.bounds,
        pile.scale,
        list(pile.counts.items()),
        list(pile.negative.items()),
        pile.zero_count,
        pile.zero_threshold,
    ]


def _pile(plain: list[Any]) -> Pile:
    count, total, bounds, scale, counts, negative, zero_count, zero_threshold = plain
    return Pile(
        count, total, tuple(bounds), scale, dict(counts), dict(negative), zero_count, zero_threshold
    )
