"""How drill and heartbeat look in the API's description."""

from __future__ import annotations

from quadra.web.schemas.common import (
    NUMBER,
    TEXT,
    WHOLE,
    as_json,
    as_list,
    as_object,
    named,
    optional_body,
)

WANTED_DRILL = optional_body(
    as_json(
        as_object(
            {}, {"channels": {**as_list(TEXT), "description": "all that are on when absent"}}
        ),
        "which channels to try",
    )
)
_STEP = as_object(
    {
        "step": {
            **TEXT,
            "enum": [
                "stored", "judged", "paged", "acknowledged", "resolved", "told_of_the_end",
                "interrupted", "cleaned",
            ],
        },
        "ok": {"type": "boolean"},
        "seconds": {
            "type": ["number", "null"],
            "description": "from the fault, or from its end, until this was done",
        },
    },
    {"channel": TEXT, "detail": TEXT},
)  # fmt: skip
DRILLED = as_json(
    named(
        "Drilled",
        as_object(
            {
                "passed": {"type": "boolean"},
                "alert": {"type": ["integer", "null"], "description": "whose history tells of it"},
                "channels": as_list(TEXT),
                "seconds": {**NUMBER, "description": "that the whole drill took"},
                "steps": as_list(named("DrillStep", _STEP)),
            }
        ),
    ),
    "how the drill went",
)
HEARTBEAT = as_json(
    as_object(
        {
            "evaluating": {"type": "boolean"},
            "beat_age": {
                "type": ["number", "null"],
                "description": "seconds since rules were last evaluated; null if never",
            },
            "judged": {**WHOLE, "description": "journal position, as last kept"},
            "head": {**WHOLE, "description": "newest position"},
        }
    ),
    "the beat",
)
