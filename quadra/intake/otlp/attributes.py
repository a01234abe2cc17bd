"""Attributes as label texts, from protobuf and from JSON."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import orjson

from quadra.errors import MalformedError
from quadra.intake.wire import fields, signed

Attributes = list[tuple[str, str]]
"""Names as sent, values as text; in the order sent."""
Decode = Callable[[bytes], Attributes]
"""Reads attributes out of the raw bytes under which they are remembered."""

MAX_DEPTH = 20
MAX_ATTRIBUTES = 1_000

_LONGEST_REMEMBERED = 200  # bytes of an attribute

_KEY, _VALUE = 0x0A, 0x12
_STRING, _BOOL, _INT, _DOUBLE, _ARRAY, _MAP, _BINARY = 0x0A, 0x10, 0x18, 0x21, 0x2A, 0x32, 0x3A
_ITEM = 0x0A
_64_BITS = 1 << 63
_NOT_FINITE = {"NaN", "Infinity", "-Infinity"}


def text_of(value: object) -> str:
    """Spell an attribute's value as a label: texts as they are, lists and maps as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _float_text(value)
    if value is None:
        return ""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _float_text(value: float) -> str:
    if math.isfinite(value):
        return repr(value).removesuffix(".0")
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def too_deep() -> MalformedError:
    """Make the error of an attribute with lists in lists in lists."""
    return MalformedError("An attribute is nested too deep.", code="too_deep")


# --- protobuf


def from_protobuf(raw: bytes) -> Attributes:
    """Read a run of attribute fields, whatever their tag: each holds a KeyValue."""
    found = list(fields(raw, 0, len(raw)))
    count_attributes(len(found))
    return [
        _known_attribute(raw[start:stop])
        if stop - start <= _LONGEST_REMEMBERED
        else _attribute(raw[start:stop])
        for _, _, start, stop in found
    ]


def _attribute(raw: bytes) -> tuple[str, str]:
    key, value = _key_value(raw, 0, len(raw), MAX_DEPTH)
    return key, text_of(value)


_known_attribute = lru_cache(16_384)(_attribute)


def _key_value(data: bytes, start: int, stop: int, depth: int) -> tuple[str, object]:
    key, value = "", None
    for tag, _, begin, end in fields(data, start, stop):
        if tag == _KEY:
            key = text(data[begin:end])
        elif tag == _VALUE:
            value = _any(data, begin, end, depth)
    return key, value


def _any(data: bytes, start: int, stop: int, depth: int) -> object:
    """Read an AnyValue; of several, the last counts."""
    if depth == 0:
        raise too_deep()
    found: object = None
    for tag, _, value, end in fields(data, start, stop):
        if tag == _STRING:
            found = text(data[value:end])
        elif tag == _BOOL:
            found = bool(value)
        elif tag == _INT:
            found = signed(value)
        elif tag == _DOUBLE:
            found = float(np.frombuffer(data, "<f8", 1, value)[0])
        elif tag == _ARRAY:
            found = [
                _any(data, begin, last, depth - 1)
                for item, _, begin, last in fields(data, value, end)
                if item == _ITEM
            ]
        elif tag == _MAP:
            found = dict(
                _key_value(data, begin, last, depth - 1)
                for item, _, begin, last in fields(data, value, end)
                if item == _ITEM
            )
        elif tag == _BINARY:
            found = base64.b64encode(data[value:end]).decode()
    return found


def text(raw: bytes) -> str:
    """Decode a text; what is not UTF-8 becomes the replacement character."""
    return raw.decode("utf-8", "replace")


# --- JSON


def count_attributes(count: int) -> None:
    """Refuse attributes without end."""
    if count > MAX_ATTRIBUTES:
        msg = f"More than {MAX_ATTRIBUTES} attributes in one place."
        raise MalformedError(msg, code="too_many_attributes")


def from_json(raw: bytes) -> Attributes:
    """Read a list of ``{"key", "value"}`` from its JSON text."""
    return json_attributes(orjson.loads(raw))


def json_attributes(items: object) -> Attributes:
    """Read a list of ``{"key", "value"}``."""
    return [(key, text_of(value)) for key, value in _json_pairs(items, MAX_DEPTH)]


def _json_pairs(items: object, depth: int) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for item in json_list(items):
        one = json_object(item)
        key = one.get("key", "")
        if not isinstance(key, str):
            raise wrong("an attribute's key is a text")
        found.append((key, _json_any(one.get("value"), depth)))
    return found


def _json_any(value: object, depth: int) -> object:
    if depth == 0:
        raise too_deep()
    found: object = None
    for kind, content in json_object(value).items():
        if kind in _JSON_SCALARS:
            found = _JSON_SCALARS[kind](content)
        elif kind == "arrayValue":
            items = json_list(json_object(content).get("values"))
            found = [_json_any(one, depth - 1) for one in items]
        elif kind == "kvlistValue":
            found = dict(_json_pairs(json_object(content).get("values"), depth - 1))
    return found


def _json_text(content: object) -> str:
    if not isinstance(content, str):
        raise wrong("stringValue is a text")
    return content


def _json_bytes(content: object) -> str:
    try:
        return base64.b64encode(base64.b64decode(str(content), validate=True)).decode()
    except (binascii.Error, ValueError):
        raise wrong("bytesValue is base64") from None


def wrong(why: str) -> MalformedError:
    """Make the error of JSON that is not OTLP."""
    return MalformedError(f"The body is JSON, but not OTLP: {why}.", code="bad_otlp_json")


def json_list(value: object) -> list[object]:
    """Give a list; absent means empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong("a list is needed")
    return value


def json_object(value: object) -> dict[str, object]:
    """Give an object; absent means empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong("an object is needed")
    return value


def json_int(value: object) -> int:
    """Give a whole number; 64-bit numbers come as texts. Absent means 0."""
    if value is None:
        return 0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and len(value) <= 20:  # noqa: PLR2004 - the digits of 64 bits
        try:
            value = int(value)
        except ValueError:
            raise wrong("a whole number is needed") from None
    if type(value) is not int or not -_64_BITS <= value < 2 * _64_BITS:
        raise wrong("a whole number of 64 bits is needed")
    return value


def json_float(value: object) -> float:
    """Give a number; NaN and the infinities come as texts. Absent means 0."""
    if value is None:
        return 0.0
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            raise wrong("a number is too large")
        return number
    if isinstance(value, str) and value in _NOT_FINITE:
        return float(value)
    raise wrong("a number is needed")


_JSON_SCALARS: dict[str, Callable[[object], object]] = {
    "stringValue": _json_text,
    "boolValue": bool,
    "intValue": json_int,
    "doubleValue": json_float,
    "bytesValue": _json_bytes,
}
