"""eventlet's HTTP, without reading the same head again and again.

A sender keeps its connection and repeats its headers with every request, but for the length of the
body; reading them anew each time costs as much as all that is done with the samples of a small
request. So a connection remembers its last head: what consists of the very same lines means the
same. Any other head is read as ever. Imported only when eventlet is the loop.
"""

from __future__ import annotations

import io
from typing import Any

from eventlet import wsgi

from quadra.web.eventlet_bounds import LeanProtocol
from quadra.web.framing import StrictRequests

MAX_REMEMBERED = 4_096
_LENGTH = b"content-length:"
_MOST_DIGITS = 12
_NEVER = (b"transfer-encoding:", b"expect:", b"upgrade:")


class Protocol(StrictRequests, LeanProtocol):
    """Serves one connection."""

    _line = b""
    _head: list[bytes] = []  # noqa: RUF012 - replaced, never changed
    _length_at = -1
    _is_known = False
    _environ: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed

    def parse_request(self) -> bool:
        """Read the head of a request; says whether it is one."""
        lines = self._read_lines()
        self._is_known = self._is_repeated(lines)
        if self._is_known:
            self.close_connection = False
            return True
        self._length_at = -1  # what is kept of the head goes with what was read last
        self.rfile = io.BytesIO(b"".join(lines))
        if not super().parse_request():
            return False
        self._remember(lines)
        return True

    def get_environ(self) -> dict[str, Any]:
        """Give what WSGI wants to know of the request."""
        if not self._is_known:
            environ: dict[str, Any] = super().get_environ()
            if self._length_at >= 0:
                self._environ = environ.copy()
                del self._environ["headers_raw"]  # holds the length that may change
            return environ
        environ = self._environ.copy()
        length = environ["CONTENT_LENGTH"] = self.headers["Content-Length"]
        environ["wsgi.input"] = environ["eventlet.input"] = wsgi.Input(
            self.rfile, length, self.connection
        )
        environ["eventlet.posthooks"] = []
        return environ

    def _read_lines(self) -> list[bytes]:
        """Read to the empty line; the size of the whole is bounded by who lends ``rfile``."""
        lines: list[bytes] = []
        readline = self.rfile.readline
        while True:
            line = readline()
            lines.append(line)
            if line in (b"\r\n", b"\n", b""):
                return lines

    def _is_repeated(self, lines: list[bytes]) -> bool:
        """Compare with the last head, and take over the new length of the body."""
        at, head = self._length_at, self._head
        if at < 0 or self.raw_requestline != self._line or len(lines) != len(head):
            return False
        if lines[:at] != head[:at] or lines[at + 1 :] != head[at + 1 :]:
            return False
        if lines[at] != head[at]:
            length = _length(lines[at])
            if length is None:
                return False
            self.headers.replace_header("Content-Length", length)
            head[at] = lines[at]
        return True

    def _remember(self, lines: list[bytes]) -> None:
        """Keep a head that may come again: of a usual request with a body, and not too large."""
        lengths = [n for n, line in enumerate(lines) if line[:15].lower() == _LENGTH]
        if len(lengths) != 1:
            return
        at = lengths[0]
        is_plain = len(self.headers) == len(lines) - 1  # each line is a header of its own
        if (
            is_plain
            and self.headers.get_all("Content-Length") == [_length(lines[at])]
            and not self.close_connection
            and sum(map(len, lines)) <= MAX_REMEMBERED
            and not any(line.lower().startswith(_NEVER) for line in lines)
        ):
            self._line, self._head, self._length_at = self.raw_requestline, lines, at


def _length(line: bytes) -> str | None:
    """Give the value of a Content-Length line as it stands, when it is a plain number."""
    value = line[len(_LENGTH) :].removesuffix(b"\n").removesuffix(b"\r")
    value = value.lstrip(b" \t")  # what follows a number stays seen, a lone CR too
    if line[: len(_LENGTH)].lower() != _LENGTH or not value.isdigit() or len(value) > _MOST_DIGITS:
        return None
    return value.decode()
