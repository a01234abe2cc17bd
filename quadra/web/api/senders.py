"""The doors for what people already run: OpenTelemetry and Prometheus remote write."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import orjson
from flask import Blueprint

from quadra.engine.ports import Clock, Memo, Owner
from quadra.errors import QuadraError, StorageError, UnavailableError, UnsupportedTypeError
from quadra.intake import otlp, remote_write
from quadra.intake.received import Received
from quadra.web.api.receiving import (
    Answer,
    LargeBodies,
    Sending,
    keep_part,
    read_unpacked,
    takes_samples,
)
from quadra.web.parts import WebParts
from quadra.web.problems import CONTENT_TYPE, problem, status_of
from quadra.web.schemas import common as schemas

LOOK_AGAIN_AFTER_S = 5.0
_VERSION_2 = "io.prometheus.write.v2.Request"
_VERSION_1 = ("", "prometheus.WriteRequest")


class Senders:
    """Reads the wire formats; what it has learnt of a sender's series it keeps for the next time.

    A lock for each form guards that knowledge while a body is read off the loop, or what is
    missing is looked up.
    """

    def __init__(self, parts: WebParts, monotonic: Clock = time.monotonic) -> None:
        self._parts = parts
        self._monotonic = monotonic
        self._labels = remote_write.LabelCache()
        self._labels_lock = threading.Lock()
        self._otlp = otlp.OtlpState()
        self._otlp_lock = threading.Lock()
        self._ended: deque[tuple[Sequence[Memo], Sequence[Memo]]] = deque()
        self._others = 0
        self._no_lookup_before = float("-inf")
        self._bodies = LargeBodies(parts.runtime)

    def otlp(self, body: bytes, content_type: str) -> Received:
        """Read an OTLP export; raises what ``otlp.parse_metrics`` raises, and StorageError."""
        parts, state = self._parts, self._otlp
        with self._otlp_lock:
            self._settle_ended()
            if self._others != parts.feed.from_others:
                self._others = parts.feed.from_others
                state.forget_totals()
            is_large = self._bodies.is_large(len(body))
            find = self._find if is_large else self._find_off_the_loop
            now, rules = parts.clock(), parts.rules
            received = self._bodies.read(
                len(body), otlp.parse_metrics, body, content_type, now, rules, state, find
            )
        if not received.memos:
            return received
        return replace(received, settle=partial(self._settle, received.memos))

    def _find(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Look up running totals; those who come soon after one that failed are told so at once.

        They wait for one another, so a database that hangs must not be waited for by each.
        """
        if self._monotonic() < self._no_lookup_before:
            msg = "The database could not be read just now. Send this again in a moment."
            raise UnavailableError(msg, retry_after=LOOK_AGAIN_AFTER_S)
        try:
            return self._parts.memos.find(keys)
        except StorageError:
            self._no_lookup_before = self._monotonic() + LOOK_AGAIN_AFTER_S
            raise

    def _find_off_the_loop(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        return self._parts.runtime.offload(self._find, keys)

    def _settle(self, memos: Sequence[Memo], kept: Sequence[Memo]) -> None:
        """Note how a request ended, now or, while another is being read, with the next one."""
        self._ended.append((memos, kept))
        if self._otlp_lock.acquire(blocking=False):
            try:
                self._settle_ended()
            finally:
                self._otlp_lock.release()

    def _settle_ended(self) -> None:
        while self._ended:
            self._otlp.settle(*self._ended.popleft())

    def remote_write(self, body: bytes, message: str) -> Received:
        """Read a remote write request of the version that its content type names."""
        if message == _VERSION_2:
            parse = remote_write.parse_v2
        elif message in _VERSION_1:
            parse = remote_write.parse_v1
        else:
            msg = f"The remote write message {message[:60]!r} is not known here."
            raise UnsupportedTypeError(msg)
        limit = self._parts.settings.max_unpacked_bytes
        size = remote_write.claimed_size(body)
        with self._labels_lock:
            now, rules = self._parts.clock(), self._parts.rules
            # This form is read several times as fast as the others.
            return self._bodies.read(size // 4, parse, body, now, rules, limit, self._labels)

    def keep(self, owner: Owner, read: Callable[[], Received]) -> Received:
        """Keep what could be read, and what is said of it."""
        found = keep_part(self._parts, owner, read)
        self._parts.descriptions.learn(found.metadata)
        return found


def make_senders(parts: WebParts) -> Blueprint:
    """Make the blueprint of OTLP and remote write."""
    api = Blueprint("senders", __name__)
    senders = Senders(parts)

    @takes_samples(
        api, "/otlp/v1/metrics", tag="Send",
        summary="OTLP/HTTP metrics, protobuf or JSON", body=schemas.OTLP,
        responses=schemas.OTLP_ANSWERS,
    )  # fmt: skip
    def send_otlp(sent: Sending) -> Answer:
        kind = sent.mimetype
        try:
            received = senders.keep(
                sent.owner, lambda: senders.otlp(read_unpacked(parts, sent), kind)
            )
        except UnsupportedTypeError:
            raise
        except QuadraError as error:
            # The protocol wants its own status message where the rest of the API has problems.
            return _status(error, kind)
        return Answer(200, otlp.response_body(received, kind), kind)

    @takes_samples(
        api, "/prometheus/api/v1/write", tag="Send",
        summary="Prometheus remote write, 1.0 and 2.0", body=schemas.REMOTE_WRITE,
        responses={204: {}},
    )  # fmt: skip
    def send_remote_write(sent: Sending) -> Answer:
        if sent.mimetype != "application/x-protobuf":
            msg = "Send Content-Type: application/x-protobuf."
            raise UnsupportedTypeError(msg)
        if sent.encoding not in (None, "snappy"):
            msg = "Remote write is compressed with snappy."
            raise UnsupportedTypeError(msg, code="unsupported_encoding")
        message = sent.parameters.get("proto", "")
        received = senders.keep(sent.owner, lambda: senders.remote_write(sent.read(), message))
        headers = remote_write.written_headers(received) if message == _VERSION_2 else {}
        if received.rejected:
            # The sender must not send this again: what could be stored is stored.
            body = problem(
                400, "partly_refused", "Not everything was stored", received.explanation()
            )
            return Answer(400, orjson.dumps(body), CONTENT_TYPE, headers)
        return Answer(204, headers=headers)

    return api


def _status(error: QuadraError, kind: str) -> Answer:
    status = status_of(error)
    retry = {} if error.retry_after is None else {"Retry-After": str(int(error.retry_after))}
    body = otlp.status_body(status, error.detail, kind)
    return Answer(status, body, kind, retry, refused_for=error.reason)
