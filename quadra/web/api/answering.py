"""JSON answers."""

from __future__ import annotations

import orjson
from flask import Response


def answer(document: object, status: int = 200) -> Response:
    """Answer with JSON; numpy arrays become lists, NaN becomes null."""
    return Response(
        orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY),
        status,
        content_type="application/json",
    )
