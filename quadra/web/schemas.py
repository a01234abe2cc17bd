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
AGG = _query(
    "agg",
    _list({**TEXT, "enum": list(AGGREGATES), "default": "avg"}),
    "what a step shows; given several times, each series comes once for each, with its `agg`",
    explode=True,
)
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
                        "agg": TEXT,
                    },
                }
            )
        }
    ),
    "a line a series; with `step`, a time is the start of its step and empty steps are left out; "
    "null stands for what JSON has no number for: NaN, which ends a line, and infinities",
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
TARGET_ID: Schema = {"name": "target_id", "in": "path", "required": True, "schema": WHOLE}
_SPAN: Schema = {"type": ["number", "string"], "description": "seconds, or 30s, 1m"}
_WANTED_TARGET = _object(
    {"url": {**TEXT, "description": "http or https; the path is /metrics when absent"}},
    {
        "job": {**TEXT, "default": "scrape"},
        "labels": {**LABELS, "description": "join every series; instance is the host and port"},
        "interval": {**_SPAN, "default": 15},
        "timeout": {**_SPAN, "description": "shorter than the interval; 10 s when absent"},
        "sample_limit": {**WHOLE, "default": 50_000},
        "body_size_limit": {**WHOLE, "default": 16_777_216, "description": "bytes, unpacked"},
        "label_limit": {**WHOLE, "description": "labels of a series, its name among them"},
        "bearer_token": {"type": ["string", "null"], "writeOnly": True},
        "basic_auth": {
            **_object({"username": TEXT, "password": TEXT}),
            "type": ["object", "null"],
            "writeOnly": True,
        },
    },
)
CHANGED_TARGET = _json(_WANTED_TARGET, "where and how to scrape from now on")
NEW_TARGET = _json(
    _WANTED_TARGET,
    "where and how to scrape",
    {"url": "https://host.example:9100/metrics", "job": "node", "interval": "15s"},
)
_MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
_TARGET = _object(
    {
        "id": {"type": ["integer", "null"], "description": "null for those of SCRAPE_FILE"},
        "origin": {**TEXT, "enum": ["api", "file"]},
        "url": TEXT,
        "labels": LABELS,
        "interval": NUMBER,
        "timeout": NUMBER,
        "sample_limit": WHOLE,
        "body_size_limit": WHOLE,
        "label_limit": {"type": ["integer", "null"]},
        "authorization": {"type": ["string", "null"], "enum": ["bearer", "basic", None]},
        "state": _object(
            {
                "up": {"type": ["boolean", "null"], "description": "null before the first scrape"},
                "last_scrape": {**_MAYBE_NUMBER, "description": "unix seconds"},
                "duration": {**_MAYBE_NUMBER, "description": "seconds"},
                "samples": {**WHOLE, "description": "on the last page"},
                "left_out": {"type": "object", "additionalProperties": WHOLE},
                "last_error": {"type": ["string", "null"]},
            }
        ),
    }
)
TARGET = _json(_TARGET, "the target, without its secret")
TARGET_LIST = _json(
    _object({"targets": _list(_TARGET)}, {"file": _object({"path": TEXT, "error": TEXT})}),
    "all targets; `file` says what is wrong with SCRAPE_FILE",
)
FIRST_STEPS = _json(_object({"address": TEXT, "token": TEXT}), "what the snippets show")
HEALTH = _json(_object({"status": TEXT}), "alive")
_PART = _object(
    {"state": {**TEXT, "enum": ["ok", "degraded", "down", "off"]}},
    {
        "since": {**NUMBER, "description": "unix seconds: when the state began"},
        "age": {**NUMBER, "description": "seconds since it was last seen alive"},
    },
)
READY = _json(
    _object(
        {
            "ready": {"type": "boolean"},
            "database": _PART,
            "disk": _PART,
            "redis": _PART,
            "worker": _PART,
            "history": _PART,
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
