"""Visitors without any credential who open, dribble and flood: the others must not notice."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import requests

from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

MASK = b"\0\0\0\0"


def open_websocket(port: int) -> socket.socket:
    """Do the handshake of a websocket, and nothing of Socket.IO."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    lines = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "\r\n",
    )
    raw.sendall("\r\n".join(lines).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101")
    return raw


def frame(opcode: int, payload: bytes, *, final: bool) -> bytes:
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([0x80 | len(payload)]) + MASK + payload
    return head + bytes([0x80 | 126]) + struct.pack("!H", len(payload)) + MASK + payload


def open_files(server: QuadraServer) -> int:
    return psutil.Process(server.process.pid).num_fds()


@contextmanager
def slow_answers(server: QuadraServer) -> Iterator[list[float]]:
    took: list[float] = []
    yield took
    with Stopwatch(server.process.pid) as watch:
        assert 200 == server.get("/health").status_code
    took.append(watch.seconds)


def test_a_message_of_endless_fragments_is_cut(server: QuadraServer) -> None:
    before = psutil.Process(server.process.pid).memory_info().rss
    raw = open_websocket(server.port)
    raw.sendall(frame(1, b"4", final=False))
    sent = 0
    with suppress(OSError):
        while sent < 100e6:
            raw.sendall(frame(0, b"x" * 60_000, final=False))
            sent += 60_000
    raw.close()
    assert sent < 20e6
    assert psutil.Process(server.process.pid).memory_info().rss - before < 30e6


def test_others_are_answered_while_one_socket_floods(server: QuadraServer) -> None:
    raw = open_websocket(server.port)
    with slow_answers(server) as took, suppress(OSError):
        for _ in range(200):
            raw.sendall(frame(1, b"4" + b"x" * 1_000, final=True))
    raw.close()
    assert took[0] < 1.0


def settled_files(server: QuadraServer) -> int:
    """Count the open files once the connections of the test before are gone."""
    seen: list[int] = []

    def stands_still() -> bool:
        seen.append(open_files(server))
        return len(seen) > 5 and len(set(seen[-5:])) == 1

    assert wait_until(stands_still, timeout=10, every=0.1)
    return seen[-1]


def test_a_socket_that_never_connects_loses_its_connection(server: QuadraServer) -> None:
    before = settled_files(server)
    silent = [open_websocket(server.port) for _ in range(20)]
    assert open_files(server) >= before + 20
    assert wait_until(lambda: open_files(server) <= before + 2, timeout=15)
    for raw in silent:
        raw.close()


def test_a_chunk_that_is_never_told_in_full_is_not_kept(server: QuadraServer) -> None:
    before = psutil.Process(server.process.pid).memory_info().rss
    head = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    for begin in (b"-1\r\n", b"1"):
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        raw.sendall(head + begin)
        with suppress(OSError):
            for _ in range(500):
                raw.sendall(b"1" * 100_000)
        raw.close()
    with slow_answers(server) as took:
        pass
    assert took[0] < 1.0
    assert psutil.Process(server.process.pid).memory_info().rss - before < 20e6


def test_running_out_of_descriptors_is_survived(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra()
    process = psutil.Process(server.process.pid)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + 30, process.num_fds() + 30))
    waiting = []
    for _ in range(60):
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: 127")
        waiting.append(raw)
    assert wait_until(
        lambda: process.num_fds() >= process.rlimit(psutil.RLIMIT_NOFILE)[0] - 2, timeout=5
    )
    for raw in waiting:
        raw.close()

    def answers() -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{server.url}/health", timeout=2).status_code == 200
        return False

    assert wait_until(answers, timeout=10)


def test_a_small_body_of_many_parts_is_refused_at_once(server: QuadraServer) -> None:
    empty_series = b'{"series":[' + b",".join([b'{"values":[]}'] * 250_000) + b"]}"
    with Stopwatch(server.process.pid) as watch:
        answer = server.post(
            "/api/v1/samples", data=empty_series, headers={"Content-Type": "application/json"}
        )
        assert 422 == answer.status_code
        empty_metrics = b"\x12\x00" * 1_000_000
        scope = b"\x12" + _varint(len(empty_metrics)) + empty_metrics
        resource = b"\x0a" + _varint(len(scope)) + scope
        answer = server.post(
            "/otlp/v1/metrics", data=resource, headers={"Content-Type": "application/x-protobuf"}
        )
        assert 400 <= answer.status_code < 500
    assert watch.seconds < 5


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
