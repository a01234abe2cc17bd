"""The generic webhook: one JSON document, signed so that its receiver can believe it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import orjson

from quadra.channels.posting import ended, posted
from quadra.channels.wording import alerts_of
from quadra.engine.channels import Channel, Delivery, Ending
from quadra.outward.posting import Poster, place_of


class WebhookSender:
    """Sends ``{"version": 1, "delivery_id", "status", "alerts": […]}``."""

    def __init__(self, poster: Poster) -> None:
        """Wire."""
        self._poster = poster

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        """Deliver; several pages come as one document with ``digest`` true."""
        body = orjson.dumps(document(deliveries))
        headers = {
            "Content-Type": "application/json",
            "X-Quadra-Delivery": deliveries[0].delivery_id,
        }
        if channel.secret:
            headers["X-Quadra-Signature"] = signature(channel.secret, body)
        return ended(posted(self._poster, place_of(channel.url), body, headers))


def document(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Give what a receiver gets."""
    first = deliveries[0]
    firing = any(one.status == "firing" for one in deliveries)
    found: dict[str, Any] = {
        "version": 1,
        "delivery_id": first.delivery_id,
        "status": "firing" if firing else "resolved",
        "kind": first.kind,
        "group": first.group,
        "alerts": alerts_of(deliveries),
    }
    if len(deliveries) > 1:
        found["digest"] = True
        found["deliveries"] = [one.delivery_id for one in deliveries]
    return found


def signature(secret: str, body: bytes) -> str:
    """Give the value of X-Quadra-Signature."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
