"""Signing in with a code or a token, and out again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from quadra.engine.access import SESSION_SECONDS, Seen
from quadra.engine.audit import Deed
from quadra.engine.users import User
from quadra.errors import QuadraError, UnauthenticatedError
from quadra.web import identity
from quadra.web.account_limit import AccountPauseError
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.problems import headers_of

KNOWN_BROWSER = "quadra_browser"
KNOWN_SECONDS = 180 * 86_400


class Door:
    """Exchanges a credential for the session cookie."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts

    def enter(self, secret: str, target: str, *, any_token: bool) -> Response:
        """Sign in and go on to ``target``, or show the form again with what was wrong."""
        local = identity.is_local(request)

        def find() -> str:
            return self._parts.access.sign_in(
                secret.strip(), admin_allowed=local, any_token=any_token, seen=seen
            )

        seen = _seen()
        return self._let_in(find, target, "with a token")

    def recognise(self, name: str, password: str, target: str) -> Response:
        """Sign a person in by name and password."""
        parts, seen = self._parts, _seen()

        def find() -> str:
            return parts.access.open_session(parts.users.recognise(name, password), seen)

        try:
            response = self._let_in(find, target, "with a password", name)
        except AccountPauseError as error:
            return self._pause(error, target)
        if response.status_code == HTTPStatus.SEE_OTHER:
            response.set_cookie(
                KNOWN_BROWSER,
                parts.account_limit.recognised(name),
                max_age=KNOWN_SECONDS,
                path="/login",
                httponly=True,
                samesite="Lax",
                secure=request.is_secure,
            )
        return response

    def _pause(self, error: AccountPauseError, target: str) -> Response:
        """Show the form to somebody who has to wait a moment."""
        g.refused_for = error.reason
        self._parts.metrics.rate_limited.labels("/login").inc()
        headers = headers_of(error)
        words = f"{error.detail} Try again in {headers['Retry-After']} s."
        response = self.page(words, HTTPStatus.TOO_MANY_REQUESTS, target)
        response.headers.extend(headers)
        return response

    def vouched(self, user: User, target: str) -> Response:
        """Let in whom the OpenID provider has vouched for."""
        access, seen = self._parts.access, _seen()
        return self._let_in(lambda: access.open_session(user, seen), target, "by OpenID")

    def _let_in(
        self, find: Callable[[], str], target: str, how: str, name: str | None = None
    ) -> Response:
        address = identity.client_address(request)
        self._parts.identity.refuse_guessing(address)  # before anything that takes time
        try:
            with self._one_try(name):
                cookie = self._parts.runtime.offload(find)
        except UnauthenticatedError as error:
            self._parts.identity.count_wrong(address)
            tried = "" if name is None else self._as_told(name)
            self._note("somebody", "nobody", f"Sign in {how}", 401, tried)
            return self.page(error.detail, 401, target)
        who = self._parts.runtime.offload(self._parts.access.by_session, cookie)
        actor = "somebody" if who is None else who.name
        kind = "user" if who is not None and who.user_id else "token"
        self._note(actor, kind, f"Sign in {how}", 303)
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

    def not_vouched(self, error: QuadraError, status: int, target: str) -> Response:
        """Show the form to somebody whom the OpenID provider did not vouch for."""
        if status == HTTPStatus.UNAUTHORIZED:
            self._note("somebody", "nobody", "Sign in by OpenID", status)
        return self.page(error.detail, status, target)

    def _one_try(self, name: str | None) -> AbstractContextManager[None]:
        """Count a try for a name, where one is given; raises AccountPauseError."""
        if name is None:
            return nullcontext()
        known_browser = request.cookies.get(KNOWN_BROWSER, "")
        return self._parts.account_limit.one_try(name, known_browser)

    def _as_told(self, name: str) -> str:
        """Say whose name was tried, where it is somebody's.

        Anything else may be a password that was typed into the wrong field. A name that is kept
        here is short and has no control characters: none other is ever made.
        """
        found = self._parts.runtime.offload(self._parts.users.named, name)
        return ", an unknown name" if found is None else f", as {found.name}"

    def _note(self, actor: str, kind: str, action: str, status: int, tried: str = "") -> None:
        seen, parts = _seen(), self._parts
        target = f"/login{tried}"
        deed = Deed(parts.clock(), actor, kind, action, target, status, seen.address)
        parts.runtime.offload(parts.audit.note, deed)

    def page(self, error: str, status: int, target: str) -> Response:
        """Show the form."""
        # Where Quadra's files lie is nobody's business but of those at that machine.
        here = identity.is_local(request)
        path = str(self._parts.settings.admin_token_file) if here else ""
        people = self._parts.runtime.offload(self._parts.users.users)
        text = render_template(
            "login.html",
            error=error,
            next=target,
            token_path=path,
            people=any(user.has_password for user in people),
            user=request.form.get("user", "")[:100],
            openid=self._parts.settings.oidc_issuer != "",
        )
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
        if form.get("user") and not form.get("token"):
            name, password = form["user"].replace("\0", "").strip(), form.get("password", "")
            return door.recognise(name, password, form.get("next", "/"))
        return door.enter(form.get("token", ""), form.get("next", "/"), any_token=True)

    @route(
        pages, "POST", "/logout", access="read", work="write", tag="pages", hidden=True,
        summary="Sign out", audited=True,
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


def _seen() -> Seen:
    agent = request.headers.get("User-Agent", "")
    return Seen(identity.client_address(request), "".join(c for c in agent if c.isprintable()))


def _own_path(target: str) -> str:
    """Let people go on only to a path of this server."""
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    return target if target.isprintable() else "/"
