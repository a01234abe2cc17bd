"""Every way in that reads JSON: what is none is refused as such, and nothing breaks a reader.

The one that takes samples, that of OTLP and that of rules are asked with every case, the others,
which read as the last one does, with some; `QUADRA_JSON_DOORS=all` asks all with every case.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import psutil
import pytest
import requests

from tests.servers.json_cases import Case, cases
from tests.servers.quadra import QuadraServer
from tests.timing import Stopwatch

ANSWERED_WITHIN_S = 3.0
MEMORY_MAY_GROW_BY = 48 << 20
CASES = tuple(cases())
IN_FULL = ("/api/v1/samples", "/otlp/v1/metrics", "/api/v1/alert-rules")
# A prime number, so that neighbours get other cases.
SOME = 1 if os.environ.get("QUADRA_JSON_DOORS") == "all" else 61
# It goes out and waits for an answer when it is asked well.
DRILL = ("POST", "/api/v1/drill")


@pytest.fixture(scope="module")
def changing(server: QuadraServer) -> dict[tuple[str, str], str]:
    """Give method and path of all that is no question, and whether it must, may or won't get JSON.

    What has an id is asked for one that is not there.
    """
    paths = server.get("/api/openapi.json").json()["paths"]
    return {
        (method.upper(), re.sub(r"{\w+}", "99999", path)): needs(operation.get("requestBody", {}))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get"
    }


def needs(body: dict[str, Any]) -> str:
    if "application/json" not in body.get("content", {}):
        return "no"
    return "must" if body.get("required") else "may"


@pytest.fixture(scope="module")
def doors(changing: dict[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Give method and path of all that reads JSON, and nothing outside."""
    found = [door for door, need in changing.items() if need != "no" and door != DRILL]
    assert len(found) > 25
    return found


def ask(server: QuadraServer, method: str, path: str, case: Case) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    send = partial(
        server.session.request, method, server.url + path, data=case.text, headers=headers
    )
    began = time.monotonic()
    answer = send(timeout=30)
    took = time.monotonic() - began
    if took > ANSWERED_WITHIN_S:  # of itself, or because the machine is busy: asked again, it tells
        with Stopwatch(server.process.pid) as watch:
            send(timeout=30)
        took = watch.seconds
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
    server: QuadraServer, doors: list[tuple[str, str]], changing: dict[tuple[str, str], str]
) -> None:
    for method, path, case in asked([*doors, DRILL], "n"):
        if not case.text and changing[method, path] == "may":
            continue  # that is to send none
        answer = ask(server, method, path, case)
        there_is_no_such = answer.status_code == 404 and "99999" in path
        assert answer.status_code == 400 or there_is_no_such, (method, path, case, answer.text)
        # OTLP says what is wrong in a form of its own.
        kind = "application/json" if "/otlp/" in path else "application/problem+json"
        assert kind == answer.headers["Content-Type"]


def test_whatever_reads_json_is_said_to_and_so_is_asked_here(
    server: QuadraServer, changing: dict[tuple[str, str], str]
) -> None:
    for (method, path), need in changing.items():
        answer = ask(server, method, path, Case("n", "cut short", b'{"a":'))
        missing = answer.status_code == 404 and "99999" in path
        refused = answer.status_code == 400 and "JSON" in answer.text
        assert not refused if need == "no" else refused or missing, (method, path, answer.text)


def test_what_is_json_is_never_refused_as_if_it_were_none(
    server: QuadraServer, doors: list[tuple[str, str]]
) -> None:
    for method, path, case in asked(doors, "y"):
        answer = ask(server, method, path, case)
        # Alertmanager's API answers so when it is told of no alert that it can take.
        well_read = "is JSON, but" in answer.text or '"bad_alerts"' in answer.text
        assert 400 != answer.status_code or well_read, (method, path, case, answer.text)


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
