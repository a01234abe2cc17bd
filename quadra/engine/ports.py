"""The outside world as the engine needs it. Adapters implement these; the engine imports none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from quadra.telemetry.batch import Batch, Columns, IdArray
from quadra.telemetry.series import SeriesKey

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], float]
"""Gives unix seconds."""


class Signal(Protocol):
    """A flag that can be waited for."""

    def set(self) -> None:
        """Raise the flag and wake all who wait."""

    def clear(self) -> None:
        """Lower the flag."""

    def is_set(self) -> bool:
        """Say whether the flag is raised."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is raised, ``timeout`` seconds at most; say whether it is."""


class Runtime(Protocol):
    """The event loop: tasks, waiting, and a way off the loop for what would hold it."""

    def spawn(self, task: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run a task beside the others."""

    def sleep(self, seconds: float) -> None:
        """Wait without holding the loop."""

    def offload(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` on a native thread while the loop goes on, and give its result.

        ``work`` must neither log nor share locks with the loop: under a patched interpreter a
        contended lock can't wake a waiter on another native thread.
        """

    def signal(self) -> Signal:
        """Make a lowered flag."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The token that sent a batch: the new series in it count against its quota."""

    id: int
    name: str


class Memo(Protocol):
    """What a source must find again after a restart, kept in the commit of the samples it led to.

    A later memo with the same key (at most 17 bytes) takes its place. Both are asked for on a
    native thread, so that a source may leave the work of writing it down until then.
    """

    @property
    def series(self) -> SeriesKey:
        """Name the series it is about; where that is not let in, there is nothing to keep."""

    @property
    def key(self) -> bytes:
        """Name what is kept."""

    @property
    def content(self) -> bytes:
        """Give what is kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch on its way into the journal.

    ``ids[n]`` is the id of the series ``batch.keys[n]``, or 0 where the catalog does not know
    it: the store finds or makes those, in the name of ``owner`` where there is one.
    """

    batch: Batch
    ids: list[int]
    owner: Owner | None = None
    memos: Sequence[Memo] = ()


def payers(entries: Sequence[Entry]) -> dict[SeriesKey, int]:
    """Say which token brought each new series first, by its id; nobody's are left out."""
    found: dict[SeriesKey, int] = {}
    for entry in entries:
        if entry.owner is not None and 0 in entry.ids:
            for key, series_id in zip(entry.batch.keys, entry.ids, strict=True):
                if series_id == 0:
                    found.setdefault(key, entry.owner.id)
    return found


@dataclass(frozen=True, slots=True)
class Appended:
    """What a commit did: its journal position, the samples in order, the series it met first."""

    seq: int
    columns: Columns
    met: list[tuple[int, SeriesKey]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the journal: its position, when it was committed (unix s), its samples."""

    seq: int
    committed_at: float
    columns: Columns


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands behind a position: rows, samples, and when the first was committed (unix s)."""

    rows: int
    samples: int
    oldest: float


class JournalStore(Protocol):
    """The durable, ordered log. A position (``seq``) grows with every commit."""

    def append(self, entries: Sequence[Entry]) -> Appended:
        """Write all entries in one durable transaction; blocking; raises StorageError."""

    def head(self) -> int:
        """Give the newest position, 0 for an empty journal."""

    def gap(self, seq: int) -> Gap:
        """Tell how much stands behind a position, without reading it."""

    def since(self, seq: int, limit: int, samples: int = 4_000_000) -> list[Row]:
        """Read the rows after a position in order.

        At most ``limit`` of them, and no more than hold ``samples`` together, but one at least.
        """


class HistoryStore(Protocol):
    """The whole past as one, wherever its parts stand."""

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        """Read samples of the wanted series with start <= t <= end (unix ms), in order written."""

    def size(self) -> int:
        """Give the bytes that the history takes on disk."""


@runtime_checkable
class SteppingStore(Protocol):
    """A history store that can put samples into steps itself."""

    def steps(self, start: int, end: int, wanted: IdArray, step: int, agg: str) -> Columns | None:
        """Give what ``telemetry.aggregate.into_steps`` makes of start <= t <= end (unix ms).

        None where it would not be quicker than reading the samples.
        """


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """A series as the store knows it; times in unix ms; ``owner`` is a token's id, 0 for none."""

    id: int
    key: SeriesKey
    first: int
    last: int
    owner: int = 0


class MemoStore(Protocol):
    """What sources have noted for themselves; written by ``JournalStore.append``."""

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Give those memos of these keys that are there and not too old to matter; blocking."""


class SeriesStore(Protocol):
    """The kept list of series and of how far their first and last times are known."""

    def load(self, since: int) -> tuple[list[KnownSeries], int]:
        """Give the series with samples from ``since`` (unix ms) on, as far as times are kept.

        And the journal position up to which the times are right.
        """

    def named(self, ids: Sequence[int]) -> list[KnownSeries]:
        """Give the series of these ids, as far as they are there."""

    def keep_times(self, times: Sequence[tuple[int, int, int]], seq: int) -> None:
        """Keep (id, first, last) of changed series together with the position they stand for.

        Several processes may do so: times only widen and the position only grows.
        """
