"""Who may do what: default deny, scopes, revocation, and how tokens are handled."""

import re
import time
from typing import Any

import pytest

from tests.e2e.clients import bearing, make_token, problem, push, stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

CLOSED = [
    ("GET", "/api/v1/series"),
    ("GET", "/api/v1/history?match=up"),
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/1"),
    ("POST", "/api/v1/samples"),
    ("GET", "/api/v1/first-steps"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/v1/nothing-here"),
    ("GET", "/api/v1/tokens/../tokens"),
    ("GET", "/otlp/v1/nothing-here"),
    ("PUT", "/api/v1/series"),
    ("OPTIONS", "/api/v1/series"),
    ("HEAD", "/api/v1/series"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_credential_the_api_is_closed(
    server: QuadraServer, method: str, path: str
) -> None:
    answer = stranger(server, method, path)
    assert 401 == answer.status_code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if method != "HEAD":
        problem(answer, 401, "unauthorized")


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer qdr_0000000000000000000000000000000000000000000",
        "bearer " + "x" * 600,
        "Basic YWRtaW46YWRtaW4=",
        "Token x",
        "Bearer \xff\xfe0123456789abcdef",
    ],
)
def test_a_wrong_credential_opens_nothing(server: QuadraServer, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}
    answer = stranger(server, "GET", "/api/v1/status", headers=headers)
    problem(answer, 401, "unauthorized")


def test_a_token_in_the_query_opens_nothing(server: QuadraServer) -> None:
    for name in ("token", "access_token", "api_key"):
        answer = stranger(server, "GET", f"/api/v1/status?{name}={server.token}")
        problem(answer, 401, "unauthorized")


def test_what_is_open_needs_no_credential(server: QuadraServer) -> None:
    for path in ("/health", "/ready", "/login"):
        assert 200 == stranger(server, "GET", path).status_code


def test_metrics_are_open_to_this_machine_only(server: QuadraServer) -> None:
    assert 200 == stranger(server, "GET", "/metrics").status_code
    signs = {
        "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "quadra.example", "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9", "Via": "1.1 proxy",
    }  # fmt: skip
    for name, value in signs.items():  # each proxy has its own way to say that it is one
        problem(stranger(server, "GET", "/metrics", headers={name: value}), 401, "unauthorized")
    _id, reader = make_token(server, "read")
    headers = bearing(reader, **{"X-Forwarded-For": "203.0.113.9"})
    assert 200 == stranger(server, "GET", "/metrics", headers=headers).status_code


NEEDS = [
    ("POST", "/api/v1/samples", "ingest", {"json": {"samples": []}}, 200),
    ("GET", "/api/v1/series", "read", {}, 200),
    ("GET", "/api/v1/history?match=up", "read", {}, 200),
    ("GET", "/api/v1/status", "read", {}, 200),
    ("GET", "/api/openapi.json", "read", {}, 200),
    ("GET", "/api/v1/tokens", "admin", {}, 200),
    ("POST", "/api/v1/tokens", "admin", {"json": {"name": "x", "scopes": ["read"]}}, 201),
    ("DELETE", "/api/v1/tokens/999999", "admin", {}, 404),
    ("GET", "/api/v1/first-steps", "admin", {}, 200),
]
OPENS = {
    "ingest": {"ingest"},
    "read": {"read"},
    "write": {"read", "write"},
    "admin": {"ingest", "read", "write", "admin"},
}


@pytest.fixture(scope="module")
def tokens(server: QuadraServer) -> dict[str, str]:
    return {scope: make_token(server, scope)[1] for scope in OPENS}


@pytest.mark.parametrize("scope", OPENS)
@pytest.mark.parametrize(("method", "path", "needs", "options", "status"), NEEDS)
def test_a_token_opens_what_its_scope_says(
    server: QuadraServer,
    tokens: dict[str, str],
    scope: str,
    method: str,
    path: str,
    needs: str,
    options: dict[str, Any],
    status: int,
) -> None:
    answer = stranger(server, method, path, headers=bearing(tokens[scope]), **options)
    if needs in OPENS[scope]:
        assert status == answer.status_code, answer.text
    else:
        problem(answer, 403, "missing_scope")


def test_every_route_but_a_few_known_ones_is_closed_to_strangers(server: QuadraServer) -> None:
    routes = [line.split() for line in server.cli("routes").stdout.splitlines()[2:]]
    paths = {route[2] for route in routes if "GET" in route[1]}
    assert {"/", "/health", "/api/v1/series"} <= paths
    opened = {
        path
        for path in paths
        if stranger(server, "GET", re.sub(r"<[^>]*>", "1", path)).status_code == 200
    }
    assert {"/health", "/ready", "/login", "/metrics", "/api/v1/heartbeat"} == opened


# --- the life of a token


def test_a_tokens_secret_is_shown_once_and_never_again(server: QuadraServer) -> None:
    _id, token = make_token(server, "read")
    listed = server.get("/api/v1/tokens").text
    assert token not in listed
    assert token.removeprefix("qdr_")[:12] not in listed


def test_a_revoked_token_opens_nothing_any_more(server: QuadraServer) -> None:
    number, token = make_token(server, "read")
    headers = bearing(token)
    assert 200 == stranger(server, "GET", "/api/v1/status", headers=headers).status_code
    assert 204 == server.session.delete(f"{server.url}/api/v1/tokens/{number}").status_code
    problem(stranger(server, "GET", "/api/v1/status", headers=headers), 401, "unauthorized")
    assert number not in [t["id"] for t in server.get("/api/v1/tokens").json()["tokens"]]
    again = server.session.delete(f"{server.url}/api/v1/tokens/{number}")
    problem(again, 404, "not_found")


def test_a_token_with_an_end_ends(server: QuadraServer) -> None:
    _id, token = make_token(server, "read", expires_in=0.5)

    def status() -> int:
        return stranger(server, "GET", "/api/v1/status", headers=bearing(token)).status_code

    assert wait_until(lambda: status() == 401, timeout=8, every=0.1)


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({}, ["name", "scopes"]),
        ({"name": 1, "scopes": "read"}, ["name", "scopes"]),
        ({"name": "x", "scopes": [1]}, ["scopes"]),
        ({"name": "x", "scopes": ["root"]}, ["scopes"]),
        ({"name": "", "scopes": ["read"]}, ["name"]),
        ({"name": "x" * 101, "scopes": ["read"]}, ["name"]),
        ({"name": "a\x1b[31m\n", "scopes": ["read"]}, ["name"]),
        ({"name": "x", "scopes": ["read"], "expires_in": 0}, ["expires_in"]),
        ({"name": "x", "scopes": ["read"], "expires_in": -1}, ["expires_in"]),
        ({"name": "x", "scopes": ["read"], "expires_in": "1"}, ["expires_in"]),
        ({"name": "x", "scopes": ["read"], "expires_in": True}, ["expires_in"]),
        ({"name": "x", "scopes": ["read"], "expires_in": 1e300}, ["expires_in"]),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    server: QuadraServer, wish: dict[str, Any], fields: list[str]
) -> None:
    body = problem(server.post("/api/v1/tokens", json=wish), 422, "invalid")
    assert fields == [fault["field"] for fault in body["errors"]]


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999999", "-1", "x", "1.0"])
def test_a_token_that_is_not_there_is_not_found(server: QuadraServer, number: str) -> None:
    answer = server.session.delete(f"{server.url}/api/v1/tokens/{number}")
    problem(answer, 404, "not_found")


def test_the_token_of_the_first_steps_sends_and_does_nothing_else(server: QuadraServer) -> None:
    steps = server.get("/api/v1/first-steps").json()
    assert server.url == steps["address"]
    headers = bearing(steps["token"])
    sample = {"samples": [{"name": "from_first_steps", "value": 1}]}
    sent = stranger(server, "POST", "/api/v1/samples", json=sample, headers=headers)
    assert {"accepted": 1, "series": 1} == sent.json()
    assert 403 == stranger(server, "GET", "/api/v1/series", headers=headers).status_code


def test_a_revoked_token_of_the_first_steps_stays_revoked_after_a_restart(
    start_quadra: Any,
) -> None:
    server: QuadraServer = start_quadra()
    old = server.get("/api/v1/first-steps").json()["token"]
    (number,) = [
        t["id"] for t in server.get("/api/v1/tokens").json()["tokens"] if t["name"] == "first-steps"
    ]
    server.session.delete(f"{server.url}/api/v1/tokens/{number}")
    server.restart()
    answer = stranger(server, "POST", "/api/v1/samples", json={"samples": []}, headers=bearing(old))
    problem(answer, 401, "unauthorized")
    new = server.get("/api/v1/first-steps").json()["token"]
    answer = stranger(server, "POST", "/api/v1/samples", json={"samples": []}, headers=bearing(new))
    assert 200 == answer.status_code


# --- guessing


def test_guessing_is_stopped_and_those_already_in_go_on(start_quadra: Any) -> None:
    server: QuadraServer = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="5 per minute")
    push(server, "before", 1)
    answers = [
        stranger(server, "GET", "/api/v1/status", headers=bearing(f"wrong-guess-{i:06}"))
        for i in range(8)
    ]
    assert [401] * 5 + [429] * 3 == [answer.status_code for answer in answers]
    problem(answers[-1], 429, "rate_limited")
    assert int(answers[-1].headers["Retry-After"]) > 0
    # Whoever signs in now from there has to wait too; who has shown a good token need not.
    form = {"token": server.token}
    assert 429 == stranger(server, "POST", "/login", data=form).status_code
    push(server, "after", 1)


def test_a_claimed_address_gives_no_new_guesses(start_quadra: Any) -> None:
    server: QuadraServer = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="3 per minute")
    statuses = [
        stranger(
            server,
            "GET",
            "/api/v1/status",
            headers=bearing(f"wrong-guess-{i:06}", **{"X-Forwarded-For": f"10.0.0.{i}"}),
        ).status_code
        for i in range(5)
    ]
    assert [401, 401, 401, 429, 429] == statuses


def test_guessing_takes_the_same_time_whatever_is_guessed(server: QuadraServer) -> None:
    """A prefix that fits must not answer measurably later; half a millisecond is noise here."""
    guesses = (server.token[:-1] + "?", "z" * len(server.token))
    took: dict[str, list[float]] = {guess: [] for guess in guesses}
    for guess in 40 * guesses:  # by turns, so that whatever else the machine does holds up both
        began = time.perf_counter()
        stranger(server, "GET", "/api/v1/status", headers=bearing(guess))
        took[guess].append(time.perf_counter() - began)
    near, far = (sorted(took[guess])[10] for guess in guesses)
    assert abs(near - far) < 0.01
