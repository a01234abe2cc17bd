"""JSON answers."""

from __future__ import annotations

import gzip

import orjson
from flask import Response, request

_PACKED_LEVEL = 4


def answer(document: object, status: int = 200) -> Response:
    """Answer with JSON; numpy arrays become lists, NaN becomes null."""
    return Response(
        orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY),
        status,
        content_type="application/json",
    )


def packs() -> bool:
    """Say whether the asker takes gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def written(document: object, *, packed: bool) -> bytes:
    """Write JSON as ``answer`` does, packed where wanted; for use off the loop."""
    plain = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return gzip.compress(plain, _PACKED_LEVEL, mtime=0) if packed else plain


def already_written(body: bytes, content_type: str, *, packed: bool) -> Response:
    """Answer with what ``written`` has given."""
    response = Response(body, content_type=content_type)
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
