"""How services look in the API's description."""

from __future__ import annotations

from quadra.services.conventions import GOLDEN
from quadra.services.standing import ORDER
from quadra.web.schemas.common import (
    MAYBE_NUMBER,
    NUMBER,
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

_SIGNALS: dict[str, Schema] = {name: as_list(MAYBE_NUMBER) for name in GOLDEN}
_STANDING: Schema = {**TEXT, "enum": list(ORDER)}
_TROUBLE = as_object(
    {"signals": as_object({}, dict.fromkeys(GOLDEN, _STANDING))},
    {"alert": WHOLE, "anomaly": WHOLE},
)
_COLUMNS = as_object(
    {
        "name": as_list(TEXT),
        "standing": as_list(_STANDING),
        "age": as_list({**WHOLE, "description": "seconds since its newest sample"}),
        **_SIGNALS,
        "units": as_list({**TEXT, "description": "of errors and of saturation, by a comma"}),
        "troubles": {
            "type": "object",
            "additionalProperties": named("ServiceTrouble", _TROUBLE),
            "description": "what is wrong, by place in the columns: the signals that suffer, and "
            "the `alert` or `anomaly` that is worst",
        },
    }
)
_LINES = as_object(
    {
        "offset": WHOLE,
        **{name: as_list(as_list(MAYBE_NUMBER)) for name in GOLDEN},
        "metrics": as_list(
            as_object({}, dict.fromkeys(GOLDEN, TEXT))
            | {"description": "which metric tells each signal"}
        ),
        "match": as_list({**TEXT, "description": "the condition that selects its series"}),
        "every": as_list({**NUMBER, "description": "seconds between samples; 0 when not known"}),
    }
)
_HOST_SIGNAL = as_object(
    {"now": MAYBE_NUMBER, "unit": TEXT, "metric": TEXT, "line": as_list(MAYBE_NUMBER)}
)
_HOST = as_object(
    {"name": TEXT, "signals": {"type": "object", "additionalProperties": _HOST_SIGNAL}}
)
_SERVICES = as_object(
    {
        "at": SECONDS,
        "step": {**WHOLE, "description": "seconds a point of a line"},
        "start": {**SECONDS, "description": "where the first step of a line begins"},
        "complete": {
            "type": "boolean",
            "description": "false while the last hour is still being read after a start",
        },
        "standing": as_object(dict.fromkeys(ORDER, WHOLE))
        | {"description": "how many services stand how"},
        "services": _COLUMNS,
        "costs": {"type": "boolean", "description": "whether any `…cost…_total` is sent"},
        "others": as_object(
            {"count": WHOLE, "names": as_list(TEXT)},
        )
        | {"description": "metrics of no service, the newest first"},
    },
    {"lines": _LINES, "hosts": as_list(named("Host", _HOST))},
)
SERVICES = as_json(
    named("Services", _SERVICES),
    "all services that sent within the hour, the worst first; traffic a second, errors in % or a "
    "second, latency in seconds (p95), saturation in %, cores or as a count",
)
OFFSET = in_query("offset", {**WHOLE, "minimum": 0, "default": 0}, "the first service with lines")
LINES = in_query(
    "lines", {**WHOLE, "minimum": 0, "maximum": 200, "default": 50}, "services to give lines of"
)
HOSTS = in_query(
    "hosts", {**WHOLE, "minimum": 0, "maximum": 50, "default": 50}, "hosts to give at most"
)
