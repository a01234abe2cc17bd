"""The pages people see, and signing in and out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from quadra import __version__
from quadra.errors import UnauthenticatedError
from quadra.web import identity
from quadra.web.operations import route

if TYPE_CHECKING:
    from quadra.engine.access import Principal
    from quadra.web.parts import WebParts


def make_pages(parts: WebParts) -> Blueprint:
    """Make the blueprint of all pages."""
    pages = Blueprint("pages", __name__)
    access, runtime = parts.access, parts.runtime

    def boot(principal: Principal) -> dict[str, object]:
        return {
            "version": __version__,
            "hostname": parts.hostname,
            "instance": parts.instance,
            "address": request.host_url.rstrip("/"),
            "csrf": access.csrf_token(principal) if principal.is_session else "",
            "scopes": sorted(principal.scopes),
            "environment": parts.settings.environment,
            "now": time.time(),
        }

    def enter(secret: str, target: str, *, any_token: bool) -> Response:
        """Exchange a credential for the session cookie; raises UnauthenticatedError."""
        address = identity.client_address(request)
        parts.identity.refuse_guessing(address)
        try:
            cookie = runtime.offload(
                access.sign_in,
                secret.strip(),
                admin_allowed=identity.is_local(request),
                any_token=any_token,
            )
        except UnauthenticatedError:
            parts.identity.count_wrong(address)
            raise
        response = make_response(redirect(_own_path(target), 303))
        response.set_cookie(
            identity.COOKIE,
            cookie,
            max_age=30 * 86_400,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        return response

    def sign_in_page(error: str, status: int, target: str) -> Response:
        page = render_template(
            "login.html", error=error, next=target, token_path=str(parts.settings.admin_token_file)
        )
        return Response(page, status, content_type="text/html; charset=utf-8")

    @route(
        pages, "GET", "/enter", access="open", work="login", tag="pages", hidden=True,
        summary="Exchange a sign-in code",
    )  # fmt: skip
    def enter_with_code() -> ResponseReturnValue:
        try:
            return enter(request.args.get("token", ""), "/", any_token=False)
        except UnauthenticatedError as error:
            return sign_in_page(error.detail, 401, "/")

    @route(
        pages, "GET", "/", access="page", work="read", tag="pages", hidden=True,
        summary="The console",
    )  # fmt: skip
    def console() -> ResponseReturnValue:
        return render_template("console.html", boot=boot(identity.current()))

    @route(
        pages, "GET", "/api/docs", access="page", work="read", tag="pages", hidden=True,
        summary="The API, to read and to try",
    )  # fmt: skip
    def docs() -> ResponseReturnValue:
        return render_template("docs.html", boot=boot(identity.current()))

    @route(
        pages, "GET", "/login", access="open", work="read", tag="pages", hidden=True,
        summary="The sign-in page",
    )  # fmt: skip
    def login_page() -> ResponseReturnValue:
        return sign_in_page("", 200, request.args.get("next", "/"))

    @route(
        pages, "POST", "/login", access="open", work="login", tag="pages", hidden=True,
        summary="Sign in with a token",
    )  # fmt: skip
    def login() -> ResponseReturnValue:
        target = request.form.get("next", "/")
        try:
            return enter(request.form.get("token", ""), target, any_token=True)
        except UnauthenticatedError as error:
            return sign_in_page(error.detail, 401, target)

    @route(
        pages, "POST", "/logout", access="read", work="write", tag="pages", hidden=True,
        summary="Sign out",
    )  # fmt: skip
    def logout() -> ResponseReturnValue:
        cookie = request.cookies.get(identity.COOKIE)
        if cookie:
            runtime.offload(access.sign_out, cookie)
        response = Response(status=204)
        response.delete_cookie(identity.COOKIE)
        return response

    def exchange_code_first() -> ResponseReturnValue | None:
        """Take ``/?token=…`` before anybody is asked who they are."""
        if request.method == "GET" and request.path == "/" and "token" in request.args:
            return enter_with_code()
        return None

    pages.before_app_request(exchange_code_first)
    return pages


def _own_path(target: str) -> str:
    """Let people go on only to a path of this server."""
    parts = urlsplit(target)
    safe = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if safe and not target.startswith(("//", "/\\")) else "/"
