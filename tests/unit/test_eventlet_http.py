"""A remembered head must mean what reading it anew would have meant."""

import gc
import io
import socket
import warnings
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")

    from eventlet.greenio import GreenSocket

    from quadra.web.connection_bounds import FREE_BUFFERS
    from quadra.web.eventlet_bounds import LeanProtocol
    from quadra.web.eventlet_http import MAX_REMEMBERED, Protocol
    from quadra.web.framing import StrictRequests

POST = "POST /api/v1/samples HTTP/1.1"
HEAD = ["Host: here", "Authorization: Bearer abc", "Content-Length: 5", "X-A: b"]

_lines = st.sampled_from(
    [
        "Host: here",
        "Host: there",
        "Authorization: Bearer abc",
        "Content-Length: 5",
        "Content-Length: 17",
        "content-length:  17 ",
        "Content-Length: 0x5",
        "Content-Length: -1",
        "Content-Length : 7",
        "Content-Length:",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Connection: keep-alive",
        "Expect: 100-continue",
        "Upgrade: websocket",
        "X-A: b",
        " folded",
        "nonsense",
        "X_A: c",
    ]
)
_firsts = st.sampled_from([POST, "POST /api/v1/samples?x=1 HTTP/1.1", "GET / HTTP/1.1"])
_nearly = st.builds(
    lambda at, line: [*HEAD[:at], line, *HEAD[at + 1 :]], st.integers(0, len(HEAD) - 1), _lines
)
_heads = st.tuples(_firsts, _nearly | _nearly | st.lists(_lines, max_size=5))


class Stock(StrictRequests, LeanProtocol):
    """Reads every head."""


class Connection:
    """Reads one request after another as the server does, without a socket."""

    def __init__(self, kind: Any) -> None:
        self.handler: Any = kind.__new__(kind)
        self.handler.server = SimpleNamespace(get_environ=lambda: {"base": 1})
        self.handler.request = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 5000))
        self.handler.connection = None
        self.handler.client_address = ("127.0.0.1", 40_000)
        self.handler.wfile = io.BytesIO()
        self.handler.server.log = None

    def read(self, first: str, lines: list[str]) -> tuple[object, ...]:
        """Give what the server knows of a request after its head."""
        handler = self.handler
        handler.raw_requestline = first.encode() + b"\r\n"
        handler.rfile = io.BytesIO("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        if not handler.parse_request():
            return (False, handler.wfile.getvalue())
        handler.rfile = io.BytesIO()
        environ = handler.get_environ()
        stream = environ.pop("wsgi.input")
        assert stream is environ.pop("eventlet.input")
        assert [] == environ.pop("eventlet.posthooks")
        for own in ("headers_raw", "eventlet.set_idle", FREE_BUFFERS):
            environ.pop(own, None)
        return (
            True, bool(handler.close_connection), handler.command, handler.path, environ,
            stream.content_length, stream.chunked_input, stream.should_send_hundred_continue,
            handler.headers.get_all("content-length"), handler.headers.get("transfer-encoding"),
        )  # fmt: skip


def outcome(connection: Connection, first: str, lines: list[str]) -> object:
    try:
        return connection.read(first, lines)
    except ValueError as error:  # a length that is no number: the server answers 400 before
        return type(error)


@example([(POST, HEAD), (POST, [line.replace("5", "17 ") for line in HEAD])])
@settings(max_examples=100)
@given(heads=st.lists(_heads, min_size=1, max_size=6))
def test_every_head_of_a_connection_means_what_it_says(
    heads: list[tuple[str, list[str]]],
) -> None:
    ours, stock = Connection(Protocol), Connection(Stock)
    for first, lines in heads:
        assert outcome(stock, first, lines) == outcome(ours, first, lines)


def test_a_repeated_head_is_not_parsed_again_and_its_length_is_the_new_one() -> None:
    connection = Connection(Protocol)
    connection.read(POST, HEAD)
    message = connection.handler.headers
    longer = [line.replace("5", "123") for line in HEAD]
    found = connection.read(POST, longer)
    assert message is connection.handler.headers
    assert ("123", 123) == (found[4]["CONTENT_LENGTH"], found[5])  # type: ignore[index]


def test_what_the_application_does_to_its_request_is_not_remembered() -> None:
    connection = Connection(Protocol)
    for _ in range(3):
        environ = connection.read(POST, HEAD)[4]
        assert "REMOTE_USER" not in environ  # type: ignore[operator]
        environ["REMOTE_USER"] = "mallory"  # type: ignore[index]


def test_a_large_head_is_not_kept() -> None:
    connection = Connection(Protocol)
    connection.read(POST, [*HEAD, "X-B: " + "b" * MAX_REMEMBERED])
    assert b"" == connection.handler._line


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_connection_that_has_ended_is_freed_without_a_collector() -> None:
    """Each that waited for one would be some 5 KB, and one comes with every console that leaves."""
    connection = Connection(Protocol)
    connection.read(POST, HEAD)
    handler = connection.handler
    ours, theirs = socket.socketpair()
    handler.connection = handler.request = GreenSocket(ours)
    handler.environ = handler.get_environ()  # as the server keeps it
    gone = weakref.ref(handler)
    handler.finish()
    assert b"" == theirs.recv(1)
    theirs.close()
    del handler, connection
    assert gone() is None
