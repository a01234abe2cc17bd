"""The fetcher against real sockets that misbehave."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from quadra.engine.targets import Credential, Target
from quadra.intake.fetching import Fetched, Fetcher, ScrapeError, opened
from quadra.outward.egress import Egress, EgressError
from tests.unit.fakes import ThreadRuntime

TEXT = b"Content-Type: text/plain; version=0.0.4\r\n"


class Peer:
    """Accepts connections, notes what is asked, and answers with the same bytes each time."""

    def __init__(self, *pieces: bytes, drip: Callable[[], bytes] | None = None) -> None:
        self.pieces = pieces
        self.drip = drip
        self.asked: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, suppress(OSError):
                    self.asked.append(connection.recv(65_536))
                    for piece in self.pieces:
                        connection.sendall(piece)
                    while self.drip is not None:
                        connection.sendall(self.drip())

    def target(self, **more: object) -> Target:
        made = Target("http", "127.0.0.1", self.port, "/metrics?a=b", {}, timeout=5)
        return replace(made, **more)  # type: ignore[arg-type]


@contextmanager
def peer(*pieces: bytes, drip: Callable[[], bytes] | None = None) -> Iterator[Peer]:
    one = Peer(*pieces, drip=drip)
    try:
        yield one
    finally:
        one.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        one.listener.close()


def fetcher(*, allow_private: bool = True) -> Fetcher:
    return Fetcher(Egress("SETTING", allow_private=allow_private), ThreadRuntime())


def answer(body: bytes, headers: bytes = TEXT, status: bytes = b"200 OK") -> bytes:
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return b"HTTP/1.1 " + status + b"\r\n" + headers + length + body


def test_a_page_is_asked_for_as_prometheus_asks() -> None:
    with peer(answer(b"a 1\n")) as one:
        token = one.target(credential=Credential("bearer", "s3cret"))
        assert Fetched(b"a 1\n", packed=False, openmetrics=False) == fetcher().fetch(token)
        basic = one.target(credential=Credential("basic", "pass", "user"))
        fetcher().fetch(basic)
    first = one.asked[0].decode()
    assert first.startswith("GET /metrics?a=b HTTP/1.1\r\n")
    for line in (
        f"Host: 127.0.0.1:{one.port}",
        "Authorization: Bearer s3cret",
        "Accept-Encoding: gzip",
        "X-Prometheus-Scrape-Timeout-Seconds: 5",
        "Connection: close",
    ):
        assert f"\r\n{line}\r\n" in first
    assert "application/openmetrics-text;version=1.0.0" in first
    assert "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n" in one.asked[1].decode()


@pytest.mark.parametrize(
    ("headers", "openmetrics"),
    [
        (TEXT, False),
        (b"", False),
        (b"Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n", True),
    ],
)
def test_the_content_type_says_the_format(headers: bytes, openmetrics: bool) -> None:
    with peer(answer(b"x", headers)) as one:
        assert openmetrics == fetcher().fetch(one.target()).openmetrics


def test_chunks_and_answers_without_a_length_are_read() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + TEXT
    with peer(head + b"Transfer-Encoding: chunked\r\n\r\n3\r\na 1\r\n1\r\n\n\r\n0\r\n\r\n") as one:
        assert b"a 1\n" == fetcher().fetch(one.target()).body
    with peer(head + b"\r\na 1\n") as one:
        assert b"a 1\n" == fetcher().fetch(one.target()).body


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (answer(b"", b"Location: http://x/\r\n", b"302 Found"), "scrape_status", "redirect"),
        (answer(b"", TEXT, b"500 Oops"), "scrape_status", "answered 500"),
        (answer(b"", TEXT, b"204 None"), "scrape_status", "answered 204"),
        (answer(b"x", b"Content-Type: text/html\r\n"), "scrape_content_type", "text/html"),
        (answer(b"x", TEXT + b"Content-Encoding: br\r\n"), "scrape_gzip", "'br'"),
        (answer(b"y" * 2000), "body_size_limit", "1000 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + TEXT + b"\r\n" + b"y" * 2000, "body_size_limit", "1000"),
        (b"HTTP/1.1 200 OK\r\n" + TEXT + b"Content-Length: 9\r\n\r\nabc", "scrape_http", "6 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + TEXT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
         "scrape_http", "Incomplete"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "scrape_http", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, "scrape_http", "HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "scrape_http", "LineTooLong"),
        (b"", "scrape_http", "RemoteDisconnected"),
    ],
)  # fmt: skip
def test_what_is_no_page_says_why(said: bytes, code: str, words: str) -> None:
    with peer(said) as one, pytest.raises(ScrapeError, match=words) as caught:
        fetcher().fetch(one.target(body_size_limit=1000))
    assert code == caught.value.code


def test_a_body_without_end_is_cut_at_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + TEXT + b"\r\n"
    with peer(head, drip=lambda: b"a 1\n" * 1000) as one, pytest.raises(ScrapeError) as caught:
        fetcher().fetch(one.target(body_size_limit=1_000_000))
    assert "body_size_limit" == caught.value.code


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n" + TEXT + b"\r\n"])
def test_bytes_that_drip_do_not_outlast_the_timeout(head: bytes) -> None:
    pause = threading.Event()

    def drop() -> bytes:
        pause.wait(0.01)
        return b"a"

    with peer(head, drip=drop) as one, pytest.raises(ScrapeError, match=r"0\.2 s") as caught:
        fetcher().fetch(one.target(timeout=0.2))
    assert "scrape_timeout" == caught.value.code


def test_nobody_listening_is_a_refused_connection() -> None:
    with peer() as one:
        pass
    with pytest.raises(ScrapeError, match="refused") as caught:
        fetcher().fetch(one.target())
    assert "scrape_connection" == caught.value.code


def test_a_private_address_is_not_connected_to() -> None:
    with peer(answer(b"a 1\n")) as one, pytest.raises(EgressError, match="loopback"):
        fetcher(allow_private=False).fetch(one.target())
    assert [] == one.asked


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    with peer(answer(b"a 1\n")) as one:
        calls: list[str] = []

        def resolve(host: str, _port: int, flags: int) -> list[tuple[int, str]]:
            if flags & socket.AI_NUMERICHOST:
                raise socket.gaierror
            calls.append(host)
            return [(socket.AF_INET, "127.0.0.1")] if len(calls) == 1 else []

        made = Fetcher(Egress("S", allow_private=True, resolve=resolve), ThreadRuntime())
        assert b"a 1\n" == made.fetch(one.target(host="some.example")).body
    assert ["some.example"] == calls
    assert f"Host: some.example:{one.port}\r\n" in one.asked[0].decode()


def test_an_address_that_is_dead_gives_way_to_the_next() -> None:
    with peer(answer(b"a 1\n")) as one:

        def resolve(_host: str, _port: int, flags: int) -> list[tuple[int, str]]:
            if flags & socket.AI_NUMERICHOST:
                raise socket.gaierror
            return [(socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.1")]

        made = Fetcher(Egress("S", allow_private=True, resolve=resolve), ThreadRuntime())
        assert b"a 1\n" == made.fetch(one.target(host="some.example")).body


def test_plain_http_where_tls_is_expected_is_an_error_of_tls() -> None:
    with peer(answer(b"a 1\n")) as one, pytest.raises(ScrapeError) as caught:
        fetcher().fetch(one.target(scheme="https"))
    assert "scrape_tls" == caught.value.code


def test_gzip_is_opened_within_the_limit() -> None:
    packed = gzip.compress(b"a 1\n")
    assert "a 1\n" == opened(Fetched(packed, packed=True, openmetrics=False), 4)
    bomb = gzip.compress(b"\0" * 10_000_000)
    for body, code in (
        (bomb, "body_size_limit"),
        (packed[:-1], "scrape_gzip"),
        (packed + b"x", "scrape_gzip"),
        (b"a 1\n", "scrape_gzip"),
    ):
        with pytest.raises(ScrapeError) as caught:
            opened(Fetched(body, packed=True, openmetrics=False), 1000)
        assert code == caught.value.code


def test_a_page_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ScrapeError, match="byte 3"):
        opened(Fetched(b"a 1\xff", packed=False, openmetrics=False), 1000)


def test_pages_that_are_held_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadra.intake.fetching.MAX_BYTES_HELD", 1500)
    with peer(answer(b"y" * 1000)) as one:
        made = fetcher()
        with made.fetched(one.target()) as page:
            assert 1000 == len(page.body)
            with pytest.raises(ScrapeError) as caught:
                made.fetch(one.target())
            assert "scrape_overload" == caught.value.code
        assert 1000 == len(made.fetch(one.target()).body)
