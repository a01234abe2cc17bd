"""Where one request ends and the next begins, on every loop: proxies must find it where we do."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.e2e.clients import history
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer


@pytest.fixture(scope="module", params=["eventlet", "gevent"])
def loop(request: pytest.FixtureRequest) -> Iterator[QuadraServer]:
    with QuadraServer(RATELIMIT_ENABLED="false", ASYNC_MODE=request.param) as running:
        yield running


def body(name: str) -> bytes:
    return b'{"samples":[{"name":"%s","value":1}]}' % name.encode()


def head(server: QuadraServer, *lines: str, first: str = "POST /api/v1/samples") -> bytes:
    known = (
        f"{first} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {server.token}",
        "Content-Type: application/json",
    )
    return "\r\n".join((*known, *lines, "", "")).encode()


def talk(server: QuadraServer, *parts: bytes) -> bytes:
    """Send each part when the one before was answered; give all that was said until the end."""
    said = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for part, following in pairwise((*parts, b"")):
            connection.sendall(part)
            if following:
                said += connection.recv(65_536)
        while more := connection.recv(65_536):
            said += more
    return said


def statuses(said: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", said)]


LAST = "Connection: close"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: {n}", "Content-Length: 5"),
        ("Content-Length: 5", "content-length: {n}"),
        ("Content-Length: {n}, {n}",),
        ("Content-Length: +{n}",),
        ("Content-Length: -1",),
        ("Content-Length: {n}", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: chunked", "Upgrade: websocket"),
        ("X: y\rContent-Length: {n}",),
        ("X: y\rTransfer-Encoding: chunked",),
        ("Content-Length: {n}\r",),
        ("X: y\0z", "Content-Length: {n}"),
    ],
    ids=lambda lines: "|".join(map(repr, lines)),
)
def test_a_request_whose_end_is_not_clear_is_refused_with_all_behind_it(
    loop: QuadraServer, lines: tuple[str, ...]
) -> None:
    inner = body("smuggled")
    hidden = head(loop, f"Content-Length: {len(inner)}", LAST) + inner
    outer = head(loop, *(line.format(n=len(hidden)) for line in lines))
    said = talk(loop, outer + CHUNKS % (len(hidden), hidden) + hidden)
    assert [400] == statuses(said)
    assert b'"code":"bad_framing"' in said
    assert [] == history(loop, "smuggled")


@pytest.mark.parametrize("size", [b"2_5", b"0x25", b"+25", b"-1", b" 25", b"zz", b""])
def test_a_chunk_of_no_clear_size_is_refused(loop: QuadraServer, size: bytes) -> None:
    data = body("smuggled_chunk")
    said = talk(
        loop, head(loop, "Transfer-Encoding: chunked") + size + b"\r\n" + data + b"\r\n0\r\n\r\n"
    )
    assert [400] == statuses(said)[:1]
    assert [] == history(loop, "smuggled_chunk")


def test_a_head_that_comes_again_is_read_as_strictly(loop: QuadraServer) -> None:
    """The server remembers heads: what differs in the length alone is not parsed again."""
    data = body("again")
    first, second = (head(loop, f"Content-Length: {len(data)}{end}") for end in ("", "\r"))
    assert [200, 400] == statuses(talk(loop, first + data, second + data))
    assert 1 == sum(len(line["values"]) for line in history(loop, "again"))


def test_pipelined_requests_are_answered_in_order(loop: QuadraServer) -> None:
    data, wrong = body("pipelined"), b"{"
    length = f"Content-Length: {len(data)}"
    unread = head(loop, "Content-Length: 5", first="GET /health") + b"GARBA"
    chunked = head(loop, "Transfer-Encoding: chunked") + CHUNKS % (len(data), data)
    said = talk(
        loop,
        head(loop, length) + data + chunked + head(loop, "Content-Length: 1") + wrong
        + unread + head(loop, length, LAST) + data,
    )  # fmt: skip
    assert [200, 200, 400, 200, 200] == statuses(said)
    assert 3 == sum(len(line["values"]) for line in history(loop, "pipelined"))


def test_a_sender_that_waits_for_100_continue_is_told_to_go_on_or_refused(
    loop: QuadraServer,
) -> None:
    data = body("continued")
    lines = (f"Content-Length: {len(data)}", "Expect: 100-continue", LAST)
    assert [100, 200] == statuses(talk(loop, head(loop, *lines), data))
    assert 1 == len(history(loop, "continued"))
    stranger = head(loop, *lines).replace(loop.token.encode(), b"x" * 20)
    assert [401] == statuses(talk(loop, stranger))


def test_head_has_no_body(loop: QuadraServer) -> None:
    for path, status in (("/health", 200), ("/api/v1/status", 200), ("/api/v1/samples", 405)):
        said = talk(loop, head(loop, LAST, first=f"HEAD {path}"))
        assert ([status], b"") == (statuses(said), said.partition(b"\r\n\r\n")[2])


def test_heads_that_cannot_be_read_leave_no_trace_in_the_output(loop: QuadraServer) -> None:
    many = [f"X-{i}: y" for i in range(200)]
    before = loop.output()
    for lines in (many, ["X: " + "y" * 100_000], ["no header at all"]):
        assert statuses(talk_until_cut(loop, head(loop, *lines)))[0] in (400, 431)
    assert wait_until(lambda: loop.get("/health").ok, timeout=2)
    assert before == loop.output()


def talk_until_cut(server: QuadraServer, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65_536)
