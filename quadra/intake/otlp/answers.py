"""What OTLP/HTTP answers: export responses, and google.rpc.Status for errors, in both encodings."""

from __future__ import annotations

import orjson

from quadra.intake.received import Received
from quadra.intake.wire import encode_number, encode_text, encode_varint

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_PARTIAL_SUCCESS = 0x0A
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _INTERNAL, _UNAVAILABLE = 3, 8, 13, 14
_CODES = {
    401: 16, 403: 7, 404: 5, 409: 10, 413: _RESOURCE_EXHAUSTED, 429: _RESOURCE_EXHAUSTED,
    500: _INTERNAL, 503: _UNAVAILABLE,
}  # fmt: skip


def response_body(received: Received, content_type: str) -> bytes:
    """Make an ExportMetricsServiceResponse; nothing in it means that all was taken.

    Labels that were dropped or shortened are said too: a message beside no rejected points is
    the protocol's way to warn.
    """
    message = received.explanation()
    if received.trimmed:
        counts = ", ".join(f"{what}: {n}" for what, n in sorted(received.trimmed.items()))
        message = f"{message} New series lost labels to a bound ({counts}).".strip()
    if content_type == JSON:
        partial: dict[str, str] = {}
        if received.rejected:
            partial["rejectedDataPoints"] = str(received.rejected)
        if message:
            partial["errorMessage"] = message
        return orjson.dumps({"partialSuccess": partial} if partial else {})
    payload = encode_number(1, received.rejected) + encode_text(2, message)
    return bytes([_PARTIAL_SUCCESS]) + encode_varint(len(payload)) + payload if payload else b""


def status_body(http_status: int, message: str, content_type: str) -> bytes:
    """Make the google.rpc.Status that goes with an HTTP error."""
    code = _CODES.get(http_status, _INVALID_ARGUMENT if http_status < 500 else _INTERNAL)  # noqa: PLR2004
    if content_type == JSON:
        return orjson.dumps({"code": code, "message": message})
    return encode_number(1, code) + encode_text(2, message)
