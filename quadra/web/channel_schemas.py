"""How channels look in the API's description."""

from __future__ import annotations

from quadra.channels.form import KINDS
from quadra.web.schemas import NUMBER, TEXT, WHOLE, Schema, id_in_path

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
_CHANNEL: Schema = {
    "type": "object",
    "required": ["id", "name", "kind", "enabled", "state"],
    "properties": {
        "id": WHOLE,
        "name": TEXT,
        "kind": TEXT,
        "settings": {"type": "object"},
        "enabled": {"type": "boolean"},
        "host": {**TEXT, "description": "where it leads, without what may be secret"},
        "has_secret": {"type": "boolean"},
        "origin": {**TEXT, "enum": ["api", "settings"]},
        "state": {
            "type": "object",
            "properties": {
                "sent_at": {"type": ["number", "null"]},
                "failed_at": {"type": ["number", "null"]},
                "error": {"type": ["string", "null"]},
                "sent": WHOLE,
                "failed": WHOLE,
            },
        },
    },
}


def _json(schema: Schema, description: str, example: object = None) -> Schema:
    content: Schema = {"schema": schema, **({"example": example} if example else {})}
    return {"description": description, "content": {"application/json": content}}


NEW_CHANNEL = _json(
    {"type": "object", "required": ["name", "kind", "url"], "properties": _FIELDS},
    "where to tell",
    _EXAMPLE,
)
CHANGED_CHANNEL = _json(
    {"type": "object", "properties": _FIELDS}, "what changes; what is left out stays"
)
CHANNEL = _json(_CHANNEL, "the channel, without address and secret")
CHANNEL_LIST = _json(
    {
        "type": "object",
        "required": ["channels"],
        "properties": {"channels": {"type": "array", "items": _CHANNEL}},
    },
    "the channels",
)
TESTED = _json(
    {
        "type": "object",
        "required": ["delivered", "detail"],
        "properties": {
            "delivered": {"type": "boolean"},
            "detail": {**TEXT, "description": "why not, or empty"},
            "seconds": {**NUMBER, "description": "until it was taken"},
        },
    },
    "how the test went",
)
CHANNEL_ID = id_in_path("channel_id")
