"""Slack, natively: coloured by severity, with the facts as fields, and one thread a group.

With an incoming webhook's address alone each page is a message of its own. With a bot's token as
the secret and ``settings.channel``, the end of an alert answers in the thread of its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from quadra.channels.posting import posted
from quadra.channels.wording import SHOWN, alerts_of, facts, summary, title, worst
from quadra.engine.channels import Channel, Delivery, Ending, Later, Refused, Sent
from quadra.outward.posting import Answer, Poster, place_of

API_URL = "https://slack.com/api/chat.postMessage"
_COLOURS = {"critical": "#b3161e", "warning": "#d48a00", "info": "#1d6a78", "": "#33703a"}
_LONGEST = 2_900  # of a text; Slack takes 3,000 characters
_AGAIN = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"}


class SlackSender:
    """Sends messages of Slack's own form."""

    def __init__(self, poster: Poster) -> None:
        """Wire."""
        self._poster = poster

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        """Deliver one page, or several as one message."""
        message = form(deliveries)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        by_bot = bool(channel.secret)
        if by_bot:
            headers["Authorization"] = f"Bearer {channel.secret}"
            message["channel"] = str(channel.settings.get("channel", ""))
            if deliveries[0].thread:
                message["thread_ts"] = deliveries[0].thread
                message["reply_broadcast"] = True
        place = place_of(channel.url or API_URL)
        answer = posted(self._poster, place, orjson.dumps(message), headers)
        if not isinstance(answer, Answer):
            return answer
        return _said(answer.body) if by_bot else Sent()


def form(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Give the message."""
    alerts = alerts_of(deliveries)
    firing = [a for a in alerts if a.get("resolved_at") is None]
    blocks: list[dict[str, Any]] = []
    for alert in alerts[:SHOWN]:
        blocks += _blocks(alert, named=len(alerts) > 1)
    if len(alerts) > SHOWN:
        blocks.append(_context(f"and {len(alerts) - SHOWN} more"))
    line = escaped(title(deliveries))
    return {
        "text": line,  # what notifications on a telephone show
        "attachments": [
            {
                "color": _COLOURS.get(worst(firing), _COLOURS["warning"]),
                "fallback": line,
                "blocks": blocks[:45],
            }
        ],
    }


def escaped(text: str) -> str:
    """Make a text mean nothing but itself to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:_LONGEST]


def _blocks(alert: Mapping[str, Any], *, named: bool) -> list[dict[str, Any]]:
    words = [f"*{escaped(str(alert.get('rule')))}*"] if named else []
    words += [escaped(summary(alert))] if summary(alert) else []
    fields = [
        {"type": "mrkdwn", "text": f"*{name}*\n{escaped(value)}"} for name, value in facts(alert)
    ]
    section: dict[str, Any] = {"type": "section", "fields": fields[:10]}
    if words:
        section["text"] = {"type": "mrkdwn", "text": "\n".join(words)}
    found = [section] if fields or words else []
    if alert.get("url"):
        found.append(_context(f"<{alert['url']}|Open in Quadra>"))
    return found


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def _said(body: bytes) -> Ending:
    """Read Slack's own answer: it says 200 also to what it refuses."""
    try:
        answer = orjson.loads(body)
        ok, error, ref = answer["ok"], str(answer.get("error", "")), str(answer.get("ts", ""))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return Later("did not answer as Slack does")
    if ok is True:
        return Sent(ref)
    words = f"Slack refused: {error[:100] or 'no reason given'}"
    return Later(words) if error in _AGAIN else Refused(words)
