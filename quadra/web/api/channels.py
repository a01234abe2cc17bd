"""Channels: made, changed, tested. Address and secret go in and never come out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.channels.form import channel_from
from quadra.engine.channels import Channel, ChannelState, ChannelStore
from quadra.errors import ConflictError, NotFoundError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import channels as schemas

TEST_WITHIN_S = 15.0
LOOK_EVERY_S = 0.05
_ONE = "/api/v1/channels/<int(max=2147483647):channel_id>"


def make_channels(parts: WebParts) -> Blueprint:
    """Make the blueprint of channels."""
    api = Blueprint("channels", __name__)
    desk = parts.channels
    offload = parts.runtime.offload

    @route(
        api, "GET", "/api/v1/channels", access="read", work="read", tag="Alerts",
        summary="The channels and how they do", responses={200: schemas.CHANNEL_LIST},
    )  # fmt: skip
    def list_channels() -> ResponseReturnValue:
        found = offload(desk.store.channels)
        return answer({"channels": [_shown(*one) for one in found]})

    @route(
        api, "POST", "/api/v1/channels", access="write", work="write", tag="Alerts",
        summary="Make a channel", body=schemas.NEW_CHANNEL, responses={201: schemas.CHANNEL},
    )  # fmt: skip
    def create_channel() -> ResponseReturnValue:
        wanted = offload(channel_from, asking.json_object(), desk.egress)
        return answer(_shown(offload(desk.store.add, wanted), ChannelState()), 201)

    @route(
        api, "GET", _ONE, access="read", work="read", tag="Alerts", summary="One channel",
        parameters=(schemas.CHANNEL_ID,), responses={200: schemas.CHANNEL},
    )  # fmt: skip
    def show_channel(channel_id: int) -> ResponseReturnValue:
        return answer(_shown(*offload(_find, desk.store, channel_id)))

    @route(
        api, "PUT", _ONE, access="write", work="write", tag="Alerts",
        summary="Change a channel; address and secret stay where they are not given",
        parameters=(schemas.CHANNEL_ID,), body=schemas.CHANGED_CHANNEL,
        responses={200: schemas.CHANNEL},
    )  # fmt: skip
    def change_channel(channel_id: int) -> ResponseReturnValue:
        former, state = offload(_find, desk.store, channel_id)
        wish = asking.json_object()
        if "url" in wish and "secret" not in wish and former.secret:
            # A secret is meant for the place that it was given for.
            former = replace(former, secret="")
        wanted = replace(offload(channel_from, wish, desk.egress, former), id=channel_id)
        if not offload(desk.store.replace, channel_id, wanted):
            raise _unknown(channel_id)
        return answer(_shown(wanted, state))

    @route(
        api, "DELETE", _ONE, access="write", work="write", tag="Alerts",
        summary="Remove a channel; pages that wait for it are not sent",
        parameters=(schemas.CHANNEL_ID,), responses={204: {}},
    )  # fmt: skip
    def remove_channel(channel_id: int) -> ResponseReturnValue:
        if not offload(desk.store.remove, channel_id, parts.clock()):
            raise _unknown(channel_id)
        return Response(status=204)

    _add_test(api, parts)
    return api


def _add_test(api: Blueprint, parts: WebParts) -> None:
    desk, offload = parts.channels, parts.runtime.offload

    @route(
        api, "POST", f"{_ONE}/test", access="write", work="heavy", tag="Alerts",
        summary="Send a test through a channel and say how it went",
        parameters=(schemas.CHANNEL_ID,), responses={200: schemas.TESTED},
    )  # fmt: skip
    def test_channel(channel_id: int) -> ResponseReturnValue:
        channel, _state = offload(_find, desk.store, channel_id)
        if not channel.enabled:
            msg = "The channel is switched off. Switch it on, then test it."
            raise ConflictError(msg, code="channel_off")
        return answer(_tested(parts, channel_id, channel.name))


def _tested(parts: WebParts, channel_id: int, name: str) -> dict[str, Any]:
    """Let the worker send a test as it sends every page, and wait for how that ends."""
    offload, began, outbox = parts.runtime.offload, parts.clock(), parts.channels.outbox
    alert = {
        "id": 0,
        "fingerprint": "test",
        "transition_id": "test",
        "rule": "Test from Quadra",
        "severity": "info",
        "metric": "",
        "labels": {},
        "value": None,
        "threshold": None,
        "started_at": began,
        "resolved_at": None,
        "annotations": {"summary": "Somebody tests this channel. All is well if you read this."},
    }
    number = offload(outbox.add_test, name, alert, began)
    parts.wake_worker()
    while parts.clock() - began < TEST_WITHIN_S:
        state, error, sent_at = offload(outbox.outcome, number)
        if state == "sent" and sent_at is not None:
            return {"delivered": True, "detail": "", "seconds": round(sent_at - began, 3)}
        if state == "failed" or error:
            again = "" if state == "failed" else "; it is tried again"
            return {"delivered": False, "detail": error + again}
        parts.runtime.sleep(LOOK_EVERY_S)
    _channel, does = offload(_find, parts.channels.store, channel_id)
    detail = f"not yet: {does.error}" if does.error else "the worker has not sent it yet"
    return {"delivered": False, "detail": f'{detail}; the page "Status" says how the worker does'}


def _find(store: ChannelStore, channel_id: int) -> tuple[Channel, ChannelState]:
    for channel, state in store.channels():
        if channel.id == channel_id:
            return channel, state
    raise _unknown(channel_id)


def _unknown(channel_id: int) -> NotFoundError:
    return NotFoundError(f"There is no channel {channel_id}.", code="unknown_channel")


def _shown(channel: Channel, state: ChannelState) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "settings": dict(channel.settings),
        "enabled": channel.enabled,
        "host": _host(channel.url),
        "has_secret": bool(channel.secret),
        "origin": channel.origin,
        "state": {
            "sent_at": state.sent_at,
            "failed_at": state.failed_at,
            "error": state.error or None,
            "sent": state.sent,
            "failed": state.failed,
        },
    }


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        # Apprise puts tokens where others have the host.
        return parts.hostname or "" if parts.scheme.startswith(("http", "smtp")) else parts.scheme
    except ValueError:
        return ""
