"""What goes to consoles, encoded once for all who get it: whole websocket frames of Socket.IO.

A text packet is ``4`` (an engine.io message), ``2`` (a Socket.IO event) and the event as a JSON
array. A binary event is ``45N-`` with placeholders, followed by its N attachments, each in a
websocket frame of its own; they are joined, so that nothing can come between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from quadra.telemetry.batch import Columns
from quadra.web.live.websocket import BINARY, TEXT, encode
from quadra.web.subscriptions import Format

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
_BINARY_HEAD = (
    b'453-["samples",{"seq":%d,"t":{"_placeholder":true,"num":0},'
    b'"id":{"_placeholder":true,"num":1},"v":{"_placeholder":true,"num":2}}]'
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A ``samples`` event as it goes to a socket; ``seq`` is how far it reaches."""

    seq: int
    data: bytes


def event(name: str, body: object) -> bytes:
    """Encode an event; raises TypeError for what JSON can't hold."""
    return encode(TEXT, b"42" + orjson.dumps([name, body], option=_OPTIONS))


def resync(seq: int, reason: str) -> bytes:
    """Encode what tells a console that it missed samples up to ``seq``."""
    return event("resync", {"seq": seq, "reason": reason})


def samples(form: Format, seq: int, columns: Columns) -> Frame:
    """Encode samples: ``t`` in unix ms, series ``id``, value ``v``, all of one length."""
    if form == "json":
        # A NaN becomes null, which JSON has.
        body = {"seq": seq, "t": columns.t, "id": columns.ids, "v": columns.v}
        return Frame(seq, event("samples", body))
    parts = (
        encode(TEXT, _BINARY_HEAD % seq),
        encode(BINARY, columns.t.astype("<f8").tobytes()),
        encode(BINARY, columns.ids.astype("<u4", copy=False).tobytes()),
        encode(BINARY, columns.v.astype("<f8", copy=False).tobytes()),
    )
    return Frame(seq, b"".join(parts))
