"""Reads query parameters, and says exactly which one is wrong."""

from __future__ import annotations

import contextlib
import math

import orjson
from flask import g, request

from quadra.durations import parse_duration
from quadra.engine.catalog import Catalog, SeriesInfo
from quadra.errors import Fault, InvalidError, MalformedError, TooLargeError, UnsupportedTypeError
from quadra.telemetry.selector import Selector, parse_selectors

MAX_MATCHES = 60
MAX_OBJECT_BYTES = 2 << 20
MAX_FIELDS = 200
MAX_DIGITS = 10


def selectors(*, required: bool) -> list[Selector]:
    """Read every ``match``; raises InvalidError."""
    texts = [*request.args.getlist("match"), *request.args.getlist("match[]")]
    if not texts and required:
        raise wrong("match", 'give a selector such as name{label="x"}')
    if len(texts) > MAX_MATCHES:
        raise wrong("match", f"at most {MAX_MATCHES} selectors")
    return parse_selectors(texts)


def series_ids(known: Catalog) -> list[SeriesInfo]:
    """Read every ``series``: ids; those that are not known are passed over."""
    texts = request.args.getlist("series")
    if len(texts) > MAX_MATCHES:
        raise wrong("series", f"at most {MAX_MATCHES} series")
    found = []
    for text in texts:
        if not text.isdecimal() or len(text) > MAX_DIGITS:
            raise wrong("series", "use the ids of series")
        with contextlib.suppress(KeyError, IndexError):
            found.append(known.info(int(text)))
    return found


def seconds(name: str, default: float) -> float:
    """Read a time in unix seconds."""
    return _number(name, default)


def whole(name: str, default: int, low: int, high: int) -> int:
    """Read a whole number within bounds."""
    raw = request.args.get(name)
    if raw is None:
        return default
    if not raw.isdecimal() or len(raw) > 18 or not low <= int(raw) <= high:  # noqa: PLR2004 - fits int64
        raise wrong(name, f"use a whole number from {low} to {high}")
    return int(raw)


def step_seconds() -> float | None:
    """Read ``step``: seconds, or a duration such as 30s, 5m, 1h; None when absent."""
    raw = request.args.get("step")
    if raw is None:
        return None
    try:
        step = parse_duration(raw) if raw[-1:].isalpha() else float(raw)
    except ValueError:
        raise wrong("step", "use seconds, or 30s, 5m, 1h") from None
    if not math.isfinite(step) or not 0.001 <= step <= 366 * 86_400:  # noqa: PLR2004 - 1 ms to a year
        raise wrong("step", "use 0.001 seconds to a year")
    return step


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read one of several words."""
    raw = request.args.get(name, default)
    if raw not in allowed:
        raise wrong(name, f"use one of {', '.join(allowed)}")
    return raw


def text(name: str) -> str | None:
    """Read a text; None when absent."""
    return next(iter(texts(name)), None)


def texts(name: str) -> list[str]:
    """Read a text that may be given several times."""
    found = request.args.getlist(name)
    if any("\0" in one for one in found):
        raise wrong(name, "NUL is in no text here")
    return found


def choices(name: str, default: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Read one or more of several words, each given as its own parameter."""
    raw = tuple(dict.fromkeys(request.args.getlist(name))) or (default,)
    if not set(raw) <= set(allowed):
        raise wrong(name, f"use one of {', '.join(allowed)}")
    return raw


def json_object() -> dict[str, object]:
    """Read the body as a JSON object."""
    if (request.content_length or 0) > MAX_OBJECT_BYTES:
        raise _too_large()
    document = _json(MAX_OBJECT_BYTES)
    if not isinstance(document, dict):
        msg = "The body must be a JSON object."
        raise InvalidError(msg)
    if len(document) > MAX_FIELDS:
        msg = f"The body has {len(document)} fields; nothing here has more than {MAX_FIELDS}."
        raise InvalidError(msg, code="too_many_fields")
    return document


def optional_json_object() -> dict[str, object]:
    """Read the body as a JSON object, or none where there is no body; one in chunks is one too."""
    has_body = request.content_length or request.headers.get("Transfer-Encoding")
    return json_object() if has_body else {}


def json_list(most: int) -> list[object]:
    """Read the body as a JSON list of at most so many items."""
    document = _json()
    if not isinstance(document, list) or len(document) > most:
        msg = f"The body must be a JSON list of at most {most} items."
        raise InvalidError(msg)
    return document


def _too_large() -> TooLargeError:
    return TooLargeError(f"The body is larger than {MAX_OBJECT_BYTES} bytes.")


def _json(most: int | None = None) -> object:
    if request.mimetype != "application/json":
        msg = "Send Content-Type: application/json."
        raise UnsupportedTypeError(msg)
    body = request.get_data(cache=False)
    if most is not None and len(body) > most:  # it came in chunks, which don't say it beforehand
        raise _too_large()
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = f"The body is not JSON: {error.msg}."
        raise MalformedError(msg, code="bad_json") from None
    g.sent_json = document  # for the audit log
    if rb"\u0000" in body and _holds_nul(document):
        msg = "A text holds NUL, which can't be kept."
        raise InvalidError(msg, code="nul")
    return document


def _holds_nul(document: object) -> bool:
    """Look for what Postgres does not keep; the depth is that which the reader of JSON allows."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and "\0" in one:
            return True
    return False


def wrong(name: str, reason: str) -> InvalidError:
    """Make the error for one wrong parameter."""
    return InvalidError(f"{name}: {reason}.", faults=(Fault(None, name, reason),))


def _number(name: str, default: float) -> float:
    raw = request.args.get(name)
    if raw is None:
        return default
    try:
        value = float(raw)
    except ValueError:
        raise wrong(name, "use a number of unix seconds") from None
    if not math.isfinite(value) or abs(value) > 1e11:  # noqa: PLR2004 - beyond, it is milliseconds
        raise wrong(name, "use a number of unix seconds")
    return value
