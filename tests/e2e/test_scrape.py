"""Quadra scrapes: itself, a real target that misbehaves, and never where it must not."""

from __future__ import annotations

import gzip
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients import bearing, history, make_token, problem, stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Exporter:
    """A real HTTP target; each path of it behaves in another way."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                exporter.asked.append((self.path, self.headers.get("Authorization")))
                exporter.pages[self.path](self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Say nothing."""

        self.asked: list[tuple[str, str | None]] = []
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.stopping = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def page(self, path: str, body: str | bytes, content_type: str = TEXT, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body

        def send(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Type", content_type)
            request.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(content)

        self.pages[path] = send

    def stop(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    one = Exporter()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def quadra() -> Iterator[QuadraServer]:
    with QuadraServer(RATELIMIT_ENABLED="false", SCRAPE_ALLOW_PRIVATE="true") as running:
        yield running


def add(quadra: QuadraServer, url: str, **more: Any) -> int:
    answer = quadra.post("/api/v1/targets", json={"url": url, "interval": "1s", **more})
    assert 201 == answer.status_code, answer.text
    made: int = answer.json()["id"]
    return made


def state(quadra: QuadraServer, target_id: int) -> dict[str, Any]:
    found: dict[str, Any] = quadra.get(f"/api/v1/targets/{target_id}").json()["state"]
    return found


def scraped(quadra: QuadraServer, target_id: int, *, up: bool) -> dict[str, Any]:
    """Wait until a target is up, or down, and give its state."""
    assert wait_until(lambda: state(quadra, target_id)["up"] is up, timeout=8), state(
        quadra, target_id
    )
    return state(quadra, target_id)


def newest(quadra: QuadraServer, match: str) -> float | None:
    (line,) = history(quadra, match)
    value: float | None = line["values"][-1]
    return value


def test_quadra_scrapes_itself(quadra: QuadraServer) -> None:
    quadra.get("/api/v1/status")  # so that a request is counted before the first scrape
    target = add(quadra, f"{quadra.url}/metrics", job="quadra", labels={"env": "test"})
    found = scraped(quadra, target, up=True)
    assert found["samples"] > 20
    assert (None, {}) == (found["last_error"], found["left_out"])
    labels = f'job="quadra",instance="127.0.0.1:{quadra.port}",env="test"'
    assert 1.0 == newest(quadra, f"up{{{labels}}}")
    assert found["samples"] <= (newest(quadra, f"scrape_samples_scraped{{{labels}}}") or 0)
    assert (newest(quadra, f"scrape_duration_seconds{{{labels}}}") or 9) < 1
    listed = quadra.get(
        "/api/v1/series", params={"match": "quadra_matrix_http_requests_total"}
    ).json()["series"]
    assert {"counter"} == {one["type"] for one in listed}
    assert 204 == quadra.session.delete(f"{quadra.url}/api/v1/targets/{target}").status_code
    assert wait_until(lambda: newest(quadra, f"up{{{labels}}}") is None, timeout=5)


def test_text_and_openmetrics_of_a_real_target(quadra: QuadraServer, exporter: Exporter) -> None:
    exporter.page("/metrics", 'text_total{job="inner",x="1"} 5\ntext_nan NaN\n')
    exporter.page(
        "/open",
        'open_total{x="1"} 7.0 # {trace_id="t"} 1.0\n# EOF\n',
        OPENMETRICS,
    )
    exporter.page("/gzip", gzip.compress(b"packed 3\n"), Content_Encoding="gzip")
    base = f"http://127.0.0.1:{exporter.port}"
    ids = [add(quadra, base + path, job=path) for path in ("/metrics", "/open", "/gzip")]
    for one in ids:
        scraped(quadra, one, up=True)
    assert 5.0 == newest(quadra, 'text_total{exported_job="inner",job="/metrics"}')
    assert 7.0 == newest(quadra, 'open_total{job="/open"}')
    assert 3.0 == newest(quadra, 'packed{job="/gzip"}')


def test_a_target_that_stops_is_down_and_its_series_end(
    quadra: QuadraServer, exporter: Exporter
) -> None:
    exporter.page("/metrics", "vanishing 1\nstaying 2\n")
    target = add(quadra, f"http://127.0.0.1:{exporter.port}/metrics", job="stops")
    scraped(quadra, target, up=True)
    exporter.page("/metrics", "staying 2\n")
    assert wait_until(lambda: newest(quadra, "vanishing") is None, timeout=5)
    assert 2.0 == newest(quadra, "staying")
    exporter.stop()
    found = scraped(quadra, target, up=False)
    assert "refused" in found["last_error"]
    assert (0.0, None) == (newest(quadra, 'up{job="stops"}'), newest(quadra, "staying"))
    # A marker ends the line: it is no value of a step.
    stepped = history(quadra, "vanishing", step="10s")
    assert {1.0} == {value for line in stepped for value in line["values"]}


def misbehave(exporter: Exporter) -> dict[str, str]:
    """Make every kind of bad page; give what is said of each."""

    def redirect(request: BaseHTTPRequestHandler) -> None:
        request.send_response(307)
        request.send_header("Location", "/good")
        request.end_headers()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not exporter.stopping.wait(0.05):
            request.wfile.write(b"a")

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while not exporter.stopping.is_set():
            request.wfile.write(b"a 1\n" * 10_000)

    exporter.pages |= {"/redirect": redirect, "/drip": drip, "/endless": endless}
    exporter.page("/good", "a 1\n")
    bomb = gzip.compress(b"\0" * 50_000_000)
    exporter.page("/bomb", bomb, Content_Encoding="gzip")
    exporter.page("/garbage", bytes(range(256)) * 100)
    exporter.page("/html", "<html></html>", "text/html")
    exporter.page("/cut", "a 1\n", OPENMETRICS)
    exporter.page("/many", "".join(f"a{n} 1\n" for n in range(200)))
    return {
        "/redirect": "answered 307; redirects are not followed",
        "/drip": "no whole answer within 0.9 s",
        "/endless": "larger than 1000000 bytes (body_size_limit)",
        "/bomb": "larger than 1000000 bytes (body_size_limit)",
        "/garbage": "not UTF-8",
        "/html": "answered 'text/html', not metrics",
        "/cut": "does not end with # EOF",
        "/many": "more than 100 samples (sample_limit)",
    }


def test_every_kind_of_bad_target_is_down_and_said_why_and_delays_no_good_one(
    quadra: QuadraServer, exporter: Exporter
) -> None:
    said = misbehave(exporter)
    base = f"http://127.0.0.1:{exporter.port}"
    limits = {"sample_limit": 100, "body_size_limit": 1_000_000}
    ids = {path: add(quadra, base + path, job=path, **limits) for path in said}
    with Stopwatch(quadra.process.pid) as watch:
        good = add(quadra, f"{base}/good", job="good")
        assert wait_until(lambda: state(quadra, good)["up"] is True, timeout=15)
    assert watch.seconds < 3
    for path, words in said.items():
        found = scraped(quadra, ids[path], up=False)
        assert words in found["last_error"]
        assert 0.0 == newest(quadra, f'up{{job="{path}"}}')
    assert scraped(quadra, good, up=True)["duration"] < 1
    assert "200" == str(quadra.get("/health").status_code)
    metrics = quadra.get("/metrics").text
    for reason in ("body_size_limit", "sample_limit", "bad_exposition", "scrape_content_type"):
        assert f'samples_rejected_total{{reason="{reason}"}}' in metrics
    for one in (*ids.values(), good):
        quadra.session.delete(f"{quadra.url}/api/v1/targets/{one}")


def test_credentials_are_sent_and_never_given_back(
    quadra: QuadraServer, exporter: Exporter
) -> None:
    exporter.page("/metrics", "secret_page 1\n")
    url = f"http://127.0.0.1:{exporter.port}/metrics"
    target = add(quadra, url, job="secret", bearer_token="tok-s3cret")
    scraped(quadra, target, up=True)
    assert "Bearer tok-s3cret" == exporter.asked[-1][1]
    path = f"/api/v1/targets/{target}"

    def put(**body: Any) -> Any:
        return quadra.session.put(
            quadra.url + path, json={"interval": "1s", "job": "secret", **body}, timeout=10
        )

    changed = put(url=url + "?x=1")
    assert ("bearer", 200) == (changed.json()["authorization"], changed.status_code)
    assert wait_until(lambda: ("/metrics?x=1", "Bearer tok-s3cret") in exporter.asked, timeout=5), (
        exporter.asked
    )
    # Whoever may change targets must not be able to send the secret elsewhere.
    refused = problem(put(url="http://127.0.0.1:1/metrics"), 422, "invalid")
    assert {"bearer_token", "basic_auth"} == {fault["field"] for fault in refused["errors"]}
    ended = put(url=url, basic_auth={"username": "me", "password": "pa:ss"})
    assert "basic" == ended.json()["authorization"]
    assert wait_until(lambda: exporter.asked[-1][1] == "Basic bWU6cGE6c3M=", timeout=5)
    assert put(url=url, bearer_token=None).json()["authorization"] is None
    assert wait_until(lambda: exporter.asked[-1][1] is None, timeout=5)
    shown = quadra.get("/api/v1/targets").text + quadra.get(path).text + quadra.output()
    shown += quadra.get("/api/v1/audit").text
    logged = "".join(p.read_text() for p in (quadra.folder / "logs").glob("*.log"))
    for secret in ("tok-s3cret", "pa:ss"):
        assert secret not in shown + logged


def test_targets_outlive_a_restart(start_quadra: Callable[..., QuadraServer]) -> None:
    quadra = start_quadra(SCRAPE_ALLOW_PRIVATE="true")
    target = add(quadra, f"{quadra.url}/metrics", job="again")
    scraped(quadra, target, up=True)
    quadra.restart()
    scraped(quadra, target, up=True)


def test_changing_targets_needs_the_write_scope(quadra: QuadraServer) -> None:
    _, reads = make_token(quadra, "read")
    body = {"url": "http://8.8.8.8/"}
    assert 401 == stranger(quadra, "GET", "/api/v1/targets").status_code
    assert 200 == stranger(quadra, "GET", "/api/v1/targets", headers=bearing(reads)).status_code
    for method, path in (
        ("POST", "/api/v1/targets"),
        ("PUT", "/api/v1/targets/1"),
        ("DELETE", "/api/v1/targets/1"),
    ):
        answer = stranger(quadra, method, path, json=body, headers=bearing(reads))
        problem(answer, 403, "missing_scope")
    problem(quadra.session.delete(f"{quadra.url}/api/v1/targets/99999"), 404, "not_found")
    problem(quadra.get("/api/v1/targets/99999"), 404, "not_found")


def test_two_targets_with_the_same_labels_conflict(quadra: QuadraServer) -> None:
    target = add(quadra, "http://127.0.0.1:1/metrics", job="twin")
    again = {"url": "http://127.0.0.1:1/other", "job": "twin"}
    problem(quadra.post("/api/v1/targets", json=again), 409, "target_exists")
    quadra.session.delete(f"{quadra.url}/api/v1/targets/{target}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:5000", "127.1", "2130706433", "0x7f.1", "localhost", "169.254.169.254",
        "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fe80::1]", "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - nothing binds to it
    ],
)  # fmt: skip
def test_private_addresses_are_refused_at_once_by_default(server: QuadraServer, host: str) -> None:
    answer = server.post("/api/v1/targets", json={"url": f"http://{host}/metrics"})
    body = problem(answer, 422, "address_refused")
    assert ["url"] == [fault["field"] for fault in body["errors"]]
    assert "SCRAPE_ALLOW_PRIVATE" in body["detail"]
    assert [] == server.get("/api/v1/targets").json()["targets"]


def test_a_target_that_was_allowed_once_is_refused_at_the_scrape(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    quadra = start_quadra(SCRAPE_ALLOW_PRIVATE="true")
    target = add(quadra, f"{quadra.url}/metrics")
    scraped(quadra, target, up=True)
    quadra.settings.pop("SCRAPE_ALLOW_PRIVATE")
    quadra.restart()
    assert "loopback" in scraped(quadra, target, up=False)["last_error"]


def test_a_file_lists_targets_and_is_read_again_when_it_changes(
    start_quadra: Callable[..., QuadraServer], tmp_path: Path, exporter: Exporter
) -> None:
    exporter.page("/metrics", "from_file 1\n")
    file = tmp_path / "targets.json"
    group = {"targets": [f"127.0.0.1:{exporter.port}"], "labels": {"job": "file"}, "interval": "1s"}
    file.write_text(json.dumps([group]))
    quadra = start_quadra(SCRAPE_ALLOW_PRIVATE="true", SCRAPE_FILE=str(file))

    def listed() -> Any:
        return quadra.get("/api/v1/targets").json()

    assert wait_until(lambda: listed()["targets"][0]["state"]["up"] is True, timeout=5)
    (one,) = listed()["targets"]
    assert (None, "file", "") == (one["id"], one["origin"], listed()["file"]["error"])
    file.write_text(json.dumps([group, {"targets": [1]}]))
    assert wait_until(lambda: listed()["file"]["error"] != "", timeout=8)
    assert listed()["file"]["error"].startswith("[1].targets[0]")
    assert 1 == len(listed()["targets"])
    file.write_text("[]")
    assert wait_until(lambda: listed()["targets"] == [], timeout=8)


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_certificates_are_verified_on_every_loop(
    start_quadra: Callable[..., QuadraServer], tmp_path: Path, mode: str
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, to make a certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",  # noqa: S607 - found on the PATH
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    exporter = Exporter(context)
    exporter.page("/metrics", "over_tls 1\n")
    try:
        quadra = start_quadra(SCRAPE_ALLOW_PRIVATE="true", ASYNC_MODE=mode, SSL_CERT_FILE=str(cert))
        right = add(quadra, f"https://localhost:{exporter.port}/metrics")
        wrong = add(quadra, f"https://127.0.0.1:{exporter.port}/metrics")
        scraped(quadra, right, up=True)
        assert 1.0 == newest(quadra, "over_tls")
        assert "not trusted" in scraped(quadra, wrong, up=False)["last_error"]
    finally:
        exporter.stop()
