"""How names and labels look in the API's description."""

from __future__ import annotations

from quadra.web.schemas.common import (
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    in_query,
    named,
)

LIMIT = in_query(
    "limit", {**WHOLE, "minimum": 1, "maximum": 10_000, "default": 1_000}, "how many at most"
)
LABEL: Schema = {"name": "label", "in": "path", "required": True, "schema": TEXT}
_TOTAL: Schema = {**WHOLE, "description": "how many there are, beyond `limit` too"}

NAME_LIST = as_json(
    as_object(
        {
            "names": as_list(
                named(
                    "Name",
                    as_object(
                        {"name": TEXT, "series": WHOLE}, {"type": TEXT, "unit": TEXT, "help": TEXT}
                    ),
                )
            ),
            "total": _TOTAL,
        }
    ),
    "names in alphabetical order",
)
LABEL_LIST = as_json(
    as_object({"labels": as_list(as_object({"label": TEXT, "values": WHOLE})), "total": _TOTAL}),
    "labels in alphabetical order",
)
VALUE_LIST = as_json(
    as_object({"values": as_list(as_object({"value": TEXT, "series": WHOLE})), "total": _TOTAL}),
    "values in alphabetical order",
)
