"""How anomalies look in the API's description."""

from __future__ import annotations

from quadra.web.schemas.common import (
    ID,
    LABELS,
    NUMBER,
    PERSON,
    SECONDS,
    TEXT,
    WHEN,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    id_in_path,
    in_query,
    named,
)

SEVERITIES = ("low", "medium", "high", "critical")
_MAYBE: Schema = {"type": ["number", "null"]}
_ANOMALY_FIELDS = as_object(
    {
        "id": WHOLE,
        "series": WHOLE,
        "metric": TEXT,
        "labels": LABELS,
        "started_at": SECONDS,
        "ended_at": {**_MAYBE, "description": "null while it lasts"},
        "peak": NUMBER,
        "expected_range": {
            "type": "array",
            "prefixItems": [_MAYBE, _MAYBE],
            "minItems": 2,
            "maxItems": 2,
        },
        "severity": {**TEXT, "enum": list(SEVERITIES)},
        "confidence": {**NUMBER, "description": "0 to 100 %"},
        "detector": TEXT,
        "reason": {**TEXT, "description": "what is odd, in a sentence"},
        "value": {**NUMBER, "description": "where it began"},
        "evidence": {**NUMBER, "description": "1 is what an anomaly asks for"},
        "group": {**TEXT, "description": "the same for those that began together"},
        "verdict": {"type": ["string", "null"], "enum": ["right", "wrong", None]},
        "judged_by": {"type": ["string", "null"]},
    },
)
ANOMALY = named("Anomaly", _ANOMALY_FIELDS)
ONE_ANOMALY = as_json(ANOMALY, "the anomaly")
ANOMALY_LIST = as_json(
    as_object(
        {
            "anomalies": as_list(ANOMALY),
            "feedback": named(
                "Feedback", as_object({"right": WHOLE, "wrong": WHOLE, "precision": _MAYBE})
            ),
        },
        {"next": WHOLE},
    ),
    "anomalies, the newest first; `feedback` is what people said of all so far",
)
FEEDBACK = as_json(
    as_object({"verdict": {**TEXT, "enum": ["right", "wrong"]}}, {"by": PERSON}),
    "whether it was one",
    {"verdict": "right"},
)
_TUNING_FIELDS: dict[str, Schema] = {
    "sensitivity": {
        **NUMBER,
        "minimum": 0.1,
        "maximum": 10,
        "description": "2 finds at half the evidence, 0.5 at twice",
    },
    "muted": {"type": "boolean", "description": "nothing is said of it"},
}
NEW_TUNING = as_json(as_object({}, _TUNING_FIELDS), "what changes; what is left out stays")
TUNING = as_json(named("Tuning", as_object(_TUNING_FIELDS)), "how closely a series is watched")
ANOMALY_ID = id_in_path("anomaly_id")
SERIES_ID = id_in_path("series_id")
STATE = in_query(
    "state", {**TEXT, "enum": ["all", "open", "ended"], "default": "all"}, "which anomalies"
)
SEVERITY = in_query("severity", {**TEXT, "enum": list(SEVERITIES)}, "only of this severity")
METRIC = in_query("metric", TEXT, "only of this metric")
SERIES = in_query("series", ID, "only of the series with this id")
GROUP = in_query("group", TEXT, "only those that began together")
SINCE = in_query("start", WHEN, "unix seconds: those that lasted then or later")
UNTIL = in_query("end", WHEN, "unix seconds: those that had begun")
USUAL_AGG = in_query(
    "agg", {**TEXT, "enum": ["avg", "rate"], "default": "avg"}, "rate for counters"
)
USUAL = as_json(
    as_object(
        {
            "series": as_list(
                named(
                    "Usual",
                    as_object(
                        {
                            "id": WHOLE,
                            "timestamps": as_list(SECONDS),
                            "low": as_list(NUMBER),
                            "high": as_list(NUMBER),
                        }
                    ),
                )
            )
        }
    ),
    "a range at each of some times; series with too little history are left out",
)
