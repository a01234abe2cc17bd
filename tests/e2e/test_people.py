"""People and what they may, by HTTP and by socket; their sessions; who did what."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import socketio.exceptions
from joserfc.jwk import RSAKey

from tests.e2e.clients import Browserlike, bearing, live, make_token, problem, push, stranger
from tests.e2e.test_alerts import alerts, make_rule, until
from tests.servers.openid import CLIENT_ID, Provider
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

WORDS = "a long sentence"
RULE = {"name": "r", "selector": "x", "op": ">", "threshold": 1}
USERS = "/api/v1/users"


class Person(Browserlike):
    """Somebody who signs in by name."""

    def enter(self, name: str, password: str = WORDS) -> requests.Response:
        sent = {"user": name, "password": password, "next": "/alerts"}
        answer = self.request("POST", "/login", data=sent)
        if answer.status_code == 303:
            found = re.search(r'"csrf": ?"([0-9a-f]{64})"', self.get("/").text)
            assert found is not None
            self.session.headers["X-CSRF-Token"] = found[1]
        return answer


def make_user(server: QuadraServer, name: str, role: str) -> int:
    made = server.post(USERS, json={"name": name, "role": role, "password": WORDS})
    assert 201 == made.status_code, made.text
    number: int = made.json()["id"]
    return number


@pytest.fixture(scope="module")
def people(server: QuadraServer) -> dict[str, int]:
    """Three people, called by their roles."""
    return {role: make_user(server, role, role) for role in ("viewer", "editor", "admin")}


@pytest.fixture
def someone(server: QuadraServer) -> Person:
    return Person(server)


@pytest.fixture
def roles(server: QuadraServer, people: dict[str, int]) -> dict[str, Person]:
    signed_in = {role: Person(server) for role in people}
    for role, person in signed_in.items():
        assert (303, "/alerts") == (
            (answer := person.enter(role)).status_code, answer.headers["Location"],
        )  # fmt: skip
    return signed_in


def test_each_role_may_what_it_says_and_no_more(roles: dict[str, Person]) -> None:
    asked: list[tuple[str, str, Any, dict[str, int]]] = [
        ("GET", "/api/v1/alerts", None, {"viewer": 200, "editor": 200, "admin": 200}),
        ("POST", "/api/v1/alert-rules", RULE, {"viewer": 403, "editor": 201, "admin": 409}),
        ("GET", "/api/v1/tokens", None, {"viewer": 403, "editor": 403, "admin": 200}),
        ("GET", USERS, None, {"viewer": 403, "editor": 403, "admin": 200}),
        ("GET", "/api/v1/audit", None, {"viewer": 403, "editor": 403, "admin": 200}),
        ("GET", "/api/v1/sessions?all=true", None, {"viewer": 403, "editor": 403, "admin": 200}),
    ]
    for method, path, body, expected in asked:
        found = {
            role: person.request(method, path, json=body).status_code
            for role, person in roles.items()
        }
        assert expected == found, path
    known = roles["editor"].get("/api/v1/account").json()
    assert ("editor", "user", ["read", "write"]) == (known["role"], known["kind"], known["scopes"])


def test_by_socket_people_see_what_a_reader_sees(
    server: QuadraServer, roles: dict[str, Person]
) -> None:
    with live(server, cookie=roles["viewer"].cookie) as console:
        assert console.subscribe("seen_by_viewer", events=["alerts"])["ok"]
        push(server, "seen_by_viewer", 1)
        console.wait_for("samples")


def test_who_acknowledges_is_who_they_are(server: QuadraServer, roles: dict[str, Person]) -> None:
    make_rule(server, "taken_by")
    push(server, "taken_by", 99)
    alert = until(server, "taken_by", "firing")
    editor = roles["editor"]
    answer = editor.request("POST", f"/api/v1/alerts/{alert['id']}/ack", json={"by": "the boss"})
    assert "editor" == answer.json()["acknowledged_by"]
    assert "editor" == alerts(server, "taken_by")[0]["acknowledged_by"]
    wish = {"matchers": ['rule="x"'], "ends_at": time.time() + 60, "reason": "r"}
    made = editor.request("POST", "/api/v1/silences", json=wish | {"created_by": "the boss"})
    assert "editor" == made.json()["created_by"]


@pytest.mark.parametrize("how", ["sign out", "end it", "disable", "password", "role"])
def test_an_open_socket_is_cut_with_the_session(server: QuadraServer, how: str) -> None:
    name = f"cut by {how}"
    number, person = make_user(server, name, "editor"), Person(server)
    person.enter(name)
    with live(server, cookie=person.cookie) as console:
        with Stopwatch(server.process.pid) as watch:
            match how:
                case "sign out":
                    person.request("POST", "/logout")
                case "end it":
                    (session,) = person.get("/api/v1/sessions").json()["sessions"]
                    assert session["current"]
                    path = f"/api/v1/sessions/{session['id']}"
                    assert 204 == person.request("DELETE", path).status_code
                case "password":
                    sent = {"current": WORDS, "password": WORDS + " more"}
                    answer = person.request("POST", "/api/v1/account/password", json=sent)
                    assert 204 == answer.status_code, answer.text
                case _:
                    change = {"disabled": True} if how == "disable" else {"role": "viewer"}
                    server.session.put(f"{server.url}{USERS}/{number}", json=change, timeout=10)
            console.wait_for("disconnect")
        assert watch.seconds < 5
    assert 401 == person.get("/api/v1/account").status_code
    with pytest.raises(socketio.exceptions.ConnectionError), live(server, cookie=person.cookie):
        pass


def test_nobody_ends_the_session_of_another_but_an_admin(roles: dict[str, Person]) -> None:
    (mine,) = roles["viewer"].get("/api/v1/sessions").json()["sessions"][:1]
    path = f"/api/v1/sessions/{mine['id']}"
    problem(roles["editor"].request("DELETE", path), 404, "not_found")
    assert 204 == roles["admin"].request("DELETE", path).status_code
    assert 401 == roles["viewer"].get("/api/v1/account").status_code


def test_a_wrong_password_says_nothing_of_who_is_known(
    someone: Person, people: dict[str, int]
) -> None:
    answers = [someone.enter("viewer", "wrong password"), someone.enter("nobody", "wrong password")]
    assert [401, 401] == [answer.status_code for answer in answers]
    first, second = (re.sub(r'value="(viewer|nobody)"', "", answer.text) for answer in answers)
    assert first == second
    assert someone.cookie is None


def test_guesses_are_refused_before_they_cost_anything(start_quadra: Any) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="3 per minute")
    make_user(server, "mira", "viewer")
    someone = Person(server)
    codes = [someone.enter("mira", f"wrong {n} password").status_code for n in range(5)]
    assert [401, 401, 401, 429, 429] == codes
    assert 429 == someone.enter("mira").status_code  # the right one neither


def test_who_guessed_tokens_may_not_go_on_with_passwords(start_quadra: Any) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="3 per minute")
    make_user(server, "mira", "viewer")
    for n in range(4):
        wrong = bearing(f"guess-{n:020}")
        stranger(server, "GET", "/api/v1/status", headers=wrong)
    assert 429 == Person(server).enter("mira").status_code


def test_many_addresses_guess_at_a_name_no_more_than_one_does(start_quadra: Any) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", NUM_PROXIES="1")
    make_user(server, "mira", "viewer")
    own = Person(server)
    assert 303 == own.enter("mira").status_code
    addresses = count()

    def guess(name: str, password: str) -> requests.Response:
        number = next(addresses)
        from_elsewhere = {"X-Forwarded-For": f"100.{64 + number // 250}.{number % 250}.1"}
        sent = {"user": name, "password": password}
        return stranger(server, "POST", "/login", data=sent, headers=from_elsewhere)

    def until_refused(name: str) -> requests.Response:
        answers = [guess(name, "wrong password") for _ in range(11)]
        assert [401] * 11 == [answer.status_code for answer in answers]
        until = time.monotonic() + 30
        while int((answer := guess(name, "wrong password")).headers.get("Retry-After", 0)) < 4:
            assert time.monotonic() < until  # pauses grow
        return answer

    nobodys, miras = until_refused("nobody"), until_refused("mira")
    # Within the pause the right one is not compared either.
    began = time.monotonic()
    assert 429 == guess("mira", WORDS).status_code or time.monotonic() - began > 2
    assert problem_on_page(nobodys) == problem_on_page(miras)
    # Whoever is signed in, or was so in this browser, does not wait, nor does the administrator.
    assert 200 == own.get("/api/v1/account").status_code
    assert 204 == own.request("POST", "/logout").status_code
    assert 303 == own.enter("mira").status_code
    assert 303 == Browserlike(server).sign_in(server.token).status_code


def problem_on_page(answer: requests.Response) -> tuple[set[str], str]:
    """Give the names of a refusal's headers and its page, without who tried and how long."""
    assert 429 == answer.status_code
    assert "Too many tries" in answer.text
    return set(answer.headers), re.sub(r'value="(mira|nobody)"|in \d+ s', "", answer.text)


def test_a_wrong_password_is_noted_with_the_name_of_a_user_alone(
    server: QuadraServer, people: dict[str, int], someone: Person
) -> None:
    for name in ("EDITOR", "s3cret that went into the wrong field", "x" * 90_000, "a\r\nb\x1b[1m"):
        assert 401 == someone.enter(name, "wrong password").status_code
    found = server.get("/api/v1/audit", params={"target": "/login", "limit": 4}).json()["audit"]
    assert ["/login, an unknown name"] * 3 + ["/login, as editor"] == [
        one["target"] for one in found
    ]
    assert {("somebody", "nobody", 401)} == {(d["actor"], d["kind"], d["status"]) for d in found}
    assert "s3cret" not in server.get("/api/v1/audit").text


def test_what_an_admin_may_not(server: QuadraServer, roles: dict[str, Person]) -> None:
    own = next(u for u in server.get(USERS).json()["users"] if u["name"] == "admin")
    path = f"{USERS}/{own['id']}"
    problem(roles["admin"].request("PUT", path, json={"role": "viewer"}), 409, "own_user")
    for wish, status in (
        ({"name": "x", "role": "owner", "password": WORDS}, 422),
        ({"name": "x", "role": "viewer", "password": "short"}, 422),
        ({"name": "VIEWER", "role": "viewer", "password": WORDS}, 409),
    ):
        assert status == server.post(USERS, json=wish).status_code
    assert "argon2" not in server.get(USERS).text


def test_a_token_rotates_and_the_former_one_ends(server: QuadraServer) -> None:
    number, secret = make_token(server, "read", expires_in=3_600)
    rotated = server.post(f"/api/v1/tokens/{number}/rotate", json={"overlap": 600})
    assert 201 == rotated.status_code, rotated.text
    made = rotated.json()
    assert 3_500 < made["expires_at"] - time.time() <= 3_600
    for one in (secret, made["token"]):
        found = stranger(server, "GET", "/api/v1/account", headers=bearing(one))
        assert (200, "token") == (found.status_code, found.json()["kind"])
    again = server.post(f"/api/v1/tokens/{made['id']}/rotate").json()
    assert (
        401
        == stranger(server, "GET", "/api/v1/account", headers=bearing(made["token"])).status_code
    )
    headers = bearing(again["token"])
    assert 200 == stranger(server, "GET", "/api/v1/account", headers=headers).status_code


def test_everything_done_by_hand_is_in_the_audit_log(
    server: QuadraServer, roles: dict[str, Person]
) -> None:
    channel = {"name": "=1+1", "kind": "webhook", "url": "https://93.184.216.34/SECRET-PLACE",
               "secret": "SECRET-WORD"}  # fmt: skip
    roles["editor"].request("POST", "/api/v1/channels", json=channel)
    roles["viewer"].request("POST", "/api/v1/channels", json=channel)
    found = server.get("/api/v1/audit", params={"target": "/channels"}).json()["audit"]
    assert [("user", "viewer", 403), ("user", "editor", 201)] == [
        (deed["kind"], deed["actor"], deed["status"]) for deed in found[:2]
    ]
    mark = {"kind": "deploy", "title": "router 2.1"}
    _, pipeline = make_token(server, "ingest")
    headers = bearing(pipeline)
    for posted in (
        roles["admin"].request("POST", "/api/v1/events", json=mark),
        stranger(server, "POST", "/api/v1/events", json=mark, headers=headers),
        roles["editor"].request("POST", "/api/v1/events", json=mark),
    ):
        assert posted.status_code in (201, 403)
    found = server.get("/api/v1/audit", params={"target": "/api/v1/events"}).json()["audit"]
    assert [
        ("user", "editor", 403, {}),
        ("token", "a test", 201, mark),
        ("user", "admin", 201, mark),
    ] == [(deed["kind"], deed["actor"], deed["status"], deed["detail"]) for deed in found]
    whole = server.get("/api/v1/audit", params={"limit": 1000})
    for hidden in ("SECRET", WORDS):
        assert hidden not in whole.text
    actions = {deed["action"] for deed in whole.json()["audit"]}
    assert {"Sign in with a password", "Make a user", "Make a channel"} <= actions
    text = server.get("/api/v1/audit", params={"format": "csv"})
    assert "attachment" in text.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(text.text)))
    assert "actor" in rows[0]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    lines = server.get("/api/v1/audit", params={"format": "jsonl", "actor": "editor"}).text
    assert lines.count("\n") == len([1 for line in lines.splitlines() if '"editor"' in line])
    problem(server.get("/api/v1/audit", params={"format": "xml"}), 422, "invalid")


@pytest.mark.parametrize(("scope", "status"), [("ingest", 403), ("write", 422)])
def test_nobody_pushes_deeds_out_of_the_audit_log(
    start_quadra: Any, scope: str, status: int
) -> None:
    server = start_quadra(RATELIMIT_ENABLED="true", RATELIMIT_WRITE="5 per hour")
    headers = bearing(make_token(server, scope)[1])
    codes = [
        stranger(server, "POST", "/api/v1/boards", json={}, headers=headers).status_code
        for _ in range(8)
    ]
    assert [status] * 5 + [429] * 3 == codes
    found = server.get("/api/v1/audit", params={"target": "/api/v1/boards"}).json()["audit"]
    assert [status] * 5 == [deed["status"] for deed in found]


def test_people_are_made_and_kept_out_from_the_command_line(
    server: QuadraServer, someone: Person
) -> None:
    def users(*arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
        return server.cli("users", *arguments, given=f"{password}\n")

    made = users("create", "Zoë", "--role", "editor", "--password-stdin", password=WORDS)
    assert 0 == made.returncode, made.stderr
    assert "Zoë" in users("list").stdout
    assert 303 == someone.enter("zoë").status_code
    assert 0 == users("disable", "Zoë").returncode
    # Another process has said so: the server hears of it within seconds.
    assert wait_until(lambda: someone.get("/api/v1/account").status_code == 401, timeout=5)
    assert 401 == someone.enter("Zoë").status_code
    assert 0 == users("enable", "Zoë").returncode
    assert 0 == users("passwd", "Zoë", "--password-stdin", password=WORDS + "!").returncode
    assert 303 == someone.enter("Zoë", WORDS + "!").status_code
    failed = users("disable", "nobody")
    assert (1, True) == (failed.returncode, "no user" in failed.stderr)
    deeds = server.get("/api/v1/audit", params={"target": "Zoë"}).json()["audit"]
    kinds = [deed["kind"] for deed in deeds]
    # What the commands did, and the one who was kept out.
    assert (4, 1, 5) == (kinds.count("command"), kinds.count("nobody"), len(kinds)), deeds


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def with_openid(provider: Provider) -> Iterator[QuadraServer]:
    with QuadraServer(folder=None, RATELIMIT_ENABLED="false", **provider.settings) as running:
        yield running


def come_back(server: QuadraServer, **query: str) -> tuple[Browserlike, requests.Response]:
    """Go to the provider and back; ``query`` takes the place of what it answered."""
    someone = Browserlike(server)
    away = someone.request("GET", "/login/openid", params={"next": "/alerts"})
    assert 302 == away.status_code, away.text
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10)
    parts = urlsplit(back.headers["Location"])
    asked = dict(parse_qsl(parts.query)) | query
    return someone, someone.request("GET", parts.path, params=asked)


def test_whom_the_provider_vouches_for_comes_in_with_the_role_it_says(
    with_openid: QuadraServer, provider: Provider
) -> None:
    assert "organisation" in stranger(with_openid, "GET", "/login").text
    someone, answer = come_back(with_openid)
    assert (303, "/alerts") == (answer.status_code, answer.headers["Location"])
    known = someone.get("/api/v1/account").json()
    assert ("mira", "editor") == (known["name"], known["role"])
    provider.claims["groups"] = ["ml", "ops"]
    someone, _answer = come_back(with_openid)
    assert "admin" == someone.get("/api/v1/account").json()["role"]
    provider.claims["groups"] = ["ml"]
    again, _answer = come_back(with_openid)
    assert "editor" == again.get("/api/v1/account").json()["role"]
    assert 401 == someone.get("/api/v1/account").status_code  # the admin's session is over
    assert 1 == len(with_openid.get(USERS).json()["users"])


LIES: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "others"},
    "made for another program": {"aud": [CLIENT_ID, "others"], "azp": "others"},
    "made for nobody says whom": {"aud": [CLIENT_ID, "others"]},
    "another issuer": {"iss": "https://elsewhere.example"},
    "another sign-in": {"nonce": "x"},
    "over": {"exp": 1},
    "no subject": {"sub": None},
    "no role": {"groups": ["guests"]},
}


def refused_by_openid(server: QuadraServer) -> int:
    """Count what the audit log says of those who were not let in."""
    query = {"action": "Sign in by OpenID", "actor": "somebody", "limit": "1000"}
    deeds = server.get("/api/v1/audit", params=query).json()["audit"]
    return sum((401, "nobody") == (deed["status"], deed["kind"]) for deed in deeds)


@pytest.mark.parametrize("lie", [*LIES, "another key"])
def test_what_the_provider_says_must_be_good_in_every_respect(
    with_openid: QuadraServer, provider: Provider, lie: str
) -> None:
    spoiled = {name: value for name, value in LIES.get(lie, {}).items() if value is not None}
    gone = {name for name, value in LIES.get(lie, {}).items() if value is None}
    try:
        provider.spoil = lambda claims: {
            name: value for name, value in (claims | spoiled).items() if name not in gone
        }
        if lie == "another key":
            provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
        before = refused_by_openid(with_openid)
        someone, answer = come_back(with_openid)
        assert (401, None) == (answer.status_code, someone.cookie)
        assert before + 1 == refused_by_openid(with_openid)
    finally:
        provider.spoil = lambda claims: claims
        provider.signing_key = provider.key


def test_a_token_for_several_that_was_made_for_quadra_lets_in(
    with_openid: QuadraServer, provider: Provider
) -> None:
    ours = {"aud": [CLIENT_ID, "others"], "azp": CLIENT_ID}
    try:
        provider.spoil = lambda claims: claims | ours
        someone, _answer = come_back(with_openid)
        assert someone.cookie is not None
    finally:
        provider.spoil = lambda claims: claims


def test_an_answer_fits_one_sign_in_of_one_browser(with_openid: QuadraServer) -> None:
    for query in ({"state": "x"}, {"code": "x"}, {"code": ""}):
        someone, answer = come_back(with_openid, **query)
        assert (401, None) == (answer.status_code, someone.cookie)
    stolen = Browserlike(with_openid)
    someone = Browserlike(with_openid)
    away = someone.request("GET", "/login/openid")
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=10)
    parts = urlsplit(back.headers["Location"])
    answer = stolen.request("GET", f"{parts.path}?{parts.query}")
    assert (401, None) == (answer.status_code, stolen.cookie)


def test_a_name_alone_is_no_proof(with_openid: QuadraServer, provider: Provider) -> None:
    make_user(with_openid, "root", "admin")
    provider.claims |= {"sub": "2", "preferred_username": "root"}
    someone, answer = come_back(with_openid)
    provider.claims |= {"sub": "1", "preferred_username": "mira"}
    assert (401, None) == (answer.status_code, someone.cookie)


def test_without_a_provider_there_is_no_way_to_it(server: QuadraServer) -> None:
    assert 404 == stranger(server, "GET", "/login/openid").status_code
    assert 404 == stranger(server, "GET", "/login/openid/back").status_code
