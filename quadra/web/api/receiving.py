"""How a request with samples is taken in: its body within bounds, its batch on disk, counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import request

from quadra.engine.catalog import TooManySeriesError
from quadra.engine.ports import Owner, Runtime
from quadra.errors import MalformedError, TooLargeError
from quadra.intake.body import unpack_body
from quadra.intake.received import Received
from quadra.intake.turns import Turns
from quadra.telemetry.batch import Batch
from quadra.web.identity import current
from quadra.web.parts import WebParts

LARGE_BODY = 131_072
_LARGE_AT_ONCE = 2
_PORTION = 65_536

P = ParamSpec("P")
T = TypeVar("T")


def read_body(limit: int) -> bytes:
    """Read the body as it was sent; raises TooLargeError beyond ``limit`` bytes.

    A body in chunks does not say its length beforehand, so it is read until it is too long.
    """
    if request.content_length is not None:
        if request.content_length > limit:
            raise _too_large(limit)
        return request.get_data(cache=False)
    stream = request.environ["wsgi.input"]
    if not request.environ.get("wsgi.input_terminated"):
        return b""
    parts: list[bytes] = []
    size = 0
    while portion := _portion(stream):
        size += len(portion)
        if size > limit:
            raise _too_large(limit)
        parts.append(portion)
    return b"".join(parts)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit} bytes (MAX_BODY_BYTES).")


def _portion(stream: Any) -> bytes:
    try:
        return bytes(stream.read(_PORTION))
    except (OSError, ValueError):
        msg = "The chunked body is damaged or was cut short."
        raise MalformedError(msg, code="bad_chunks") from None


def read_unpacked(parts: WebParts) -> bytes:
    """Read the body and undo its Content-Encoding, within the bounds of both."""
    return unpack_body(
        read_body(parts.settings.max_body_bytes),
        request.headers.get("Content-Encoding", ""),
        parts.settings.max_unpacked_bytes,
    )


class LargeBodies:
    """Has large bodies read on a native thread, so that the loop goes on meanwhile.

    A few at once: commits use the same threads, and must find one.
    """

    def __init__(self, runtime: Runtime) -> None:
        """Wire."""
        self._runtime = runtime
        self._turns = Turns(runtime, _LARGE_AT_ONCE)

    def read(self, size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work of reading a body of so many bytes, wherever that disturbs nobody."""
        if size < LARGE_BODY:
            return work(*args, **kwargs)
        with self._turns.turn(None):
            return self._runtime.offload(work, *args, **kwargs)


def keep(parts: WebParts, read: Callable[[], Batch]) -> Batch:
    """Read a batch and keep it durably, whole or not at all; counts and times it."""
    began = time.perf_counter()
    batch = read()
    if len(batch):
        parts.journal.append(batch, _owner())
    _count(parts, batch, began)
    return batch


def keep_part(parts: WebParts, read: Callable[[], Received]) -> Received:
    """Read a request and keep what may be kept of it durably; counts and times it.

    Where its new series are too many, those that are known go on all the same: a program that
    floods would otherwise silence its own.
    """
    began = time.perf_counter()
    found = read()
    if len(found.batch):
        owner = _owner()
        try:
            parts.journal.append(found.batch, owner, found.memos)
        except TooManySeriesError as error:
            known = parts.catalog.known_part(found.batch)
            if not len(known):
                raise
            parts.journal.append(known, owner, found.memos)
            found = found.without_new_series(known, error)
    _count(parts, found.batch, began)
    for reason, count in found.reasons.items():
        parts.metrics.samples_rejected.labels(reason).inc(count)
    return found


def _owner() -> Owner:
    principal = current()
    return Owner(principal.token_id, principal.name)


def _count(parts: WebParts, batch: Batch, began: float) -> None:
    parts.metrics.samples_ingested.labels(batch.source).inc(len(batch))
    parts.metrics.ingest_duration.observe(time.perf_counter() - began)
