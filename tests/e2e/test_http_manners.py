"""What holds for every answer: headers, ids, problems, limits, one log line."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.clients import bearing, problem, push, stranger
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]


def raw(server: QuadraServer, request: bytes) -> tuple[int, bytes]:
    """Send bytes that no client library would, and give the status and all that was answered."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        said = b""
        while part := connection.recv(65_536):
            said += part
    return int(said.split(b" ", 2)[1]), said


def asked(server: QuadraServer, line: str, *headers: str, body: str = "") -> tuple[int, bytes]:
    if not any(header.lower().startswith("host:") for header in headers):
        headers = (f"Host: 127.0.0.1:{server.port}", *headers)
    lines = [f"{line} HTTP/1.1", *headers, "Connection: close", "", body]
    return raw(server, "\r\n".join(lines).encode("latin-1"))


# --- headers


@pytest.mark.parametrize(
    "path", ["/login", "/api/v1/status", "/health", "/api/v1/nothing", "/nothing"]
)
def test_every_answer_has_the_headers_that_keep_browsers_strict(
    server: QuadraServer, path: str
) -> None:
    headers = server.get(path).headers
    assert "nosniff" == headers["X-Content-Type-Options"]
    assert "DENY" == headers["X-Frame-Options"]
    assert "same-origin" == headers["Referrer-Policy"]
    assert "same-origin" == headers["Cross-Origin-Opener-Policy"]
    assert "no-store" == headers["Cache-Control"]
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("path", ["/login", "/", "/api/docs"])
def test_pages_run_no_script_and_no_style_but_our_own_files(
    server: QuadraServer, path: str
) -> None:
    page = server.get(path)
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert ("'none'", "'self'", "'self'") == (
        policy["default-src"],
        policy["script-src"],
        policy["style-src"],
    )
    assert ("'none'", "'none'", "'self'") == (
        policy["base-uri"],
        policy["frame-ancestors"],
        policy["form-action"],
    )
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert " onclick" not in page.text
    inline = [part for part in page.text.split("<script")[1:] if "src=" not in part.split(">")[0]]
    assert all('type="application/json"' in part.split(">")[0] for part in inline)


def test_the_consoles_files_are_there_named_by_content_and_kept(server: QuadraServer) -> None:
    page = server.get("/").text
    files = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert [name for name in files if name.endswith(".js")]
    for name in files:
        answer = stranger(server, "GET", f"/static/{name}")
        assert 200 == answer.status_code
        assert "immutable" in answer.headers["Cache-Control"]
        assert "nosniff" == answer.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("sent", ["abcdefgh", "a.b-c_d1", "x" * 64])
def test_a_request_id_that_was_sent_comes_back(server: QuadraServer, sent: str) -> None:
    assert sent == server.get("/health", headers={"X-Request-ID": sent}).headers["X-Request-ID"]


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "with space", "<script>", "ä" * 8])
def test_any_other_request_id_is_replaced(server: QuadraServer, sent: str) -> None:
    headers = {"X-Request-ID": sent.encode()}
    made = server.get("/health", headers=headers).headers["X-Request-ID"]
    assert sent != made
    assert len(made) >= 8


def test_each_request_has_an_id_of_its_own(server: QuadraServer) -> None:
    assert 5 == len({server.get("/health").headers["X-Request-ID"] for _ in range(5)})


# --- what can't be asked


def test_an_unknown_address_is_a_problem(server: QuadraServer) -> None:
    problem(server.get("/api/v1/nothing"), 404, "not_found")
    problem(server.get("/nothing"), 404, "not_found")


def test_a_known_address_with_another_method_is_a_problem_that_names_the_right_ones(
    server: QuadraServer,
) -> None:
    answer = server.session.put(f"{server.url}/api/v1/series")
    problem(answer, 405, "method_not_allowed")
    assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_id_out_of_range_is_not_there_whatever_is_asked(
    server: QuadraServer, method: str
) -> None:
    address = f"{server.url}/api/v1/alert-rules/{1 << 40}"
    problem(server.session.request(method, address, json={}), 404, "not_found")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "MINE", "get"])
def test_a_method_that_is_not_used_here_is_refused(server: QuadraServer, method: str) -> None:
    status, said = asked(server, f"{method} /health")
    assert 400 <= status < 500
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..\\..\\app.py",
        "/static/manifest.json%00.js",
        "/console/../../../app.py",
        "/.git/config",
        "/.env",
        "/console.js.map",
        "/debug",
        "/?__debugger__=yes&cmd=resource&f=debugger.js",
    ],
)
def test_there_is_no_way_to_other_files_and_no_debugger(server: QuadraServer, path: str) -> None:
    status, said = asked(server, f"GET {path}", f"Authorization: Bearer {server.token}")
    if "debugger" in path:
        assert b"EVALEX" not in said
    else:
        assert 400 <= status < 500
    assert b"root:" not in said
    assert b"Traceback" not in said
    assert b"monkey" not in said


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "127.0.0.1.nip.io", ""])
def test_another_host_is_kept_out_of_pages_api_and_socket(server: QuadraServer, host: str) -> None:
    for path in ("/", "/health", "/api/v1/status", "/socket.io/?EIO=4&transport=websocket"):
        upgrade = ("Upgrade: websocket",) if "socket.io" in path else ()
        status, said = asked(server, f"GET {path}", f"Host: {host}", *upgrade)
        assert 400 == status
        assert b"unknown_host" in said


def test_a_request_without_any_host_is_refused(server: QuadraServer) -> None:
    assert 400 == raw(server, b"GET /health HTTP/1.0\r\n\r\n")[0]


def test_a_host_may_be_named_in_the_settings(start_quadra: Start) -> None:
    server = start_quadra(ALLOWED_HOSTS="console.example")
    headers = {"Host": "console.example"}
    assert 200 == server.get("/health", headers=headers).status_code
    problem(server.get("/health", headers={"Host": "other.example"}), 400, "unknown_host")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://[", "http://127.0.0.1:1"]
)
def test_pages_of_other_origins_may_change_nothing(server: QuadraServer, origin: str) -> None:
    headers = {"Origin": origin}
    sample = {"samples": [{"name": "foreign", "value": 1}]}
    problem(server.post("/api/v1/samples", json=sample, headers=headers), 403, "foreign_origin")
    form = {"token": server.token}
    entered = stranger(server, "POST", "/login", data=form, headers=headers)
    problem(entered, 403, "foreign_origin")


def test_nobody_is_told_that_other_origins_may_read(server: QuadraServer) -> None:
    answer = server.get("/api/v1/status", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_origins_named_in_the_settings_may_call_with_a_token(start_quadra: Start) -> None:
    server = start_quadra(CORS_ORIGINS="https://app.example")
    here = {"Origin": "https://app.example"}
    wish = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = stranger(server, "OPTIONS", "/api/v1/samples", headers=here | wish)
    assert preflight.status_code in (200, 204)
    assert "https://app.example" == preflight.headers["Access-Control-Allow-Origin"]
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    sent = server.post(
        "/api/v1/samples", json={"samples": [{"name": "called", "value": 1}]}, headers=here
    )
    assert 200 == sent.status_code
    assert "https://app.example" == sent.headers["Access-Control-Allow-Origin"]
    # Never with our cookie, and nobody else.
    assert "Access-Control-Allow-Credentials" not in sent.headers
    other = server.get("/api/v1/status", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    problem(
        server.post("/api/v1/samples", json={}, headers={"Origin": "https://evil.example"}),
        403,
        "foreign_origin",
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("match=up&start=x", "start"),
        ("match=up&start=nan", "start"),
        ("match=up&end=inf", "end"),
        ("match=up&end=1e300", "end"),
        ("match=up&start=2000&end=1000", "start"),
        ("match=up&step=0", "step"),
        ("match=up&step=-1", "step"),
        ("match=up&step=nan", "step"),
        ("match=up&step=5q", "step"),
        ("match=up&step=", "step"),
        ("match=up&start=0&end=1000000000&step=1", "step"),
        ("match=up&agg=median", "agg"),
        ("", "match"),
        ("&".join(["match=up"] * 61), "match"),
    ],
)
def test_a_wrong_parameter_of_history_is_named(
    server: QuadraServer, query: str, field: str
) -> None:
    body = problem(server.get(f"/api/v1/history?{query}"), 422, "invalid")
    assert [field] == [fault["field"] for fault in body["errors"]]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "after=-1", "after=" + "9" * 30]
)
def test_a_wrong_parameter_of_the_list_of_series_is_named(server: QuadraServer, query: str) -> None:
    body = problem(server.get(f"/api/v1/series?{query}"), 422, "invalid")
    assert [query.split("=", maxsplit=1)[0]] == [fault["field"] for fault in body["errors"]]


@pytest.mark.parametrize("match", ["{broken", "{}", 'up{a=~"("}', "u" * 5000, "\0", "%ff"])
def test_a_selector_that_cannot_be_read_is_a_problem(server: QuadraServer, match: str) -> None:
    for path in ("/api/v1/history", "/api/v1/series"):
        problem(server.get(path, params={"match": match}), 422, "bad_selector")


def test_a_query_too_long_is_refused(server: QuadraServer) -> None:
    status, said = asked(server, "GET /api/v1/series?q=" + "x" * 100_000)
    assert 400 <= status < 500
    assert b"Traceback" not in said


# --- limits


def test_what_is_left_of_an_allowance_is_told_and_its_end_is_a_429(start_quadra: Start) -> None:
    server = start_quadra(
        RATELIMIT_ENABLED="true", RATELIMIT_READ="4 per minute", RATELIMIT_WRITE="2 per minute"
    )
    answers = [server.get("/api/v1/status") for _ in range(6)]
    assert [200] * 4 + [429] * 2 == [answer.status_code for answer in answers]
    assert ["3", "2", "1", "0", "0", "0"] == [
        answer.headers["X-RateLimit-Remaining"] for answer in answers
    ]
    assert {"4"} == {answer.headers["X-RateLimit-Limit"] for answer in answers}
    assert "X-RateLimit-Reset" in answers[0].headers
    body = problem(answers[-1], 429, "rate_limited")
    assert "4 per 1 minute" in body["detail"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    # One class of work does not use up another's allowance; all routes of a class share one.
    assert 429 == server.get("/api/v1/series").status_code
    push(server, "still", 1)
    assert 200 == server.get("/health").status_code
    limited = 'quadra_matrix_rate_limited_total{endpoint="/api/v1/status"} 2.0'
    assert limited in stranger(server, "GET", "/metrics").text


def test_each_token_has_an_allowance_of_its_own_and_a_claimed_address_none(
    start_quadra: Start,
) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_READ="2 per minute")
    other = server.post("/api/v1/tokens", json={"name": "other", "scopes": ["read"]}).json()[
        "token"
    ]
    for i in range(3):
        headers = {"X-Forwarded-For": f"10.0.0.{i}"}
        status = server.get("/api/v1/status", headers=headers).status_code
        assert (429 if i == 2 else 200) == status
    assert 200 == stranger(server, "GET", "/api/v1/status", headers=bearing(other)).status_code


def test_sign_ins_are_limited_by_address(start_quadra: Start) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="3 per minute")
    form = {"token": "wrong-token-wrong-token"}
    statuses = [stranger(server, "POST", "/login", data=form).status_code for _ in range(5)]
    assert [401, 401, 401, 429, 429] == statuses


def test_without_limits_none_are_told(server: QuadraServer) -> None:
    answer = server.get("/api/v1/status")
    assert 200 == answer.status_code
    assert "X-RateLimit-Limit" not in answer.headers


# --- logs


def lines(server: QuadraServer) -> list[dict[str, Any]]:
    text = (server.folder / "logs" / "quadra_matrix.json.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


def test_requests_are_logged_with_their_id_and_trace_and_in_one_line(start_quadra: Start) -> None:
    server = start_quadra()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "traced-request", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    server.get("/api/v1/status", headers=headers)
    asked(
        server,
        "GET /a%0d%0aINFO%20forged%1b[31m",
        "User-Agent: \x1b[2J",
        f"Authorization: Bearer {server.token}",
    )
    assert 0 == server.terminate()
    found = lines(server)
    (traced,) = [line for line in found if line.get("request_id") == "traced-request"]
    assert (trace, "INFO", "/api/v1/status", "quadra", "production") == (
        traced["trace_id"],
        traced["level"],
        traced["path"],
        traced["service"],
        traced["environment"],
    )
    assert {"timestamp", "logger", "module", "function", "line", "message"} <= set(traced)
    (forged,) = [line for line in found if "forged" in str(line)]
    assert "/a\r\nINFO forged\x1b[31m" == forged["path"]
    assert "\x1b" not in server.output()


def test_without_structured_logging_no_files_are_written(start_quadra: Start) -> None:
    server = start_quadra(USE_STRUCTURED_LOGGING="false")
    server.get("/api/v1/status")
    assert [] == list((server.folder / "logs").glob("*.log"))


def test_behind_a_proxy_the_clients_address_is_the_one_it_saw(start_quadra: Start) -> None:
    server = start_quadra(NUM_PROXIES="1", RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="2 per minute")

    def guess(address: str) -> int:
        headers = bearing("wrong-guess-wrong-guess", **{"X-Forwarded-For": address})
        return stranger(server, "GET", "/api/v1/status", headers=headers).status_code

    assert [401, 401, 429] == [guess("10.0.0.1") for _ in range(3)]
    assert 401 == guess("10.0.0.2")
    assert 429 == guess("10.9.9.9, 10.0.0.1")  # only what our own proxy has added counts
    # Whoever has one address of IPv6 has a whole network of them.
    assert [401, 401, 429] == [guess(f"2001:db8::{n}") for n in range(3)]


def test_who_has_a_network_of_ipv6_has_the_sign_ins_of_one(start_quadra: Start) -> None:
    server = start_quadra(NUM_PROXIES="1", RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="2 per minute")
    form = {"user": "mira", "password": "guess-guess-guess"}
    statuses = [
        stranger(
            server, "POST", "/login", data=form, headers={"X-Forwarded-For": f"2001:db8::{n}"}
        ).status_code
        for n in range(3)
    ]
    assert [401, 401, 429] == statuses
