"""The short way of ordinary requests with samples says what the long way says."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Callable

import pytest
import requests

from tests.e2e.clients import bearing, history, make_token, problem, push, stranger
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]
PATH = "/api/v1/samples"
GOOD = b'{"samples":[{"name":"both_ways","value":1,"timestamp":%d}]}'
VARYING = {"X-Request-ID", "Date", "Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


def short(server: QuadraServer, body: bytes, headers: dict[str, str]) -> requests.Response:
    """Send as senders do; the token was looked up by the request before."""
    push(server, "known", 1)
    return server.post(PATH, data=body, headers=headers)


def long(server: QuadraServer, body: bytes, headers: dict[str, str]) -> requests.Response:
    """Send as pages of our own origin do, which Flask serves."""
    return server.post(PATH, data=body, headers={**headers, "Origin": server.url})


JSON = {"Content-Type": "application/json"}


GZIPPED = gzip.compress(b'{"samples":[{"name":"both_ways","value":2}]}', mtime=0)
CASES = {
    "no samples": (b'{"samples":[]}', JSON),
    "one sample": (b'{"samples":[{"name":"both_ways","value":1}]}', JSON),
    "type in capitals": (b'{"samples":[]}', {"Content-Type": "application/JSON;a=b"}),
    "nothing": (b"", JSON),
    "nonsense": (b"nonsense", JSON),
    "a bad sample": (b'{"samples":[{"name":"1","value":"x"}]}', JSON),
    "gzip": (GZIPPED, JSON | {"Content-Encoding": "gzip"}),
    "no gzip": (b"not gzip", JSON | {"Content-Encoding": "gzip"}),
    "unknown encoding": (b"{}", JSON | {"Content-Encoding": "br"}),
    "text": (b"{}", {"Content-Type": "text/plain"}),
    "no type": (b"{}", {}),
    "too large": (b"x" * 9_000_000, JSON),
}


@pytest.mark.parametrize(("body", "headers"), CASES.values(), ids=CASES)
def test_both_ways_give_the_same_answer(
    server: QuadraServer, body: bytes, headers: dict[str, str]
) -> None:
    one, other = short(server, body, headers), long(server, body, headers)
    assert one.status_code == other.status_code
    assert one.content == other.content
    assert {k: v for k, v in other.headers.items() if k not in VARYING} == {
        k: v for k, v in one.headers.items() if k not in VARYING
    }
    assert re.fullmatch("[0-9a-f]{16}", one.headers["X-Request-ID"])


def test_both_ways_use_up_one_allowance_and_say_so_alike(start_quadra: Start) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_INGEST="5 per minute")
    body = b'{"samples":[{"name":"both_ways","value":1}]}'
    ways = [long, server.post, long, server.post, server.post, long, server.post]
    answers = [
        way(server, body, JSON) if way is long else server.post(PATH, data=body, headers=JSON)
        for way in ways
    ]
    assert [200] * 5 + [429] * 2 == [answer.status_code for answer in answers]
    assert ["4", "3", "2", "1", "0", "0", "0"] == [
        answer.headers["X-RateLimit-Remaining"] for answer in answers
    ]
    of_flask, of_express = answers[-2:]
    assert problem(of_flask, 429, "rate_limited") == problem(of_express, 429, "rate_limited")
    assert {"5"} == {answer.headers["X-RateLimit-Limit"] for answer in answers}
    resets = [int(answer.headers["X-RateLimit-Reset"]) for answer in answers]
    assert max(resets) - min(resets) <= 1
    assert all(0 <= int(answer.headers["Retry-After"]) <= 61 for answer in answers[-2:])
    text = stranger(server, "GET", "/metrics").text
    assert f'quadra_matrix_rate_limited_total{{endpoint="{PATH}"}} 2.0' in text


def test_requests_are_counted_timed_and_logged_with_their_id(server: QuadraServer) -> None:
    path = "/otlp/v1/metrics"  # nothing else here sends to it
    push(server, "known", 1)
    for number in range(5):
        headers = {"X-Request-ID": f"sent-by-me-{number}", "Content-Type": "text/plain"}
        answer = server.post(path, data=b"{}", headers=headers)
        problem(answer, 415, "unsupported_media_type")
        assert f"sent-by-me-{number}" == answer.headers["X-Request-ID"]
    text = stranger(server, "GET", "/metrics").text
    labels = f'{{endpoint="{path}",method="POST",status="415"}}'
    for name in ("http_requests_total", "http_request_duration_seconds_count"):
        assert f"quadra_matrix_{name}{labels} 5.0" in text
    file = server.folder / "logs" / "quadra_matrix.json.log"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    logged = [line for line in lines if line.get("request_id", "").startswith("sent-by-me")]
    assert [f"POST {path} 415"] * 5 == [line["message"] for line in logged]


def test_a_token_that_may_not_send_or_is_revoked_is_refused(server: QuadraServer) -> None:
    _, reader = make_token(server, "read")
    for _ in range(3):
        answer = stranger(server, "POST", PATH, json={"samples": []}, headers=bearing(reader))
        problem(answer, 403, "missing_scope")
    number, sender = make_token(server, "ingest")

    def send() -> requests.Response:
        return stranger(server, "POST", PATH, json={"samples": []}, headers=bearing(sender))

    assert [200] * 3 == [send().status_code for _ in range(3)]
    assert server.session.delete(f"{server.url}/api/v1/tokens/{number}").status_code < 300
    problem(send(), 401, "unauthorized")


def test_each_request_of_one_connection_is_taken_for_what_it_says(server: QuadraServer) -> None:
    bodies = [GOOD % n for n in (1, 22, 333)]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        stream = line.makefile("rb")

        def ask(token: str, body: bytes) -> int:
            head = (
                f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            line.sendall(head.encode() + body)
            status = int(stream.readline().split()[1])
            length = 0
            while (header := stream.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            stream.read(length)
            return status

        for body in [*bodies, *bodies]:
            assert 422 == ask(server.token, body)  # too long ago, and read to the last byte
        assert 401 == ask("wrong-token-wrong-token", bodies[0])
        assert 200 == ask(server.token, b'{"samples":[]}')
        assert 200 == ask(server.token, b'{"samples":[{"name":"one_connection","value":4}]}')
        stream.close()
    assert [4.0] == history(server, "one_connection")[0]["values"]


def test_a_large_request_is_read_like_a_small_one(server: QuadraServer) -> None:
    items = [
        {"name": "large", "labels": {"n": str(i), "pad": "x" * 40}, "value": i}
        for i in range(4_000)
    ]
    answer = server.post(PATH, json={"samples": items})
    assert {"accepted": 4_000, "series": 4_000} == answer.json()
    items[3_000]["value"] = "x"
    body = problem(server.post(PATH, json={"samples": items}), 422, "invalid")
    assert [3_000] == [fault["index"] for fault in body["errors"]]
