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

    def pack(self, total: Total[Pile]) -> bytes:
        """Write a total down; its bounds once, where all points have the same."""
        bounds = total.value.bounds
        last = [(point, shown, _plain(pile, bounds)) for point, shown, pile in total.last]
        document = [total.time, _plain(total.value, ()), last]
        return json.dumps(document, separators=(",", ":")).encode()

    def unpack(self, raw: bytes) -> Total[Pile]:
        """Read what ``pack`` wrote; raises ValueError."""
        try:
            time, value, last = json.loads(raw)
            newest = _pile(value, ())
            points = [
                ((start, end, tuple(same)), shown, _pile(pile, newest.bounds))
                for (start, end, same), shown, pile in last
            ]
            return Total(time, newest, list(points))
        except TypeError as error:
            raise ValueError(error) from None


def _plain(pile: Pile, known: tuple[float, ...]) -> list[Any]:
    """Write a pile down; with None for bounds that are ``known``."""
    return [
        pile.count,
        pile.sum,
        None if pile.bounds == known else pile.bounds,
        pile.scale,
        list(pile.counts.items()),
        list(pile.negative.items()),
        pile.zero_count,
        pile.zero_threshold,
    ]


def _pile(plain: list[Any], known: tuple[float, ...]) -> Pile:
    count, total, bounds, scale, counts, negative, zero_count, zero_threshold = plain
    return Pile(
        count,
        total,
        known if bounds is None else tuple(bounds),
        scale,
        dict(counts),
        dict(negative),
        zero_count,
        zero_threshold,
    )
