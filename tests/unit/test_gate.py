from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from limits.storage import MemoryStorage

from quadra.web.addresses import visitor_of
from quadra.web.gate import Gate, HostRules
from quadra.web.observing import GATE_LINES_A_SECOND, GateLog
from tests.unit.fakes import SetClock
from utils.metrics import MetricsManager

RULES = HostRules(("localhost", "MyHost", "console.example."), ("https://app.example/",))
HERE = "localhost:5000"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5000",
        "LOCALHOST:5000",
        "localhost.",
        "localhost.:5000",
        "myhost:80",
        "console.example",
        "127.0.0.1:5000",
        "127.8.9.1",
        "10.1.2.3:80",
        "[::1]:5000",
        "[::1]",
        "[fe80::1]:5000",
        "[2001:db8::1]:443",
    ],
)
def test_our_names_and_plain_addresses_are_let_in(host: str) -> None:
    assert RULES.host_allowed(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:5000",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "app.example",  # an allowed origin is no name of this server
        "localhost@evil.example",
        "evil.example@localhost",
        "user:pass@localhost",
        "localhost/",
        "localhost\\evil.example",
        "localhost#.evil.example",
        "localhost?x",
        "localhost evil.example",
        "localhost\tx",
        "localhost\0",
        "localhost,evil.example",
        "localhost:abc",
        "localhost:80:80",
        "localhost:99999",
        "localhost:5000;script-src",
        "::1",
        "[::1",
        "[::1]evil",
        "[evil.example]",
        "0x7f.1",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "..localhost",
        ".",
    ],
)
def test_any_other_host_is_kept_out(host: str) -> None:
    assert not RULES.host_allowed(host)


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://localhost:5000", HERE, True),
        ("HTTP://LOCALHOST:5000", HERE, True),
        ("https://localhost:5000", HERE, True),
        ("https://app.example", HERE, True),
        ("https://APP.example/", HERE, True),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("http://app.example", HERE, False),  # the scheme belongs to an origin
        ("https://app.example:444", HERE, False),
        ("https://evil.app.example", HERE, False),
        ("http://localhost:5001", HERE, False),
        ("http://localhost", HERE, False),
        ("http://127.0.0.1:5000", HERE, False),
        ("http://evil.example", HERE, False),
        ("http://localhost:5000.evil.example", HERE, False),
        ("http://localhost:5000@evil.example", HERE, False),
        ("http://evil.example@localhost:5000", HERE, False),
        ("http://evil.example#localhost:5000", HERE, False),
        ("file://localhost:5000", HERE, False),
        ("chrome-extension://localhost:5000", HERE, False),
        ("null", HERE, False),
        ("", HERE, False),
        ("localhost:5000", HERE, False),
        ("//localhost:5000", HERE, False),
        ("http://[", HERE, False),
        ("http://[::1", "[::1", False),
        ("http://localhost:5000\x00", HERE, False),
    ],
)
def test_only_our_own_pages_and_those_named_may_call(
    origin: str, host: str, expected: bool
) -> None:
    assert expected is RULES.origin_allowed(origin, host)


# --- the gate itself


class Behind:
    """An application that notes that it was reached."""

    def __init__(self) -> None:
        self.reached = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.reached += 1
        start_response("200 OK", [])
        return [b"in"]


def knock(gate: Gate, **environ: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    said: list[Any] = []
    request = {
        "HTTP_HOST": HERE,
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "REMOTE_ADDR": "10.0.0.1",
    } | environ
    body = b"".join(gate(request, lambda status, headers: said.extend((status, headers))))
    status = int(said[0].split()[0])
    return status, dict(said[1]), {} if status == 200 else orjson.loads(body)


def gate(behind: Behind, **options: Any) -> Gate:
    chosen: dict[str, Any] = {
        "connect_limit": None,
        "counters": MemoryStorage(),
        "websocket_only": True,
        "consoles": lambda: 0,
        "max_consoles": 10,
        "refused": lambda *_: None,
    } | options
    return Gate(behind, RULES, **chosen)


SOCKET = {"PATH_INFO": "/socket.io/", "HTTP_UPGRADE": "websocket"}


@pytest.mark.parametrize(
    ("environ", "status", "code"),
    [
        ({"HTTP_HOST": "evil.example"}, 400, "unknown_host"),
        ({"HTTP_HOST": ""}, 400, "unknown_host"),
        ({"HTTP_HOST": "x" * 5000}, 400, "unknown_host"),
        ({"HTTP_HOST": "evil.example", **SOCKET}, 400, "unknown_host"),
        ({"REQUEST_METHOD": "TRACE"}, 405, "unknown_method"),
        ({"REQUEST_METHOD": "MINE"}, 405, "unknown_method"),
        ({"REQUEST_METHOD": "get"}, 405, "unknown_method"),
        ({"REQUEST_METHOD": "POST", "HTTP_ORIGIN": "http://evil.example"}, 403, "foreign_origin"),
        ({"REQUEST_METHOD": "DELETE", "HTTP_ORIGIN": "null"}, 403, "foreign_origin"),
        ({"REQUEST_METHOD": "POST", "HTTP_ORIGIN": "http://["}, 403, "foreign_origin"),
        ({"HTTP_ORIGIN": "http://evil.example", **SOCKET}, 403, "foreign_origin"),
        ({"HTTP_ORIGIN": "http://[", **SOCKET}, 403, "foreign_origin"),
        ({"PATH_INFO": "/socket.io/"}, 400, "websocket_only"),
        ({"PATH_INFO": "/socket.io/", "REQUEST_METHOD": "POST"}, 400, "websocket_only"),
        ({"PATH_INFO": "/socket.io/", "HTTP_UPGRADE": "h2c"}, 400, "websocket_only"),
        ({"REQUEST_METHOD": "POST", **SOCKET}, 400, "websocket_only"),
        ({"QUERY_STRING": "EIO=4&sid=abc", **SOCKET}, 400, "unknown_session"),
        ({"QUERY_STRING": "EIO=4&%73id=abc", **SOCKET}, 400, "unknown_session"),
    ],
)
def test_what_may_not_pass_is_answered_here_with_a_problem(
    environ: dict[str, str], status: int, code: str
) -> None:
    behind = Behind()
    answered, headers, problem = knock(gate(behind), **environ)
    assert (status, code, 0) == (answered, problem["code"], behind.reached)
    assert "application/problem+json" == headers["Content-Type"]
    assert status == problem["status"]
    assert len(problem["detail"]) < 300


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "POST", "HTTP_ORIGIN": "http://localhost:5000"},
        {"REQUEST_METHOD": "POST", "HTTP_ORIGIN": "https://app.example"},
        {"HTTP_ORIGIN": "http://evil.example"},  # reading needs a credential, which no page has
        SOCKET,
        {**SOCKET, "HTTP_UPGRADE": "WebSocket"},
        {**SOCKET, "HTTP_ORIGIN": "http://localhost:5000"},
    ],
)
def test_all_else_passes(environ: dict[str, str]) -> None:
    behind = Behind()
    assert 200 == knock(gate(behind), **environ)[0]
    assert 1 == behind.reached


def test_refusals_are_counted_and_logged_but_never_a_line_for_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, metrics = SetClock(), MetricsManager()
    made = gate(Behind(), refused=GateLog(metrics, clock).refused)
    with caplog.at_level("INFO", "quadra.web.access"):
        for _ in range(GATE_LINES_A_SECOND + 7):
            knock(made, HTTP_HOST="evil.example", REQUEST_METHOD="MINE\r\n")
        assert GATE_LINES_A_SECOND == len(caplog.records)
        clock.forward(1)
        knock(made, HTTP_HOST="evil.example")
    assert ("GET refused at the gate 400", 7, "unknown_host") == (
        caplog.records[-1].getMessage(),
        caplog.records[-1].__dict__["unsaid"],
        caplog.records[-1].__dict__["code"],
    )
    counted = {
        method: metrics.http_requests.labels(method, "gate", 400)._value.get()
        for method in ("other", "GET")
    }
    assert {"other": GATE_LINES_A_SECOND + 7, "GET": 1} == counted


def test_live_connections_opened_from_one_address_are_bounded() -> None:
    behind = Behind()
    made = gate(behind, connect_limit="3 per hour")
    assert [200, 200, 200, 429, 429] == [knock(made, **SOCKET)[0] for _ in range(5)]
    status, headers, problem = knock(made, **SOCKET)
    assert (429, "rate_limited") == (status, problem["code"])
    assert int(headers["Retry-After"]) > 0
    assert 200 == knock(made, REMOTE_ADDR="10.0.0.2", **SOCKET)[0]
    assert 200 == knock(made)[0]
    assert 5 == behind.reached


def test_an_address_that_was_only_claimed_has_no_allowance_of_its_own() -> None:
    made = gate(Behind(), connect_limit="1 per hour")
    assert 200 == knock(made, **SOCKET)[0]
    assert 429 == knock(made, HTTP_X_FORWARDED_FOR="10.0.0.9", **SOCKET)[0]


def test_who_has_a_network_of_ipv6_has_one_allowance() -> None:
    made = gate(Behind(), connect_limit="1 per hour")
    assert 200 == knock(made, REMOTE_ADDR="2001:db8:1:2::1", **SOCKET)[0]
    assert 429 == knock(made, REMOTE_ADDR="2001:db8:1:2:ffff::9", **SOCKET)[0]
    assert 200 == knock(made, REMOTE_ADDR="2001:db8:1:3::1", **SOCKET)[0]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1:50123", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unknown", "unknown"),
        ("x" * 1_000, "x" * 64),
    ],
)
def test_an_address_is_counted_as_whose_it_is(address: str, counted: str) -> None:
    assert counted == visitor_of(address)


def test_no_more_live_connections_are_opened_than_allowed_in_all() -> None:
    made = gate(Behind(), consoles=lambda: 10)
    status, headers, problem = knock(made, **SOCKET)
    assert (429, "too_many_consoles", "10") == (status, problem["code"], headers["Retry-After"])


def test_polling_passes_where_it_was_opened() -> None:
    assert 200 == knock(gate(Behind(), websocket_only=False), PATH_INFO="/socket.io/")[0]
