"""Lines of history as JSON, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import orjson

from quadra.engine.history import Line
from quadra.telemetry.batch import TimeArray, ValueArray

_BEGIN, _END = b'{"series":[', b"]}"


class Rendering:
    """Makes JSON of lines: objects behind commas.

    The lines of one source mostly have the same times, so those are written once and used again.
    """

    def __init__(self, *, tell_agg: bool) -> None:
        """Prepare; ``tell_agg`` adds to each line which aggregate it is."""
        self._tell_agg = tell_agg

    def __call__(self, lines: list[Line]) -> bytes:
        """Render a piece."""
        times: dict[bytes, bytes] = {}
        parts: list[bytes] = []
        for line in lines:
            mark = line.t.tobytes()
            written = times.get(mark)
            if written is None:
                written = times[mark] = _json(_seconds(line.t))
            info = line.info
            head = {"id": info.id, "name": info.name, "labels": info.labels}
            if self._tell_agg:
                head["agg"] = line.agg
            parts += (
                orjson.dumps(head)[:-1],
                b',"timestamps":',
                written,
                b',"values":',
                _json(np.ascontiguousarray(line.v)),
                b"},",
            )
        return b"".join(parts)


def joined(first: bytes, others: Iterable[bytes]) -> bytes | Iterator[bytes]:
    """Put pieces together into one document: at once where there is but one, else as they come."""
    if isinstance(others, list):
        return b"".join((_BEGIN, first[:-1], _END))
    return _streamed(first, others)


def _streamed(first: bytes, others: Iterable[bytes]) -> Iterator[bytes]:
    """Send each piece without its last comma, which only the next one calls for."""
    begin, comma = _BEGIN, b""
    for pieces in ((first,), others):
        for piece in pieces:
            if piece:
                yield b"".join((begin, comma, piece[:-1]))
                begin, comma = b"", b","
    yield begin + _END


def _seconds(t: TimeArray) -> TimeArray | ValueArray:
    """Give unix seconds, as whole numbers where all are."""
    return t // 1000 if not (t % 1000).any() else t / 1000.0


def _json(column: TimeArray | ValueArray) -> bytes:
    return orjson.dumps(column, option=orjson.OPT_SERIALIZE_NUMPY)
