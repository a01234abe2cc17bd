"""Every way in that reads JSON: what is none is refused as such, and nothing breaks a reader.

The one that takes samples, that of OTLP and that of rules are asked with every case, the others,
which read as the last one does, with some.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import psutil
import pytest
import requests

from tests.servers.json_cases import Case, cases
from tests.servers.quadra import QuadraServer

ANSWERED_WITHIN_S = 3.0
MEMORY_MAY_GROW_BY = 48 << 20
CASES = tuple(cases())
IN_FULL = ("/api/v1/samples", "/otlp/v1/metrics", "/api/v1/alert-rules")
SOME = 61  # each so many-th
# A drill and a channel's test go out and wait for an answer.
LEFT_OUT = re.compile(r"/drill|/test$")


@pytest.fixture(scope="module")
def doors(server: QuadraServer) -> list[tuple[str, str]]:
    """Give method and path of all that reads JSON; what has an id is asked for one not there."""
    paths = server.get("/api/openapi.json").json()["paths"]
    found = [
        (method.upper(), re.sub(r"{\w+}", "99999", path))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
        and not LEFT_OUT.search(path)
    ]
    assert len(found) > 20
    return found


def ask(server: QuadraServer, method: str, path: str, case: Case) -> requests.Response:
    began = time.monotonic()
    headers = {"Content-Type": "application/json"}
    answer = server.session.request(
        method, server.url + path, data=case.text, headers=headers, timeout=30
    )
    took = time.monotonic() - began
    assert took < ANSWERED_WITHIN_S, (method, path, case.name, took)
    assert answer.status_code < 500, (method, path, case, answer.text[:300])
    return answer


def asked(doors: list[tuple[str, str]], *kinds: str) -> Iterator[tuple[str, str, Case]]:
    for number, (method, path) in enumerate(doors):
        chosen = CASES if path in IN_FULL and method == "POST" else CASES[number % SOME :: SOME]
        for case in chosen:
            if case.kind in kinds:
                yield method, path, case


def test_what_is_no_json_is_refused_as_such(
    server: QuadraServer, doors: list[tuple[str, str]]
) -> None:
    for method, path, case in asked(doors, "n"):
        answer = ask(server, method, path, case)
        there_is_no_such = answer.status_code == 404 and "99999" in path
        assert answer.status_code == 400 or there_is_no_such, (method, path, case, answer.text)
        # OTLP says what is wrong in a form of its own.
        kind = "application/json" if "/otlp/" in path else "application/problem+json"
        assert kind == answer.headers["Content-Type"]


def test_what_is_json_is_never_refused_as_if_it_were_none(
    server: QuadraServer, doors: list[tuple[str, str]]
) -> None:
    for method, path, case in asked(doors, "y"):
        answer = ask(server, method, path, case)
        assert 400 != answer.status_code or "is JSON, but" in answer.text, (method, path, case)


def test_what_may_be_taken_or_not_breaks_nothing(
    server: QuadraServer, doors: list[tuple[str, str]]
) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    for method, path, case in asked(doors, "i"):
        ask(server, method, path, case)
    assert process.memory_info().rss - before < MEMORY_MAY_GROW_BY
    assert 200 == server.get("/health").status_code


def test_fields_without_end_are_not_named_one_by_one(
    server: QuadraServer, doors: list[tuple[str, str]]
) -> None:
    # Under a megabyte: what nobody reads of a larger body ends the connection.
    many = "{" + ",".join(f'"{n:x}":1' for n in range(100_000)) + "}"
    whole = [(method, path, many) for method, path in doors]
    within = [
        ("POST", "/api/v1/alert-rules/backtest", f'{{"rule":{many}}}'),
        ("POST", "/api/v1/boards", f'{{"name":"n","view":{many}}}'),
        ("POST", "/api/v1/channels", f'{{"name":"n","kind":"webhook","settings":{many}}}'),
    ]
    for method, path, text in whole + within:
        answer = ask(server, method, path, Case("i", "many", text.encode()))
        assert len(answer.content) < 250_000, (method, path, len(answer.content))


def test_an_object_is_read_up_to_its_bound(server: QuadraServer) -> None:
    text = b'{"name":"' + b"x" * (2 << 20) + b'"}'
    headers = {"Content-Type": "application/json"}
    for body in (text, iter([text])):  # the second one in chunks
        answer = server.post("/api/v1/boards", data=body, headers=headers)
        assert (413, "too_large") == (answer.status_code, answer.json()["code"])
        # What is left of it is not read on, so nothing may come behind it.
        assert "close" in answer.headers["Connection"]
