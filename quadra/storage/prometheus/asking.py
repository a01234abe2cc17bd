"""PromQL: raw samples by matrix selectors, whole steps by ``*_over_time``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import orjson

from quadra.engine.shipper import RefusedError
from quadra.errors import StorageError
from quadra.storage.journal import MAX_SAMPLES_A_READ, too_many_samples
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.labels import IDENTITY, selector
from quadra.storage.prometheus.rates import Ends
from quadra.storage.prometheus.wire import AnswerTooLargeError
from quadra.telemetry.batch import Columns, TimeArray, latest_of_each

SERIES_A_QUESTION = 100  # an alternation of so many is looked up, not matched, in the stores met
STEPS_A_QUESTION = 10_000  # Prometheus gives at most 11,000 points a series
SAMPLES_A_QUESTION = 250_000
_SHORTEST_MS = 1_000
_BYTES_A_PIECE = 65_536
_METRIC = b'{"metric":'
_VALUES = b',"values":['
_PUNCTUATION = b'[]"} \n'
_IDENTITY = re.compile(IDENTITY.encode() + rb'":"([0-9a-f]{32})"')

FUNCTIONS = {
    "avg": "avg_over_time({})",
    "min": "min_over_time({})",
    "max": "max_over_time({})",
    "sum": "sum_over_time({})",
    "count": "count_over_time({})",
    "last": "last_over_time({})",
    "p50": "quantile_over_time(0.5,{})",
    "p90": "quantile_over_time(0.9,{})",
    "p95": "quantile_over_time(0.95,{})",
    "p99": "quantile_over_time(0.99,{})",
}
"""What PromQL computes as ``telemetry.aggregate`` does; a rate it extrapolates, so not that."""

_FORMS = FUNCTIONS | {"when": "tlast_over_time({})", "falls": "resets({})"}

Ids = Mapping[str, int]
"""Series ids by the value of their identifying label."""


class Asker:
    """Reads samples from the store. Blocking, for native threads."""

    def __init__(self, client: Client) -> None:
        """Wire the reader."""
        self._client = client
        self._closed: bool | None = None
        self._knows_last_times: bool | None = None

    def samples(self, ids: Ids, start: int, end: int) -> Columns:
        """Read the samples with start <= t <= end (unix ms).

        A sample that the store holds twice may come twice. Raises StorageError, and InvalidError
        when it would be too many.
        """
        parts: list[Columns] = []
        room = MAX_SAMPLES_A_READ
        for some in _portions(ids):
            for part in self._slices(some, start, end):
                parts.append(part)
                room -= len(part)
                if room < 0:
                    raise too_many_samples()
        return Columns.concat(parts)

    def steps(self, ids: Ids, start: int, end: int, step: int, agg: str) -> Columns:
        """Aggregate whole steps: those that begin at ``start``, ``start + step``, … before ``end``.

        All in ms. Empty steps are left out. Raises KeyError for what is not in FUNCTIONS,
        ``when`` and ``falls``.
        """
        form = _FORMS[agg]
        # Quadra's step holds start <= t < start + step. PromQL's window ends at the moment asked
        # for, which belongs to it; its other end does so only in Prometheus before 3.0.
        window = step - 1 if self._is_closed() else step
        parts: list[Columns] = []
        for some in _portions(ids):
            for low in range(start, end, step * STEPS_A_QUESTION):
                high = min(low + step * STEPS_A_QUESTION, end)
                body = self._client.ask(
                    "/api/v1/query_range",
                    query=form.format(f"{selector(some)}[{window}ms]"),
                    start=_seconds(low + step - 1),
                    end=_seconds(high - 1),
                    step=_seconds(step),
                    nocache="1",
                )
                found = read_matrix(body, some)
                parts.append(Columns(found.ids, found.t - (step - 1), found.v))
        return Columns.concat(parts)

    def ends(self, ids: Ids, start: int, end: int, step: int) -> Ends | None:
        """Tell of whole steps, as ``steps`` does, how each ended; None where that is not clear."""
        asked = ("last", "when", "min", "falls")
        last, when, low, falls = (
            latest_of_each(self.steps(ids, start, end, step, agg)) for agg in asked
        )
        for other in (when, low, falls):
            if not (np.array_equal(last.ids, other.ids) and np.array_equal(last.t, other.t)):
                return None
        t = np.rint(when.v * 1000).astype(np.int64)
        return Ends(last.ids, last.t, t, last.v, low.v, falls.v)

    def knows_last_times(self) -> bool:
        """Say whether the store can tell when the last sample of a window was."""
        if self._knows_last_times is None:
            try:
                self._client.ask("/api/v1/query", query="tlast_over_time(vector(1)[1s:1s])")
                self._knows_last_times = True
            except RefusedError:
                self._knows_last_times = False
        return self._knows_last_times

    def _slices(self, ids: Ids, start: int, end: int) -> Iterator[Columns]:
        """Read in slices of time, each so short that its answer is not too large."""
        width = max(_SHORTEST_MS, 1000 * SAMPLES_A_QUESTION // len(ids))
        while start <= end:
            last = min(start + width - 1, end)
            try:
                found = self._slice(ids, start, last)
            except AnswerTooLargeError:
                if width <= _SHORTEST_MS:
                    raise
                width = max(_SHORTEST_MS, width // 4)
                continue
            yield found
            if len(found) < SAMPLES_A_QUESTION // 8:
                width *= 4
            start = last + 1

    def _slice(self, ids: Ids, start: int, end: int) -> Columns:
        # One ms more than needed, for stores that leave the beginning of a window out.
        query = f"{selector(ids)}[{end - start + 1}ms]"
        body = self._client.ask("/api/v1/query", query=query, time=_seconds(end), nocache="1")
        found = read_matrix(body, ids)
        is_before = found.t < start
        return found.where(~is_before) if is_before.any() else found

    def _is_closed(self) -> bool:
        """Say whether windows hold both their ends; of a second's points it is then two."""
        if self._closed is None:
            body = self._client.ask(
                "/api/v1/query", query="count_over_time(vector(1)[1s:1s])", time="1000"
            )
            try:
                count = orjson.loads(body)["data"]["result"][0]["value"][1]
            except (ValueError, KeyError, IndexError, TypeError):
                raise _unreadable() from None
            self._closed = count == "2"
        return self._closed


def read_matrix(body: bytes, ids: Ids) -> Columns:
    """Read an answer of type matrix, one series at a time, so that no other thread waits long.

    Series that were not asked for are left out. Raises StorageError for anything else.
    """
    head, *pieces = body.split(_METRIC)  # in a label the quotes would be escaped
    if b'"status":"success"' not in head.replace(b" ", b"") or b'"matrix"' not in head:
        raise _unreadable()
    parts = []
    for piece in pieces:
        labels, found, rest = piece.partition(_VALUES)
        mark = _IDENTITY.search(labels)
        if not found or mark is None:
            raise _unreadable()
        series_id = ids.get(mark.group(1).decode())
        if series_id is None:
            continue
        t, v = _points(rest.partition(b"]]")[0])
        parts.append(Columns(np.full(len(t), series_id, np.uint32), t, v))
    return Columns.concat(parts)


def _points(text: bytes) -> tuple[TimeArray, npt.NDArray[np.float64]]:
    """Read ``[t,"v"],[t,"v"]…`` in pieces, for no other thread runs while one is parsed."""
    pieces = []
    at = 0
    while at < len(text):
        end = text.find(b"],", at + _BYTES_A_PIECE)
        end = len(text) if end < 0 else end
        pieces.append(_numbers(text[at:end]))
        at = end + 2
    numbers = np.concatenate(pieces) if pieces else np.empty(0)
    if len(numbers) % 2:
        raise _unreadable()
    return np.rint(numbers[::2] * 1000).astype(np.int64), numbers[1::2]


def _numbers(text: bytes) -> npt.NDArray[np.float64]:
    flat = text.translate(None, _PUNCTUATION)
    try:
        return np.array(orjson.loads(b"[" + flat + b"]"), np.float64)
    except ValueError:  # NaN and infinities are no JSON
        try:
            return np.array([float(part) for part in flat.split(b",")], np.float64)
        except ValueError:
            raise _unreadable() from None


def _portions(ids: Ids) -> Iterator[Ids]:
    known: Sequence[tuple[str, int]] = list(ids.items())
    for at in range(0, len(known), SERIES_A_QUESTION):
        yield dict(known[at : at + SERIES_A_QUESTION])


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _unreadable() -> StorageError:
    msg = "The history store (HISTORY_URL) gave an answer that is not Prometheus's."
    return StorageError(msg, code="history_store_answer")
