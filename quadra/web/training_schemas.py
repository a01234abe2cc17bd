"""How training and model versions look in the API's description."""

from __future__ import annotations

from quadra.engine.training_session import MAX_WATCHED
from quadra.field.reservoir import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE
from quadra.web.schemas import LABELS, NUMBER, SECONDS, TEXT, WHOLE, Schema

_MAYBE: Schema = {"type": ["number", "null"]}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}

PLAN_FIELDS: Schema = {
    "field_size": {**WHOLE, "minimum": MIN_SIZE, "maximum": MAX_SIZE, "default": DEFAULT_SIZE},
    "seed": {**WHOLE, "minimum": 0, "maximum": 2**32 - 1, "default": 0},
    "match": {
        "type": ["array", "string", "null"],
        "items": TEXT,
        "description": f"selectors; the first {MAX_WATCHED} series that they mean are watched",
    },
    "step": {
        "type": ["number", "string"],
        "description": "seconds a step, or 5s, 1m; 1 to 300",
        "default": 1,
    },
}
PLAN: Schema = {
    "required": False,
    "description": "the field to train; what is left out stays as it was",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": PLAN_FIELDS},
            "example": {"field_size": 128, "seed": 1},
        }
    },
}
_FORECAST: Schema = {
    "type": "object",
    "properties": {
        word: {"type": "array", "items": _MAYBE, "description": "one step on, and the far horizon"}
        for word in ("value", "low", "high")
    },
}
_WATCHED: Schema = {
    "type": "object",
    "properties": {
        "id": WHOLE,
        "name": TEXT,
        "labels": LABELS,
        "now": _MAYBE,
        "at": _MAYBE,
        "forecast": _FORECAST,
        "error": {
            "type": "array",
            "description": "as `skill`, of this series alone: one step on, and the far horizon",
            "items": {"type": "object", "additionalProperties": _MAYBE},
        },
        "proven": {
            "type": "array",
            "items": {"type": "boolean"},
            "description": "whether the field does better than each plain forecast, by horizon",
        },
        "ahead": {
            "type": "object",
            "description": "the line ahead of now, where it is proven; else empty",
            "properties": {
                word: {"type": "array", "items": NUMBER}
                for word in ("timestamps", "value", "low", "high")
            },
        },
    },
}
_STATE_FIELDS: Schema = {
    "running": {"type": "boolean"},
    "phase": {**TEXT, "enum": ["idle", "waiting", "history", "live"]},
    "progress": {**_MAYBE, "description": "0 to 1 while history is learned"},
    "iteration": {**WHOLE, "description": "steps of training done"},
    "loss": {**_MAYBE, "description": "squared one-step error over the series' variance"},
    "reward": {**_MAYBE, "description": "1 / (1 + loss)"},
    "variance": {**NUMBER, "description": "of the field's state"},
    "field_size": {"type": ["integer", "null"], "description": "units"},
    "seed": WHOLE,
    "step_seconds": NUMBER,
    "ahead_seconds": NUMBER,
    "match": {"type": "array", "items": TEXT},
    "model_version": {**_MAYBE_TEXT, "description": "the saved version that it goes on from"},
    "divergences": {**WHOLE, "description": "times the field ran away and was begun anew"},
    "detail": TEXT,
    "series": {"type": "array", "items": _WATCHED},
    "skill": {
        "type": "array",
        "description": "errors beside plain forecasts, in standard deviations, for each horizon",
        "items": {
            "type": "object",
            "properties": {
                "seconds": NUMBER,
                "compared": WHOLE,
                "error": {"type": "object", "additionalProperties": _MAYBE},
            },
        },
    },
    "state": {"type": "array", "items": NUMBER, "description": "of each unit, -1 to 1"},
    "reported_at": _MAYBE,
    "stale": {"type": "boolean", "description": "the worker has not reported for 10 s"},
}
_NEEDED = ["running", "phase", "iteration", "loss", "reward", "variance", "field_size", "stale"]
STATE: Schema = {
    "description": "how the training does",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": _NEEDED, "properties": _STATE_FIELDS}
        }
    },
}
_MODEL: Schema = {
    "type": "object",
    "required": ["version", "created_at", "sha256"],
    "properties": {
        "version": TEXT,
        "created_at": SECONDS,
        "description": TEXT,
        "sha256": TEXT,
        "size_bytes": WHOLE,
        "field_size": WHOLE,
        "seed": WHOLE,
        "iteration": WHOLE,
        "loss": _MAYBE,
        "series": {"type": "array", "items": TEXT},
        "step_seconds": NUMBER,
        "production": {"type": "boolean"},
    },
}
MODEL: Schema = {
    "description": "the version",
    "content": {"application/json": {"schema": _MODEL}},
}
MODEL_LIST: Schema = {
    "description": "the versions, the newest first",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["models", "production"],
                "properties": {
                    "models": {"type": "array", "items": _MODEL},
                    "production": _MAYBE_TEXT,
                },
            }
        }
    },
}
NEW_MODEL: Schema = {
    "required": False,
    "description": "what people should know of it",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"description": TEXT}},
            "example": {"description": "before the new release"},
        }
    },
}
VERSION: Schema = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {**TEXT, "minLength": 9, "maxLength": 64},
}

FORECAST_SERIES: Schema = {
    "name": "series",
    "in": "query",
    "schema": {**WHOLE, "minimum": 1, "maximum": 2**32 - 1},
    "description": "only of the series with this id",
}
FORECASTS: Schema = {
    "description": "what is foretold now, by series",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "running": {"type": "boolean"},
                    "stale": {"type": "boolean"},
                    "at": {**_MAYBE, "description": "when it was foretold, unix seconds"},
                    "forecasts": {"type": "array", "items": _WATCHED},
                },
                "required": ["running", "stale", "at", "forecasts"],
            }
        }
    },
}
