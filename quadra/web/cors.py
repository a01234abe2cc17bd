"""Lets pages of the origins in CORS_ORIGINS call the API with a token; never with our cookie."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Request-ID",
    "Access-Control-Max-Age": "600",
}
_EXPOSED = "X-Request-ID, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"


def install(app: Flask, origins: Iterable[str]) -> None:
    """Answer preflight requests of the allowed origins, and mark answers as readable to them."""
    allowed = {origin.rstrip("/").lower() for origin in origins}
    if not allowed:
        return

    def is_allowed() -> bool:
        return request.headers.get("Origin", "").rstrip("/").lower() in allowed

    def preflight() -> ResponseReturnValue | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204, headers=_ALLOWED) if asks and is_allowed() else None

    def mark(response: Response) -> Response:
        response.headers.add("Vary", "Origin")
        if is_allowed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    app.before_request(preflight)
    app.after_request(mark)
