"""Every route is declared once: what it needs, how it is limited, how it is described.

From the one declaration come authorisation (a route without one does not exist), the rate
limit, and its part of the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Blueprint
from flask.typing import ResponseReturnValue

Work = Literal["read", "write", "ingest", "heavy", "login", "none"]
Access = Literal["open", "ingest", "read", "write", "admin", "scrape", "page"]
"""``page``: a person's browser, sent to the sign-in page when nobody is signed in.
``scrape``: a token that reads, or a program on this very machine."""

View = Callable[..., ResponseReturnValue]

_SAFE = ("GET", "HEAD", "OPTIONS")
_CHANGING = ("write", "admin")
_BY_ENDPOINT: dict[str, Operation] = {}


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route needs and does."""

    path: str
    method: str
    access: Access
    work: Work
    summary: str
    tag: str
    parameters: tuple[dict[str, Any], ...] = ()
    body: dict[str, Any] | None = None
    responses: dict[int, dict[str, Any]] = field(default_factory=dict)
    hidden: bool = False
    audited: bool = False
    """Whether it is kept who did it."""


def operation(endpoint: str | None) -> Operation | None:
    """Find the declaration of a Flask endpoint."""
    return None if endpoint is None else _BY_ENDPOINT.get(endpoint)


def all_operations() -> list[Operation]:
    """List the declarations in the order in which they were made."""
    return list(_BY_ENDPOINT.values())


def route(  # noqa: PLR0913 - each is a part of the public description
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    access: Access,
    work: Work,
    summary: str,
    tag: str,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
    responses: dict[int, dict[str, Any]] | None = None,
    hidden: bool = False,
    audited: bool | None = None,
) -> Callable[[View], View]:
    """Declare a route on a blueprint; ``path`` is written as Flask writes it.

    Whatever needs the scope ``write`` or ``admin`` and is no GET is ``audited``, unless said.
    """

    def decorate(view: View) -> View:
        name = view.__name__
        changes = method not in _SAFE and access in _CHANGING
        described = Operation(
            path,
            method,
            access,
            work,
            summary,
            tag,
            parameters,
            body,
            responses or {},
            hidden=hidden,
            audited=changes if audited is None else audited,
        )
        _BY_ENDPOINT[f"{blueprint.name}.{name}"] = described
        blueprint.add_url_rule(path, name, view, methods=[method])
        return view

    return decorate
