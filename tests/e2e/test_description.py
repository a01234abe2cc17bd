"""The API's own description and the metrics, as other programs read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.clients import history, push
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

NAMES = (
    "explore",
    "alerts",
    "anomalies",
    "events",
    "replay",
    "rules",
    "channels",
    "training",
    "targets",
    "tokens",
    "users",
    "sessions",
    "audit",
    "status",
)
PAGES = {f"/{name}" for name in NAMES}
OPENID = {"/login/openid", "/login/openid/back"}
HIDDEN = {"/", "/login", "/logout", "/api/docs", "/static/{filename}"} | PAGES | OPENID


@pytest.fixture(scope="module")
def document(server: QuadraServer) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [value for key, value in node.items() if key == "$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to what it means."""
    if "$ref" not in node:
        return node
    found: dict[str, Any] = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_description_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {"title", "version"} <= set(document["info"])
    for path, method, operation in operations(document):
        assert path.startswith("/")
        assert method in {"get", "post", "put", "patch", "delete"}
        assert operation["summary"]
        assert operation["tags"]
        assert operation["responses"]
        for status, told in operation["responses"].items():
            answer = resolved(document, told)
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer["description"]
        for parameter in operation.get("parameters", []):
            assert {"name", "in", "schema"} <= set(parameter)
            assert parameter["in"] in {"query", "path", "header"}
            assert parameter.get("required") is True or parameter["in"] != "path"
        named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert set(re.findall(r"{(\w+)}", path)) == named
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert sorted(set(names)) == sorted(names)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert resolved(document, {"$ref": reference})


def test_every_scheme_of_security_that_is_asked_for_is_declared(document: dict[str, Any]) -> None:
    declared = set(document["components"]["securitySchemes"])
    for _path, _method, operation in operations(document):
        assert {name for way in operation["security"] for name in way} <= declared


def test_every_route_is_described_or_known_as_a_page(
    server: QuadraServer, document: dict[str, Any]
) -> None:
    routes = [line.split() for line in server.cli("routes").stdout.splitlines()[2:]]
    served = {
        (re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", path), method.strip(",").lower())
        for _endpoint, *methods, path in routes
        for method in methods
    }
    described = {(path, method) for path, method, _operation in operations(document)}
    assert described <= served
    assert HIDDEN >= {path for path, _method in served - described}


def test_the_parts_of_the_public_contract_are_described(document: dict[str, Any]) -> None:
    assert {
        "/health",
        "/ready",
        "/metrics",
        "/api/v1/samples",
        "/api/v1/series",
        "/api/v1/history",
        "/api/v1/status",
        "/api/v1/tokens",
        "/api/v1/tokens/{token_id}",
        "/api/openapi.json",
    } <= set(document["paths"])


@pytest.fixture(scope="module")
def furnished(server: QuadraServer, document: dict[str, Any]) -> int:
    """Make one of everything that the description has an example of; gives how many."""
    push(server, "described", 1)
    assert server.post("/api/v2/alerts", json=[{"labels": {"alertname": "Described"}}]).ok
    assert wait_until(lambda: server.get("/api/v1/alerts").json()["alerts"], timeout=10)
    made = 0
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content and "{" not in path:  # what is changed would have to be there
            body = content["example"]
            answer = server.session.request(method, server.url + path, json=body, timeout=10)
            assert answer.status_code < 300, (path, answer.text)
            told = resolved(document, operation["responses"][str(answer.status_code)])
            hold(document, answer.json(), told, f"{method} {path}")
            made += 1
    return made


@pytest.mark.usefixtures("furnished")
def test_answers_hold_what_is_described_and_nothing_else(
    server: QuadraServer, document: dict[str, Any]
) -> None:
    held = 0
    for path, method, operation in operations(document):
        told = operation["responses"].get("200", {}).get("content", {})
        described = "schema" in told.get("application/json", {})
        if method != "get" or not described or "{" in path or path.startswith("/api/v2/"):
            continue
        answer = server.get(path, params={"match": "described"})
        assert 200 == answer.status_code, (path, answer.text)
        hold(document, answer.json(), operation["responses"]["200"], path)
        held += 1
    assert held > 20


def hold(document: dict[str, Any], value: Any, told: dict[str, Any], where: str) -> None:
    """Hold an answer against what the description tells of it, if it does."""
    schema = told["content"]["application/json"].get("schema") if "content" in told else None
    if schema is not None:
        fits(document, value, schema, where)


def fits(document: dict[str, Any], value: Any, schema: dict[str, Any], where: str) -> None:
    """Hold a value against the parts of JSON Schema that are used here.

    An object has no field that is not described, unless the description says that it may.
    """
    schema = resolved(document, schema)
    if "oneOf" in schema:
        one = next(s for s in schema["oneOf"] if set(resolved(document, s)["required"]) <= {*value})
        fits(document, value, one, where)
        return
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "number": (int, float),
        "integer": int,
        "null": type(None),
    }
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    assert not allowed or any(isinstance(value, kinds[kind]) for kind in allowed), where
    assert value in schema.get("enum", [value]), where
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value), where
        known, others = schema.get("properties", {}), schema.get("additionalProperties", not schema)
        for name, part in value.items():
            assert name in known or others is not False, f"{where}.{name} is not described"
            inner = known.get(name, others)
            fits(document, part, inner if isinstance(inner, dict) else {}, f"{where}.{name}")
    if isinstance(value, list):
        places = schema.get("prefixItems", [schema.get("items", {})] * len(value))
        assert len(places) == len(value), where
        for number, (item, inner) in enumerate(zip(value, places, strict=True)):
            fits(document, item, inner, f"{where}[{number}]")


def test_the_example_of_each_body_is_accepted(server: QuadraServer, furnished: int) -> None:
    assert furnished >= 8
    assert history(server, "my_first_metric")


def test_an_id_out_of_range_and_what_is_gone_are_answered_as_described(
    server: QuadraServer, document: dict[str, Any]
) -> None:
    for series in ("0", str(1 << 32)):
        assert 422 == server.get("/api/v1/forecasts", params={"series": series}).status_code
    assert 404 == server.get("/api/v1/events", params={"after": "9007199254740991"}).status_code
    assert "404" in document["paths"]["/api/v1/events"]["get"]["responses"]
