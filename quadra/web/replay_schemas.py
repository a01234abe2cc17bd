"""How a replay looks in the API's description."""

from __future__ import annotations

from quadra.web.schemas import NUMBER, SECONDS, TEXT, WHOLE, as_json, as_list, as_object

REPLAY = as_json(
    as_object(
        {
            "start": SECONDS,
            "end": SECONDS,
            "made_at": SECONDS,
            "environment": TEXT,
            "hostname": TEXT,
            "version": TEXT,
            "step": {**NUMBER, "description": "seconds a point"},
            "series": as_list(as_object({"id": WHOLE, "name": TEXT})),
            "changes": as_list(
                as_object({"at": SECONDS, "kind": TEXT, "alert": {"type": "object"}})
            ),
            "anomalies": as_list({"type": "object"}),
            "events": as_list({"type": "object"}),
            "cut": as_list({**TEXT, "description": "what was left out, in words"}),
        }
    ),
    "what was known; `changes` as /api/v1/alerts/history, the oldest first",
)
EXPORT = {
    "description": "one HTML file, without any address in it that would be asked",
    "content": {"text/html": {"schema": TEXT}},
}
