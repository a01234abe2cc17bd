"""Every reason for which something of a sender is refused: said in the answer, counted by it."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.e2e.clients import bearing, history, make_token, problem, push, stranger
from tests.servers.quadra import QuadraServer
from tests.unit.otlp_messages import CUMULATIVE, DELTA, metric, point, request
from tests.unit.remote_write_messages import Labels, message1, message2, snappy

JSON, OTLP, WRITE = "/api/v1/samples", "/otlp/v1/metrics", "/prometheus/api/v1/write"
V1 = "application/x-protobuf"
V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
NOW = time.time()
OLD, AHEAD = NOW - 91 * 86_400, NOW + 3_600


def jsonic(**item: Any) -> bytes:
    return json.dumps({"samples": [{"name": "refused", "value": 1, **item}]}).encode()


def many(count: int, prefix: str) -> bytes:
    items = [{"name": f"{prefix}{i}", "value": 1} for i in range(count)]
    return json.dumps({"samples": items}).encode()


def otlp(kind: str = "gauge", at: float = NOW, attributes: Any = None, **values: Any) -> bytes:
    made = request()
    data = getattr(metric(made, "refused"), kind)
    if kind != "gauge":
        data.aggregation_temporality = DELTA if values.pop("delta", False) else CUMULATIVE
    if kind == "sum":
        data.is_monotonic = True
    point(data.data_points, attributes, time_unix_nano=int(at * 1e9), **values)
    return made.SerializeToString()


def otlp_many(count: int) -> bytes:
    made = request()
    points = metric(made, "refused").gauge.data_points
    for i in range(count):
        point(points, {"n": str(i)}, as_int=1, time_unix_nano=int(NOW * 1e9))
    return made.SerializeToString()


def write1(labels: Labels, at: float = NOW, *, histogram: bool = False) -> bytes:
    made = message1(({"__name__": "refused_good"}, [(int(NOW * 1000), 1.0)]), (labels, []))
    made.timeseries[1].samples.add(value=1.0, timestamp=int(at * 1000))
    if histogram:
        made.timeseries[1].histograms.add(timestamp=int(NOW * 1000))
    return snappy(made.SerializeToString())


def write2(labels: Labels, at: float = NOW, *, histogram: bool = False) -> bytes:
    made = message2(({"__name__": "refused_good"}, [(int(NOW * 1000), 1.0)]), (labels, []))
    made.timeseries[1].samples.add(value=1.0, timestamp=int(at * 1000))
    if histogram:
        made.timeseries[1].histograms.add(timestamp=int(NOW * 1000))
    return snappy(made.SerializeToString())


NAME = {"__name__": "refused"}
WIDE = {"__name__": "refused"} | {f"l{i:02}": "x" for i in range(40)}
TOO_WIDE = {"__name__": "refused"} | {f"l{i:03}": "x" for i in range(400)}
GZIP = {"Content-Encoding": "gzip"}
Case = tuple[str, bytes, str, dict[str, str], int, str]

CASES: dict[str, Case] = {
    "json: not JSON": (JSON, b"{", "application/json", {}, 400, "bad_json"),
    "json: another shape": (JSON, b"[]", "application/json", {}, 422, "invalid"),
    "json: no value": (JSON, jsonic(value=None), "application/json", {}, 422, "bad_value"),
    "json: a bad name": (JSON, jsonic(name="a b"), "application/json", {}, 422, "bad_labels"),
    "json: too old": (JSON, jsonic(timestamp=OLD), "application/json", {}, 422, "bad_time"),
    "json: too far ahead": (JSON, jsonic(timestamp=AHEAD), "application/json", {}, 422, "bad_time"),
    "json: large": (JSON, b" " * 2_000_000, "application/json", {}, 413, "too_large"),
    "json: opens large": (
        JSON, gzip.compress(b" " * 5_000_000), "application/json", GZIP, 413, "too_large"
    ),
    "json: no gzip": (JSON, b"x", "application/json", GZIP, 400, "bad_gzip"),
    "json: brotli": (
        JSON, b"x", "application/json", {"Content-Encoding": "br"}, 415, "unsupported_encoding"
    ),
    "json: another type": (JSON, b"x", "text/plain", {}, 415, "unsupported_media_type"),
    "json: many series": (JSON, many(900, "m"), "application/json", {}, 422, "too_many_series"),
    "json: over the quota": (JSON, many(350, "q"), "application/json", {}, 422, "series_quota"),
    "json: no token": (
        JSON, jsonic(), "application/json", {"Authorization": ""}, 401, "unauthorized"
    ),
    "otlp: no protobuf": (OTLP, b"\x0a\x05x", V1, {}, 400, "bad_protobuf"),
    "otlp: no JSON": (OTLP, b"{", "application/json", {}, 400, "bad_json"),
    "otlp: another JSON": (
        OTLP, b'{"resourceMetrics":1}', "application/json", {}, 400, "bad_otlp_json"
    ),
    "otlp: large": (OTLP, b" " * 2_000_000, V1, {}, 413, "too_large"),
    "otlp: another type": (OTLP, b"x", "text/plain", {}, 415, "unsupported_media_type"),
    "otlp: too old": (OTLP, otlp(at=OLD, as_int=1), V1, {}, 200, "too_old"),
    "otlp: too far ahead": (OTLP, otlp(at=AHEAD, as_int=1), V1, {}, 200, "too_far_ahead"),
    "otlp: no value": (OTLP, otlp(), V1, {}, 200, "no_value"),
    "otlp: long attributes": (
        OTLP, otlp(attributes={"a": "x" * 70_000}, as_int=1), V1, {}, 200, "bad_labels"
    ),
    "otlp: a bad difference": (
        OTLP, otlp("sum", delta=True, as_double=-1.0), V1, {}, 200, "bad_delta"
    ),
    "otlp: a bad histogram": (
        OTLP, otlp("histogram", count=1, bucket_counts=[1], explicit_bounds=[1.0, 2.0]),
        V1, {}, 200, "bad_histogram",
    ),
    "otlp: over the quota": (OTLP, otlp_many(350), V1, {}, 422, "series_quota"),
    "write: no snappy": (WRITE, b"x", V1, {}, 400, "bad_snappy"),
    "write: no protobuf": (WRITE, snappy(b"\x0a\x05x"), V1, {}, 400, "bad_protobuf"),
    "write: another type": (WRITE, b"x", "application/json", {}, 415, "unsupported_media_type"),
    "write: an unknown message": (
        WRITE, b"x", V1 + ";proto=x.y", {}, 415, "unsupported_media_type"
    ),
    "write: gzip": (WRITE, b"x", V1, GZIP, 415, "unsupported_encoding"),
    "write 1: endless": (WRITE, write1(TOO_WIDE), V1, {}, 422, "too_many_labels"),
    "write: opens large": (WRITE, snappy(b" " * 5_000_000), V1, {}, 413, "too_large"),
}  # fmt: skip
for _version, _type, _make in (("1", V1, write1), ("2", V2, write2)):
    CASES |= {
        f"write {_version}: too old": (WRITE, _make(NAME, OLD), _type, {}, 400, "too_old"),
        f"write {_version}: ahead": (WRITE, _make(NAME, AHEAD), _type, {}, 400, "too_far_ahead"),
        f"write {_version}: no name": (WRITE, _make({"a": "b"}), _type, {}, 400, "bad_labels"),
        f"write {_version}: labels": (WRITE, _make(WIDE), _type, {}, 400, "bad_labels"),
        f"write {_version}: native histogram": (
            WRITE,
            _make(NAME, histogram=True),
            _type,
            {},
            422,
            "native_histograms_unsupported",
        ),
    }


@pytest.fixture(scope="module")
def small() -> Iterator[QuadraServer]:
    """A Quadra whose limits are soon reached, and which knows one series."""
    with QuadraServer(
        RATELIMIT_ENABLED="false",
        MAX_SERIES="600",
        MAX_SERIES_PER_TOKEN="300",
        MAX_BODY_BYTES="1000000",
        MAX_UNPACKED_BYTES="4000000",
    ) as running:
        push(running, "known", 0)
        yield running


def rejected(server: QuadraServer) -> dict[str, float]:
    """Give the counts of refusals by reason."""
    begin, counts = 'quadra_matrix_samples_rejected_total{reason="', {}
    for line in stranger(server, "GET", "/metrics").text.splitlines():
        if line.startswith(begin):
            reason, _, count = line.removeprefix(begin).partition('"} ')
            counts[reason] = float(count)
    return counts


@pytest.mark.parametrize("name", CASES)
def test_every_refusal_is_counted_by_its_reason_and_said(small: QuadraServer, name: str) -> None:
    path, body, kind, headers, status, reason = CASES[name]
    before = rejected(small)
    answer = small.post(path, data=body, headers={"Content-Type": kind, **headers})
    assert status == answer.status_code, answer.text
    counts = rejected(small)
    assert {reason: 1.0} == {
        why: n - before.get(why, 0) for why, n in counts.items() if n != before.get(why, 0)
    }
    if path != OTLP or status == 200:
        assert (reason in answer.text) or answer.json()["detail"]
    if "histogram" in name and path == WRITE:
        assert [] == history(small, '{__name__="refused"}'), "nothing of it may be stored"


def test_what_the_rate_limit_refuses_is_counted_too(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_INGEST="2 per minute")
    statuses = [server.post(JSON, json={"samples": []}).status_code for _ in range(4)]
    assert ([200, 200, 429, 429], 2) == (statuses, rejected(server)["rate_limited"])


def test_what_the_gate_refuses_is_counted(small: QuadraServer) -> None:
    headers = {"Host": "evil.example"}
    assert 400 == small.get("/health", headers=headers).status_code
    counted = 'quadra_matrix_http_requests_total{endpoint="gate",method="GET",status="400"} '
    assert counted in stranger(small, "GET", "/metrics").text


def test_a_flood_of_series_from_one_token_keeps_neither_others_nor_its_own_known_ones_out(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(MAX_SERIES="400", MAX_SERIES_PER_TOKEN="50%")
    _id, flood = make_token(server, "ingest")
    _id, quiet = make_token(server, "ingest")

    def send(token: str, path: str, body: bytes, kind: str) -> requests.Response:
        headers = bearing(token, **{"Content-Type": kind})
        return stranger(server, "POST", path, data=body, headers=headers)

    for i in range(12):
        answer = send(flood, JSON, many(20, f"f{i}_"), "application/json")
        if i < 10:
            assert 200 == answer.status_code
        else:
            body = problem(answer, 422, "series_quota")
            assert "a test" in body["detail"]
            assert "200" in body["detail"]
    server.kill9()
    server.restart()
    problem(send(flood, JSON, many(1, "after"), "application/json"), 422, "series_quota")

    at = int(time.time() * 1000)
    series = [({"__name__": name}, [(at, 7.0)]) for name in ("f0_0", "g0", "g1")]
    answer = send(flood, WRITE, snappy(message1(*series).SerializeToString()), V1)
    assert "series_quota: 2" in problem(answer, 400, "partly_refused")["detail"]
    assert 7.0 == history(server, "f0_0")[0]["values"][-1]
    made = request()
    for name in ("f0_0", "g2"):
        point(metric(made, name).gauge.data_points, as_int=9, time_unix_nano=(at + 1) * 1_000_000)
    answer = send(flood, OTLP, made.SerializeToString(), V1)
    assert 200 == answer.status_code
    assert b"series_quota: 1" in answer.content
    assert 9.0 == history(server, "f0_0")[0]["values"][-1]
    assert [] == history(server, '{__name__=~"g[0-9]"}')

    assert 200 == send(quiet, JSON, many(50, "quiet"), "application/json").status_code


def test_differences_of_series_that_are_not_let_in_leave_nothing_on_disk(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(MAX_SERIES="400", MAX_SERIES_PER_TOKEN="50%")

    def send(names: Iterable[str], at: int) -> requests.Response:
        made = request()
        for name in names:
            data = metric(made, name).sum
            data.is_monotonic, data.aggregation_temporality = True, DELTA
            point(data.data_points, as_int=1, time_unix_nano=at)
        return server.post(OTLP, data=made.SerializeToString(), headers={"Content-Type": V1})

    began = time.time_ns() - 10**9
    assert 200 == send(["mine"], began).status_code
    for i in range(3):
        flood = [f"flood{i}_{number}" for number in range(300)]
        answer = send(["mine", *flood], began + (i + 1) * 10**7)
        assert (200, True) == (answer.status_code, b"series_quota: 300" in answer.content)
    assert 422 == send([f"more{number}" for number in range(300)], began).status_code
    assert [1.0, 2.0, 3.0, 4.0] == history(server, "mine_total")[0]["values"]
    with closing(sqlite3.connect(server.folder / "data/quadra_matrix.db")) as database:
        assert [(1,)] == database.execute("SELECT count(*) FROM memos").fetchall()
