"""Scrape targets: listed with how they do, made, changed, ended. Their secrets never come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.engine.targets import Target, TargetState
from quadra.errors import Fault, InvalidError
from quadra.intake.target_form import target_from
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import common as schemas

_CREDENTIALS = ("bearer_token", "basic_auth")
_ONE = "/api/v1/targets/<int(max=2147483647):target_id>"


def make_targets(parts: WebParts) -> Blueprint:
    """Make the blueprint of scrape targets."""
    api = Blueprint("targets", __name__)
    scraper, rules = parts.scraper, parts.rules

    @route(
        api, "GET", "/api/v1/targets", access="read", work="read", tag="Targets",
        summary="List the scrape targets and how they do", responses={200: schemas.TARGET_LIST},
    )  # fmt: skip
    def list_targets() -> ResponseReturnValue:
        listed: dict[str, Any] = {"targets": [_shown(*one) for one in scraper.targets()]}
        if parts.settings.scrape_file:
            listed["file"] = {"path": parts.settings.scrape_file, "error": scraper.file_error}
        return answer(listed)

    @route(
        api, "POST", "/api/v1/targets", access="write", work="write", tag="Targets",
        summary="Scrape a new target, from now on",
        body=schemas.NEW_TARGET, responses={201: schemas.TARGET},
    )  # fmt: skip
    def create_target() -> ResponseReturnValue:
        made = scraper.add(target_from(asking.json_object(), rules))
        return answer(_shown(made, TargetState()), 201)

    @route(
        api, "GET", _ONE, access="read", work="read", tag="Targets",
        summary="One scrape target and how it does",
        parameters=(schemas.TARGET_ID,), responses={200: schemas.TARGET},
    )  # fmt: skip
    def show_target(target_id: int) -> ResponseReturnValue:
        return answer(_shown(*scraper.get(target_id)))

    @route(
        api, "PUT", _ONE, access="write", work="write", tag="Targets",
        summary="Change a target; a credential that is not mentioned stays, null ends it",
        parameters=(schemas.TARGET_ID,), body=schemas.CHANGED_TARGET,
        responses={200: schemas.TARGET},
    )  # fmt: skip
    def change_target(target_id: int) -> ResponseReturnValue:
        wish = asking.json_object()
        former, _state = scraper.get(target_id)
        wanted = target_from(wish, rules)
        if former.credential is not None and not any(name in wish for name in _CREDENTIALS):
            wanted = _with_credential_of(former, wanted)
        return answer(_shown(scraper.replace(target_id, wanted), TargetState()))

    @route(
        api, "DELETE", _ONE, access="write", work="write", tag="Targets",
        summary="Scrape a target no more; what it sent stays in history",
        parameters=(schemas.TARGET_ID,), responses={204: {}},
    )  # fmt: skip
    def remove_target(target_id: int) -> ResponseReturnValue:
        scraper.remove(target_id)
        return Response(status=204)

    return api


def _with_credential_of(former: Target, wanted: Target) -> Target:
    """Keep the credential, but only for the place that it was given for."""
    places = [(one.scheme, one.host, one.port) for one in (former, wanted)]
    if places[0] != places[1]:
        reason = "give it again, or null: it was meant for another scheme, host or port"
        faults = tuple(Fault(None, name, reason) for name in _CREDENTIALS)
        msg = f"The target was not changed. Its credential: {reason}."
        raise InvalidError(msg, faults=faults)
    return replace(wanted, credential=former.credential)


def _shown(target: Target, state: TargetState) -> dict[str, Any]:
    credential = target.credential
    return {
        "id": target.id,
        "origin": target.origin,
        "url": target.url,
        "labels": dict(target.labels),
        "interval": target.interval,
        "timeout": target.timeout,
        "sample_limit": target.sample_limit,
        "body_size_limit": target.body_size_limit,
        "label_limit": target.label_limit,
        "authorization": credential.kind if credential else None,
        "state": {
            "up": state.up,
            "last_scrape": state.scraped_at,
            "duration": state.duration,
            "samples": state.samples,
            "left_out": dict(state.left_out),
            "last_error": state.error or None,
        },
    }
