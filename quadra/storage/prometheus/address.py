"""Where the store is, and what it wants to be told with each request."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """One base address; ``headers`` hold the credential and never show in a repr."""

    scheme: str
    host: str
    port: int
    path: str
    headers: dict[str, str] = field(repr=False)

    @property
    def netloc(self) -> str:
        """Give the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_address(url: str, token: str = "", tenant: str = "") -> Address:
    """Read an http or https URL whose form the settings have checked.

    A user and password in it are sent as basic authentication, ``token`` as a bearer;
    ``tenant`` goes into ``X-Scope-OrgID``, as Mimir, Cortex and Thanos read it.
    """
    parts = urlsplit(url)
    headers = {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    elif parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if tenant:
        headers["X-Scope-OrgID"] = tenant
    port = parts.port or _PORTS[parts.scheme]
    return Address(parts.scheme, parts.hostname or "", port, parts.path.rstrip("/"), headers)
