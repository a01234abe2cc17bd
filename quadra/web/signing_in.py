"""Signing in with a code or a token, and out again."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from quadra.engine.access import SESSION_SECONDS
from quadra.errors import UnauthenticatedError
from quadra.web import identity
from quadra.web.operations import route
from quadra.web.parts import WebParts


class Door:
    """Exchanges a credential for the session cookie."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts

    def enter(self, secret: str, target: str, *, any_token: bool) -> Response:
        """Sign in and go on to ``target``, or show the form again with what was wrong."""
        address = identity.client_address(request)
        self._parts.identity.refuse_guessing(address)
        try:
            cookie = self._parts.runtime.offload(
                self._parts.access.sign_in,
                secret.strip(),
                admin_allowed=identity.is_local(request),
                any_token=any_token,
            )
        except UnauthenticatedError as error:
            self._parts.identity.count_wrong(address)
            return self.page(error.detail, 401, target)
        response = make_response(redirect(_own_path(target), 303))
        response.set_cookie(
            identity.COOKIE,
            cookie,
            max_age=int(SESSION_SECONDS),
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        return response

    def page(self, error: str, status: int, target: str) -> Response:
        """Show the form."""
        path = str(self._parts.settings.admin_token_file)
        text = render_template("login.html", error=error, next=target, token_path=path)
        return Response(text, status, content_type="text/html; charset=utf-8")


def make_signing_in(parts: WebParts) -> Blueprint:
    """Make the blueprint of /login, /logout and the sign-in code in the address."""
    pages = Blueprint("signing_in", __name__)
    door = Door(parts)

    @route(
        pages, "GET", "/login", access="open", work="read", tag="pages", hidden=True,
        summary="The sign-in page",
    )  # fmt: skip
    def login_page() -> ResponseReturnValue:
        return door.page("", 200, request.args.get("next", "/"))

    @route(
        pages, "POST", "/login", access="open", work="login", tag="pages", hidden=True,
        summary="Sign in with a token",
    )  # fmt: skip
    def login() -> ResponseReturnValue:
        form = request.form
        return door.enter(form.get("token", ""), form.get("next", "/"), any_token=True)

    @route(
        pages, "POST", "/logout", access="read", work="write", tag="pages", hidden=True,
        summary="Sign out",
    )  # fmt: skip
    def logout() -> ResponseReturnValue:
        cookie = request.cookies.get(identity.COOKIE)
        if cookie:
            parts.runtime.offload(parts.access.sign_out, cookie)
        response = Response(status=204)
        response.delete_cookie(identity.COOKIE)
        return response

    def exchange_code_first() -> ResponseReturnValue | None:
        """Take ``/?token=…`` before anybody is asked who they are."""
        if request.method == "GET" and request.path == "/" and "token" in request.args:
            return door.enter(request.args["token"], "/", any_token=False)
        return None

    pages.before_app_request(exchange_code_first)
    return pages


def _own_path(target: str) -> str:
    """Let people go on only to a path of this server."""
    if not target.startswith("/") or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    foreign = parts.scheme or parts.netloc or target.startswith(("//", "/\\"))
    return "/" if foreign else target
