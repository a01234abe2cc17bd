"""Which series have which label value: answers selectors without looking at every series."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from quadra.telemetry.selector import Matcher, Selector
from quadra.telemetry.series import SeriesKey

NAME = "__name__"
Mask = npt.NDArray[np.bool_]
"""By series id, whether it is meant."""

Tick = Callable[[], None]
"""Called now and then during a long walk; raises to end it."""

_LOOK_EVERY = 64
_FEW = 64  # candidates that are looked at one by one in any case


class LabelIndex:
    """The series ids of each label value; the name is the label ``__name__``.

    ``add`` may run while another thread asks: what it adds may then be seen or not.
    """

    def __init__(self) -> None:
        """Begin empty."""
        # A value of one series alone, such as a request id, has its id and no array.
        self._ids: dict[str, dict[str, int | array[int]]] = {}

    def add(self, series_id: int, key: SeriesKey) -> None:
        """Learn a series that is not known yet."""
        name, labels = key
        self._put(NAME, name, series_id)
        for label, value in labels:
            self._put(label, value, series_id)

    def _put(self, label: str, value: str, series_id: int) -> None:
        values = self._ids.setdefault(label, {})
        found = values.get(value)
        if found is None:
            values[value] = series_id
        elif isinstance(found, int):
            values[value] = array("I", (found, series_id))
        else:
            found.append(series_id)

    def select(
        self, selector: Selector, known: Mask, key: Callable[[int], SeriesKey], tick: Tick
    ) -> Mask:
        """Mark the series that a selector means, among those ``known``; ``key`` gives an id's."""
        mask = known.copy()
        if selector.name is not None:
            self._keep_equal(mask, NAME, selector.name)
        others: list[Matcher] = []
        for matcher in selector.matchers:
            if matcher.op == "=" and matcher.value and matcher.accepts(matcher.value):
                self._keep_equal(mask, matcher.label, matcher.value)
            else:
                others.append(matcher)
        for matcher in others:
            self._keep_accepted(mask, matcher, selector, key, tick)
        return mask

    def search(self, words: Iterable[str], known: Mask, tick: Tick) -> Mask:
        """Mark the series whose name or label values hold every word, whatever the case."""
        mask = known.copy()
        for word in words:
            wanted = word.lower()
            holding = np.zeros(len(mask), np.bool_)
            for label in list(self._ids):
                for value, ids in self._values(label, tick):
                    if wanted in value.lower():
                        _mark(holding, ids)
            mask &= holding
        return mask

    def has(self, label: str, value: str) -> bool:
        """Say whether any series has this value of a label."""
        return value in self._ids.get(label, {})

    def labels(self) -> list[str]:
        """Give every label that any series has, without the name."""
        return sorted(label for label in list(self._ids) if label != NAME)

    def count(self, label: str, among: Mask, tick: Tick) -> list[tuple[str, int]]:
        """Give each value of a label and how many series among those marked have it, if any."""
        counts = []
        for value, ids in self._values(label, tick):
            found = _count(among, ids)
            if found:
                counts.append((value, found))
        return counts

    def _keep_equal(self, mask: Mask, label: str, value: str) -> None:
        equal = np.zeros(len(mask), np.bool_)
        ids = self._ids.get(label, {}).get(value)
        if ids is not None:
            _mark(equal, ids)
        mask &= equal

    def _keep_accepted(
        self,
        mask: Mask,
        matcher: Matcher,
        selector: Selector,
        key: Callable[[int], SeriesKey],
        tick: Tick,
    ) -> None:
        """Hold the label's values against a matcher, or the series that are left if fewer."""
        left = np.flatnonzero(mask)
        if len(left) <= max(len(self._ids.get(matcher.label, ())), _FEW):
            for at in range(0, len(left), _LOOK_EVERY):
                tick()
                for series_id in left[at : at + _LOOK_EVERY].tolist():
                    mask[series_id] = selector.matches(key(series_id))
            return
        # An absent label counts as the empty value: who accepts that loses only what it refuses.
        takes_absent = matcher.accepts("")
        found = np.zeros(len(mask), np.bool_)
        for value, ids in self._values(matcher.label, tick):
            if matcher.accepts(value) is not takes_absent:
                _mark(found, ids)
        mask &= ~found if takes_absent else found

    def _values(self, label: str, tick: Tick) -> Iterator[tuple[str, int | array[int]]]:
        values = list(self._ids.get(label, {}).items())
        for at in range(0, len(values), _LOOK_EVERY):
            tick()
            yield from values[at : at + _LOOK_EVERY]


def _mark(mask: Mask, ids: int | array[int]) -> None:
    if isinstance(ids, int):
        if ids < len(mask):
            mask[ids] = True
        return
    # By bytes: numpy would hold the array itself, which then could not grow meanwhile.
    found = np.frombuffer(ids.tobytes(), np.uint32)
    mask[found[found < len(mask)]] = True


def _count(mask: Mask, ids: int | array[int]) -> int:
    if isinstance(ids, int):
        return int(ids < len(mask) and mask[ids])
    found = np.frombuffer(ids.tobytes(), np.uint32)
    return int(np.count_nonzero(mask[found[found < len(mask)]]))
