"""How channels look in the API's description."""

from __future__ import annotations

from quadra.channels.form import KINDS
from quadra.web.schemas.common import (
    FLAG,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    NUMBER,
    TEXT,
    WHOLE,
    Schema,
    as_json,
    as_list,
    as_object,
    id_in_path,
    named,
)

_FIELDS: Schema = {
    "name": TEXT,
    "kind": {**TEXT, "enum": list(KINDS)},
    "url": {
        **TEXT,
        "writeOnly": True,
        "description": "http(s) for webhook and slack; smtp://, smtp+starttls:// or smtps:// for "
        "email; an Apprise address for apprise",
    },
    "secret": {
        **TEXT,
        "writeOnly": True,
        "description": "signs a webhook; a bot's token for slack; a mail password",
    },
    "settings": {
        "type": "object",
        "description": "slack: channel (with a bot's token); email: to (a list), from; every "
        'kind: matchers, a list of conditions such as team="ml" that all must hold for an alert '
        "whose rule names no channel",
    },
    "enabled": {"type": "boolean", "default": True},
}
_EXAMPLE = {"name": "on-call", "kind": "webhook", "url": "https://hooks.example.org/quadra"}
_CHANNEL_FIELDS = as_object(
    {
        "id": WHOLE,
        "name": TEXT,
        "kind": {**TEXT, "enum": list(KINDS)},
        "settings": {"type": "object", "additionalProperties": True},
        "enabled": FLAG,
        "host": {**TEXT, "description": "where it leads, without what may be secret"},
        "has_secret": {"type": "boolean"},
        "origin": {**TEXT, "enum": ["api", "settings"]},
        "state": as_object(
            {
                "sent_at": MAYBE_NUMBER,
                "failed_at": MAYBE_NUMBER,
                "error": MAYBE_TEXT,
                "sent": WHOLE,
                "failed": WHOLE,
            }
        ),
    }
)
_CHANNEL = named("Channel", _CHANNEL_FIELDS)
NEW_CHANNEL = as_json(
    {"type": "object", "required": ["name", "kind", "url"], "properties": _FIELDS},
    "where to tell",
    _EXAMPLE,
)
CHANGED_CHANNEL = as_json(
    {"type": "object", "properties": _FIELDS}, "what changes; what is left out stays"
)
CHANNEL = as_json(_CHANNEL, "the channel, without address and secret")
CHANNEL_LIST = as_json(as_object({"channels": as_list(_CHANNEL)}), "the channels")
TESTED = as_json(
    as_object(
        {"delivered": FLAG, "detail": {**TEXT, "description": "why not, or empty"}},
        {"seconds": {**NUMBER, "description": "until it was taken"}},
    ),
    "how the test went",
)
CHANNEL_ID = id_in_path("channel_id")
