"""Whoever is signed in: who that is, their password, their sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from quadra.engine.access import Principal, Session
from quadra.errors import ConflictError, ForbiddenError, UnauthenticatedError
from quadra.web import identity
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.api.users import text
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import access as schemas


def make_account(parts: WebParts) -> Blueprint:
    """Make the blueprint of the account and of sessions."""
    api = Blueprint("account", __name__)
    access, users, offload = parts.access, parts.users, parts.runtime.offload

    @route(
        api, "GET", "/api/v1/account", access="read", work="read", tag="Users",
        summary="Whoever asks, and what they may", responses={200: schemas.ACCOUNT},
    )  # fmt: skip
    def account() -> ResponseReturnValue:
        who = current()
        role = offload(users.user, who.user_id).role if who.user_id else ""
        kind = "user" if who.user_id else "token"
        found = {"name": who.name, "kind": kind, "role": role, "scopes": sorted(who.scopes)}
        return answer(found)

    @route(
        api, "POST", "/api/v1/account/password", access="read", work="login", tag="Users",
        summary="Change your own password; all your sessions end, this one too",
        body=schemas.OWN_PASSWORD, responses={204: {}}, audited=True,
    )  # fmt: skip
    def change_own_password() -> ResponseReturnValue:
        who, wish = current(), asking.json_object()
        if not who.user_id:
            msg = "A token has no password. Sign in as a user."
            raise ConflictError(msg, code="no_user")
        address = identity.client_address(request)
        parts.identity.refuse_guessing(address)
        try:
            offload(users.recognise, who.name, text(wish, "current"))
        except UnauthenticatedError:
            parts.identity.count_wrong(address)
            msg = "The password in use is another one."
            raise ForbiddenError(msg, code="wrong_password") from None
        offload(users.set_password, who.user_id, text(wish, "password"))
        return Response(status=204)

    @route(
        api, "GET", "/api/v1/sessions", access="read", work="read", tag="Users",
        summary="Your browser sessions, or everybody's", parameters=(schemas.ALL_SESSIONS,),
        responses={200: schemas.SESSION_LIST},
    )  # fmt: skip
    def list_sessions() -> ResponseReturnValue:
        who = current()
        of_all = asking.choice("all", "false", ("true", "false")) == "true"
        if of_all and not who.may("admin"):
            msg = "Only an administrator sees everybody's sessions."
            raise ForbiddenError(msg, code="missing_scope")
        found = offload(lambda: access.sessions(who, of_all=of_all))
        return answer({"sessions": [_shown(one, who) for one in found]})

    @route(
        api, "DELETE", "/api/v1/sessions/<int(max=2147483647):session_id>",
        access="read", work="write", tag="Users",
        summary="End a session; what it opened closes within seconds",
        parameters=(schemas.SESSION_ID,), responses={204: {}}, audited=True,
    )  # fmt: skip
    def end_session(session_id: int) -> ResponseReturnValue:
        offload(access.end_session, current(), session_id)
        return Response(status=204)

    return api


def _shown(session: Session, who: Principal) -> dict[str, Any]:
    return {
        "id": session.id,
        "name": session.name,
        "kind": "user" if session.user_id else "token",
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "address": session.seen.address,
        "agent": session.seen.agent,
        "current": who.is_session and session.digest == who.credential,
    }
