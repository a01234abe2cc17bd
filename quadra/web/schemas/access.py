"""How users, sessions and the audit log look in the API's description."""

from __future__ import annotations

from quadra.engine.users import MAX_NAME, MAX_PASSWORD, MIN_PASSWORD, ROLES
from quadra.web.schemas.common import (
    NUMBER,
    SECONDS,
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    id_in_path,
    in_query,
    named,
    or_null,
)

_MAYBE_SECONDS: Schema = {**SECONDS, "type": ["number", "null"]}
_ROLE: Schema = {**TEXT, "enum": list(ROLES)}
_NAME: Schema = {**TEXT, "minLength": 1, "maxLength": MAX_NAME}
_PASSWORD: Schema = {
    **TEXT,
    "minLength": MIN_PASSWORD,
    "maxLength": MAX_PASSWORD,
    "writeOnly": True,
}
_USER_FIELDS = as_object(
    {
        "id": WHOLE,
        "name": TEXT,
        "role": _ROLE,
        "created_at": SECONDS,
        "changed_at": SECONDS,
        "disabled_at": _MAYBE_SECONDS,
        "signed_in_at": _MAYBE_SECONDS,
        "has_password": {"type": "boolean"},
        "openid": {"type": "boolean", "description": "signs in through the OpenID provider"},
    }
)
_USER = named("User", _USER_FIELDS)
USER = as_json(_USER, "the user")
USER_LIST = as_json(as_object({"users": as_list(_USER)}), "the users, by name")
NEW_USER = as_json(
    as_object({"name": _NAME, "role": _ROLE, "password": _PASSWORD}),
    "name, role and first password",
    {"name": "mira", "role": "editor", "password": "a long sentence"},
)
CHANGED_USER = as_json(
    as_object({}, {"role": _ROLE, "disabled": or_null({"type": "boolean"})}),
    "what changes; what is left out stays",
)
NEW_PASSWORD = as_json(as_object({"password": _PASSWORD}), "the new password")
OWN_PASSWORD = as_json(
    as_object({"current": {**TEXT, "writeOnly": True}, "password": _PASSWORD}),
    "the password in use and the new one",
)
ACCOUNT = as_json(
    as_object(
        {
            "name": TEXT,
            "kind": {**TEXT, "enum": ["user", "token"]},
            "role": {**TEXT, "description": "of a user; empty for a token"},
            "scopes": as_list(TEXT),
        }
    ),
    "whoever asks",
)
_SESSION = as_object(
    {
        "id": WHOLE,
        "name": TEXT,
        "kind": {**TEXT, "enum": ["user", "token"]},
        "created_at": SECONDS,
        "expires_at": SECONDS,
        "address": TEXT,
        "agent": {**TEXT, "description": "the browser, in its own words"},
        "current": {"type": "boolean", "description": "whether this request comes by it"},
    }
)
SESSION_LIST = as_json(
    as_object({"sessions": as_list(named("Session", _SESSION))}), "the newest first"
)
ROTATION = as_json(
    as_object(
        {},
        {
            "overlap": {
                **NUMBER,
                "minimum": 0,
                "default": 0,
                "description": "seconds for which the former secret still opens",
            }
        },
    ),
    "may be left out",
)
_DEED = as_object(
    {
        "id": WHOLE,
        "at": SECONDS,
        "actor": TEXT,
        "kind": {**TEXT, "enum": ["user", "token", "command", "nobody"]},
        "action": TEXT,
        "target": TEXT,
        "status": {**WHOLE, "description": "how it was answered, as in HTTP"},
        "address": TEXT,
        "detail": {
            "type": "object",
            "additionalProperties": True,
            "description": "what was sent, without secrets",
        },
    }
)
AUDIT_LIST = as_json(
    as_object({"audit": as_list(named("Deed", _DEED)), "next": {"type": ["integer", "null"]}}),
    "the newest first; JSON lines or CSV where `format` asks for them",
)
AUDIT_LIST["content"] |= {kind: {"schema": TEXT} for kind in ("application/x-ndjson", "text/csv")}
USER_ID = id_in_path("user_id")
SESSION_ID = id_in_path("session_id")
ALL_SESSIONS = in_query(
    "all", {**TEXT, "enum": ["true", "false"], "default": "false"}, "everybody's; for admins"
)
ACTOR = in_query("actor", TEXT, "a part of who did it")
ACTION = in_query("action", TEXT, "a part of what was done")
TARGET = in_query("target", TEXT, "a part of the path")
FORMAT = in_query(
    "format", {**TEXT, "enum": ["json", "jsonl", "csv"], "default": "json"}, "csv and jsonl to keep"
)
