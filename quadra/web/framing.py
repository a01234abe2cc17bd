"""Where a request's body ends: what leaves room for two opinions is refused (request smuggling).

A proxy in front and the server behind it must agree on where one request ends and the next begins.
The servers that Quadra runs on take the first of two lengths, read ``+5`` and ``0x5``, or take a
coding that they do not know for no body at all; so their request handlers ask here first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson

from quadra.errors import MalformedError

CODE = "bad_framing"
UNREADABLE = "The head of the request can't be read."
TORN = "A line of the head holds a lone carriage return, or NUL."

_LENGTH = re.compile(r"[0-9]{1,18}")


def framing_fault(headers: Sequence[tuple[str, str]], defects: Sequence[object] = ()) -> str | None:
    """Say why it is not clear where a request's body ends; None when it is.

    ``defects`` are lines that could not be read as headers: what stood behind them is unknown.
    """
    if defects:
        return "A line among the headers is none."
    lengths = _values(headers, "content-length")
    codings = _values(headers, "transfer-encoding")
    if lengths and codings:
        return "Content-Length and Transfer-Encoding are not allowed together."
    if len(set(lengths)) > 1:
        return "Two Content-Length headers disagree."
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        return "Content-Length is no number."
    if codings and (codings != ["chunked"] or _values(headers, "upgrade")):
        return "The only Transfer-Encoding read here is chunked, and not with an upgrade."
    return None


def is_torn(line: bytes) -> bool:
    """Say whether a line of a head is two, or ends, for some readers: at a lone CR, or at NUL.

    A proxy that sees one header here where we see two finds another end of the body.
    """
    said = line.removesuffix(b"\n").removesuffix(b"\r")
    return b"\r" in said or b"\0" in said


class HeadLines:
    """Gives the lines of a head, and notes whether one of them is torn."""

    def __init__(self, file: Any) -> None:
        """Read from ``file``."""
        self._file = file
        self.is_torn = False

    def readline(self, *size: int) -> bytes:
        """Read a line."""
        line: bytes = self._file.readline(*size)
        self.is_torn = self.is_torn or is_torn(line)
        return line


def _values(headers: Sequence[tuple[str, str]], wanted: str) -> list[str]:
    return [value.strip(" \t").lower() for name, value in headers if name.lower() == wanted]


def refusal(fault: str, status: int = 400) -> bytes:
    """Give the whole answer to a request that can't be read; then the connection must end."""
    # Imported late: it brings Flask along, which must not be there before the loop has patched.
    from quadra.web.problems import CONTENT_TYPE, problem  # noqa: PLC0415

    body = orjson.dumps(problem(status, CODE, MalformedError.title, fault))
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class StrictRequests:
    """Goes before a request handler of the standard library's kind: eventlet's and werkzeug's."""

    headers: Any
    raw_requestline: bytes
    rfile: Any
    wfile: Any
    close_connection: Any

    def parse_request(self) -> bool:
        """Read the head of a request; says whether it may go on."""
        file = self.rfile
        self.rfile = lines = HeadLines(file)
        try:
            if not super().parse_request():  # type: ignore[misc]  # of the class behind this one
                return False
        finally:
            self.rfile = file
        if lines.is_torn or is_torn(self.raw_requestline):
            fault: str | None = TORN
        else:
            fault = framing_fault(self.headers.items(), self.headers.defects)
        if fault is not None:
            self.send_error(400, fault)
        return fault is None

    def send_error(
        self, code: int, message: str | None = None, _explain: str | None = None
    ) -> None:
        """Answer a request that can't be read, without a page and without a line in the output."""
        self.wfile.write(refusal(message or UNREADABLE, code))
        self.close_connection = True
