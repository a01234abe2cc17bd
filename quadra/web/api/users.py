"""People: made, changed, disabled, given a new password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.engine.users import User
from quadra.errors import ConflictError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import access as schemas

_ONE = "/api/v1/users/<int(max=2147483647):user_id>"


def make_users(parts: WebParts) -> Blueprint:
    """Make the blueprint of users."""
    api = Blueprint("users", __name__)
    users, offload = parts.users, parts.runtime.offload

    @route(
        api, "GET", "/api/v1/users", access="admin", work="read", tag="Users",
        summary="List the users", responses={200: schemas.USER_LIST},
    )  # fmt: skip
    def list_users() -> ResponseReturnValue:
        return answer({"users": [_shown(user) for user in offload(users.users)]})

    @route(
        api, "POST", "/api/v1/users", access="admin", work="write", tag="Users",
        summary="Make a user", body=schemas.NEW_USER, responses={201: schemas.USER},
    )  # fmt: skip
    def create_user() -> ResponseReturnValue:
        wish = asking.json_object()
        name, role, password = (text(wish, field) for field in ("name", "role", "password"))
        return answer(_shown(offload(users.create, name, role, password)), 201)

    @route(
        api, "GET", _ONE, access="admin", work="read", tag="Users", summary="One user",
        parameters=(schemas.USER_ID,), responses={200: schemas.USER},
    )  # fmt: skip
    def show_user(user_id: int) -> ResponseReturnValue:
        return answer(_shown(offload(users.user, user_id)))

    @route(
        api, "PUT", _ONE, access="admin", work="write", tag="Users",
        summary="Change a user's role, or disable them; their sessions end",
        parameters=(schemas.USER_ID,), body=schemas.CHANGED_USER, responses={200: schemas.USER},
    )  # fmt: skip
    def change_user(user_id: int) -> ResponseReturnValue:
        wish = asking.json_object()
        for name in wish:
            if name not in ("role", "disabled"):
                raise asking.wrong(name[:60], "no such field; known are role and disabled")
        role = text(wish, "role") if "role" in wish else None
        disabled = wish.get("disabled")
        if disabled is not None and not isinstance(disabled, bool):
            raise asking.wrong("disabled", "use true or false")
        if user_id == current().user_id:
            msg = "Another administrator has to change what you may."
            raise ConflictError(msg, code="own_user")
        user = offload(lambda: users.change(user_id, role=role, disabled=disabled))
        return answer(_shown(user))

    @route(
        api, "POST", f"{_ONE}/password", access="admin", work="write", tag="Users",
        summary="Give a user a new password; their sessions end",
        parameters=(schemas.USER_ID,), body=schemas.NEW_PASSWORD, responses={204: {}},
    )  # fmt: skip
    def set_password(user_id: int) -> ResponseReturnValue:
        offload(users.set_password, user_id, text(asking.json_object(), "password"))
        return Response(status=204)

    return api


def text(wish: dict[str, object], name: str) -> str:
    """Read a text; raises InvalidError."""
    value = wish.get(name)
    if not isinstance(value, str):
        raise asking.wrong(name, "a text is needed")
    return value


def _shown(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "created_at": user.created_at,
        "changed_at": user.changed_at,
        "disabled_at": user.disabled_at,
        "signed_in_at": user.signed_in_at,
        "has_password": user.has_password,
        "openid": bool(user.subject),
    }
