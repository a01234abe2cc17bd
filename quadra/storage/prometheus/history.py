"""One past out of three places: the store, and here what the store can't hold or has not yet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from quadra.engine.ports import Clock, HistoryStore
from quadra.storage.prometheus.asking import FUNCTIONS, Asker
from quadra.storage.prometheus.labels import identity
from quadra.storage.prometheus.rates import Ends, to_be_read
from quadra.storage.prometheus.writing import MAX_KNOWN, KeysOf
from quadra.telemetry.aggregate import into_steps
from quadra.telemetry.batch import Columns, IdArray, latest_of_each

HIDDEN_S = 90.0
"""So long VictoriaMetrics may keep steps back (-search.latencyOffset); raw samples it does not."""

MAX_SPANS = 8


class RemoteHistory:
    """Implements ``engine.ports.HistoryStore`` and ``engine.ports.SteppingStore``.

    What stands here is read first: a sample that is shipped and dropped meanwhile is then seen
    twice rather than never. And it counts more: it was written later, or is exact.
    """

    def __init__(
        self,
        here: HistoryStore,
        asker: Asker,
        newest_there: Callable[[], int],
        keys_of: KeysOf,
        clock: Clock,
    ) -> None:
        """Wire; ``newest_there`` gives the time (unix ms) after which all samples stand here."""
        self._here = here
        self._asker = asker
        self._newest_there = newest_there
        self._keys_of = keys_of
        self._clock = clock
        self._identities_known: dict[int, str] = {}

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        """Read samples of the wanted series with start <= t <= end (unix ms), in order written."""
        if len(wanted) == 0:
            return Columns.empty()
        here = self._here.between(start, end, wanted)
        end = min(end, self._newest_there())
        if start > end:
            return here
        there = self._asker.samples(self._identities(wanted), start, end)
        return Columns.concat([there, here])

    def steps(self, start: int, end: int, wanted: IdArray, step: int, agg: str) -> Columns | None:
        """Give the aggregates of steps (ms), as ``telemetry.aggregate.into_steps`` would.

        The store computes the steps of which it holds all and each once; for the others their
        samples are read. None where reading all samples is as good.
        """
        if len(wanted) == 0 or (agg not in FUNCTIONS and not self._asker.knows_last_times()):
            return None
        here = self._here.between(start, end, wanted)
        newest = min(self._newest_there(), round((self._clock() - HIDDEN_S) * 1000))
        first = -(-start // step)
        after = min(end + 1, newest) // step
        if first >= after:
            return None
        spans = _spans(np.unique(here.t // step).tolist(), first, after)
        if spans is None:
            return None
        ids = self._identities(wanted)
        if agg not in FUNCTIONS:
            return self._rates(here, ids, (start, end), step, spans)
        parts: list[Columns] = []
        read_from = start
        for low, high in spans:
            parts.append(self._read(here, ids, read_from, low * step - 1, step, agg))
            parts.append(self._asker.steps(ids, low * step, high * step, step, agg))
            read_from = high * step
        parts.append(self._read(here, ids, read_from, end, step, agg))
        return latest_of_each(Columns.concat(parts))

    def size(self) -> int:
        """Give the bytes that stand here."""
        return self._here.size()

    def _rates(
        self,
        here: Columns,
        ids: dict[str, int],
        asked: tuple[int, int],
        step: int,
        spans: list[tuple[int, int]],
    ) -> Columns | None:
        """Put together rates of what the store tells of ``spans`` of steps and of samples."""
        read_from, end = asked
        spans[0] = (spans[0][0] + 1, spans[0][1])  # a rate begins with the sample before
        known: list[Columns] = []
        ends: list[Ends] = []
        for low, high in spans:
            known.append(self._samples(here, ids, read_from, low * step - 1))
            read_from = high * step
            if low < high:
                found = self._asker.ends(ids, low * step, read_from, step)
                if found is None:
                    return None
                ends.append(found)
        known.append(self._samples(here, ids, read_from, end))
        if not ends:
            return None
        last = Ends._make(np.concatenate(columns) for columns in zip(*ends, strict=True))
        samples = Columns.concat(known)
        whole = to_be_read(last, samples, step)
        if whole is None:
            return None
        some = {mark: number for mark, number in ids.items() if number in whole.ids}
        rest = [self._samples(here, some, low, high - 1) for low, high in whole.spans]
        every = [Columns(last.ids, last.t, last.v), samples, *rest]
        return into_steps(latest_of_each(Columns.concat(every)), step, "rate")

    def _read(
        self, here: Columns, ids: dict[str, int], start: int, end: int, step: int, agg: str
    ) -> Columns:
        """Put the samples of a span into steps; ``here`` may hold more than the span."""
        return into_steps(self._samples(here, ids, start, end), step, agg)

    def _samples(self, here: Columns, ids: dict[str, int], start: int, end: int) -> Columns:
        """Read the values of a span, in order."""
        if start > end:
            return Columns.empty()
        inside = here.where((here.t >= start) & (here.t <= end))
        last = min(end, self._newest_there())
        there = self._asker.samples(ids, start, last) if start <= last else Columns.empty()
        found = latest_of_each(Columns.concat([there, inside]))
        return found.where(~np.isnan(found.v))

    def _identities(self, wanted: IdArray) -> dict[str, int]:
        known = self._identities_known
        missing = [number for number in wanted.tolist() if number not in known]
        if missing:
            if len(known) + len(missing) > MAX_KNOWN:
                known.clear()
                missing = wanted.tolist()
            for number, key in self._keys_of(missing).items():
                known[number] = identity(key)
        return {known[number]: number for number in wanted.tolist() if number in known}


def _spans(touched: list[int], first: int, after: int) -> list[tuple[int, int]] | None:
    """Give the spans of whole steps within ``first:after`` that hold none of the touched.

    The longest few of them; None when together they are less than half.
    """
    edges = [first - 1, *(n for n in touched if first <= n < after), after]
    found = [(a + 1, b) for a, b in pairwise(edges) if a + 1 < b]
    found = sorted(sorted(found, key=lambda span: span[0] - span[1])[:MAX_SPANS])
    if 2 * sum(high - low for low, high in found) < after - first:
        return None
    return found
