"""Delivers pages that are handed in, side by side, and says at once how each ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import orjson

from quadra.engine.channels import (
    Channel,
    ChannelKind,
    Delivery,
    Later,
    Refused,
    Sender,
    send_through,
)

AT_ONCE = 32


def deliver(
    pages: bytes, senders: Mapping[ChannelKind, Sender], say: Callable[[bytes], object]
) -> None:
    """Deliver a JSON list of ``{"channel", "delivery"}``.

    ``say`` gets a line for each: name, why it was not taken, and whether to try again.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in as_completed(
            pool.submit(_deliver, page, senders) for page in orjson.loads(pages)
        ):
            say(orjson.dumps(done.result()) + b"\n")


def _deliver(page: dict[str, Any], senders: Mapping[ChannelKind, Sender]) -> tuple[str, str, bool]:
    channel, delivery = Channel(**page["channel"]), Delivery(**page["delivery"])
    try:
        ending = send_through(senders, channel, [delivery])
    except Exception as error:  # noqa: BLE001 - one channel's fault must not cost the others theirs
        return channel.name, f"could not be sent ({type(error).__name__})", True
    if isinstance(ending, Refused):
        return channel.name, ending.error, False
    if isinstance(ending, Later):
        return channel.name, ending.error, True
    return channel.name, "", False
