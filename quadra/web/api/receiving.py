"""How a request with samples is taken in: its body within bounds, its batch on disk, counted.

A receiver is written against ``Sending`` and ``Answer`` alone, so that Flask and the express lane
(``quadra/web/express.py``) serve the very same function.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, update_wrapper
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Response, g, request
from werkzeug.http import parse_options_header

from quadra.engine.access import Principal
from quadra.engine.catalog import TooManySeriesError
from quadra.engine.ports import Memo, Owner, Runtime
from quadra.errors import Fault, MalformedError, TooLargeError
from quadra.intake.body import unpack_body
from quadra.intake.received import Received
from quadra.intake.turns import Turns
from quadra.telemetry.batch import Batch
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts

LARGE_BODY = 131_072
MAX_NEW_NAMED = 1_000
_LARGE_AT_ONCE = 2
_PORTION = 65_536

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sending:
    """A request with samples: whose it is, what its headers say, and a way to its body.

    ``mimetype`` is in small letters; ``read`` gives the body as it was sent and raises
    TooLargeError beyond MAX_BODY_BYTES.
    """

    owner: Owner
    mimetype: str
    parameters: Mapping[str, str]
    encoding: str | None
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    refused_for: str | None = None
    """The reason, where an answer of the receiver's own says a refusal of the whole request."""


Receiver = Callable[[Sending], Answer]


class Door:
    """A receiver as Flask calls it."""

    def __init__(self, receive: Receiver, component: str) -> None:
        """Take what serves the route; ``component`` names it in the metrics of errors."""
        self.receive = receive
        self.component = component
        update_wrapper(self, receive)

    def __call__(self) -> Response:
        """Serve the request that Flask has at hand."""
        mimetype, parameters = content_type(request.environ.get("CONTENT_TYPE", ""))
        encoding = request.headers.get("Content-Encoding")
        said = self.receive(
            Sending(owner_of(current()), mimetype, parameters, encoding, _read_body)
        )
        if said.refused_for is not None:
            g.refused_for = said.refused_for
        return Response(said.body, said.status, dict(said.headers), content_type=said.content_type)


def takes_samples(
    blueprint: Blueprint, path: str, **described: Any
) -> Callable[[Receiver], Receiver]:
    """Declare a route that takes samples, and describe it as ``operations.route`` does."""

    def decorate(receive: Receiver) -> Receiver:
        declare = route(blueprint, "POST", path, access="ingest", work="ingest", **described)
        declare(Door(receive, blueprint.name))
        return receive

    return decorate


@lru_cache(maxsize=256)
def content_type(header: str) -> tuple[str, Mapping[str, str]]:
    """Read a Content-Type header: the media type in small letters, and its parameters."""
    kind, parameters = parse_options_header(header)
    return kind.lower(), parameters


def owner_of(principal: Principal) -> Owner:
    """Name whose series these are; people stand below 0, so that each has a quota."""
    return Owner(principal.token_id or -principal.user_id, principal.name)


def _read_body() -> bytes:
    """Read the body of Flask's request as it was sent; raises TooLargeError beyond MAX_BODY_BYTES.

    A body in chunks does not say its length beforehand, so it is read until it is too long.
    """
    limit = request.max_content_length or 0
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


def read_unpacked(parts: WebParts, sent: Sending) -> bytes:
    """Read the body and undo its Content-Encoding, within the bounds of both."""
    return unpack_body(sent.read(), sent.encoding or "", parts.settings.max_unpacked_bytes)


class LargeBodies:
    """Has large bodies read on a native thread, so that the loop goes on meanwhile.

    A few at once: commits use the same threads, and must find one.
    """

    def __init__(self, runtime: Runtime) -> None:
        """Wire."""
        self._runtime = runtime
        self._turns = Turns(runtime, _LARGE_AT_ONCE)

    @staticmethod
    def is_large(size: int) -> bool:
        """Say whether a body of so many bytes is read on a native thread."""
        return size >= LARGE_BODY

    def read(self, size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work of reading a body of so many bytes, wherever that disturbs nobody."""
        if not self.is_large(size):
            return work(*args, **kwargs)
        with self._turns.turn(None):
            return self._runtime.offload(work, *args, **kwargs)


def keep(parts: WebParts, owner: Owner, read: Callable[[], Batch]) -> Batch:
    """Read a batch and keep it durably, whole or not at all; counts and times it.

    Where its new series are too many the error names them, so that the others can be sent again.
    """
    began = time.perf_counter()
    batch = read()
    if len(batch):
        try:
            parts.journal.append(batch, owner)
        except TooManySeriesError as error:
            new = parts.catalog.new_in(batch)[:MAX_NEW_NAMED]
            faults = tuple(
                Fault(batch.places[n], "name", "a new series, for which there is no room")
                for n in new
                if n < len(batch.places)
            )
            raise type(error)(error.detail, faults=faults) from None
    _count(parts, batch, began)
    return batch


def keep_part(parts: WebParts, owner: Owner, read: Callable[[], Received]) -> Received:
    """Read a request and keep what may be kept of it durably; counts and times it.

    Where its new series are too many, those that are known go on all the same: a program that
    floods would otherwise silence its own.
    """
    began = time.perf_counter()
    found = read()
    kept: Sequence[Memo] = ()
    try:
        if len(found.batch):
            try:
                parts.journal.append(found.batch, owner, found.memos)
            except TooManySeriesError as error:
                known = parts.catalog.known_part(found.batch)
                if not len(known):
                    raise
                found = found.without_new_series(known, error)
                parts.journal.append(found.batch, owner, found.memos)
        kept = found.memos
    finally:
        found.settle(kept)
    _count(parts, found.batch, began)
    for reason, count in found.reasons.items():
        parts.metrics.samples_rejected.labels(reason).inc(count)
    return found


def _count(parts: WebParts, batch: Batch, began: float) -> None:
    parts.metrics.samples_ingested.labels(batch.source).inc(len(batch))
    parts.metrics.ingest_duration.observe(time.perf_counter() - began)
