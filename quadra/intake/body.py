"""Unpacks request bodies within bounds, so that no small body becomes a large one."""

from __future__ import annotations

import zlib

from quadra.errors import MalformedError, TooLargeError, UnsupportedTypeError

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def unpack_body(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo ``Content-Encoding``; raises when it is unknown, damaged or opens beyond ``limit``."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name != "gzip":
        msg = f"Content-Encoding {encoding[:40]!r} is not read here; send gzip or nothing."
        raise UnsupportedTypeError(msg, code="unsupported_encoding")
    opener = zlib.decompressobj(_GZIP_WINDOW)
    try:
        out = opener.decompress(body, limit + 1)
    except zlib.error:
        msg = "The body says it is gzip and is not."
        raise MalformedError(msg, code="bad_gzip") from None
    if len(out) > limit:
        msg = f"The body opens to more than {limit} bytes (MAX_UNPACKED_BYTES)."
        raise TooLargeError(msg)
    if not opener.eof or opener.unused_data:
        msg = "The gzip body is cut short or has something behind it."
        raise MalformedError(msg, code="bad_gzip")
    return out
