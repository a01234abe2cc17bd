"""Answer what the past was: choose the series, read samples or rollups, put them into steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar, cast, runtime_checkable

import numpy as np

from quadra.engine.catalog import Catalog, SeriesInfo
from quadra.engine.ports import HistoryStore, Runtime, SteppingStore
from quadra.errors import InvalidError, UnavailableError
from quadra.telemetry import tiers
from quadra.telemetry.aggregate import into_steps
from quadra.telemetry.batch import (
    Columns,
    IdArray,
    TimeArray,
    ValueArray,
    latest_of_each,
    overlaid,
)
from quadra.telemetry.rollups import MINUTE, Rollup, nothing
from quadra.telemetry.runs import Runs
from quadra.telemetry.runs import into_steps as runs_into_steps
from quadra.telemetry.selector import Selector

T = TypeVar("T")

MAX_SERIES_A_QUERY = 2_000
MAX_POINTS_A_QUERY = 2_000_000
MAX_SAMPLES_A_QUERY = 40_000_000
SAMPLES_A_PORTION = 400_000
MAX_QUERIES_AT_ONCE = 3
MAX_QUERIES_WAITING = 64
WAIT_FOR_TURN_S = 10.0
_LOOK_AGAIN_S = 0.01
_CHOICES_KEPT = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One series over a span: ``t`` in unix ms and ``v``, both of length n, t rising.

    ``agg`` says what of its steps this is; empty for samples as they were sent.
    """

    info: SeriesInfo
    t: TimeArray
    v: ValueArray
    agg: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to know: of which series, when, and how.

    ``start``, ``end`` (both inclusive) and ``step`` are in ms; without ``step`` the samples come
    as they were sent, else a line for each of ``aggs``. ``ids`` are series beside those selected.
    """

    selectors: Sequence[Selector]
    start: int
    end: int
    step: int | None = None
    aggs: tuple[str, ...] = ("avg",)
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a store that keeps rollups: some series over a span, both ends inclusive.

    ``step`` is in ms, 0 for samples as they were sent; ``columns`` are those of rollups that the
    answer needs.
    """

    start: int
    end: int
    step: int
    ids: IdArray
    columns: frozenset[str]


class Tiered(NamedTuple):
    """What answers for some series: cells, and the samples of the times that no cell tells.

    ``cells`` are ``tier`` ms long and in any order, ``samples`` in the order written. ``runs`` are
    samples too, of other steps than those.
    """

    tier: int
    cells: Rollup
    samples: Columns
    runs: Runs


@runtime_checkable
class TieredStore(HistoryStore, Protocol):
    """A history that keeps rollups beside the samples."""

    def tiered(self, question: Question) -> Iterable[Tiered]:
        """Read cells and samples that together answer for the whole span, some series at a time."""

    def weigh(self, question: Question) -> list[int]:
        """Tell about how many samples and cells would be read of each series of the question."""


class History:
    """Reads the past, off the loop."""

    def __init__(self, store: HistoryStore, catalog: Catalog, runtime: Runtime) -> None:
        """Wire the reader."""
        self._store = store
        self._tiered = store if isinstance(store, TieredStore) else None
        self._catalog = catalog
        self._runtime = runtime
        self._running = 0
        self._waiting = 0
        self._chosen: dict[tuple[str, ...], tuple[int, IdArray]] = {}

    def query(
        self, selectors: Sequence[Selector], start: int, end: int, step: int | None, agg: str
    ) -> list[Line]:
        """Give the lines of all series selected, as ``pieces`` does."""
        ask = Ask(selectors, start, end, step, (agg,))
        first, others = self.pieces(ask, _as_it_is)
        return [line for piece in (first, *others) for line in piece]

    def pieces(self, ask: Ask, render: Callable[[list[Line]], T]) -> tuple[T, Iterable[T]]:
        """Give the lines of all series selected, rendered, in pieces that memory bears.

        The first piece comes with an iterator over the others, or an empty list when there are
        none. ``render`` runs off the loop. Series without a sample in the span are left out. What
        is wrong with the question is raised at once: InvalidError when the answer would be too
        large, StorageError.
        """
        with self._turn():
            portions, first = self._runtime.offload(self._begin, ask, render)
        return first, self._others(ask, portions, render) if portions else []

    def _others(
        self, ask: Ask, portions: Sequence[IdArray], render: Callable[[list[Line]], T]
    ) -> Iterator[T]:
        for ids in portions:
            with self._turn():  # taken anew for each: who reads slowly keeps nobody waiting
                piece = self._runtime.offload(self._render, ask, ids, render)
            yield piece

    def _begin(self, ask: Ask, render: Callable[[list[Line]], T]) -> tuple[Sequence[IdArray], T]:
        ids = self._selected(ask.selectors)
        if ask.ids:
            ids = np.union1d(ids, np.array(ask.ids, np.uint32))
        if len(ids) > MAX_SERIES_A_QUERY:
            msg = (
                f"The selector means {len(ids)} series, more than {MAX_SERIES_A_QUERY} at once. "
                "Add a label to narrow it."
            )
            raise InvalidError(msg, code="too_many_series_selected")
        first, *rest = self._portions(ask, ids)
        return rest, self._render(ask, first, render)

    def _selected(self, selectors: Sequence[Selector]) -> IdArray:
        """Give the ids of the series selected; asked again while no series came, from memory."""
        key, known = tuple(selector.text for selector in selectors), len(self._catalog)
        kept = self._chosen.get(key)
        if kept is not None and kept[0] == known:
            return kept[1]
        ids = np.array(self._catalog.select(selectors), np.uint32)
        if len(self._chosen) >= _CHOICES_KEPT:
            self._chosen = {}
        if len(ids) <= MAX_SERIES_A_QUERY:
            self._chosen[key] = (known, ids)
        return ids

    def _portions(self, ask: Ask, ids: IdArray) -> list[IdArray]:
        """Divide series so that no portion reads many more than ``SAMPLES_A_PORTION``."""
        seconds = (ask.end - ask.start) / 1000
        if self._tiered is None or seconds * len(ids) <= SAMPLES_A_PORTION * 2:
            return [ids]
        sizes = np.array(self._tiered.weigh(_question(ask, ids)), np.int64)
        if ask.step is None and int(sizes.sum()) > MAX_POINTS_A_QUERY:
            raise _too_many_points(int(sizes.sum()))
        if int(sizes.sum()) > MAX_SAMPLES_A_QUERY:
            msg = (
                f"This would read about {int(sizes.sum())} samples, more than "
                f"{MAX_SAMPLES_A_QUERY}. Shorten the span, choose fewer series, or give a longer "
                "step."
            )
            raise InvalidError(msg, code="too_many_samples")
        portion = (np.cumsum(sizes) - sizes) // SAMPLES_A_PORTION
        return np.split(ids, np.flatnonzero(np.diff(portion)) + 1)

    def _render(self, ask: Ask, ids: IdArray, render: Callable[[list[Line]], T]) -> T:
        return render(self._lines(ask, ids) if len(ids) else [])

    def _lines(self, ask: Ask, ids: IdArray) -> list[Line]:
        return [
            Line(self._catalog.info(number), t, v, agg)
            for agg, columns in _read(self._store, ask, ids)
            for number, t, v in _cut(columns)
        ]

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


def _as_it_is(lines: list[Line]) -> list[Line]:
    return lines


def _columns(ask: Ask) -> frozenset[str]:
    return frozenset().union(*(tiers.COLUMNS[agg] for agg in ask.aggs))


def _question(ask: Ask, ids: IdArray) -> Question:
    return Question(ask.start, ask.end, ask.step or 0, ids, _columns(ask))


def _too_many_points(count: int) -> InvalidError:
    msg = (
        f"The answer has {count} points, more than {MAX_POINTS_A_QUERY}. "
        "Shorten the span or give a step."
    )
    return InvalidError(msg, code="too_many_points")


def _overloaded() -> UnavailableError:
    msg = "Too many questions about history at once. Try again in a moment."
    return UnavailableError(msg, code="overloaded", retry_after=2)


def read_lines(
    store: HistoryStore, wanted: IdArray, start: int, end: int, step: int | None, agg: str
) -> list[tuple[int, TimeArray, ValueArray]]:
    """Give (id, times, values) of each wanted series that has samples; as ``History.query``."""
    ask = Ask((), start, end, step, (agg,))
    return [line for _agg, columns in _read(store, ask, wanted) for line in _cut(columns)]


def _read(store: HistoryStore, ask: Ask, ids: IdArray) -> Iterator[tuple[str, Columns]]:
    """Read each aggregate asked for, or the samples, sorted by series and time."""
    if ask.step is None:
        columns = latest_of_each(store.between(ask.start, ask.end, ids))
        if len(columns) > MAX_POINTS_A_QUERY:
            raise _too_many_points(len(columns))
        yield "", columns
        return
    rest = []
    for agg in ask.aggs:
        steps = None
        if _can_step(type(store)):
            steps = cast("SteppingStore", store).steps(ask.start, ask.end, ids, ask.step, agg)
        if steps is None:
            rest.append(agg)
        else:
            yield agg, steps
    if rest:
        yield from _in_steps(store, replace(ask, aggs=tuple(rest)), ask.step, ids)


# Asking a protocol who keeps to it takes as long as reading a series.
@lru_cache
def _can_step(kind: type[HistoryStore]) -> bool:
    return issubclass(kind, SteppingStore)


@lru_cache
def _has_tiers(kind: type[HistoryStore]) -> bool:
    return issubclass(kind, TieredStore)


def _in_steps(
    store: HistoryStore, ask: Ask, step: int, ids: IdArray
) -> Iterator[tuple[str, Columns]]:
    found: Iterable[Tiered]
    if _has_tiers(type(store)):
        found = cast("TieredStore", store).tiered(_question(ask, ids))
    else:
        samples = store.between(ask.start, ask.end, ids)
        found = [Tiered(MINUTE, nothing(), samples, Runs.none())]
    done: list[list[Columns]] = [[] for _ in ask.aggs]
    for piece in found:
        for parts, steps in zip(done, _aggregated(piece, ask, step), strict=True):
            parts.append(steps)
    for agg, parts in zip(ask.aggs, done, strict=True):
        yield agg, Columns.concat(parts)


def _aggregated(piece: Tiered, ask: Ask, step: int) -> list[Columns]:
    samples, runs = latest_of_each(piece.samples), piece.runs
    if "rate" in ask.aggs or np.isnan(runs.v).any():
        samples, runs = overlaid(runs.columns(), samples), Runs.none()
    is_nan = np.isnan(samples.v)
    if is_nan.any():  # a staleness marker ends a line; it is no value
        samples = samples.where(~is_nan)
    if len(piece.cells.ids):
        cells = tiers.into_cells(piece.cells, piece.tier, samples, step, _columns(ask))
        return [tiers.answer(cells, agg) for agg in ask.aggs]
    return [
        overlaid(runs_into_steps(runs, step, agg), into_steps(samples, step, agg))
        for agg in ask.aggs
    ]


def _cut(columns: Columns) -> list[tuple[int, TimeArray, ValueArray]]:
    """Cut columns, sorted by series, into lines."""
    if len(columns) == 0:
        return []
    ids = columns.ids
    bounds = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1], [True]))).tolist()
    return [
        (int(ids[low]), columns.t[low:high], columns.v[low:high]) for low, high in pairwise(bounds)
    ]
