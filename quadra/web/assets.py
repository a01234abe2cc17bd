"""The console's built scripts and styles: names with their content's hash, kept by browsers."""

from __future__ import annotations

from pathlib import Path

import orjson
from flask import Flask, Response

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"
_MANIFEST = "manifest.json"


def install(app: Flask, dist: Path = DIST) -> None:
    """Serve ``dist`` below /static and give templates ``asset(name)``."""
    manifest = dist / _MANIFEST
    names: dict[str, str] = orjson.loads(manifest.read_bytes()) if manifest.exists() else {}
    hashed = frozenset(names.values())

    def asset(name: str) -> str:
        return f"/static/{names.get(name, name)}"

    def keep(response: Response) -> Response:
        from flask import request  # noqa: PLC0415 - the proxy of the request being served

        if request.endpoint == "static" and response.status_code == 200:  # noqa: PLR2004
            name = request.path.removeprefix("/static/")
            kept = "public, max-age=31536000, immutable" if name in hashed else "no-cache"
            response.headers["Cache-Control"] = kept
        return response

    app.static_folder = str(dist)
    app.add_url_rule("/static/<path:filename>", "static", app.send_static_file)
    app.jinja_env.globals["asset"] = asset
    app.after_request(keep)
