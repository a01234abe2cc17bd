"""How events look in the API's description."""

from __future__ import annotations

from quadra.engine.happenings import OWN_KINDS
from quadra.web.schemas.common import (
    LABELS,
    SECONDS,
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    in_query,
    named,
)

_KIND: Schema = {
    **TEXT,
    "description": f"{', '.join(OWN_KINDS)} are Quadra's own; deploy, flag, config, incident and "
    "any other word people's",
}
_EVENT_FIELDS = as_object(
    {
        "id": WHOLE,
        "at": SECONDS,
        "kind": _KIND,
        "title": TEXT,
        "text": TEXT,
        "severity": TEXT,
        "labels": LABELS,
        "by": TEXT,
        "ref": {**TEXT, "description": "which alert, anomaly, rule, silence or version"},
    }
)
EVENT = named("Event", _EVENT_FIELDS)
ONE_EVENT = as_json(EVENT, "the event")
EVENTS = as_json(as_object({"events": as_list(EVENT)}, {"next": WHOLE}), "events, the newest first")
NEW_EVENT = as_json(
    as_object(
        {"title": TEXT},
        {
            "kind": {**_KIND, "default": "deploy"},
            "text": TEXT,
            "labels": LABELS,
            "at": {**SECONDS, "description": "unix seconds; now when absent"},
            "by": TEXT,
        },
    ),
    "a mark",
    {"title": "chat-api deployed", "text": "4f2c91", "labels": {"service": "chat-api"}},
)
KIND = in_query("kind", as_list(TEXT), "only of these kinds; may be given several times")
