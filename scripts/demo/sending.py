"""Sends requests to Quadra in order, and keeps some while it is away."""

from __future__ import annotations

import contextlib
import http.client
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

PATH = "/otlp/v1/metrics"
KEPT = 120
"""Requests, that is seconds, that are kept through an outage."""
TIMEOUT_S = 5.0
_LONGEST_WAIT_S = 60.0

_OK, _ERRORS, _SERVER_ERRORS = 200, 300, 500
_NOT_REACHED = 0
_TOKEN_REFUSED = {401, 403}
_TRY_LATER = {408, 429}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did. ``retry_after`` in seconds."""

    status: int
    text: str = ""
    retry_after: float = 0.0
    body: bytes = b""


class Connection:
    """A kept connection to one Quadra, given as host and port."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._http: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes, token: str) -> Answer:
        """Ask once, over a new connection when the kept one has ended; never raises."""
        headers = {"Content-Type": "application/x-protobuf"} if body else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        kept = self._http is not None
        answer = self._try(method, path, body, headers)
        if kept and answer.status == _NOT_REACHED:
            answer = self._try(method, path, body, headers)
        return answer

    def _try(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            if self._http is None:
                self._http = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
            self._http.request(method, path, body, headers)
            response = self._http.getresponse()
            read = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(_NOT_REACHED, str(error))
        after = 0.0
        with contextlib.suppress(ValueError):
            after = float(response.getheader("Retry-After") or 0)
        return Answer(response.status, response.reason, after, read)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._http is not None:
            self._http.close()
        self._http = None


class Outbox:
    """Holds what is to be sent, the oldest first; times are of a monotonic clock."""

    def __init__(
        self,
        post: Callable[[bytes, str], Answer],
        token: Callable[[], str],
        say: Callable[[str], None],
    ) -> None:
        """Wire; ``token`` reads the sending token anew, ``say`` tells whoever watches."""
        self._post = post
        self._read_token = token
        self._token = token()
        self._say = say
        self._waiting: deque[bytes] = deque(maxlen=KEPT)
        self._not_before = 0.0
        self._said: set[str] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, body: bytes) -> None:
        """Add a request; of more than KEPT the oldest goes."""
        self._waiting.append(body)

    def send(self, now: float) -> None:
        """Send all that waits, until something stands in the way."""
        while self._waiting and now >= self._not_before:
            answer = self._post(self._waiting[0], self._token)
            if answer.status in _TOKEN_REFUSED:
                self._renew_token(now, answer)
                return
            if self._is_passing(answer):
                self._not_before = now + min(answer.retry_after, _LONGEST_WAIT_S)
                return
            self._waiting.popleft()
            self._look_at(answer)

    def _renew_token(self, now: float, answer: Answer) -> None:
        """Quadra makes a new token when the old one was revoked; that one is tried soon."""
        refused, self._token = self._token, self._read_token()
        if refused == self._token:
            self._not_before = now + _LONGEST_WAIT_S  # wrong tokens count against the address
            self._once(f"Quadra refuses the sending token: {answer.status} {answer.text}")

    def _is_passing(self, answer: Answer) -> bool:
        return answer.status in {_NOT_REACHED, *_TRY_LATER} or answer.status >= _SERVER_ERRORS

    def _look_at(self, answer: Answer) -> None:
        if not _OK <= answer.status < _ERRORS:
            self._once(f"Quadra does not take this: {answer.status} {answer.text}")
            return
        response = ExportMetricsServiceResponse()
        with contextlib.suppress(Exception):
            response.ParseFromString(answer.body)
        if response.partial_success.rejected_data_points:
            self._once(f"Quadra left points out: {response.partial_success.error_message}")

    def _once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)
