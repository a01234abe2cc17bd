"""The pages people see once they are signed in."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from quadra import __version__
from quadra.engine.access import Principal
from quadra.web import identity
from quadra.web.api.answering import already_written, packs
from quadra.web.operations import route
from quadra.web.overview import overview_now
from quadra.web.parts import WebParts

PAGES = (
    "explore",
    "alerts",
    "anomalies",
    "events",
    "replay",
    "rules",
    "channels",
    "training",
    "targets",
    "tokens",
    "users",
    "sessions",
    "audit",
    "status",
)
"""Beside the overview; frontend/src/router.ts names the same."""


def make_pages(parts: WebParts) -> Blueprint:
    """Make the blueprint of the console and the API's page."""
    pages = Blueprint("pages", __name__)

    def boot(principal: Principal) -> dict[str, object]:
        """Give what a page's script needs to begin.

        ``told`` comes first: what the page shows is at least as new as that announcement.
        """
        return {
            "told": parts.announcements.last,
            "version": __version__,
            "hostname": parts.hostname,
            "instance": parts.instance,
            "address": request.host_url.rstrip("/"),
            "csrf": parts.access.csrf_token(principal) if principal.is_session else "",
            "scopes": sorted(principal.scopes),
            "user": principal.name if principal.user_id else "",
            "environment": parts.settings.environment,
            "now": time.time(),
        }

    @route(
        pages, "GET", "/", access="page", work="read", tag="pages", hidden=True,
        summary="The console",
    )  # fmt: skip
    def console() -> ResponseReturnValue:
        # What the overview shows first comes with it: nothing to wait for when scripts begin.
        shown, packed = boot(identity.current()), packs()
        overview = overview_now(parts)
        page = render_template("console.html", boot=shown, overview=overview, title="Overview")
        body = parts.runtime.offload(gzip.compress, page.encode(), 4) if packed else page.encode()
        return already_written(body, "text/html; charset=utf-8", packed=packed)

    for name in PAGES:
        _add_page(pages, name, boot)

    @route(
        pages, "GET", "/api/docs", access="page", work="read", tag="pages", hidden=True,
        summary="The API, to read and to try",
    )  # fmt: skip
    def docs() -> ResponseReturnValue:
        return render_template("docs.html", boot=boot(identity.current()))

    return pages


def _add_page(pages: Blueprint, name: str, boot: Callable[[Principal], dict[str, object]]) -> None:
    def page() -> ResponseReturnValue:
        title = name.capitalize()
        return render_template("console.html", boot=boot(identity.current()), title=title)

    page.__name__ = f"{name}_page"
    declare = route(
        pages, "GET", f"/{name}", access="page", work="read", tag="pages", hidden=True,
        summary=f"The console, opened at {name}",
    )  # fmt: skip
    declare(page)
