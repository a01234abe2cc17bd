"""JSON schemas and parameters of alerting, in the words of the API's description."""

from __future__ import annotations

from quadra.alerts.rules import AGGREGATES, NO_DATA, OPERATORS, SEVERITIES, SUBJECTS
from quadra.alerts.silences import DAYS
from quadra.web.schemas.common import (
    CONDITION,
    FLAG,
    ID,
    LABELS,
    MAYBE_NUMBER,
    NUMBER,
    PERSON,
    SECONDS,
    SELECTOR,
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
    optional_body,
    or_null,
)

_MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
_MAYBE_SECONDS: Schema = {"type": ["number", "null"], "description": "unix seconds"}
_SPAN: Schema = {"type": ["string", "number"], "description": "30s, 5m, 1h30m; or seconds"}
_TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}


RULE_ID, ALERT_ID, SILENCE_ID, WINDOW_ID = map(
    id_in_path, ("rule_id", "alert_id", "silence_id", "window_id")
)
STATE = in_query(
    "state",
    {**TEXT, "enum": ["open", "pending", "firing", "resolved", "all"], "default": "open"},
    "which alerts; open are those that are pending or firing",
)
RULE_NAME = in_query("rule", TEXT, "only of the rule of this name")
ALERT = in_query("alert", ID, "only of this alert")
SILENCE = in_query("silence", ID, "only what this silence hid")
SINCE = in_query("start", WHEN, "unix seconds")
UNTIL = in_query("end", WHEN, "unix seconds")
STREAM = in_query(
    "stream", {**TEXT, "enum": ["true", "false"], "default": "false"},
    'a line of JSON for every step: {"progress": 0.4}, and the answer as the last',
)  # fmt: skip

_SPANS = {
    "window": "1m",
    "for": "0s",
    "keep_firing_for": "0s",
    "cooldown": "30m",
    "repeat_interval": "4h",
    "group_wait": "0s",
    "group_interval": "0s",
    "escalate_after": "0s",
}
_CHOICES: dict[str, Schema] = {
    "aggregate": {**TEXT, "enum": list(AGGREGATES), "default": "last"},
    "clear_threshold": {**MAYBE_NUMBER, "description": "it ends only beyond this"},
    **{name: {**_SPAN, "default": span} for name, span in _SPANS.items()},
    "severity": {**TEXT, "enum": list(SEVERITIES), "default": "warning"},
    "no_data": {**TEXT, "enum": list(NO_DATA), "default": "ok"},
    "labels": LABELS,
    "annotations": {**_TEXTS, "description": "may hold {{ value }}, {{ labels.NAME }}, …"},
    "channels": as_list(TEXT),
    "enabled": {**FLAG, "default": True},
    "on": {**TEXT, "enum": list(SUBJECTS), "default": "samples"},
    "group_by": {**as_list(TEXT), "default": ["rule"]},
    "escalate_to": as_list(TEXT),
}
_NEEDED: dict[str, Schema] = {
    "name": TEXT,
    "selector": SELECTOR,
    "op": {**TEXT, "enum": list(OPERATORS)},
    "threshold": NUMBER,
}
_WANTED_RULE = as_object(_NEEDED, {name: or_null(schema) for name, schema in _CHOICES.items()})
_TOLD_SPAN: Schema = {**TEXT, "description": "such as 5m or 1h30m"}
_RULE_FIELDS = as_object(
    {
        "id": WHOLE,
        **_NEEDED,
        **_CHOICES,
        **dict.fromkeys(_SPANS, _TOLD_SPAN),
        "source": {**TEXT, "description": "the file it stands in; empty for one of the API"},
        "created_at": SECONDS,
        "updated_at": SECONDS,
    }
)
_RULE = named("Rule", _RULE_FIELDS)
_EXAMPLE = {
    "name": "Answers are slow",
    "selector": 'latency_seconds{service="chat"}',
    "aggregate": "p95",
    "window": "5m",
    "op": ">",
    "threshold": 2,
    "clear_threshold": 1.5,
    "for": "1m",
    "severity": "critical",
    "annotations": {"summary": "{{ value }} s on {{ labels.service }}"},
}
NEW_RULE = as_json(_WANTED_RULE, "the rule; all but four fields have defaults", _EXAMPLE)
CHANGED_RULE = as_json(_WANTED_RULE, "the whole rule as it shall be")
RULE = as_json(_RULE, "the rule with everything it is judged by")
RULE_LIST = as_json(
    as_object(
        {
            "alert_rules": as_list(_RULE),
            "files": as_list(
                named(
                    "RuleFile",
                    as_object({"path": TEXT, "rules": WHOLE, "error": TEXT, "read_at": SECONDS}),
                )
            ),
        }
    ),
    "all rules; `files` says how those of RULES_DIR were read",
)
BACKTEST = as_json(
    as_object(
        {"rule": _WANTED_RULE},
        {
            "start": {**SECONDS, "description": "unix seconds; 7 days before end when absent"},
            "end": {**SECONDS, "description": "unix seconds; now when absent"},
            "limits": {
                **as_list(NUMBER),
                "description": "thresholds to try in place of the rule's own: the answer is how "
                "often it would have paged at each",
            },
        },
    ),
    "the rule and the past to try it on",
    {"rule": _EXAMPLE},
)
_POINT = as_object({"limit": NUMBER, "pages": _MAYBE_WHOLE})
_TOOK: dict[str, Schema] = {
    "samples": WHOLE,
    "seconds": {**NUMBER, "description": "that it took"},
}
_FIRE = as_object(
    {
        "series": _MAYBE_WHOLE,
        "metric": TEXT,
        "labels": LABELS,
        "started_at": SECONDS,
        "fired_at": SECONDS,
        "resolved_at": _MAYBE_SECONDS,
        "value": MAYBE_NUMBER,
        "pages": WHOLE,
    }
)
_BACKTEST = as_object(
    {
        **_TOOK,
        "start": SECONDS,
        "end": SECONDS,
        "series": WHOLE,
        "judged_every": {**WHOLE, "description": "1: every sample was judged"},
        "counts": as_object(dict.fromkeys(("pending", "fires", "clears", "pages"), WHOLE)),
        "pages_per_week": NUMBER,
        "fires": as_list(named("Fire", _FIRE)),
        "pages": as_list(as_object({"at": SECONDS, "kind": TEXT, "series": as_list(_MAYBE_WHOLE)})),
        "events": as_list(
            as_object({"at": SECONDS, "kind": TEXT, "series": _MAYBE_WHOLE, "value": MAYBE_NUMBER})
        ),
    }
)
_CURVE = as_object(
    {
        **_TOOK,
        "curve": {
            **as_list(named("CurvePoint", _POINT)),
            "description": "pages are null where they are too many to count",
        },
    }
)
BACKTESTED = as_json(
    {"oneOf": [named("Backtest", _BACKTEST), named("Curve", _CURVE)]},
    "what the rule would have done; with limits, how often it would have paged at each",
)
BACKTESTED["content"]["application/x-ndjson"] = {}
_ALERT_FIELDS = as_object(
    {
        "id": WHOLE,
        "fingerprint": TEXT,
        "rule": TEXT,
        "rule_id": WHOLE,
        "state": {**TEXT, "enum": ["pending", "firing", "resolved", "cancelled"]},
        "recovering": FLAG,
        "flapping": FLAG,
        "severity": {**TEXT, "enum": list(SEVERITIES)},
        "metric": TEXT,
        "series": _MAYBE_WHOLE,
        "source": {**TEXT, "enum": ["rule", "external"]},
        "labels": LABELS,
        "annotations": _TEXTS,
        "value": MAYBE_NUMBER,
        "peak": {
            **MAYBE_NUMBER,
            "description": "the worst value so far, or that it had; null where none was kept",
        },
        "threshold": MAYBE_NUMBER,
        "started_at": SECONDS,
        "fired_at": _MAYBE_SECONDS,
        "resolved_at": _MAYBE_SECONDS,
        "acknowledged_by": {"type": ["string", "null"]},
        "acknowledged_at": _MAYBE_SECONDS,
        "pages": WHOLE,
        "paged_at": _MAYBE_SECONDS,
        "quieted_by": {
            **as_list(TEXT),
            "description": "what has kept pages back: silence:ID, cooldown, inhibited, …",
        },
    }
)
_ALERT = named("Alert", _ALERT_FIELDS)
ONE_ALERT = as_json(_ALERT, "the alert")
ALERT_LIST = as_json(
    as_object(
        {
            "alerts": as_list(_ALERT),
            "channels": {**WHOLE, "description": "how many channels can be told"},
        },
        {"next": WHOLE},
    ),
    "alerts, the newest first",
)
ACKNOWLEDGEMENT = optional_body(
    as_json(
        as_object(
            {},
            {"by": {**or_null(PERSON), "description": "who has it; your token's name when absent"}},
        ),
        "who has it",
    )
)
_CHANGE_FIELDS = as_object(
    {
        "at": SECONDS,
        "kind": TEXT,
        "value": MAYBE_NUMBER,
        "by": TEXT,
        "ref": TEXT,
        "detail": TEXT,
        "alert": _ALERT,
    }
)
CHANGE = named("AlertChange", _CHANGE_FIELDS)
ALERT_HISTORY = as_json(
    as_object({"events": as_list(CHANGE)}, {"next": WHOLE}),
    "who knew what when, the newest first",
)
_MATCHERS = {
    **as_list(CONDITION),
    "minItems": 1,
    "description": 'conditions such as rule="x" or host=~"web.*"',
}
_SILENCE_FIELDS: dict[str, Schema] = {
    "id": WHOLE,
    "matchers": _MATCHERS,
    "starts_at": SECONDS,
    "ends_at": SECONDS,
    "reason": TEXT,
    "created_by": TEXT,
    "created_at": SECONDS,
    "state": {**TEXT, "enum": ["pending", "active", "ended"]},
}
NEW_SILENCE = as_json(
    as_object(
        {"matchers": _MATCHERS, "ends_at": SECONDS, "reason": PERSON},
        {"starts_at": {**SECONDS, "description": "now when absent"}, "created_by": PERSON},
    ),
    "what to keep quiet, how long, and why",
)
_SILENCE = named("Silence", as_object(_SILENCE_FIELDS))
MADE_SILENCE = as_json(_SILENCE, "the silence")
ONE_SILENCE = as_json(
    as_object(_SILENCE_FIELDS | {"hidden": as_list(_ALERT)}),
    "the silence; `hidden` are the alerts that it has kept quiet",
)
_HELD = {**as_list(WHOLE), "description": "ids of the open alerts that it keeps quiet now"}
_LISTED_SILENCE = named("ListedSilence", as_object(_SILENCE_FIELDS | {"alerts": _HELD}))
SILENCE_LIST = as_json(
    as_object({"silences": as_list(_LISTED_SILENCE)}), "silences, the newest first"
)
_WANTED_WINDOW = as_object(
    {
        "name": TEXT,
        "matchers": _MATCHERS,
        "begins": {**TEXT, "description": "a time of the clock, such as 22:30"},
        "duration": {**TEXT, "description": "such as 2h, at most 7d"},
    },
    {
        "days": as_list({**TEXT, "enum": list(DAYS)}),
        "timezone": {**TEXT, "default": "UTC", "description": "such as Europe/Berlin"},
        "enabled": {**FLAG, "default": True},
    },
)
_WINDOW_FIELDS = as_object(
    {
        "id": WHOLE,
        **_WANTED_WINDOW["properties"],
        "open": {**FLAG, "description": "whether it is open now"},
    }
)
_WINDOW = named("MaintenanceWindow", _WINDOW_FIELDS)
CHANGED_WINDOW = as_json(_WANTED_WINDOW, "the whole window as it shall be")
NEW_WINDOW = as_json(
    _WANTED_WINDOW,
    "when, and what is kept quiet then",
    {
        "name": "Nightly restart",
        "matchers": ['host=~"web.*"'],
        "days": ["mon", "tue"],
        "begins": "03:00",
        "duration": "20m",
        "timezone": "UTC",
    },
)
ONE_WINDOW = as_json(_WINDOW, "the maintenance window")
WINDOW_LIST = as_json(as_object({"maintenance_windows": as_list(_WINDOW)}), "all of them, by id")
