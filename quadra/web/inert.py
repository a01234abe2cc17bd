"""JSON that may stand inside a script element."""

from __future__ import annotations

import orjson
from markupsafe import Markup


def inert_json(document: object) -> Markup:
    """Write JSON in which no name or label can end the element or begin another."""
    text = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    for sign, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704 - that is what the escapes are for
