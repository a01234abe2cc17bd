"""Whatever is sent as samples: the right refusal, nothing stored, memory flat."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import requests

from tests.e2e.clients import bearing, history, make_token, problem, push, stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

GOOD = '{"name":"hostile_neighbour","value":1}'
PATH = "/api/v1/samples"


def samples(*items: str) -> bytes:
    return ('{"samples":[' + ",".join(items) + "]}").encode()


def labelled(labels: dict[str, Any]) -> bytes:
    item = {"name": "hostile", "labels": labels, "value": 1}
    return samples(GOOD, json.dumps(item, ensure_ascii=False))


NOW = time.time()
BODIES: dict[str, tuple[Callable[[], bytes], dict[str, str], int, str]] = {
    "empty": (lambda: b"", {}, 400, "bad_json"),
    "not JSON": (lambda: b"hello", {}, 400, "bad_json"),
    "cut short": (lambda: samples(GOOD)[:-3], {}, 400, "bad_json"),
    "deep lists": (lambda: b"[" * 1_000_000, {}, 400, "bad_json"),
    "deep objects": (lambda: b'{"a":' * 500_000, {}, 400, "bad_json"),
    "deep and closed": (lambda: b"[" * 9_000 + b"]" * 9_000, {}, 400, "bad_json"),
    "NaN": (lambda: samples(GOOD, '{"name":"hostile","value":NaN}'), {}, 400, "bad_json"),
    "infinity": (
        lambda: samples(GOOD, '{"name":"hostile","value":-Infinity}'), {}, 400, "bad_json"
    ),
    "1e400": (lambda: samples(GOOD, '{"name":"hostile","value":1e400}'), {}, 400, "bad_json"),
    "no UTF-8": (
        lambda: samples(GOOD, '{"name":"hostile","value":1}') + b"\xff", {}, 400, "bad_json"
    ),
    "UTF-16": (lambda: samples(GOOD).decode().encode("utf-16"), {}, 400, "bad_json"),
    "a list": (lambda: b"[" + GOOD.encode() + b"]", {}, 422, "invalid"),
    "another object": (lambda: b"{}", {}, 422, "invalid"),
    "null": (lambda: b"null", {}, 422, "invalid"),
    "value is text": (lambda: samples(GOOD, '{"name":"hostile","value":"1"}'), {}, 422, "invalid"),
    "value is missing": (lambda: samples(GOOD, '{"name":"hostile"}'), {}, 422, "invalid"),
    "name is a number": (lambda: samples(GOOD, '{"name":1,"value":1}'), {}, 422, "invalid"),
    "labels are a list": (
        lambda: samples(GOOD, '{"name":"hostile","labels":["a"],"value":1}'), {}, 422, "invalid"
    ),
    "label is a number": (lambda: labelled({"a": 1}), {}, 422, "invalid"),
    "label holds NUL": (lambda: labelled({"a": "x\0y"}), {}, 422, "invalid"),
    "far future": (
        lambda: samples(GOOD, f'{{"name":"hostile","value":1,"timestamp":{NOW + 1e6}}}'),
        {}, 422, "invalid",
    ),
    "far past": (
        lambda: samples(GOOD, '{"name":"hostile","value":1,"timestamp":0}'), {}, 422, "invalid"
    ),
    "milliseconds": (
        lambda: samples(GOOD, f'{{"name":"hostile","value":1,"timestamp":{NOW * 1000}}}'),
        {}, 422, "invalid",
    ),
    "a label of 2 MB": (lambda: labelled({"a": "x" * 2_000_000}), {}, 422, "invalid"),
    "a label of 10 MB": (lambda: labelled({"a": "x" * 10_000_000}), {}, 413, "too_large"),
    "100,000 labels": (
        lambda: labelled({f"l{i}": "x" for i in range(100_000)}), {}, 422, "invalid"
    ),
    "300,000 samples": (lambda: samples(*["0"] * 300_000), {}, 422, "too_many_samples"),
    "text": (lambda: samples(GOOD), {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    "a form": (
        lambda: samples(GOOD), {"Content-Type": "application/x-www-form-urlencoded"},
        415, "unsupported_media_type",
    ),
    "no type": (lambda: samples(GOOD), {"Content-Type": ""}, 415, "unsupported_media_type"),
    "gzip bomb": (
        lambda: gzip.compress(b" " * 200_000_000, 9), {"Content-Encoding": "gzip"}, 413, "too_large"
    ),
    "broken gzip": (lambda: b"\x1f\x8bxx", {"Content-Encoding": "gzip"}, 400, "bad_gzip"),
    "gzip that is none": (lambda: samples(GOOD), {"Content-Encoding": "gzip"}, 400, "bad_gzip"),
    "brotli": (lambda: b"x", {"Content-Encoding": "br"}, 415, "unsupported_encoding"),
}  # fmt: skip


def send(server: QuadraServer, body: bytes, headers: dict[str, str]) -> requests.Response:
    chosen = {"Content-Type": "application/json"} | headers
    return server.post(PATH, data=body, headers=chosen, timeout=30)


@pytest.mark.parametrize("name", BODIES)
def test_hostile_samples_are_refused_and_nothing_of_them_is_stored(
    server: QuadraServer, name: str
) -> None:
    make, headers, status, code = BODIES[name]
    body = problem(send(server, make(), headers), status, code)
    assert len(body["detail"]) < 400
    if code == "invalid" and "samples" not in [f["field"] for f in body["errors"]]:
        assert 1 == body["errors"][0]["index"]
        assert body["errors"][0]["reason"]
    assert [] == history(server, '{__name__=~"hostile.*"}')
    found = server.get("/api/v1/series", params={"match": '{__name__=~"hostile.*"}'}).json()
    assert [] == found["series"]


def test_memory_stays_flat_under_hostile_bodies(server: QuadraServer) -> None:
    bodies = [(make(), headers) for make, headers, _status, _code in BODIES.values()]
    process = psutil.Process(server.process.pid)
    for body, headers in bodies:  # what a first time needs for good
        send(server, body, headers)
    before = process.memory_info().rss
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            list(pool.map(lambda case: send(server, *case), bodies))
    assert process.memory_info().rss - before < 48 << 20


def test_a_request_that_is_refused_for_one_sample_stores_none(server: QuadraServer) -> None:
    good = ['{"name":"partial","value":1}'] * 1000
    problem(send(server, samples(*good, '{"name":"partial","value":"x"}'), {}), 422, "invalid")
    assert [] == history(server, "partial")


def test_markup_and_formulas_in_labels_are_kept_as_plain_text(server: QuadraServer) -> None:
    evil = {
        "html": '<img src=x onerror="alert(1)">',
        "url": "javascript:alert(1)",
        "sql": "'; DROP TABLE journal; --",
        "template": "{{ 7*7 }}",
        "csv": "=cmd|' /C calc'!A0",
        "log": "a\r\nINFO forged \x1b[31m",
    }
    push(server, "markup", 1, evil)
    answer = server.get("/api/v1/series", params={"match": "markup"})
    assert [evil] == [series["labels"] for series in answer.json()["series"]]
    assert "application/json" == answer.headers["Content-Type"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    quoted = evil["sql"].replace('"', '\\"')
    assert 1 == len(history(server, f'markup{{sql="{quoted}"}}'))


def test_a_body_in_chunks_is_read_and_bounded_all_the_same(server: QuadraServer) -> None:
    def parts(size: int) -> Any:
        yield b'{"samples":[{"name":"chunked","value":1,"labels":{"x":"'
        yield from [b"x" * 1024] * size
        yield b'"}}]}'

    headers = {"Content-Type": "application/json"}
    sent = server.post(PATH, data=parts(0), headers=headers)
    assert (200, 1) == (sent.status_code, sent.json().get("accepted"))
    try:
        answer = server.post(PATH, data=parts(8_000), headers=headers)
    except requests.ConnectionError:
        pass  # cut off while it was still sending
    else:
        problem(answer, 413, "too_large")
    assert 1 == len(history(server, "chunked"))


def test_a_length_that_was_a_lie_costs_only_its_own_connection(server: QuadraServer) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
    )
    body = samples('{"name":"liar","value":1}')
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as liar:
        liar.sendall(f"{head}Content-Length: {len(body) + 50}\r\n\r\n".encode() + body)
        liar.shutdown(socket.SHUT_WR)
        said = liar.recv(65_536)
    assert b" 200 " not in said.split(b"\r\n")[0]
    push(server, "honest", 1)
    assert [] == history(server, "liar")


def test_more_series_than_allowed_are_refused_and_known_ones_go_on(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(MAX_SERIES="200")
    push(server, "known", 1)
    many = ",".join(f'{{"name":"m{i}","value":1}}' for i in range(500))
    body = problem(send(server, samples(many), {}), 422, "too_many_series")
    assert "MAX_SERIES" in body["detail"]
    assert (
        []
        == server.get("/api/v1/series", params={"match": '{__name__=~"m[0-9]+"}'}).json()["series"]
    )
    push(server, "known", 2)


def test_limits_on_bodies_and_labels_are_settings(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(MAX_BODY_BYTES="2048", MAX_UNPACKED_BYTES="8192", MAX_LABELS="2")
    problem(send(server, b" " * 2049, {}), 413, "too_large")
    packed = gzip.compress(samples(GOOD) + b" " * 8192)
    problem(send(server, packed, {"Content-Encoding": "gzip"}), 413, "too_large")
    problem(send(server, labelled({"a": "1", "b": "2", "c": "3"}), {}), 422, "invalid")
    assert 200 == send(server, labelled({"a": "1", "b": "2"}), {}).status_code


def test_refusals_are_counted_by_reason(server: QuadraServer) -> None:
    def rejected(reason: str) -> float:
        name = f'quadra_matrix_samples_rejected_total{{reason="{reason}"}} '
        lines = stranger(server, "GET", "/metrics").text.splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = rejected("bad_json"), rejected("bad_value")
    send(server, b"{", {})
    send(server, samples('{"name":"a"}'), {})
    assert (before[0] + 1, before[1] + 1) == (rejected("bad_json"), rejected("bad_value"))


def test_the_credential_is_asked_for_before_anything_of_the_body_is_looked_at(
    server: QuadraServer,
) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b" " * 10_000_000):
        try:
            answer = stranger(server, "POST", PATH, data=body, headers=headers)
        except requests.ConnectionError:
            continue  # it was told so while it was still sending
        problem(answer, 401, "unauthorized")
    _id, reader = make_token(server, "read")
    answer = stranger(server, "POST", PATH, data=b"{", headers=bearing(reader, **headers))
    problem(answer, 403, "missing_scope")


def test_slow_senders_do_not_keep_others_out(server: QuadraServer) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n".encode()
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(head)
        push(server, "prompt", 1)
        assert wait_until(lambda: 200 == server.get("/health").status_code, timeout=2)
    finally:
        for connection in slow:
            connection.close()
