"""The console's built scripts and styles: held in memory, compressed once, kept by browsers."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"
_MANIFEST = "manifest.json"
_SMALL = 1_000
THEME_COOKIE = "quadra_theme"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content_type: str
    plain: bytes
    packed: bytes | None


def load_assets(dist: Path) -> dict[str, Asset]:
    """Read what was built; empty when nothing was."""
    return {path.name: _asset(path) for path in sorted(dist.glob("*.*")) if path.is_file()}


def built(name: str, dist: Path = DIST) -> str:
    """Give the text of one file by its plain name, such as ``replay.js``; "" when not built."""
    manifest = dist / _MANIFEST
    names: dict[str, str] = orjson.loads(manifest.read_bytes()) if manifest.exists() else {}
    return (dist / names[name]).read_text("utf-8") if name in names else ""


def install(app: Flask, dist: Path = DIST) -> None:
    """Serve ``dist`` below /static and give templates ``asset(name)``.

    Names hold a hash of the content, so a browser asks for each of them once.
    """
    manifest = dist / _MANIFEST
    names: dict[str, str] = orjson.loads(manifest.read_bytes()) if manifest.exists() else {}
    assets = {name: asset for name, asset in load_assets(dist).items() if name in names.values()}

    def address(name: str) -> str:
        return f"/static/{names.get(name, name)}"

    def static(filename: str) -> Response:
        found = assets.get(filename)
        if found is None:
            raise NotFound
        packed = found.packed if "gzip" in request.headers.get("Accept-Encoding", "") else None
        response = Response(packed or found.plain, content_type=found.content_type)
        if packed is not None:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.add_url_rule("/static/<filename>", "static", static)
    app.jinja_env.globals["asset"] = address
    app.jinja_env.globals["theme"] = chosen_theme


def chosen_theme() -> str:
    """Give the theme that whoever asks has chosen; "" for the system's.

    The page says it from its first byte, so that no other flashes up and no script need run first.
    """
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def _asset(path: Path) -> Asset:
    plain = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    packed = gzip.compress(plain, 9, mtime=0) if len(plain) > _SMALL else None
    return Asset(content_type, plain, packed)
