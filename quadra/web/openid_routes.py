"""The way to the OpenID provider and back."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

import orjson
from flask import Blueprint, Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from quadra.errors import NotFoundError, QuadraError, UnauthenticatedError
from quadra.settings import Settings
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.signing_in import Door

if TYPE_CHECKING:
    from quadra.web.openid import OpenId

COOKIE = "quadra_openid"
BACK = "/login/openid/back"
WITHIN_S = 600


class Porch:
    """Sends people to the provider and lets in whom it vouches for."""

    def __init__(self, parts: WebParts) -> None:
        """Wire."""
        self._parts = parts
        self._door = Door(parts)
        self._provider = make_provider(parts.settings)

    @property
    def provider(self) -> OpenId:
        """Give the provider; raises NotFoundError where there is none."""
        if self._provider is None:
            raise NotFoundError("There is no OpenID provider here.")
        return self._provider

    def leave(self, target: str) -> Response:
        """Go to the provider; what it answers must fit what the browser keeps."""
        provider = self.provider
        try:
            url, attempt = provider.begin(self._back)
        except QuadraError as error:
            return self._door.page(error.detail, 503, target)
        kept = {
            **attempt.as_dict(),
            "next": target[:1_000],
            "until": self._parts.clock() + WITHIN_S,
        }
        response = make_response(redirect(url, 302))
        response.set_cookie(
            COOKIE, self._seal(kept), max_age=WITHIN_S, httponly=True, samesite="Lax",
            secure=request.is_secure, path="/login",
        )  # fmt: skip
        return response

    def come_back(self, cookie: str, state: str, code: str) -> Response:
        """Let in whom the provider vouches for, or say why not."""
        provider, kept = self.provider, self._open(cookie)
        target = str(kept.get("next", "/"))
        try:
            found = provider.finish(kept, self._back, state, code)
            user = self._parts.runtime.offload(
                self._parts.users.vouched_for, found.subject, found.name, found.role
            )
        except UnauthenticatedError as error:
            return self._door.not_vouched(error, 401, target)
        except QuadraError as error:
            return self._door.not_vouched(error, 503, target)
        response = self._door.vouched(user, target)
        response.delete_cookie(COOKIE, path="/login")
        return response

    @property
    def _back(self) -> str:
        base = self._parts.settings.public_url or request.host_url
        return base.rstrip("/") + BACK

    def _seal(self, kept: dict[str, object]) -> str:
        body = urlsafe_b64encode(orjson.dumps(kept))
        return f"{body.decode()}.{self._parts.access.seal(COOKIE, body)}"

    def _open(self, sealed: str) -> dict[str, str]:
        """Give what was sealed; nothing for what was changed, or is over.

        Nothing fits no answer of the provider's.
        """
        body, _, mark = sealed.partition(".")
        right = self._parts.access.seal(COOKIE, body.encode())
        if not hmac.compare_digest(mark.encode(), right.encode()):
            return {}
        kept: dict[str, str] = orjson.loads(urlsafe_b64decode(body))
        return kept if float(kept["until"]) > self._parts.clock() else {}


def make_openid(parts: WebParts) -> Blueprint:
    """Make the blueprint; without OIDC_ISSUER it leads nowhere."""
    pages = Blueprint("openid", __name__)
    porch = Porch(parts)

    @route(
        pages, "GET", "/login/openid", access="open", work="login", tag="pages", hidden=True,
        summary="Go to the OpenID provider",
    )  # fmt: skip
    def leave() -> ResponseReturnValue:
        return porch.leave(request.args.get("next", "/"))

    @route(
        pages, "GET", BACK, access="open", work="login", tag="pages", hidden=True,
        summary="Come back from the OpenID provider",
    )  # fmt: skip
    def come_back() -> ResponseReturnValue:
        args = request.args
        cookie = request.cookies.get(COOKIE, "")
        return porch.come_back(cookie, args.get("state", ""), args.get("code", ""))

    return pages


def make_provider(settings: Settings) -> OpenId | None:
    """Make what speaks to the provider, where one is set."""
    if not settings.oidc_issuer:
        return None
    from quadra.web.openid import Client, OpenId  # noqa: PLC0415 - its libraries take 20 MB

    client = Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_role_claim,
        dict(settings.oidc_roles),
    )
    return OpenId(client)
