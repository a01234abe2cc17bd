"""Protobuf's wire format, read by hand: no recursion, every length checked against its frame.

The hot loops of the readers look at bytes themselves; what is here serves the cold ways, and
says what counts as damaged.
"""

from __future__ import annotations

from collections.abc import Iterator

from quadra.errors import MalformedError

VARINT, BYTES = 0, 2
_FIXED = {1: 8, 5: 4}  # kinds of fields that take so many bytes

Field = tuple[int, int, int, int]
"""``(tag, start, value, stop)``: the field is ``data[start:stop]``; ``value`` is its number when
the tag says varint, else the place where its payload begins (the payload ends at ``stop``)."""

MAX_FIELDS = 250_000
"""Fields that one message may have: more than any that is not meant to do harm."""

_LONGEST_VARINT = 10
_64_BITS = (1 << 64) - 1
_SIGN = 1 << 63


def damaged(why: str) -> MalformedError:
    """Make the error of a message that can't be read."""
    return MalformedError(f"The protobuf message is damaged: {why}.", code="bad_protobuf")


def varint(data: bytes, pos: int) -> tuple[int, int]:
    """Read the varint at ``pos`` (at most 10 bytes, 64 bits); give it and the place behind it."""
    value = shift = 0
    for byte in data[pos : pos + _LONGEST_VARINT]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value & _64_BITS, pos + shift // 7
    raise damaged("a number is cut short or too long")


def signed(value: int) -> int:
    """Read 64 bits as a signed number (int32, int64)."""
    return value - (1 << 64) if value & _SIGN else value


def unzigzag(value: int) -> int:
    """Undo the zigzag of sint32 and sint64."""
    return (value >> 1) ^ -(value & 1)


def fields(data: bytes, pos: int, end: int) -> Iterator[Field]:
    """Go through the fields of the message in ``data[pos:end]``.

    Raises MalformedError, or IndexError where ``data`` itself ends too early.
    """
    for _ in range(MAX_FIELDS):
        if pos >= end:
            return
        start = pos
        tag = data[pos]
        pos += 1
        if tag > 127:  # noqa: PLR2004 - the first byte of several, as in varint
            tag, pos = varint(data, start)
        kind = tag & 7
        value = pos
        if kind == BYTES:
            size = data[pos]
            value += 1
            if size > 127:  # noqa: PLR2004
                size, value = varint(data, pos)
            pos = value + size
        elif kind == VARINT:
            value, pos = varint(data, pos)
        elif kind in _FIXED:
            pos += _FIXED[kind]
        else:
            raise damaged("a kind of field that is not in use")
        if pos > end or tag < 8:  # noqa: PLR2004 - there is no field 0
            raise damaged("a part is longer than what holds it")
        yield tag, start, value, pos
    if pos < end:
        raise damaged(f"a part of it has more than {MAX_FIELDS} fields")


def encode_varint(value: int) -> bytes:
    """Write a number below 2**64."""
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_text(number: int, text: str) -> bytes:
    """Write a text as field ``number``; nothing when it is empty, as proto3 does."""
    payload = text.encode("utf-8", "replace")
    if not payload:
        return b""
    return encode_varint(number << 3 | BYTES) + encode_varint(len(payload)) + payload


def encode_number(number: int, value: int) -> bytes:
    """Write a number as field ``number``; nothing when it is zero."""
    if not value:
        return b""
    return encode_varint(number << 3 | VARINT) + encode_varint(value)
