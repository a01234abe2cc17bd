"""JSON schemas and parameters of the API, in the words of its description."""

from __future__ import annotations

from typing import Any

from quadra.engine.access import SCOPES
from quadra.telemetry.aggregate import AGGREGATES

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
PERSON: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
SELECTOR: Schema = {
    "type": "string",
    "minLength": 1,
    "pattern": r"^\s*([a-zA-Z_:]|\{)",
    "description": 'as in Prometheus: name{label="x"}',
}
CONDITION: Schema = {"type": "string", "pattern": r"^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(=|!=|=~|!~)"}
ID: Schema = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
POSITION: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53}
SPAN_TEXT = r"^(\d+(\.\d+)?|(\d{1,9}(y|w|d|h|m|s|ms))+)$"
LABELS: Schema = {
    "type": "object",
    "additionalProperties": TEXT,
    "description": "label names use letters, digits and _; an empty value means no label",
}


def as_object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Describe an object by its fields."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
    }


COMPONENTS: dict[str, Schema] = {}
"""Schemas that have a name in the description, by it."""


def named(name: str, schema: Schema) -> Schema:
    """Give a schema a name in the description, and give what refers to it."""
    if COMPONENTS.setdefault(name, schema) is not schema:
        msg = f"two schemas are called {name}"
        raise ValueError(msg)
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """Describe a field that may also be null, which says the same as leaving it out."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*dict.fromkeys([*kinds, "null"])], **more}


def as_list(items: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": items}


def as_json(schema: Schema, description: str, example: object = None) -> Schema:
    """Describe a body of JSON."""
    content: Schema = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def in_query(name: str, schema: Schema, text: str, **more: object) -> Schema:
    """Describe a query parameter."""
    return {"name": name, "in": "query", "schema": schema, "description": text, **more}


def optional_body(body: Schema) -> Schema:
    """Describe a body that may be left out."""
    return {**body, "required": False}


def id_in_path(name: str) -> Schema:
    """Describe the number of a thing as a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": ID}


_PROBLEM = as_object(
    {"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT, "code": TEXT},
    {
        "errors": as_list(
            as_object({"index": {"type": ["integer", "null"]}, "field": TEXT, "reason": TEXT})
        )
    },
)
PROBLEM = named("Problem", _PROBLEM)

SECONDS: Schema = {"type": "number", "description": "unix seconds"}
WHEN: Schema = {**SECONDS, "minimum": -1e11, "maximum": 1e11}

MATCH = in_query(
    "match",
    as_list(SELECTOR),
    'selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times',
    explode=True,
    example=["host_cpu_busy_percent"],
)
SERIES_IDS: Schema = {
    "name": "series",
    "in": "query",
    "schema": {"type": "array", "items": {**WHOLE, "minimum": 1, "maximum": 2**32 - 1}},
    "style": "form",
    "explode": True,
    "description": "ids of series, instead of a selector or besides",
}
QUERY = in_query("q", TEXT, "words that the name or a label value must hold")
LIMIT = in_query("limit", {**WHOLE, "minimum": 1, "maximum": 1000, "default": 200}, "page size")
AFTER = in_query("after", POSITION, "the `next` of the page before")
START = in_query("start", WHEN, "unix seconds; an hour before `end` when absent")
END = in_query("end", WHEN, "unix seconds; now when absent")
STEP = in_query(
    "step",
    {**TEXT, "pattern": SPAN_TEXT},
    "seconds, or 30s, 5m, 1h; without it every sample comes as it was sent",
)
AGG = in_query("agg", {**TEXT, "enum": list(AGGREGATES), "default": "avg"}, "what a step shows")
TOKEN_ID = id_in_path("token_id")

SAMPLES = as_json(
    {
        "oneOf": [
            as_object(
                {
                    "samples": as_list(
                        as_object(
                            {"name": TEXT, "value": NUMBER},
                            {"labels": LABELS, "timestamp": {**SECONDS, "default": "now"}},
                        )
                    )
                }
            ),
            as_object(
                {
                    "series": as_list(
                        as_object(
                            {"name": TEXT, "values": as_list(NUMBER)},
                            {"labels": LABELS, "timestamps": or_null(as_list(SECONDS))},
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
_OTLP_STATUS: Schema = {
    "description": "google.rpc.Status; a problem where the content type is neither of the two",
    "content": {
        "application/x-protobuf": _BYTES,
        "application/json": {"schema": as_object({"code": WHOLE, "message": TEXT})},
        "application/problem+json": {"schema": PROBLEM},
    },
}
OTLP_ANSWERS: dict[int, Schema] = {200: OTLP_ANSWER} | dict.fromkeys(
    (400, 401, 403, 413, 422, 429, 503), _OTLP_STATUS
)
REMOTE_WRITE: Schema = {
    "description": "snappy-compressed WriteRequest, or proto=io.prometheus.write.v2.Request",
    "content": {"application/x-protobuf": _BYTES},
}
ACCEPTED = as_json(
    as_object({"accepted": WHOLE, "series": WHOLE}), "stored durably: how many, of how many series"
)
_SAID: dict[str, Schema] = {"type": TEXT, "unit": TEXT, "help": TEXT}
_SERIES = named(
    "Series",
    as_object(
        {"id": WHOLE, "name": TEXT, "labels": LABELS, "first": SECONDS, "last": SECONDS}, _SAID
    ),
)
SERIES_LIST = as_json(
    as_object({"series": as_list(_SERIES)}, {"next": WHOLE}),
    "series, with `next` when there are more",
)
LINE = named(
    "HistorySeries",
    as_object(
        {
            "id": WHOLE,
            "name": TEXT,
            "labels": LABELS,
            "timestamps": as_list(SECONDS),
            "values": as_list(MAYBE_NUMBER),
        },
        {"agg": {**TEXT, "description": "what it shows, where several were asked for"}},
    ),
)
HISTORY = as_json(
    as_object({"series": as_list(LINE)}),
    "a line a series; with `step`, a time is the start of its step and empty steps are left out; "
    "null stands for what JSON has no number for: NaN, which ends a line, and infinities",
)
NEW_TOKEN = as_json(
    as_object(
        {"name": PERSON, "scopes": {**as_list({**TEXT, "enum": list(SCOPES)}), "minItems": 1}},
        {
            "expires_in": {
                **or_null(NUMBER),
                "exclusiveMinimum": 0,
                "description": "seconds; without it the token does not expire",
            }
        },
    ),
    "name and scopes",
    {"name": "my service", "scopes": ["ingest"]},
)
_TOKEN_FIELDS: dict[str, Schema] = {
    "id": WHOLE,
    "name": TEXT,
    "scopes": as_list(TEXT),
    "created_at": SECONDS,
    "expires_at": MAYBE_NUMBER,
}
_TOKEN = named("Token", as_object(_TOKEN_FIELDS))
TOKEN_LIST = as_json(as_object({"tokens": as_list(_TOKEN)}), "tokens, without their secrets")
MADE_TOKEN = as_json(as_object(_TOKEN_FIELDS | {"token": TEXT}), "the token with its secret")
TARGET_ID = id_in_path("target_id")
_SPAN: Schema = {"type": ["number", "string"], "description": "seconds, or 30s, 1m"}
_WANTED_TARGET = as_object(
    {"url": {**TEXT, "description": "http or https; the path is /metrics when absent"}},
    {
        "job": {**TEXT, "default": "scrape"},
        "labels": {**LABELS, "description": "join every series; instance is the host and port"},
        "interval": {**_SPAN, "default": 15},
        "timeout": {
            **_SPAN,
            "exclusiveMinimum": 0,
            "description": "shorter than the interval; 10 s when absent",
        },
        "sample_limit": {**WHOLE, "default": 50_000},
        "body_size_limit": {**WHOLE, "default": 16_777_216, "description": "bytes, unpacked"},
        "label_limit": {
            **WHOLE,
            "minimum": 1,
            "description": "labels of a series, its name among them",
        },
        "bearer_token": {"type": ["string", "null"], "writeOnly": True},
        "basic_auth": {
            **as_object({"username": TEXT, "password": TEXT}),
            "type": ["object", "null"],
            "writeOnly": True,
        },
    },
)
CHANGED_TARGET = as_json(_WANTED_TARGET, "where and how to scrape from now on")
NEW_TARGET = as_json(
    _WANTED_TARGET,
    "where and how to scrape",
    {"url": "https://host.example:9100/metrics", "job": "node", "interval": "15s"},
)
_TARGET_STATE = as_object(
    {
        "up": {"type": ["boolean", "null"], "description": "null before the first scrape"},
        "last_scrape": {**MAYBE_NUMBER, "description": "unix seconds"},
        "duration": {**MAYBE_NUMBER, "description": "seconds"},
        "samples": {**WHOLE, "description": "on the last page"},
        "left_out": {"type": "object", "additionalProperties": WHOLE},
        "last_error": MAYBE_TEXT,
    }
)
_TARGET_FIELDS = as_object(
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
        "state": _TARGET_STATE,
    }
)
_TARGET = named("Target", _TARGET_FIELDS)
TARGET = as_json(_TARGET, "the target, without its secret")
TARGET_LIST = as_json(
    as_object({"targets": as_list(_TARGET)}, {"file": as_object({"path": TEXT, "error": TEXT})}),
    "all targets; `file` says what is wrong with SCRAPE_FILE",
)
FIRST_STEPS = as_json(
    named("FirstSteps", as_object({"address": TEXT, "token": TEXT})), "what the snippets show"
)
HEALTH = as_json(as_object({"status": TEXT}), "alive")
_PART = named(
    "Part",
    as_object(
        {"state": {**TEXT, "enum": ["ok", "degraded", "down", "off"]}},
        {
            "detail": {**TEXT, "description": "why, in words; not told to strangers"},
            "since": {**SECONDS, "description": "unix seconds: when the state began"},
            "age": {**NUMBER, "description": "seconds since it was last heard of"},
        },
    ),
)
PARTS: Schema = {"type": "object", "additionalProperties": _PART}
READY = as_json(
    as_object(
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
_MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
_QUEUE = named(
    "Queue",
    as_object(
        {
            "waiting": {**WHOLE, "description": "samples; pages of notifications"},
            "age": {**MAYBE_NUMBER, "description": "seconds that the first has waited"},
            "lag": {**NUMBER, "description": "seconds that it is behind what is meant"},
            "late": FLAG,
        }
    ),
)
_STATUS = named(
    "Status",
    as_object(
        {
            "version": TEXT,
            "uptime": {**NUMBER, "description": "seconds"},
            "series": WHOLE,
            "samples_per_second": NUMBER,
            "consoles": WHOLE,
            "seq": {**WHOLE, "description": "journal position"},
            "parts": PARTS,
            "versions": {"type": "object", "additionalProperties": TEXT},
            "judge": as_object({"age": MAYBE_NUMBER, "behind": _MAYBE_WHOLE})
            | {"description": "`age` of its latest word in seconds, commits it is `behind`"},
            "queues": or_null(
                {
                    "type": "object",
                    "additionalProperties": _QUEUE,
                    "description": "what waits for the judge, the sealer and the notifications; "
                    "null while the database is away",
                }
            ),
            "storage": as_object({"history": _MAYBE_WHOLE, "free": WHOLE, "total": WHOLE})
            | {"description": "bytes: history, disk free and total"},
        }
    ),
)
STATUS = as_json(_STATUS, "how Quadra does")
