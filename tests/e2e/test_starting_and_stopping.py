"""It starts or says in one line why not; it stops within three seconds and answers before."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.e2e.clients import bearing, history, live, push
from tests.servers.process import free_port, wait_until
from tests.servers.quadra import QuadraServer, run_app
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]


def refused(folder: Path, **settings: str) -> str:
    """Start with settings that can't work; hold the refusal to one line, and give it."""
    chosen = {
        "DATA_DIR": str(folder / "data"),
        "LOGS_DIR": str(folder / "logs"),
        "PORT": str(free_port()),
    } | settings
    ended = run_app(**chosen)
    assert (2, "") == (ended.returncode, ended.stdout), ended.stderr
    assert 1 == len(ended.stderr.splitlines()), ended.stderr
    assert ended.stderr.startswith("quadra: ")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def a_file(folder: Path) -> str:
    """Give a path that can't become a folder, for root can write into any folder."""
    path = folder / "a-file"
    path.write_text("x")
    return str(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("ASYNC_MODE", "asyncio"),
        ("MAX_SERIES", "1"),
        ("RATELIMIT_READ", "often"),
        ("LOG_LEVEL", "LOUD"),
        ("REDIS_PORT", "none"),
        ("QUADRA_TYPO", "x"),
        ("QUADRA_ADMIN_TOKEN", "short"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all/x.db"),
        ("HOST", "no.such.host.invalid"),
        ("HOST", "203.0.113.1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, name: str, value: str
) -> None:
    line = refused(tmp_path, **{name: value})
    assert f"{name}" in line or ("HOST" == name and value in line)
    assert "QUADRA_ADMIN_TOKEN" != name or "short" not in line.removeprefix(f"quadra: {name}")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(tmp_path, PORT=str(port))
    assert f"PORT={port}" in line
    assert "in use" in line


@pytest.mark.parametrize("name", ["DATA_DIR", "LOGS_DIR"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    assert f"{name}={tmp_path}" in refused(tmp_path, **{name: a_file(tmp_path)})
    assert f"{name}={tmp_path}" in refused(tmp_path, **{name: a_file(tmp_path) + "/below"})


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_bytes(b"these are my notes\n" * 1000)
    assert "DATABASE_URL" in refused(tmp_path, DATABASE_URL=f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"these are my notes")


def test_a_database_of_a_newer_version_is_named_and_left_alone(
    tmp_path: Path, start_quadra: Start
) -> None:
    server = start_quadra()
    server.terminate()
    file = server.folder / "data" / "quadra_matrix.db"
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer Quadra" in refused(tmp_path, DATABASE_URL=f"sqlite:///{file}")


def test_a_second_start_is_ready_within_three_seconds(start_quadra: Start) -> None:
    server = start_quadra()
    push(server, "before", 1)
    server.terminate()
    with Stopwatch(os.getpid()) as watch:
        server.restart()
        assert 200 == server.get("/ready").status_code
    assert watch.seconds < 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_within_three_seconds(
    start_quadra: Start, number: signal.Signals
) -> None:
    server = start_quadra()
    push(server, "kept", 1)
    with Stopwatch(os.getpid()) as watch:
        code = server.process.stop(number, timeout=10)
    assert watch.seconds < 3
    assert 0 == code
    server._ended()
    assert "Traceback" not in server.output()
    assert [1.0] == history(server.restart(), "kept")[0]["values"]


def test_a_second_signal_does_no_harm(start_quadra: Start) -> None:
    server = start_quadra()
    for _ in range(3):
        server.process.send(signal.SIGTERM)
    assert 0 == server.process.wait(5)
    assert "Traceback" not in server.output()


def test_requests_that_are_open_when_it_ends_are_answered_and_kept(start_quadra: Start) -> None:
    server = start_quadra()
    outcomes: list[tuple[int, int]] = []
    cut: list[str] = []
    stop = threading.Event()

    def send(worker: int) -> None:
        session = requests.Session()
        session.trust_env = False
        number = 0
        while not stop.is_set():
            number += 1
            value = worker * 100_000 + number
            items = [{"name": "ending", "labels": {"v": str(value)}, "value": value}]
            try:
                answer = session.post(
                    f"{server.url}/api/v1/samples",
                    json={"samples": items},
                    headers=bearing(server.token, Connection="close"),
                    timeout=5,
                )
            except requests.ConnectionError as error:
                if "refused" not in str(error).lower():
                    cut.append(str(error))
                return
            outcomes.append((value, answer.status_code))
        session.close()

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    assert wait_until(lambda: len(outcomes) > 100, timeout=10)
    with Stopwatch(os.getpid()) as watch:
        assert 0 == server.terminate()
    assert watch.seconds < 3
    stop.set()
    for sender in senders:
        sender.join(10)
    assert [] == cut
    assert {200, 503} >= {status for _value, status in outcomes}
    server.restart()
    acknowledged = {value for value, status in outcomes if status == 200}
    assert acknowledged == {int(v) for line in history(server, "ending") for v in line["values"]}


def test_a_request_still_being_sent_when_it_ends_is_answered(start_quadra: Start) -> None:
    server = start_quadra()
    body = b'{"samples":[{"name":"half_sent","value":1}]}'
    head = (
        f"POST /api/v1/samples HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + body[:10])
        assert wait_until(lambda: server.get("/health").status_code == 200, timeout=5)
        server.process.send(signal.SIGTERM)
        assert wait_until(lambda: not listens(server), timeout=3)
        connection.sendall(body[10:])
        said = connection.recv(65_536)
    assert said.split(b" ")[1] in (b"200", b"503")
    assert 0 == server.process.wait(5)


def listens(server: QuadraServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_silent_open_connection_does_not_keep_it_from_ending(start_quadra: Start) -> None:
    server = start_quadra()
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with live(server) as console:
            console.subscribe("up")
            with Stopwatch(os.getpid()) as watch:
                assert 0 == server.terminate()
            assert watch.seconds < 3


def test_two_servers_on_one_database_do_not_lose_each_others_samples(start_quadra: Start) -> None:
    first = start_quadra()
    data = str(first.folder / "data")
    second = start_quadra(DATA_DIR=data, QUADRA_ADMIN_TOKEN=first.token)
    second.session.headers["Authorization"] = f"Bearer {first.token}"
    for value in range(10):
        push(first, "shared", float(value), side="first")
        push(second, "shared", float(value), side="second")
    first.restart()
    assert [10, 10] == [len(line["values"]) for line in history(first, "shared")]


def test_logs_name_no_secret_of_the_settings(start_quadra: Start) -> None:
    secret = "a-secret-key-that-nobody-may-see"
    server = start_quadra(SECRET_KEY=secret, LOG_LEVEL="DEBUG")
    push(server, "logged", 1)
    server.terminate()
    logs = server.output() + "".join(f.read_text() for f in (server.folder / "logs").iterdir())
    assert secret not in logs
    assert server.token not in logs


def test_the_secrets_it_makes_are_for_its_owner_only(start_quadra: Start) -> None:
    server = start_quadra(QUADRA_ADMIN_TOKEN=None)
    modes: dict[str, Any] = {
        file.name: file.stat().st_mode & 0o777
        for file in (server.folder / "data").iterdir()
        if "token" in file.name or "secret" in file.name
    }
    assert {"secret-key": 0o600, "admin-token": 0o600, "ingest-token": 0o600} == modes


def test_the_worker_steps_back_for_intake(server: QuadraServer) -> None:
    serving = psutil.Process(server.process.pid)

    def niceness() -> list[int]:
        return [child.nice() - serving.nice() for child in serving.children()]

    assert wait_until(lambda: niceness() == [5], timeout=10), niceness()
