"""JSON schemas and parameters of the API, in the words of its description."""

from __future__ import annotations

from typing import Any

from quadra.engine.access import SCOPES
from quadra.telemetry.aggregate import AGGREGATES

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
LABELS: Schema = {
    "type": "object",
    "additionalProperties": TEXT,
    "description": "label names use letters, digits and _; an empty value means no label",
}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _json(schema: Schema, description: str, example: object = None) -> Schema:
    content: Schema = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def _query(name: str, schema: Schema, text: str, **more: object) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": text, **more}


SECONDS: Schema = {"type": "number", "description": "unix seconds"}

MATCH = _query(
    "match",
    _list(TEXT),
    'selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times',
    explode=True,
    example=["host_cpu_busy_percent"],
)
QUERY = _query("q", TEXT, "words that the name or a label value must hold")
LIMIT = _query("limit", {**WHOLE, "minimum": 1, "maximum": 1000, "default": 200}, "page size")
AFTER = _query("after", WHOLE, "the `next` of the page before")
START = _query("start", NUMBER, "unix seconds; an hour before `end` when absent")
END = _query("end", NUMBER, "unix seconds; now when absent")
STEP = _query("step", TEXT, "seconds, or 30s, 5m, 1h; without it every sample comes as it was sent")
AGG = _query("agg", {**TEXT, "enum": list(AGGREGATES), "default": "avg"}, "what a step shows")
TOKEN_ID: Schema = {"name": "token_id", "in": "path", "required": True, "schema": WHOLE}

_SERIES = _object({"id": WHOLE, "name": TEXT, "labels": LABELS})

SAMPLES = _json(
    {
        "oneOf": [
            _object(
                {
                    "samples": _list(
                        _object(
                            {"name": TEXT, "value": NUMBER},
                            {"labels": LABELS, "timestamp": {**SECONDS, "default": "now"}},
                        )
                    )
                }
            ),
            _object(
                {
                    "series": _list(
                        _object(
                            {"name": TEXT, "values": _list(NUMBER)},
                            {"labels": LABELS, "timestamps": _list(SECONDS)},
                        )
                    )
                }
            ),
        ]
    },
    "samples one by one, or in columns a series",
    {"samples": [{"name": "my_first_metric", "labels": {"from": "docs"}, "value": 42}]},
)
_BYTES: Schema = {"schema": {"type": "string", "format": "binary"}}
OTLP: Schema = {
    "description": "ExportMetricsServiceRequest; may be gzip",
    "content": {"application/x-protobuf": _BYTES, "application/json": {}},
}
OTLP_ANSWER: Schema = {
    "description": "ExportMetricsServiceResponse, with partial_success for what was refused",
    "content": {"application/x-protobuf": _BYTES, "application/json": {}},
}
REMOTE_WRITE: Schema = {
    "description": "snappy-compressed WriteRequest, or proto=io.prometheus.write.v2.Request",
    "content": {"application/x-protobuf": _BYTES},
}
ACCEPTED = _json(
    _object({"accepted": WHOLE, "series": WHOLE}), "stored durably: how many, of how many series"
)
SERIES_LIST = _json(
    _object(
        {
            "series": _list(
                _object({"id": WHOLE, "name": TEXT, "labels": LABELS, "first": SECONDS,
                         "last": SECONDS}, {"type": TEXT, "unit": TEXT, "help": TEXT})
            )
        },
        {"next": WHOLE},
    ),
    "series, with `next` when there are more",
)  # fmt: skip
HISTORY = _json(
    _object(
        {
            "series": _list(
                {
                    **_SERIES,
                    "properties": _SERIES["properties"]
                    | {
                        "timestamps": _list(SECONDS),
                        "values": _list({"type": ["number", "null"]}),
                    },
                }
            )
        }
    ),
    "a line a series; with `step`, a time is the start of its step and empty steps are left out",
)
NEW_TOKEN = _json(
    _object(
        {"name": TEXT, "scopes": _list({**TEXT, "enum": list(SCOPES)})},
        {"expires_in": {**NUMBER, "description": "seconds; without it the token does not expire"}},
    ),
    "name and scopes",
    {"name": "my service", "scopes": ["ingest"]},
)
_TOKEN = _object(
    {
        "id": WHOLE,
        "name": TEXT,
        "scopes": _list(TEXT),
        "created_at": SECONDS,
        "expires_at": {"type": ["number", "null"]},
    }
)
TOKEN_LIST = _json(_object({"tokens": _list(_TOKEN)}), "tokens, without their secrets")
MADE_TOKEN = _json(
    {**_TOKEN, "properties": _TOKEN["properties"] | {"token": TEXT}}, "the token with its secret"
)
FIRST_STEPS = _json(_object({"address": TEXT, "token": TEXT}), "what the snippets show")
HEALTH = _json(_object({"status": TEXT}), "alive")
_PART = _object({"state": {**TEXT, "enum": ["ok", "degraded", "down", "off"]}})
READY = _json(
    _object(
        {
            "ready": {"type": "boolean"},
            "database": _PART,
            "disk": _PART,
            "redis": _PART,
            "worker": _PART,
        }
    ),
    "the state of each part",
)
STATUS = _json(
    _object(
        {
            "version": TEXT,
            "uptime": {**NUMBER, "description": "seconds"},
            "series": WHOLE,
            "samples_per_second": NUMBER,
            "consoles": WHOLE,
            "seq": {**WHOLE, "description": "journal position"},
            "parts": {"type": "object", "additionalProperties": _PART},
        }
    ),
    "how Quadra does",
)
PROBLEM = _object(
    {"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT, "code": TEXT},
    {
        "errors": _list(
            _object({"index": {"type": ["integer", "null"]}, "field": TEXT, "reason": TEXT})
        )
    },
)
