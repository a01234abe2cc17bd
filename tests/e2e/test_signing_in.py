"""From the printed address to a session, and out again."""

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from tests.e2e.clients import Browserlike, bearing, make_token, problem, stranger
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]


def boot_token(page: str) -> str:
    """Give the CSRF token that the page holds for its script."""
    found = re.search(r'"csrf": ?"([0-9a-f]{64})"', page)
    assert found is not None, page
    return found[1]


@pytest.fixture
def person(server: QuadraServer) -> Browserlike:
    someone = Browserlike(server)
    assert 303 == someone.sign_in(server.token).status_code
    return someone


def test_the_printed_address_opens_the_console_once(start_quadra: Start) -> None:
    server = start_quadra(QUADRA_ADMIN_TOKEN=None)
    first = Browserlike(server)
    opened = first.get(server.first_address.removeprefix(server.url))
    assert (200, server.url + "/") == (opened.status_code, opened.url)  # the code is out of sight
    assert 'id="boot"' in opened.text
    assert ["admin"] == [s for s in ["admin"] if f'"{s}"' in opened.text]

    second = Browserlike(server)
    refused = second.request("GET", server.first_address.removeprefix(server.url))
    assert 401 == refused.status_code
    assert second.cookie is None
    assert 200 == first.get("/api/v1/status").status_code  # the first one stays signed in


def test_the_admin_token_that_was_made_is_in_a_file_that_only_its_owner_reads(
    start_quadra: Start,
) -> None:
    server = start_quadra(QUADRA_ADMIN_TOKEN=None)
    file = server.folder / "data" / "admin-token"
    assert 0o600 == file.stat().st_mode & 0o777
    token = file.read_text().strip()
    assert token not in server.output()
    assert 200 == stranger(server, "GET", "/api/v1/tokens", headers=bearing(token)).status_code
    # From this very machine it opens the console in the address too.
    someone = Browserlike(server)
    assert "/" == urlsplit(someone.get(f"/?token={token}").url).path
    assert someone.cookie is not None


def test_the_admin_token_in_an_address_opens_nothing_through_a_proxy(server: QuadraServer) -> None:
    someone = Browserlike(server)
    refused = someone.request(
        "GET", f"/?token={server.token}", headers={"X-Forwarded-For": "127.0.0.1"}
    )
    assert (401, None) == (refused.status_code, someone.cookie)


def test_after_a_restart_nobody_who_was_signed_in_needs_to_sign_in_again(
    start_quadra: Start,
) -> None:
    server = start_quadra()
    someone = Browserlike(server)
    someone.get(server.first_address.removeprefix(server.url))
    server.restart()
    assert 200 == someone.get("/api/v1/status").status_code
    assert 1 == server.output().count("?token=")  # a code is printed until it was used


def test_the_sign_in_page_takes_a_token_and_leads_on(server: QuadraServer) -> None:
    someone = Browserlike(server)
    asked = someone.request("GET", "/")
    assert (302, "/login") == (asked.status_code, asked.headers["Location"])
    assert 'name="token"' in someone.get("/login").text
    entered = someone.sign_in(server.token)
    assert (303, "/") == (entered.status_code, entered.headers["Location"])
    assert 200 == someone.get("/").status_code


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(server: QuadraServer) -> None:
    cookie = Browserlike(server).sign_in(server.token).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_behind_a_proxy_with_tls_the_cookie_goes_over_tls_alone(start_quadra: Start) -> None:
    server = start_quadra(NUM_PROXIES="1")
    form = {"token": server.token}
    for scheme, secure in (("https", True), ("http", False)):
        headers = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": scheme}
        answer = stranger(server, "POST", "/login", data=form, headers=headers)
        assert secure == ("Secure" in answer.headers["Set-Cookie"].split("; "))


@pytest.mark.parametrize("token", ["", "wrong", "x" * 100_000, "qdr_" + "x" * 43])
def test_a_wrong_token_shows_the_form_again(server: QuadraServer, token: str) -> None:
    someone = Browserlike(server)
    answer = someone.sign_in(token)
    assert answer.status_code in (401, 413)
    assert someone.cookie is None


def test_a_token_that_only_sends_opens_no_session(server: QuadraServer) -> None:
    _id, token = make_token(server, "ingest")
    assert 401 == Browserlike(server).sign_in(token).status_code


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "http:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\t\\evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "//[evil.example",
        "evil.example",
        "",
    ],
)
def test_after_signing_in_people_stay_on_this_server(server: QuadraServer, target: str) -> None:
    someone = Browserlike(server)
    form = {"token": server.token, "next": target}
    entered = someone.request("POST", "/login", data=form)
    assert 303 == entered.status_code
    # Browsers drop tabs and line ends, and read a backslash as a slash.
    location = re.sub(r"[\t\r\n]", "", entered.headers["Location"]).replace("\\", "/").strip()
    assert server.url == urljoin(server.url, location)[: len(server.url)]
    assert "evil" not in urlsplit(urljoin(server.url, location)).netloc


def test_after_signing_in_people_come_where_they_wanted_to(server: QuadraServer) -> None:
    asked = stranger(server, "GET", "/api/docs?x=1&y=2")
    assert 302 == asked.status_code
    assert asked.headers["Location"].startswith("/login?next=/api/docs")
    form = {"token": server.token, "next": "/api/docs?x=1"}
    entered = Browserlike(server).request("POST", "/login", data=form)
    assert "/api/docs?x=1" == entered.headers["Location"]


def test_where_the_files_lie_is_told_on_this_machine_only(server: QuadraServer) -> None:
    folder = server.settings["DATA_DIR"]
    assert folder in stranger(server, "GET", "/login").text
    through_a_proxy = stranger(server, "GET", "/login", headers={"X-Forwarded-For": "10.0.0.9"})
    assert folder not in through_a_proxy.text
    assert "data/admin-token" in through_a_proxy.text


def test_what_should_come_next_cannot_break_out_of_the_form(server: QuadraServer) -> None:
    page = stranger(server, "GET", '/login?next="><script>alert(1)</script>').text
    assert "<script>alert" not in page


def test_signing_out_ends_the_session_also_for_whoever_kept_the_cookie(
    person: Browserlike, server: QuadraServer
) -> None:
    kept = person.cookie
    assert kept is not None
    csrf = boot_token(person.get("/").text)
    assert 204 == person.request("POST", "/logout", headers={"X-CSRF-Token": csrf}).status_code
    assert person.cookie is None
    again = stranger(server, "GET", "/api/v1/status", cookies={"quadra_session": kept})
    problem(again, 401, "unauthorized")


@pytest.mark.parametrize("csrf", [None, "", "x", "0" * 64, "é"])
def test_changes_from_a_browser_need_the_pages_own_token(
    person: Browserlike, csrf: str | None
) -> None:
    headers = {} if csrf is None else {"X-CSRF-Token": csrf.encode()}
    wish = {"name": "x", "scopes": ["read"]}
    problem(
        person.request("POST", "/api/v1/tokens", json=wish, headers=headers), 403, "bad_csrf_token"
    )
    problem(person.request("DELETE", "/api/v1/tokens/1", headers=headers), 403, "bad_csrf_token")
    problem(person.request("POST", "/logout", headers=headers), 403, "bad_csrf_token")


def test_with_the_pages_own_token_a_browser_may_change_things(person: Browserlike) -> None:
    headers = {"X-CSRF-Token": boot_token(person.get("/").text)}
    wish = {"name": "from the console", "scopes": ["read"]}
    made = person.request("POST", "/api/v1/tokens", json=wish, headers=headers)
    assert 201 == made.status_code
    gone = person.request("DELETE", f"/api/v1/tokens/{made.json()['id']}", headers=headers)
    assert 204 == gone.status_code


def test_the_token_of_one_session_is_worth_nothing_in_another(
    person: Browserlike, server: QuadraServer
) -> None:
    other = Browserlike(server)
    other.sign_in(server.token)
    headers = {"X-CSRF-Token": boot_token(other.get("/").text)}
    problem(person.request("DELETE", "/api/v1/tokens/1", headers=headers), 403, "bad_csrf_token")


def test_a_viewer_signed_in_may_look_and_not_change(server: QuadraServer) -> None:
    _id, token = make_token(server, "read")
    viewer = Browserlike(server)
    assert 303 == viewer.sign_in(token).status_code
    page = viewer.get("/")
    headers = {"X-CSRF-Token": boot_token(page.text)}
    assert 200 == viewer.get("/api/v1/series").status_code
    problem(viewer.get("/api/v1/tokens"), 403, "missing_scope")
    problem(viewer.request("DELETE", "/api/v1/tokens/1", headers=headers), 403, "missing_scope")


@pytest.mark.parametrize("change", ["", "x", "append", "flip"])
def test_a_cookie_that_was_tampered_with_is_nobodys(person: Browserlike, change: str) -> None:
    good = person.cookie or ""
    flipped = good[:-1] + ("A" if good[-1] != "A" else "B")
    cookie = {"append": good + "x", "flip": flipped}.get(change, change)
    answer = stranger(person.server, "GET", "/api/v1/status", cookies={"quadra_session": cookie})
    assert 401 == answer.status_code


def test_the_code_is_never_logged(start_quadra: Start) -> None:
    server = start_quadra(LOG_LEVEL="DEBUG")
    code = server.first_address.partition("token=")[2]
    Browserlike(server).get(f"/?token={code}")
    Browserlike(server).sign_in(server.token)
    requests.get(f"{server.url}/?token=qdr_wrong_wrong_wrong", timeout=10)
    server.terminate()
    logs = "".join(file.read_text() for file in (server.folder / "logs").iterdir())
    assert '"GET /' in logs.replace('"message":"', '"')
    for secret in (code, server.token, "wrong_wrong"):
        assert secret not in logs
