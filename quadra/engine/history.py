"""Answer what the past was: choose the series, read the journal, put it into steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from quadra.engine.catalog import Catalog, SeriesInfo
from quadra.engine.ports import HistoryStore, Runtime, SteppingStore
from quadra.errors import InvalidError, UnavailableError
from quadra.telemetry.aggregate import into_steps
from quadra.telemetry.batch import Columns, IdArray, TimeArray, ValueArray, latest_of_each
from quadra.telemetry.selector import Selector

MAX_SERIES_A_QUERY = 2_000
MAX_POINTS_A_QUERY = 2_000_000
MAX_QUERIES_AT_ONCE = 3
MAX_QUERIES_WAITING = 64
WAIT_FOR_TURN_S = 10.0
_LOOK_AGAIN_S = 0.01


@dataclass(frozen=True, slots=True)
class Line:
    """One series over a span: ``t`` in unix ms and ``v``, both of length n, t rising."""

    info: SeriesInfo
    t: TimeArray
    v: ValueArray


class History:
    """Reads the past, off the loop."""

    def __init__(self, store: HistoryStore, catalog: Catalog, runtime: Runtime) -> None:
        """Wire the reader."""
        self._store = store
        self._catalog = catalog
        self._runtime = runtime
        self._running = 0
        self._waiting = 0

    def query(
        self, selectors: Sequence[Selector], start: int, end: int, step: int | None, agg: str
    ) -> list[Line]:
        """Give the lines of all series selected.

        ``start``, ``end`` (both inclusive) and ``step`` are in ms; without ``step`` the samples
        come as they were sent. Series without a sample in the span are left out. Raises
        InvalidError when the answer would be too large, StorageError.
        """
        with self._turn():
            return self._runtime.offload(self._answer, selectors, start, end, step, agg)

    def _answer(
        self, selectors: Sequence[Selector], start: int, end: int, step: int | None, agg: str
    ) -> list[Line]:
        ids = self._catalog.select(selectors)
        if len(ids) > MAX_SERIES_A_QUERY:
            msg = (
                f"The selector means {len(ids)} series, more than {MAX_SERIES_A_QUERY} at once. "
                "Add a label to narrow it."
            )
            raise InvalidError(msg, code="too_many_series_selected")
        if not ids:
            return []
        lines = read_lines(self._store, np.array(ids, np.uint32), start, end, step, agg)
        return [Line(self._catalog.info(series_id), t, v) for series_id, t, v in lines]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let a few questions run at once and the next wait; commits never wait for them."""
        if self._waiting >= MAX_QUERIES_WAITING:
            raise _overloaded()
        self._waiting += 1
        try:
            for _ in range(round(WAIT_FOR_TURN_S / _LOOK_AGAIN_S)):
                if self._running < MAX_QUERIES_AT_ONCE:
                    break
                self._runtime.sleep(_LOOK_AGAIN_S)
            else:
                raise _overloaded()
        finally:
            self._waiting -= 1
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def size(self) -> int:
        """Give the bytes on disk; blocking; raises StorageError."""
        return self._store.size()


def _overloaded() -> UnavailableError:
    msg = "Too many questions about history at once. Try again in a moment."
    return UnavailableError(msg, code="overloaded", retry_after=2)


def read_lines(
    store: HistoryStore, wanted: IdArray, start: int, end: int, step: int | None, agg: str
) -> list[tuple[int, TimeArray, ValueArray]]:
    """Give (id, times, values) of each wanted series that has samples; as ``History.query``."""
    columns = None
    if step is not None and isinstance(store, SteppingStore):
        columns = store.steps(start, end, wanted, step, agg)
    if columns is None:
        columns = _read_columns(store, wanted, start, end, step, agg)
    if len(columns) == 0:
        return []
    bounds = np.flatnonzero(np.r_[True, columns.ids[1:] != columns.ids[:-1], True]).tolist()
    return [
        (int(columns.ids[low]), columns.t[low:high], columns.v[low:high])
        for low, high in pairwise(bounds)
    ]


def _read_columns(
    store: HistoryStore, wanted: IdArray, start: int, end: int, step: int | None, agg: str
) -> Columns:
    columns = latest_of_each(store.between(start, end, wanted))
    if step is None and len(columns) > MAX_POINTS_A_QUERY:
        msg = (
            f"The answer has {len(columns)} points, more than {MAX_POINTS_A_QUERY}. "
            "Shorten the span or give a step."
        )
        raise InvalidError(msg, code="too_many_points")
    if step is not None:
        is_nan = np.isnan(columns.v)
        if is_nan.any():  # a staleness marker ends a line; it is no value
            columns = columns.where(~is_nan)
        columns = into_steps(columns, step, agg)
    return columns
