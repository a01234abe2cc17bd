"""How training and model versions look in the API's description."""

from __future__ import annotations

from quadra.engine.training_session import MAX_WATCHED
from quadra.field.reservoir import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE
from quadra.web.schemas.common import (
    FLAG,
    LABELS,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    NUMBER,
    SECONDS,
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    named,
)

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
_ERROR: Schema = {"type": "object", "additionalProperties": MAYBE_NUMBER}
_FORECAST = as_object(
    {
        word: as_list(MAYBE_NUMBER) | {"description": "one step on, and the far horizon"}
        for word in ("value", "low", "high")
    }
)
_WATCHED = named(
    "Watched",
    as_object(
        {
            "id": WHOLE,
            "name": TEXT,
            "labels": LABELS,
            "now": MAYBE_NUMBER,
            "at": MAYBE_NUMBER,
            "forecast": _FORECAST,
            "error": as_list(_ERROR)
            | {"description": "as `skill`, of this series alone: one step on, and the far horizon"},
            "proven": as_list(FLAG)
            | {"description": "whether the field does better than each plain forecast, by horizon"},
            "ahead": as_object(
                {},
                {word: as_list(NUMBER) for word in ("timestamps", "value", "low", "high")},
            )
            | {"description": "the line ahead of now, where it is proven; else empty"},
        }
    ),
)
_SKILL = named("Skill", as_object({"seconds": NUMBER, "compared": WHOLE, "error": _ERROR}))
_STATE_FIELDS: dict[str, Schema] = {
    "running": FLAG,
    "phase": {**TEXT, "enum": ["idle", "waiting", "history", "live"]},
    "progress": {**MAYBE_NUMBER, "description": "0 to 1 while history is learned"},
    "iteration": {**WHOLE, "description": "steps of training done"},
    "loss": {**MAYBE_NUMBER, "description": "squared one-step error over the series' variance"},
    "reward": {**MAYBE_NUMBER, "description": "1 / (1 + loss)"},
    "variance": {**NUMBER, "description": "of the field's state"},
    "field_size": {"type": ["integer", "null"], "description": "units"},
    "model_version": {**MAYBE_TEXT, "description": "the saved version that it goes on from"},
    "divergences": {**WHOLE, "description": "times the field ran away and was begun anew"},
    "detail": TEXT,
    "series": as_list(_WATCHED),
    "skill": as_list(_SKILL)
    | {"description": "errors beside plain forecasts, in standard deviations, for each horizon"},
    "state": as_list(NUMBER) | {"description": "of each unit, -1 to 1"},
    "reported_at": MAYBE_NUMBER,
    "stale": {**FLAG, "description": "the worker has not reported for 10 s"},
}
_ONCE_BEGUN: dict[str, Schema] = {
    "seed": WHOLE,
    "step_seconds": NUMBER,
    "ahead_seconds": NUMBER,
    "match": as_list(TEXT),
}
STATE = as_json(named("Training", as_object(_STATE_FIELDS, _ONCE_BEGUN)), "how the training does")
_MODEL = named(
    "Model",
    as_object(
        {
            "version": TEXT,
            "created_at": SECONDS,
            "description": TEXT,
            "sha256": TEXT,
            "size_bytes": WHOLE,
            "field_size": WHOLE,
            "seed": WHOLE,
            "iteration": WHOLE,
            "loss": MAYBE_NUMBER,
            "series": as_list(TEXT),
            "step_seconds": NUMBER,
            "production": FLAG,
        }
    ),
)
MODEL = as_json(_MODEL, "the version")
MODEL_LIST = as_json(
    as_object({"models": as_list(_MODEL), "production": MAYBE_TEXT}),
    "the versions, the newest first",
)
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
FORECASTS = as_json(
    as_object(
        {
            "running": FLAG,
            "stale": FLAG,
            "at": {**MAYBE_NUMBER, "description": "when it was foretold, unix seconds"},
            "forecasts": as_list(_WATCHED),
        }
    ),
    "what is foretold now, by series",
)
