"""Requests to the store, over a few kept connections; what its answers mean."""

from __future__ import annotations

import ssl
from _queue import SimpleQueue  # the C queue itself: its lock is native in every mode
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from quadra.engine.shipper import RefusedError
from quadra.storage.prometheus.address import Address
from quadra.storage.prometheus.wire import Answer, Connection, StoreAwayError

CONNECTIONS = 4
ASK_WITHIN_S = 30.0
SEND_WITHIN_S = 30.0
MAX_ANSWER_BYTES = 16 << 20
_MAX_WORDS = 200
_SMALL = 65_536
_REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """Asks the store. Blocking, for native threads; neither logs nor shares locks."""

    def __init__(
        self,
        address: Address,
        connections: int = CONNECTIONS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare; connects when first used.

        ``trust`` verifies the certificate of an https address; the system's own by default.
        """
        if address.scheme == "https":
            trust = trust or ssl.create_default_context()
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        for _ in range(connections):
            self._idle.put(Connection(address, trust))

    def close(self) -> None:
        """Close what is idle; the next request connects anew."""
        idle = [self._idle.get() for _ in range(self._idle.qsize())]
        for connection in idle:
            connection.close()
            self._idle.put(connection)

    def reach(self) -> None:
        """See to it that a connection stands; raises StoreAwayError."""
        connection = self._idle.get()
        try:
            connection.connect()
        finally:
            self._idle.put(connection)

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Post once, never again by itself; raises RefusedError, StoreAwayError."""
        connection = self._idle.get()
        try:
            answer = connection.post(path, body, headers, SEND_WITHIN_S, _SMALL)
        finally:
            self._idle.put(connection)
        _judge(answer)

    def ask(self, path: str, **question: str) -> bytes:
        """Post a form and give the body of the answer.

        Raises RefusedError, StoreAwayError, AnswerTooLargeError. Asking twice does no harm, so
        a kept connection that the other side has closed meanwhile is made anew.
        """
        body = urlencode(question).encode()
        connection = self._idle.get()
        try:
            was_open = connection.is_open
            try:
                answer = connection.post(path, body, _FORM, ASK_WITHIN_S, MAX_ANSWER_BYTES)
            except StoreAwayError:
                if not was_open:
                    raise
                answer = connection.post(path, body, _FORM, ASK_WITHIN_S, MAX_ANSWER_BYTES)
        finally:
            self._idle.put(connection)
        _judge(answer)
        return answer.body


def _judge(answer: Answer) -> None:
    if answer.status // 100 == 2:  # noqa: PLR2004 - the class of successes
        return
    words = " ".join(_said(answer).split())[:_MAX_WORDS]
    said = f"it answered {answer.status}" + (f" ({words})" if words else "")
    if answer.status in _REFUSALS:
        raise RefusedError(f"The history store (HISTORY_URL): {said}.")
    raise StoreAwayError(
        f"The history store (HISTORY_URL): {said}.", retry_after=_retry_after(answer)
    )


def _said(answer: Answer) -> str:
    try:
        found: Any = orjson.loads(answer.body)
        return str(found["error"])
    except (ValueError, TypeError, KeyError):
        return answer.body[: 4 * _MAX_WORDS].decode("utf-8", "replace")


def _retry_after(answer: Answer) -> float:
    """Give the seconds that the store asks to wait; 2 when it does not say."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal() and len(said) < 6:  # noqa: PLR2004 - longer than a day is nonsense
        return float(said)
    try:
        then = parsedate_to_datetime(said)
        now = parsedate_to_datetime(answer.headers.get("Date", ""))
        return max(0.0, min((then - now).total_seconds(), 86_400.0))
    except (ValueError, TypeError):
        return 2.0
