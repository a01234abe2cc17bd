"""How Alertmanager's API looks in the API's description."""

from __future__ import annotations

from quadra.web.schemas.common import (
    CONDITION,
    LABELS,
    TEXT,
    Schema,
    as_json,
    as_list,
    as_object,
    in_query,
)

_TIME: Schema = {**TEXT, "format": "date-time"}
_FLAG: Schema = {"type": "boolean"}
_TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
_MATCHER = as_object({"name": TEXT, "value": TEXT}, {"isRegex": _FLAG, "isEqual": _FLAG})
_SENT = as_object(
    {"labels": {**LABELS, "description": "`alertname` is needed"}},
    {"annotations": _TEXTS, "startsAt": _TIME, "endsAt": _TIME, "generatorURL": TEXT},
)
SENT_ALERTS = as_json(
    as_list(_SENT),
    "alerts; without `endsAt` each ends 5 minutes after it was last sent",
    [{"labels": {"alertname": "DiskSlow", "host": "a"}, "annotations": {"summary": "It is slow"}}],
)
_ALERT = as_object(
    {
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "fingerprint": TEXT,
        "startsAt": _TIME,
        "endsAt": _TIME,
        "updatedAt": _TIME,
        "generatorURL": TEXT,
        "receivers": as_list(as_object({"name": TEXT})),
        "status": as_object(
            {
                "state": {**TEXT, "enum": ["active", "suppressed"]},
                "silencedBy": as_list(TEXT),
                "inhibitedBy": as_list(TEXT),
            }
        ),
    }
)
ALERTS = as_json(as_list(_ALERT), "what fires, the newest first")
_WISH = {"matchers": as_list(_MATCHER), "startsAt": _TIME, "endsAt": _TIME}
SENT_SILENCE = as_json(
    as_object(_WISH | {"comment": TEXT}, {"createdBy": TEXT, "id": TEXT}),
    "what to keep quiet, how long, and why",
)
SILENCE_ID = as_json(as_object({"silenceID": TEXT}), "the silence's name")
_SILENCE = as_object(
    _WISH | {"id": TEXT, "comment": TEXT, "createdBy": TEXT, "updatedAt": _TIME,
             "status": as_object({"state": {**TEXT, "enum": ["pending", "active", "expired"]}})},
)  # fmt: skip
ONE_SILENCE = as_json(_SILENCE, "the silence")
SILENCES = as_json(as_list(_SILENCE), "silences, the newest first")
RECEIVERS = as_json(as_list(as_object({"name": TEXT})), "the channels")
STATUS = as_json(
    as_object(
        {
            "cluster": {"type": "object"},
            "config": {"type": "object"},
            "uptime": _TIME,
            "versionInfo": {"type": "object"},
        }
    ),
    "what answers here",
)
SILENCE: Schema = {"name": "silence_id", "in": "path", "required": True, "schema": TEXT}
FILTER = in_query(
    "filter",
    as_list(CONDITION),
    'conditions such as alertname="x"; may be given several times',
    explode=True,
)
STATES = tuple(
    in_query(name, {**_FLAG, "default": True}, "whether alerts in this state are wanted")
    for name in ("active", "silenced", "inhibited")
)
