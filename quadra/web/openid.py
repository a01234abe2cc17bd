"""Sign-in through an OpenID provider: the authorization code flow with PKCE.

Requests here run on the loop: in each mode its sockets wait without holding it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from quadra.engine.users import ROLES
from quadra.errors import UnauthenticatedError, UnavailableError

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 262_144
KNOWN_FOR_S = 3_600.0
LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
MAX_SUBJECT = 500


@dataclass(frozen=True, slots=True)
class Client:
    """What this installation is to the provider, and what its claims mean here."""

    issuer: str
    client_id: str
    secret: str
    claim: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way, kept by the browser: what the answer must fit."""

    state: str
    nonce: str
    verifier: str

    def as_dict(self) -> dict[str, object]:
        """Give it as the browser keeps it."""
        return {"state": self.state, "nonce": self.nonce, "verifier": self.verifier}


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    name: str
    role: str


class OpenId:
    """Speaks to one provider."""

    def __init__(self, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Wire; nothing is asked before somebody signs in."""
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, Any] = {}
        self._asked_at = float("-inf")

    def begin(self, back: str) -> tuple[str, Attempt]:
        """Give where to send the browser, which comes back to ``back``.

        Raises UnavailableError when the provider can't be asked.
        """
        attempt = Attempt(generate_token(32), generate_token(32), generate_token(64))
        place = self._provider()["authorization_endpoint"]
        with self._session(back) as session:
            url, _state = session.create_authorization_url(
                place, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return str(url), attempt

    def finish(self, kept: Mapping[str, str], back: str, state: str, code: str) -> Vouched:
        """Say who came back; raises UnauthenticatedError, UnavailableError.

        ``kept`` is what the browser kept of ``Attempt``.
        """
        if not kept or not code or state != kept["state"]:
            words = "This sign-in took too long, or began in another browser. Try again."
            raise _refused(words)
        attempt = Attempt(kept["state"], kept["nonce"], kept["verifier"])
        token_endpoint = self._provider()["token_endpoint"]
        try:
            with self._session(back) as session:
                token = session.fetch_token(
                    token_endpoint, code=code, code_verifier=attempt.verifier, timeout=TIMEOUT_S,
                    allow_redirects=False,
                )  # fmt: skip
        except (AuthlibBaseError, ValueError) as error:
            raise _refused("The provider did not confirm this sign-in. Try again.") from error
        except requests.RequestException as error:
            raise _unavailable() from error
        return self._vouched(self._claims(str(token.get("id_token", "")), attempt.nonce))

    def _session(self, back: str) -> OAuth2Session:
        session = OAuth2Session(
            self._client.client_id,
            self._client.secret,
            scope="openid profile email",
            redirect_uri=back,
            code_challenge_method="S256",
        )
        session.trust_env = False
        return session

    def _provider(self) -> dict[str, Any]:
        """Give the provider's own description, asked anew now and then."""
        if self._monotonic() - self._asked_at > KNOWN_FOR_S:
            found = _get(f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
            wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
            if not all(isinstance(found.get(name), str) for name in wanted):
                raise _unavailable()
            if found["issuer"].rstrip("/") != self._client.issuer.rstrip("/"):
                raise _unavailable()
            self._known = {**found, "keys": _get(found["jwks_uri"])}
            self._asked_at = self._monotonic()
        return self._known

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Give the claims of an ID token that is good in every respect."""
        demanded = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._provider()["issuer"]},
            aud={"essential": True, "value": self._client.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        for again in (True, False):
            try:
                keys = KeySet.import_key_set(self._provider()["keys"])
                claims: dict[str, Any] = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
                demanded.validate(claims)
                self._demand_our_own(claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if not again:
                    raise _refused("The provider's word could not be believed.") from error
                self._asked_at = float("-inf")  # its keys may be new
            else:
                return claims
        raise AssertionError

    def _demand_our_own(self, claims: Mapping[str, Any]) -> None:
        """Refuse a token that was made for another program, though we are among its audience."""
        party, audience = claims.get("azp"), claims["aud"]
        for_several = isinstance(audience, list) and len(audience) > 1
        if party != self._client.client_id and (party is not None or for_several):
            msg = "the token was made for another program"
            raise ValueError(msg)

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        subject = f"{claims['iss']}|{claims['sub']}"
        if len(subject) > MAX_SUBJECT:
            raise _refused("The provider's name for you is too long.")
        role = role_of(claims, self._client.claim, self._client.roles)
        if role is None:
            msg = "Your account is known, but nothing says what it may do here. Ask an admin."
            raise _refused(msg)
        names = (claims.get(name) for name in ("preferred_username", "email", "name", "sub"))
        name = next((text for text in names if isinstance(text, str) and text.strip()), "somebody")
        return Vouched(subject, name, role)


def role_of(claims: Mapping[str, Any], claim: str, roles: Mapping[str, str]) -> str | None:
    """Give the highest role that a claim means; ``*`` in ``roles`` stands for everybody."""
    value: Any = claims
    for part in claim.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    held = {value} if isinstance(value, str) else set()
    if isinstance(value, list):
        held = {one for one in value if isinstance(one, str)}
    found = [roles[one] for one in {*held, "*"} if one in roles]
    return max(found, key=ROLES.index, default=None)


def _get(url: str) -> dict[str, Any]:
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(url, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
                body = answer.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        found = orjson.loads(body) if answer.status_code == requests.codes.ok else None
    except (requests.RequestException, orjson.JSONDecodeError, OSError) as error:
        raise _unavailable() from error
    if not isinstance(found, dict):
        raise _unavailable()
    return found


def _refused(words: str) -> UnauthenticatedError:
    return UnauthenticatedError(words, code="not_vouched_for")


def _unavailable() -> UnavailableError:
    msg = "The OpenID provider can't be asked now. Try again, or sign in another way."
    return UnavailableError(msg, code="provider_unavailable", retry_after=5)
