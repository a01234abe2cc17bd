"""Tokens: made, listed, ended. A secret is shown once and kept only as its hash."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from quadra.engine.access import Token
from quadra.errors import Fault, InvalidError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import access as access_schemas
from quadra.web.schemas import common as schemas

MAX_LIFE_S = 10 * 366 * 86_400
MAX_OVERLAP_S = 30 * 86_400


def make_tokens(parts: WebParts) -> Blueprint:
    """Make the blueprint of tokens and of the first steps."""
    api = Blueprint("tokens", __name__)
    access, runtime = parts.access, parts.runtime

    @route(
        api, "GET", "/api/v1/tokens", access="admin", work="read", tag="Tokens",
        summary="List the tokens in force", responses={200: schemas.TOKEN_LIST},
    )  # fmt: skip
    def list_tokens() -> ResponseReturnValue:
        return answer({"tokens": [_token(token) for token in runtime.offload(access.tokens)]})

    @route(
        api, "POST", "/api/v1/tokens", access="admin", work="write", tag="Tokens",
        summary="Make a token; its secret is shown this once",
        body=schemas.NEW_TOKEN, responses={201: schemas.MADE_TOKEN},
    )  # fmt: skip
    def create_token() -> ResponseReturnValue:
        wish = asking.json_object()
        name, scopes, life = wish.get("name"), wish.get("scopes"), wish.get("expires_in")
        faults = []
        if not isinstance(name, str):
            faults.append(Fault(None, "name", "a text is needed"))
        if not isinstance(scopes, list) or not all(isinstance(s, str) for s in scopes):
            faults.append(Fault(None, "scopes", "a list of texts is needed"))
        if life is not None and (type(life) not in (int, float) or not 0 < life <= MAX_LIFE_S):  # type: ignore[operator]
            faults.append(Fault(None, "expires_in", "a positive number of seconds is needed"))
        if faults:
            msg = "The token was not made."
            raise InvalidError(msg, faults=tuple(faults))
        token, secret = runtime.offload(access.create_token, name, scopes, life)  # type: ignore[arg-type]  # checked above
        return answer({**_token(token), "token": secret}, 201)

    @route(
        api, "DELETE", "/api/v1/tokens/<int(max=2147483647):token_id>",
        access="admin", work="write", tag="Tokens",
        summary="End a token; what it opened closes within seconds",
        parameters=(schemas.TOKEN_ID,), responses={204: {}},
    )  # fmt: skip
    def revoke_token(token_id: int) -> ResponseReturnValue:
        runtime.offload(access.revoke, token_id)
        return Response(status=204)

    @route(
        api, "GET", "/api/v1/first-steps", access="admin", work="read", tag="Tokens",
        summary="The address and the sending token that the console's snippets show",
        responses={200: schemas.FIRST_STEPS},
    )  # fmt: skip
    def first_steps() -> ResponseReturnValue:

        return answer({"address": request.host_url.rstrip("/"), "token": parts.first_steps_token()})

    _add_rotation(api, parts)
    return api


def _add_rotation(api: Blueprint, parts: WebParts) -> None:
    access, runtime = parts.access, parts.runtime

    @route(
        api, "POST", "/api/v1/tokens/<int(max=2147483647):token_id>/rotate",
        access="admin", work="write", tag="Tokens",
        summary="Give a token a new secret, shown this once; the former one ends, after an overlap",
        parameters=(schemas.TOKEN_ID,), body=access_schemas.ROTATION,
        responses={201: schemas.MADE_TOKEN},
    )  # fmt: skip
    def rotate_token(token_id: int) -> ResponseReturnValue:
        overlap = asking.optional_json_object().get("overlap", 0)
        if type(overlap) not in (int, float) or not 0 <= overlap <= MAX_OVERLAP_S:  # type: ignore[operator]
            raise asking.wrong("overlap", f"0 to {MAX_OVERLAP_S} seconds are needed")
        token, secret = runtime.offload(access.rotate, token_id, float(overlap))  # type: ignore[arg-type]
        return answer({**_token(token), "token": secret}, 201)


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
