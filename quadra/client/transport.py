"""One kept connection over which bodies are posted; what goes wrong is an answer, too."""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import os
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH = "/api/v1/samples"
MAX_ANSWER_BYTES = 65_536
NOT_REACHED = 0

_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did, and then ``reason`` says why.

    ``retry_after`` is in seconds, None when the server did not say.
    """

    status: int
    reason: str = ""
    retry_after: float | None = None
    body: bytes = b""


class Transport:
    """Posts JSON to one Quadra. Used by one thread at a time."""

    def __init__(
        self, url: str, token: str, *, timeout: float, context: ssl.SSLContext | None = None
    ) -> None:
        """Take the server's address; raises ValueError when it or the token can't be used."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "url: give the address of Quadra, like http://127.0.0.1:5000"
            raise ValueError(msg)
        if not token or not all("!" <= letter <= "~" for letter in token):
            msg = "token: give a token of Quadra with the scope ingest"
            raise ValueError(msg)
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/") + PATH
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "quadra-client",
        }
        self._timeout = timeout
        self._context = context
        self._connection: http.client.HTTPConnection | None = None
        self._left_behind: list[http.client.HTTPConnection] = []

    def post(self, body: bytes) -> Answer:
        """Send a body and give the answer; one kept connection that had ended is made anew."""
        kept = self._connection is not None
        try:
            try:
                return self._exchange(body)
            except _STALE:
                if not kept:
                    raise
                self.close()
                return self._exchange(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return Answer(NOT_REACHED, str(error) or type(error).__name__)

    def _exchange(self, body: bytes) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES)
        if not response.isclosed():  # there is more than anybody wants to read
            self.close()
        after = response.getheader("Retry-After")
        return Answer(response.status, response.reason, _seconds(after), text)

    def _connect(self) -> http.client.HTTPConnection:
        if self._https:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def leave_to_parent(self) -> None:
        """Let go of a connection that a fork has copied, without a word to the server.

        Its objects are kept: their locks may be held by a thread that the child does not have.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            self._left_behind.append(connection)
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    os.close(connection.sock.detach())

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()


def _seconds(text: str | None) -> float | None:
    """Read a Retry-After: seconds, or a date."""
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        return max(float(text), 0.0)
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
