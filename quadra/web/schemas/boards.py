"""How boards look in the API's description."""

from __future__ import annotations

from quadra.engine import board_form as form
from quadra.web.schemas.common import (
    SECONDS,
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    named,
    or_null,
)

_LABEL: Schema = {**TEXT, "description": "a label's name, empty for none"}
_FILTER = as_object(
    {
        "label": TEXT,
        "op": {**TEXT, "enum": list(form.OPERATORS), "default": "="},
        "values": {**as_list(TEXT), "maxItems": form.MAX_VALUES},
    }
)
VIEW: Schema = {
    "type": "object",
    "properties": {
        "range": {**TEXT, "default": "1h", "description": "such as 5m, 1h or 137s"},
        "names": {
            **as_list({**TEXT, "maxLength": form.MAX_ENTRY}),
            "maxItems": form.MAX_CHARTS,
            "description": "a chart each: a metric, a pattern with *, or several joined by +; "
            "empty for all metrics",
        },
        "filters": {**as_list(_FILTER), "maxItems": form.MAX_FILTERS},
        "split": {**_LABEL, "description": "a line for each of its values"},
        "per": {**_LABEL, "description": "a chart for each of its values"},
        "order": {
            **TEXT,
            "enum": list(form.ORDERS),
            "default": "unusual",
            "description": "own: as `names` has them",
        },
        "compare": {**TEXT, "enum": list(form.COMPARISONS), "default": ""},
        "charts": {
            "type": "object",
            "description": "how single charts are drawn, by name",
            "additionalProperties": {
                "type": "object",
                "properties": {name: {"type": "boolean"} for name in form.CHOICES},
            },
        },
    },
}
_FIELDS: dict[str, Schema] = {
    "name": {**TEXT, "maxLength": form.MAX_NAME},
    "view": VIEW,
    "quadra_board": {**WHOLE, "enum": [form.FORMAT], "description": "format of an exported file"},
}
_EXAMPLE = {
    "name": "Chat",
    "view": {"range": "1h", "names": ["http_requests_total"], "split": "status"},
}
NEW_BOARD = as_json(as_object({"name": TEXT}, _FIELDS), "the board", _EXAMPLE)
CHANGED_BOARD = as_json(
    as_object(
        {"name": TEXT},
        _FIELDS
        | {
            "revision": {
                **or_null(WHOLE),
                "description": "the one that was read: 409 when changed since",
            }
        },
    ),
    "the board anew",
)
_BOARD_FIELDS = as_object(
    {
        "id": WHOLE,
        "name": TEXT,
        "view": named("BoardView", {**VIEW, "required": list(VIEW["properties"])}),
        "revision": WHOLE,
        "created_by": TEXT,
        "created_at": SECONDS,
        "changed_by": TEXT,
        "changed_at": SECONDS,
    }
)
_BOARD = named("Board", _BOARD_FIELDS)
BOARD = as_json(_BOARD, "the board")
BOARD_LIST = as_json(as_object({"boards": as_list(_BOARD)}), "boards by name")
BOARD_ID: Schema = {"name": "board_id", "in": "path", "required": True, "schema": WHOLE}
