"""How a replay looks in the API's description."""

from __future__ import annotations

from quadra.web.schemas.alerts import CHANGE
from quadra.web.schemas.anomalies import ANOMALY
from quadra.web.schemas.common import (
    LINE,
    NUMBER,
    SECONDS,
    TEXT,
    WHOLE,
    as_json,
    as_list,
    as_object,
    named,
)
from quadra.web.schemas.happenings import EVENT

_REPLAY = as_object(
    {
        "start": SECONDS,
        "end": SECONDS,
        "made_at": SECONDS,
        "environment": TEXT,
        "hostname": TEXT,
        "version": TEXT,
        "step": {**NUMBER, "description": "seconds a point"},
        "series": as_list(LINE),
        "changes": as_list(CHANGE)
        | {
            "description": "of every alert, the oldest first; those before the span too where the "
            "alert was open then"
        },
        "silences": as_list(
            as_object(
                {"id": WHOLE, "starts_at": SECONDS, "ends_at": SECONDS, "alerts": as_list(WHOLE)}
            )
        )
        | {"description": "those that held within the span, with the ids of the alerts they meant"},
        "anomalies": as_list(ANOMALY),
        "events": as_list(EVENT),
        "cut": as_list({**TEXT, "description": "what was left out, in words"}),
    }
)
REPLAY = as_json(named("Replay", _REPLAY), "what was known")
EXPORT = {
    "description": "one HTML file, without any address in it that would be asked",
    "content": {"text/html": {"schema": TEXT}},
}
