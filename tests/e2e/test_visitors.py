"""Forty visitors who mean harm, each with what they try and the answer that they get.

All meet one server with its default limits, and it has to be as light and as quick at the end as it
was at the beginning. What each of them tries in all its forms stands in the module of its subject.
"""

import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import cramjam
import psutil
import pytest
import requests

from tests.e2e.clients import (
    Browserlike,
    bearing,
    history,
    live,
    make_token,
    problem,
    push,
    stranger,
)
from tests.e2e.test_floods import frame, open_websocket
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver, Reply
from tests.timing import Stopwatch

ANSWERED_WITHIN_S = 2.0
MEMORY_MAY_GROW_BY = 64 << 20
RULE = {"name": "r", "selector": "x", "op": ">", "threshold": 1}
SAMPLES = "/api/v1/samples"


@pytest.fixture(scope="module")
def quadra() -> Iterator[QuadraServer]:
    """A server whose limits an impatient test does not reach, but those on guessing and sockets."""
    limits = dict.fromkeys(("READ", "WRITE", "INGEST", "HEAVY"), "100000 per minute")
    with QuadraServer(
        folder=None, **{f"RATELIMIT_{n}": limit for n, limit in limits.items()}
    ) as running:
        push(running, "warm", 1)
        process = psutil.Process(running.process.pid)
        memory, threads = process.memory_info().rss, process.num_threads()
        yield running
        assert process.memory_info().rss - memory < MEMORY_MAY_GROW_BY
        assert process.num_threads() <= threads + 24  # its pool of native threads, once warm
        push(running, "warm", 2)


def said(server: QuadraServer, head: str, body: bytes = b"") -> tuple[int, str]:
    """Send bytes as they are; give the status and all that was answered."""
    with (
        Stopwatch(server.process.pid) as watch,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw,
    ):
        raw.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
        answer = raw.recv(65_536)
    assert watch.seconds < ANSWERED_WITHIN_S
    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
    return int(status[1]) if status else 0, answer.decode("latin-1")


def upgrade(server: QuadraServer, **headers: str) -> int:
    chosen = {
        "Host": f"127.0.0.1:{server.port}", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers,
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\n" for name, value in chosen.items())
    return said(server, f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\n{lines}\n")[0]


def metric(server: QuadraServer, name: str) -> float:
    return sum(
        float(line.rpartition(" ")[2])
        for line in server.get("/metrics").text.splitlines()
        if line.startswith(f"quadra_matrix_{name}")
    )


# --- who are you?


def test_01_no_credential(quadra: QuadraServer) -> None:
    for path, methods in quadra.get("/api/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if operation["security"] and {} not in operation["security"]:
                address = re.sub(r"{\w+}", "1", path)
                answer = stranger(quadra, method.upper(), address, json={})
                assert 401 == answer.status_code, (method, path)


def test_02_a_viewer_writes(quadra: QuadraServer) -> None:
    _id, token = make_token(quadra, "read")
    for path, body in (("alert-rules", RULE), ("tokens", {"name": "x", "scopes": ["admin"]})):
        refused = stranger(quadra, "POST", f"/api/v1/{path}", json=body, headers=bearing(token))
        problem(refused, 403, "missing_scope")
    with live(quadra, token) as console:
        assert "unknown_event" == console.client.call("promote", {"version": "x"})["code"]


def test_03_somebody_elses_id(quadra: QuadraServer) -> None:
    """Not there and not yours are the same answer."""
    for path, code in (
        ("alert-rules", "not_found"), ("silences", "not_found"),
        ("channels", "unknown_channel"), ("alerts", "not_found"),
    ):  # fmt: skip
        problem(quadra.get(f"/api/v1/{path}/99999"), 404, code)
    for path in ("tokens", "sessions"):
        gone = quadra.session.delete(f"{quadra.url}/api/v1/{path}/99999")
        problem(gone, 404, "not_found")
    mine, other = Browserlike(quadra), Browserlike(quadra)
    mine.sign_in(make_token(quadra, "read")[1])
    other.sign_in(make_token(quadra, "read")[1])
    sessions = other.get("/api/v1/sessions").json()["sessions"]
    (theirs,) = [one["id"] for one in sessions]
    page = re.search(r'"csrf": ?"(\w{64})"', mine.get("/").text)
    assert page is not None
    ended = mine.request("DELETE", f"/api/v1/sessions/{theirs}", headers={"X-CSRF-Token": page[1]})
    assert ended.status_code in {403, 404}
    assert 200 == other.get("/api/v1/status").status_code


def test_04_a_form_of_another_site(quadra: QuadraServer) -> None:
    victim = Browserlike(quadra)
    victim.sign_in(quadra.token)
    for origin in ("http://evil.example", "null"):
        headers = {"Origin": origin, "Content-Type": "text/plain"}
        sent = victim.request("POST", "/api/v1/tokens", data='{"name":"x"}', headers=headers)
        problem(sent, 403, "foreign_origin")
    sent = victim.request("POST", "/api/v1/tokens", data={"name": "x"})
    problem(sent, 403, "bad_csrf_token")


def test_05_json_that_says_it_is_text(quadra: QuadraServer) -> None:
    for path in (SAMPLES, "/api/v1/alert-rules", "/api/v1/silences"):
        sent = quadra.post(path, data="{}", headers={"Content-Type": "text/plain"})
        problem(sent, 415, "unsupported_media_type")


def test_06_a_socket_from_another_origin(quadra: QuadraServer) -> None:
    assert 403 == upgrade(quadra, Origin="http://evil.example")


def test_07_a_host_that_is_not_ours(quadra: QuadraServer) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:5000"):
        assert 400 == said(quadra, f"GET / HTTP/1.1\nHost: {host}\n\n")[0]
        assert 400 == upgrade(quadra, Host=host)


def test_08_events_before_connecting_and_a_bad_token(quadra: QuadraServer) -> None:
    raw = open_websocket(quadra.port)
    raw.sendall(frame(1, b'42["subscribe",{"series":["up"]}]', final=True))
    raw.sendall(frame(1, b'40{"token":"wrong-wrong-wrong-wrong"}', final=True))
    came = b""
    raw.settimeout(5)
    while b"44" not in came and (chunk := raw.recv(4096)):
        came += chunk
    raw.close()
    assert b"unauthorized" in came
    assert b"samples" not in came


def test_09_a_revoked_token_with_an_open_socket(quadra: QuadraServer) -> None:
    number, token = make_token(quadra, "read")
    with live(quadra, token) as console:
        quadra.session.delete(f"{quadra.url}/api/v1/tokens/{number}")
        console.wait_for("disconnect", timeout=5)


def test_11_polling(quadra: QuadraServer) -> None:
    for body in (b"", b"9x", b"9" * 1_500_000):
        answer = stranger(quadra, "POST", "/socket.io/?EIO=4&transport=polling", data=body)
        problem(answer, 400, "websocket_only")


def test_12_a_frame_of_200_megabytes(quadra: QuadraServer) -> None:
    process = psutil.Process(quadra.process.pid)
    before = process.memory_info().rss
    raw = open_websocket(quadra.port)
    raw.sendall(bytes([0x81, 0x80 | 127]) + (200_000_000).to_bytes(8, "big") + b"\0\0\0\0")
    sent = 0
    with suppress(OSError):
        while sent < 200_000_000:
            raw.sendall(b"x" * 100_000)
            sent += 100_000
    raw.close()
    assert sent < 20_000_000
    assert process.memory_info().rss - before < 16 << 20


def test_13_who_answers_pings_and_never_reads(quadra: QuadraServer) -> None:
    """A stream fills what the system keeps for it; then it is cut, and costs nothing till then."""
    assert wait_until(lambda: consoles(quadra) == 0, timeout=10)
    items = [{"name": "unread", "labels": {"n": str(n)}, "value": 0} for n in range(5_000)]
    body = json.dumps({"samples": items})
    headers = {"Content-Type": "application/json"}
    assert 200 == quadra.post(SAMPLES, data=body, headers=headers).status_code
    process = psutil.Process(quadra.process.pid)
    before = process.memory_info().rss  # what the series themselves take is no visitor's doing
    raw = open_websocket(quadra.port)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.sendall(frame(1, b'40{"token":"%s"}' % quadra.token.encode(), final=True))
    raw.sendall(frame(1, b'42["subscribe",{"series":["unread"]}]', final=True))
    assert wait_until(lambda: consoles(quadra) == 1, timeout=5)
    began, most = time.monotonic(), 0
    pace = threading.Event()  # a frame each tick: a fast machine must not send a slow one's hour
    with suppress(OSError):
        while consoles(quadra) == 1 and time.monotonic() - began < 45:
            assert 200 == quadra.post(SAMPLES, data=body, headers=headers).status_code
            most = max(most, process.memory_info().rss)
            raw.sendall(frame(1, b"3", final=True))
            pace.wait(0.1)
    raw.close()
    assert 0 == consoles(quadra)
    assert 12 < time.monotonic() - began < 40
    assert most - before < 32 << 20
    log = (quadra.folder / "logs" / "quadra_matrix.json.log").read_text(encoding="utf-8")
    assert 1 == log.count("A console has read nothing for")


def consoles(server: QuadraServer) -> int:
    number: int = server.get("/api/v1/status").json()["consoles"]
    return number


def test_14_a_thousand_events_a_second(quadra: QuadraServer) -> None:
    before = metric(quadra, "live_refusals_total")
    with live(quadra) as console:
        answers: list[dict[str, Any]] = []
        began = time.monotonic()
        for _ in range(250):  # 30 are taken a second, and it stays open
            console.client.emit("unsubscribe", {}, callback=answers.append)
        assert wait_until(lambda: len(answers) == 250, timeout=5)
        taken = sum(answer["ok"] for answer in answers)
        assert 30 <= taken <= 30 * (time.monotonic() - began + 2)
        assert console.client.connected
    with live(quadra) as console:
        for _ in range(1_000):
            if console.client.connected:
                console.client.emit("subscribe", {"series": ["up"]})
        console.wait_for("disconnect", timeout=5)
    assert metric(quadra, "live_refusals_total") > before


def test_16_a_claimed_address(quadra: QuadraServer) -> None:
    """With no proxy in front, what X-Forwarded-For says counts for nothing."""
    headers = {"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Host": "evil.example"}
    quadra.get("/api/v1/status", headers=headers | {"X-Request-ID": "claimed-address"})
    (line,) = logged(quadra, "claimed-address")
    assert "10.9.8.7" not in json.dumps(line)


def test_17_a_cookie_after_signing_out(quadra: QuadraServer) -> None:
    someone = Browserlike(quadra)
    someone.sign_in(quadra.token)
    kept = someone.cookie or ""
    csrf = re.search(r'"csrf": ?"(\w{64})"', someone.get("/").text)
    assert csrf is not None
    someone.request("POST", "/logout", headers={"X-CSRF-Token": csrf[1]})
    again = stranger(quadra, "GET", "/api/v1/status", cookies={"quadra_session": kept})
    problem(again, 401, "unauthorized")


def test_18_a_token_in_the_address(quadra: QuadraServer) -> None:
    for path in ("/api/v1/status", "/metrics", "/api/v1/series"):
        answer = stranger(quadra, "GET", f"{path}?token={quadra.token}&access_token={quadra.token}")
        assert answer.status_code in ({401} if path != "/metrics" else {200, 401})
    for file in (quadra.folder / "logs").iterdir():
        assert quadra.token not in file.read_text(encoding="utf-8")
    assert quadra.token not in quadra.output()


def test_19_a_cookie_that_was_tampered_with(quadra: QuadraServer) -> None:
    someone = Browserlike(quadra)
    someone.sign_in(quadra.token)
    good = someone.cookie or ""
    for bad in (good[:-2] + "AA", good[::-1], good[:10], good * 2, "e30.e30.e30"):
        answer = stranger(quadra, "GET", "/api/v1/status", cookies={"quadra_session": bad})
        problem(answer, 401, "unauthorized")


# --- what is sent


def test_20_a_gzip_bomb(quadra: QuadraServer) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    for path, kind in ((SAMPLES, "json"), ("/otlp/v1/metrics", "json")):
        headers = {"Content-Type": f"application/{kind}", "Content-Encoding": "gzip"}
        assert 413 == quadra.post(path, data=bomb, headers=headers).status_code


def test_21_snappy_and_protobuf_that_lie_about_their_length(quadra: QuadraServer) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
    length_of_4_gb = b"\xff\xff\xff\xff\x0f"
    inner = bytes(cramjam.snappy.compress_raw(b"\x0a\xff\xff\xff\xff\x0f"))
    for body in (length_of_4_gb + b"x", inner, b"\x80" * 100, b""):
        sent = quadra.post("/prometheus/api/v1/write", data=body, headers=headers)
        assert sent.status_code in {204, 400, 413}, body
        assert not body or sent.status_code != 204
    headers = {"Content-Type": "application/x-protobuf"}
    for body in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05\x12", b"\xff" * 64):
        assert 400 == quadra.post("/otlp/v1/metrics", data=body, headers=headers).status_code


def test_22_json_that_is_deep_or_none(quadra: QuadraServer) -> None:
    deep = (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5_000 + b"]" * 5_000)
    numbers = [
        b'{"samples":[{"name":"x","value":%s}]}' % n for n in (b"NaN", b"1e400", b"-Infinity")
    ]
    for body in (*deep, *numbers):
        for path in (SAMPLES, "/api/v1/alert-rules"):
            sent = quadra.post(path, data=body, headers={"Content-Type": "application/json"})
            assert sent.status_code in {400, 422}, (path, body[:40])


def test_23_labels_and_series_without_end(quadra: QuadraServer) -> None:
    many = {f"l{i}": "x" for i in range(10_000)}
    for labels in (many, {"a": "x" * 100_000}, {"x" * 100_000: "a"}):
        sample = {"name": "endless", "labels": labels, "value": 1}
        problem(quadra.post(SAMPLES, json={"samples": [sample]}), 422, "invalid")
    assert [] == history(quadra, "endless")


def test_24_the_far_past_and_the_far_future(quadra: QuadraServer) -> None:
    before = metric(quadra, "samples_rejected_total")
    for moment in (0, time.time() + 1e7, time.time() * 1000, -1e300):
        sample = {"name": "when", "value": 1, "timestamp": moment}
        problem(quadra.post(SAMPLES, json={"samples": [sample]}), 422, "invalid")
    assert before + 4 <= metric(quadra, "samples_rejected_total")


def test_25_markup_where_text_belongs(quadra: QuadraServer) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    push(quadra, "markup", 1, href="javascript:alert(1)", evil=evil)
    answer = quadra.get("/api/v1/series", params={"match": "markup"})
    assert "application/json" == answer.headers["Content-Type"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert evil == answer.json()["series"][0]["labels"]["evil"]
    exported = quadra.get("/api/v1/replay/export", params={"match": "markup", **last_minute()})
    assert "onerror=alert(1)" in exported.text
    scripts = re.findall(r"</?script[^>]*>", exported.text)
    assert ["</script>", "</script>"] == scripts[1::2], "a label ended the data, or began more"
    assert "<img" not in exported.text
    assert "unsafe" not in exported.text.partition("<title>")[0]
    before_any_calendar = {"end": "-1e11", "match": "markup"}
    assert 200 == quadra.get("/api/v1/replay/export", params=before_any_calendar).status_code


def last_minute() -> dict[str, float]:
    return {"start": time.time() - 60, "end": time.time() + 1}


def test_26_targets_inside(quadra: QuadraServer) -> None:
    for host in ("127.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "0"):
        for path, wish in (
            ("channels", {"name": "in", "kind": "webhook", "url": f"http://{host}/x"}),
            ("targets", {"url": f"http://{host}:9100/metrics"}),
        ):
            refused = quadra.post(f"/api/v1/{path}", json=wish)
            assert 422 == refused.status_code, (host, path)
            assert "url" == refused.json()["errors"][0]["field"], (host, path)


def test_27_a_pattern_that_takes_for_ever(quadra: QuadraServer) -> None:
    push(quadra, "patient", 1, name="a" * 1000 + "!")
    for pattern in ("(a+)+$", "(a|aa)+$", "(.*)*x", "((a{1,100}){1,100}){1,10}", "(?=a)"):
        with Stopwatch(quadra.process.pid) as watch:
            params = {"match": f'patient{{name=~"{pattern}"}}'}
            assert quadra.get("/api/v1/series", params=params).status_code in {200, 422}, pattern
        assert watch.seconds < ANSWERED_WITHIN_S


def test_28_lines_of_their_own_in_the_log(quadra: QuadraServer) -> None:
    head = (
        'GET /x%0d%0a{"level":"CRITICAL"}%1b[2J HTTP/1.1\nHost: 127.0.0.1\n'
        "X-Request-ID: forged\x1b[31m\nUser-Agent: a\x1b]0;owned\x07\n\n"
    )  # fmt: skip
    assert said(quadra, head)[0] in {401, 404}
    push(quadra, "lines", 1, evil="a\r\n{}\x1b[31m")
    for file in (quadra.folder / "logs").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            assert isinstance(json.loads(line), dict)
            assert "\x1b" not in line
    assert "\x1b" not in quadra.output()


def test_29_code_where_text_belongs(quadra: QuadraServer) -> None:
    for evil in ("'; DROP TABLE series;--", "{{7*7}}", "=cmd|'/c calc'!A1", "${jndi:ldap://x}"):
        push(quadra, "literal", 1, evil=evil)
        (found,) = history(quadra, f"literal{{evil={json.dumps(evil)}}}")
        assert evil == found["labels"]["evil"]


def test_30_ways_to_other_files(quadra: QuadraServer) -> None:
    for path in (
        "/static/../app.py", "/static/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
        "/.git/HEAD",
        "/console?__debugger__=yes&cmd=1", "/static/%00", "//etc/passwd", "/data/admin-token",
    ):  # fmt: skip
        status, answer = said(quadra, f"GET {path} HTTP/1.1\nHost: 127.0.0.1\n\n")
        assert status in {302, 303, 308, 400, 401, 404}, path
        assert "root:" not in answer
    assert 405 == said(quadra, "TRACE / HTTP/1.1\nHost: 127.0.0.1\n\n")[0]


# --- and ten more


def test_31_the_sign_in_leads_elsewhere(quadra: QuadraServer) -> None:
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%09/evil.example",
    ):
        someone = Browserlike(quadra)
        data = {"token": quadra.token, "next": target}
        answer = someone.request("POST", f"/login?next={target}", data=data)
        assert "evil.example" not in answer.headers["Location"].split("?")[0].partition("/")[0]
        assert not answer.headers["Location"].startswith(
            ("//", "/\\", "http://evil", "https://evil")
        )


def test_32_one_sign_in_code_used_by_many_at_once() -> None:
    """It lets one of them in; one that was made up opens nothing, and is not shown again."""
    at_once = 16
    settings: dict[str, str | None] = {"RATELIMIT_ENABLED": "false", "QUADRA_ADMIN_TOKEN": None}
    with QuadraServer(folder=None, **settings) as server, ThreadPoolExecutor(at_once) as pool:
        start = threading.Barrier(at_once)

        def use(path: str) -> tuple[int, bool, str]:
            someone = Browserlike(server)
            someone.get("/health")  # the connection stands already
            start.wait(10)
            answer = someone.request("GET", path)
            return answer.status_code, someone.cookie is not None, answer.text

        printed = server.first_address.removeprefix(server.url)
        assert "?token=" in printed
        used = list(pool.map(use, [printed] * at_once))
        assert [False] * (at_once - 1) + [True] == sorted(cookie for _status, cookie, _text in used)
        assert [303] + [401] * (at_once - 1) == sorted(status for status, _cookie, _text in used)
        for status, cookie, text in pool.map(use, ["/?token=" + "x" * 32] * at_once):
            assert (401, False) == (status, cookie)
            assert "x" * 32 not in text


def test_33_code_in_the_templates_of_a_rule(quadra: QuadraServer) -> None:
    for evil in (
        "{{ labels.__class__.__mro__ }}",
        "{{ 7*7 }}",
        "{% for x in y %}",
        "{{ value|attr }}",
    ):
        body = {**RULE, "name": "t", "annotations": {"summary": evil}}
        made = quadra.post("/api/v1/alert-rules", json=body)
        if made.status_code == 201:  # what is no template is text
            assert evil == made.json()["annotations"]["summary"]
            quadra.session.delete(f"{quadra.url}/api/v1/alert-rules/{made.json()['id']}")
        else:
            problem(made, 422, "bad_rule")


def test_34_rules_that_would_eat_the_judge(quadra: QuadraServer) -> None:
    for more in (
        {"annotations": {f"a{i}": "x" for i in range(1000)}}, {"window": "100000d"},
        {"selector": "x" * 100_000}, {"labels": {f"l{i}": "x" for i in range(1000)}},
        {"selector": '{__name__=~".*"}', "window": 1e308}, {"channels": ["c"] * 10_000},
    ):  # fmt: skip
        made = quadra.post("/api/v1/alert-rules", json={**RULE, "name": "eater", **more})
        problem(made, 422, made.json()["code"])


def test_35_a_channel_that_leads_inside_by_a_redirect(quadra: QuadraServer) -> None:
    with (
        HttpReceiver() as inside,
        HttpReceiver() as outside,
        QuadraServer(WEBHOOK_ALLOW_PRIVATE="true", RATELIMIT_ENABLED="false") as server,
    ):
        outside.reply = lambda _post: Reply(307, headers={"Location": f"{inside.url}/secret"})
        wish = {"name": "r", "kind": "webhook", "url": f"{outside.url}/hook"}
        number = server.post("/api/v1/channels", json=wish).json()["id"]
        tested = server.post(f"/api/v1/channels/{number}/test", timeout=20).json()
        assert False is tested["delivered"]
        assert [] == inside.posts


def test_36_two_requests_in_one(quadra: QuadraServer) -> None:
    for framing in (
        "Content-Length: 4\nTransfer-Encoding: chunked\n", "Content-Length: 4\nContent-Length: 5\n",
        "Transfer-Encoding: xchunked\n", "Content-Length: +4\n",
    ):  # fmt: skip
        status, answer = said(
            quadra,
            f"POST /api/v1/samples HTTP/1.1\nHost: 127.0.0.1\n{framing}\n",
            b"0\r\n\r\nGET /",
        )
        assert 400 == status, framing
        assert 1 == answer.count("HTTP/1.1")


def test_37_headers_of_their_own_in_the_answer(quadra: QuadraServer) -> None:
    for path in ("/login?next=/x%0d%0aSet-Cookie:a=b", "/?token=a%0d%0aSet-Cookie:a=b"):
        _status, answer = said(quadra, f"GET {path} HTTP/1.1\nHost: 127.0.0.1\n\n")
        assert "set-cookie:a=b" not in answer.lower().partition("\r\n\r\n")[0]


def test_38_a_token_that_only_sends(quadra: QuadraServer) -> None:
    _id, token = make_token(quadra, "ingest")
    answer = stranger(quadra, "GET", "/api/v1/history?match=up", headers=bearing(token))
    problem(answer, 403, "missing_scope")
    raw = open_websocket(quadra.port)
    raw.sendall(frame(1, b'40{"token":"%s"}' % token.encode(), final=True))
    came = b""
    raw.settimeout(5)
    while b"44" not in came and (chunk := raw.recv(4096)):
        came += chunk
    raw.close()
    assert b"missing_scope" in came


def test_39_subscriptions_that_ask_for_everything(quadra: QuadraServer) -> None:
    with live(quadra) as console:
        for wish in (
            {"series": ["up"] * 10_000}, {"series": ["x" * 60_000]}, {"series": [{"a": 1}]},
            {"series": ["up"], "since": 1e308}, {"series": ["up"], "format": "pickle"}, "up", None,
        ):  # fmt: skip
            assert False is console.client.call("subscribe", wish, timeout=5)["ok"], wish


def test_41_patterns_that_take_long_to_read(quadra: QuadraServer) -> None:
    """A few kilobytes of them held the loop for a minute, and everybody with it."""
    slow = [
        "x{" + ",".join(rf"l{n}=~`\pL{{8}}{n}{place}`" for n in range(16)) + "}"
        for place in range(60)
    ]
    with live(quadra) as console:
        began = time.monotonic()
        answer = console.client.call("subscribe", {"series": slow}, timeout=30)
        assert "patterns_too_large" == answer["code"]
        again = console.client.call("subscribe", {"series": ["up"]}, timeout=30)
        took = time.monotonic() - began
        # It counted as all the events that a console has in a second.
        assert "too_many_events" == again["code"] or took >= 1
        assert took < 5
    query = [("match", text) for text in slow[:8]]
    problem(quadra.get("/api/v1/series", params=query), 422, "patterns_too_large")


def test_40_the_page_is_no_place_for_a_script(quadra: QuadraServer) -> None:
    evil = "</script><script>alert(1)</script>"
    with QuadraServer(ENVIRONMENT=evil) as server:
        someone = Browserlike(server)
        someone.sign_in(server.token)
        page = someone.get("/").text
        assert evil not in page
        policy = someone.get("/").headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


# --- those that leave nothing for the others come last


def test_42_nul(postgres_url: str) -> None:
    """Postgres keeps none, which looked like an outage, and left deeds out of the audit log."""
    nul = "a\0b"
    silence = {"matchers": ['rule="x"'], "ends_at": time.time() + 99, "reason": nul}
    with QuadraServer(DATABASE_URL=postgres_url) as server:
        problem(server.post("/api/v1/silences", json=silence), 422, "nul")
        problem(server.post("/api/v1/silences", json=silence | {"reason": [{nul: 1}]}), 422, "nul")
        kept = server.post("/api/v1/silences", json=silence | {"reason": r"a\u0000b"})
        assert (201, r"a\u0000b") == (kept.status_code, kept.json()["reason"])
        for path in ("alerts?rule", "alerts/history?rule", "anomalies?metric", "anomalies?group",
                     "events?kind"):  # fmt: skip
            problem(server.get(f"/api/v1/{path}=%00"), 422, "invalid")
        form = {"user": nul, "password": nul}
        assert 401 == stranger(server, "POST", "/login", data=form).status_code
        assert 404 == server.post("/api/v1/models/%00abcdefgh/load").status_code
        deeds = server.get("/api/v1/audit", params={"target": "/load"}).json()["audit"]
        assert [404] == [deed["status"] for deed in deeds]


def test_10_a_thousand_handshakes(quadra: QuadraServer) -> None:
    process = psutil.Process(quadra.process.pid)
    threads = process.num_threads()
    began = time.monotonic()
    statuses = [upgrade(quadra) for _ in range(1_000)]
    assert {101, 429} == set(statuses)
    assert statuses.count(101) <= 240 * allowances_since(began)
    assert process.num_threads() <= threads + 4


def allowances_since(began: float) -> int:
    """Say of how many minutes' allowances something may have been taken by now.

    One was open before, and a busy machine takes its time.
    """
    return int((time.monotonic() - began) // 60) + 2


def test_15_guessing(quadra: QuadraServer) -> None:
    began = time.monotonic()
    guesses = [
        requests.get(f"{quadra.url}/api/v1/status", headers=bearing(f"guess-{i:020}"), timeout=5)
        for i in range(60)
    ]
    statuses = [answer.status_code for answer in guesses]
    assert {401, 429} == set(statuses)
    assert statuses.count(401) <= 20 * allowances_since(began)
    assert int(guesses[statuses.index(429)].headers["Retry-After"]) > 0
    assert 200 == quadra.get("/api/v1/status").status_code  # who is in goes on


def logged(server: QuadraServer, request_id: str) -> list[dict[str, Any]]:
    file = Path(server.folder / "logs" / "quadra_matrix.json.log")

    def found() -> list[dict[str, Any]]:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [one for line in lines if (one := json.loads(line)).get("request_id") == request_id]

    assert wait_until(lambda: bool(found()), timeout=5)
    return found()
