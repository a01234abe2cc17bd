"""Versions of the field: saved, listed, loaded, promoted to production, rolled back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.engine.models import ModelVersion
from quadra.errors import Fault, InvalidError, UnavailableError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.api.training import shown
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import training as schemas

MAX_DESCRIPTION = 500
# Longer than the words that stand in a version's place, such as `rollback`.
_ONE = "/api/v1/models/<string(minlength=9,maxlength=64):version>"


def make_models(parts: WebParts) -> Blueprint:
    """Make the blueprint of model versions."""
    api = Blueprint("models", __name__)
    models, training, offload = parts.models, parts.training, parts.runtime.offload

    def listed() -> dict[str, Any]:
        promoted = models.promoted()
        production = promoted[-1][0] if promoted else None
        found = models.all()
        there = production if any(one.version == production for one in found) else None
        return {"models": [_shown(one, there) for one in found], "production": there}

    @route(
        api, "GET", "/api/v1/models", access="read", work="read", tag="Training",
        summary="The saved versions of the field", responses={200: schemas.MODEL_LIST},
    )  # fmt: skip
    def list_models() -> ResponseReturnValue:
        return answer(offload(listed))

    @route(
        api, "POST", "/api/v1/models", access="write", work="write", tag="Training",
        summary="Save the field as it is now", body=schemas.NEW_MODEL,
        responses={201: schemas.MODEL},
    )  # fmt: skip
    def save_model() -> ResponseReturnValue:
        wish = asking.optional_json_object()
        description = wish.get("description", "")
        if not isinstance(description, str) or len(description) > MAX_DESCRIPTION:
            reason = f"a text of at most {MAX_DESCRIPTION} characters is needed"
            faults = (Fault(None, "description", reason),)
            raise InvalidError(f"The model was not saved: {reason}.", faults=faults)
        done = _done(training.ask("save", {"description": description}))
        model, _content = offload(models.read, done["version"])
        return answer(_shown(model, None), 201)

    @route(
        api, "POST", f"{_ONE}/load", access="write", work="heavy", tag="Training",
        summary="Go on from a saved version; its SHA-256 is checked first",
        parameters=(schemas.VERSION,), responses={200: schemas.STATE},
    )  # fmt: skip
    def load_model(version: str) -> ResponseReturnValue:
        offload(models.read, version)
        _done(training.ask("load", {"version": version}))
        return answer(shown(training.state()))

    @route(
        api, "POST", f"{_ONE}/promote", access="write", work="write", tag="Training",
        summary="Make a version the one in production",
        parameters=(schemas.VERSION,), responses={200: schemas.MODEL_LIST},
    )  # fmt: skip
    def promote_model(version: str) -> ResponseReturnValue:
        offload(models.promote, version, parts.clock())
        parts.happenings.note("model", f"Model {version} serving", by=current().name, ref=version)
        return answer(offload(listed))

    @route(
        api, "POST", "/api/v1/models/rollback", access="write", work="write", tag="Training",
        summary="Make the version promoted before the one in production",
        responses={200: schemas.MODEL_LIST},
    )  # fmt: skip
    def roll_back() -> ResponseReturnValue:
        version = offload(models.roll_back)
        title = f"Rolled back to model {version}"
        parts.happenings.note("model", title, by=current().name, ref=version)
        return answer(offload(listed))

    @route(
        api, "DELETE", _ONE, access="write", work="write", tag="Training",
        summary="Remove a saved version", parameters=(schemas.VERSION,), responses={204: {}},
    )  # fmt: skip
    def remove_model(version: str) -> ResponseReturnValue:
        offload(models.remove, version)
        return Response(status=204)

    return api


def _done(state: dict[str, Any] | None) -> dict[str, Any]:
    if state is None:
        msg = "The worker has not answered yet; it will do this when it is back."
        raise UnavailableError(msg, code="worker_away", retry_after=5)
    return state


def _shown(model: ModelVersion, production: str | None) -> dict[str, Any]:
    return {**asdict(model), "production": model.version == production}
