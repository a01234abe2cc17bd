"""How Quadra speaks HTTP with the history store, against servers that behave as some do."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quadra.engine.shipper import RefusedError
from quadra.storage.prometheus.address import parse_address
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.wire import AnswerTooLargeError, StoreAwayError

Reply = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers with what the test gives; notes what it was asked, and over which connection."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        outer = self
        self.reply: Reply = lambda to: answer(to, 200, b"fine")
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        self.peers: list[int] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, body, dict(self.headers)))
                outer.peers.append(self.client_address[1])
                outer.reply(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def answer(to: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    to.send_response(status)
    for name, value in headers.items():
        to.send_header(name.replace("_", "-"), value)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    address = parse_address(f"http://me:pass@127.0.0.1:{server.port}/base/", tenant="team")
    with closing(Client(address, 1)) as made:
        yield made


def test_a_question_goes_below_the_address_with_its_credential(
    server: Server, client: Client
) -> None:
    assert b"fine" == client.ask("/api/v1/query", query='a{b="c d"}', time="1.000")
    ((path, body, headers),) = server.asked
    assert ("/base/api/v1/query", b"query=a%7Bb%3D%22c+d%22%7D&time=1.000") == (path, body)
    assert ("Basic bWU6cGFzcw==", "team") == (headers["Authorization"], headers["X-Scope-OrgID"])
    assert f"127.0.0.1:{server.port}" == headers["Host"]


def test_the_connection_is_kept_and_one_that_is_announced_to_end_is_made_anew(
    server: Server, client: Client
) -> None:
    for _ in range(3):
        client.send("/w", b"x", {})
    assert 1 == len(set(server.peers))
    server.reply = lambda to: answer(to, 204, Connection="close")
    client.send("/w", b"x", {})
    server.reply = lambda to: answer(to, 204)
    client.send("/w", b"x", {})
    assert 2 == len(set(server.peers))


def hang_up(to: BaseHTTPRequestHandler) -> None:
    to.connection.shutdown(socket.SHUT_RDWR)
    to.close_connection = True


def test_a_connection_that_breaks_is_told_to_who_sends_and_mended_for_who_asks(
    server: Server, client: Client
) -> None:
    client.send("/w", b"x", {})
    replies: list[Reply] = [hang_up, lambda to: answer(to, 200, b"again"), hang_up]
    server.reply = lambda to: replies.pop(0)(to)  # noqa: PLW0108 - the next at each call
    assert b"again" == client.ask("/q")
    with pytest.raises(StoreAwayError, match="broke"):
        client.send("/w", b"x", {})
    assert [] == replies


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (400, {}, RefusedError, None),
        (413, {}, RefusedError, None),
        (422, {}, RefusedError, None),
        (302, {"Location": "http://elsewhere/"}, StoreAwayError, 2.0),
        (401, {}, StoreAwayError, 2.0),
        (404, {}, StoreAwayError, 2.0),
        (429, {"Retry_After": "17"}, StoreAwayError, 17.0),
        (503, {"Retry_After": "soon"}, StoreAwayError, 2.0),
        (503, {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}, StoreAwayError, 86_400.0),
        (500, {}, StoreAwayError, 2.0),
    ],
)
def test_what_an_answer_means(
    server: Server,
    client: Client,
    status: int,
    headers: dict[str, str],
    error: type[RefusedError | StoreAwayError],
    wait: float | None,
) -> None:
    server.reply = lambda to: answer(to, status, rb'{"error":"out of\n order"}', **headers)
    with pytest.raises(error, match=rf"HISTORY_URL.*{status} \(out of order\)") as caught:
        client.send("/w", b"x", {})
    assert wait == caught.value.retry_after
    assert 1 == len(server.asked)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        to.wfile.write(b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")

    server.reply = stream
    assert b"abcde" == client.ask("/q")
    monkeypatch.setattr("quadra.storage.prometheus.client.MAX_ANSWER_BYTES", 4)
    with pytest.raises(AnswerTooLargeError):
        client.ask("/q")
    server.reply = lambda to: answer(to, 200, b"12345")
    with pytest.raises(AnswerTooLargeError):
        client.ask("/q")


def test_who_answers_too_slowly_is_given_up(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quadra.storage.prometheus.client.ASK_WITHIN_S", 0.2)
    go_on = threading.Event()

    def dawdle(_to: BaseHTTPRequestHandler) -> None:
        go_on.wait(20)

    server.reply = dawdle
    with pytest.raises(StoreAwayError, match=r"within 0\.2 s"):
        client.ask("/q")
    go_on.set()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of localhost that nobody knows, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, to make a certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",  # noqa: S607 - found on the PATH
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_https_is_spoken_to_who_shows_a_trusted_certificate(
    certificate: tuple[Path, Path],
) -> None:
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with closing(Server(context)) as server:
        address = parse_address(f"https://localhost:{server.port}")
        with pytest.raises(StoreAwayError, match="not trusted"):
            Client(address, 1).reach()
        large = bytes(range(256)) * 4_000
        server.reply = lambda to: answer(to, 200, large)
        with closing(Client(address, 1, ssl.create_default_context(cafile=cert))) as friend:
            for _ in range(2):
                assert large == friend.ask("/q", a="b" * 100_000)
        assert 1 == len(set(server.peers))
