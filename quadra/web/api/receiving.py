"""How a request with samples is taken in: its body within bounds, its batch on disk, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import request

from quadra.errors import MalformedError, QuadraError, TooLargeError
from quadra.intake.body import unpack_body
from quadra.telemetry.batch import Batch
from quadra.web.parts import WebParts

_PORTION = 65_536


def read_body(limit: int) -> bytes:
    """Read the body as it was sent; raises TooLargeError beyond ``limit`` bytes.

    A body in chunks does not say its length beforehand, so it is read until it is too long.
    """
    if request.content_length is not None:
        return request.get_data(cache=False)  # Flask holds it against MAX_BODY_BYTES
    stream = request.environ["wsgi.input"]
    if not request.environ.get("wsgi.input_terminated"):
        return b""
    parts: list[bytes] = []
    size = 0
    while portion := _portion(stream):
        size += len(portion)
        if size > limit:
            msg = f"The body is larger than {limit} bytes (MAX_BODY_BYTES)."
            raise TooLargeError(msg)
        parts.append(portion)
    return b"".join(parts)


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


@contextmanager
def counting_refusals(parts: WebParts) -> Iterator[None]:
    """Count a request that is refused by its reason."""
    try:
        yield
    except QuadraError as error:
        parts.metrics.samples_rejected.labels(error.code).inc()
        raise


def keep(parts: WebParts, read: Callable[[], Batch]) -> Batch:
    """Read a batch and keep it durably; counts and times it."""
    began = time.perf_counter()
    with counting_refusals(parts):
        batch = read()
        if len(batch):
            parts.journal.append(batch)
    parts.metrics.samples_ingested.labels(batch.source).inc(len(batch))
    parts.metrics.ingest_duration.observe(time.perf_counter() - began)
    return batch
