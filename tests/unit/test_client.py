"""The client library: as a program meets it, against servers that behave well or badly."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from quadra.client import Client
from quadra.client.courier import Courier
from quadra.client.transport import Transport
from tests.servers.process import REPOSITORY, free_port
from tests.timing import Stopwatch
from tests.unit.fakes import NOW, SetClock

# --- the transport


class Receiver(BaseHTTPRequestHandler):
    """Answers what it was told, and keeps what came."""

    protocol_version = "HTTP/1.1"
    came: list[tuple[str, dict[str, str], dict[str, Any]]]
    plan: list[tuple[int, dict[str, str]]]
    hangs_up = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).came.append((self.path, dict(self.headers), json.loads(body)))
        status, headers = type(self).plan.pop(0) if type(self).plan else (200, {})
        self.send_response(status)
        for name, value in ({"Content-Length": "2"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = type(self).hangs_up

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def receiver(port: int = 0, *plan: tuple[int, dict[str, str]]) -> Iterator[tuple[str, Any]]:
    handler = type("H", (Receiver,), {"came": [], "plan": list(plan)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_body_is_posted_with_the_token_below_the_path_of_the_address() -> None:
    with receiver() as (url, handler):
        transport = Transport(f"{url}/quadra/", "secret", timeout=2)
        assert 200 == transport.post(b"{}").status
        assert 200 == transport.post(b"{}").status
        transport.close()
        path, headers, _body = handler.came[0]
        assert ("/quadra/api/v1/samples", "Bearer secret") == (path, headers["Authorization"])


def test_a_kept_connection_that_has_ended_is_made_anew() -> None:
    with receiver() as (url, handler):
        transport = Transport(url, "secret", timeout=2)
        handler.hangs_up = True  # without saying so
        assert [200] * 3 == [transport.post(b"{}").status for _ in range(3)]
        transport.close()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float | None) -> None:
    with receiver(0, (503, {"Retry-After": text})) as (url, _handler):
        transport = Transport(url, "secret", timeout=2)
        answer = transport.post(b"{}")
        transport.close()
        assert (503, seconds) == (answer.status, answer.retry_after)


def test_nobody_there_is_an_answer_too() -> None:
    answer = Transport(f"http://127.0.0.1:{free_port()}", "secret", timeout=2).post(b"{}")
    assert 0 == answer.status
    assert "refused" in answer.reason.lower()


def test_a_server_that_says_nothing_or_nonsense_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = Transport(
            f"http://127.0.0.1:{listener.getsockname()[1]}", "secret", timeout=0.05
        )
        assert 0 == transport.post(b"{}").status
        listener.accept()[0].close()

        def babble() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        assert 0 == transport.post(b"{}").status
        thread.join()


@pytest.mark.parametrize("url", ["", "127.0.0.1:5000", "ftp://x", "http://", "http://x:port"])
def test_an_address_that_can_not_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"url|[Pp]ort"):
        Client(url, "secret")


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "é"])
def test_a_token_that_can_not_be_sent_is_refused_at_once_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="token: give") as refused:
        Client("http://127.0.0.1:5000", token)
    assert not token or token not in str(refused.value)


# --- the whole


def series_of(handler: Any) -> dict[tuple[str, str], list[float]]:
    """Give what came: values by (name, JSON of labels)."""
    found: dict[tuple[str, str], list[float]] = {}
    for _path, _headers, body in handler.came:
        for one in body["series"]:
            key = (one["name"], json.dumps(one["labels"], sort_keys=True))
            found.setdefault(key, []).extend(one["values"])
    return found


def test_all_kinds_arrive_with_labels_and_the_callers_time() -> None:
    clock = SetClock()
    with (
        receiver() as (url, handler),
        Client(url, token="t", labels={"service": "x"}, interval=60, clock=clock) as client,
    ):
        client.gauge("queue_depth", 3, model="a")
        client.count("requests_total")
        client.observe("latency_seconds", 0.5)
        with client.timer("step_seconds"):
            pass
        assert client.flush()
        found = series_of(handler)
        service = '{"service": "x"}'
        assert [3.0] == found["queue_depth", '{"model": "a", "service": "x"}']
        assert [0.0, 1.0] == found["requests_total", service]
        assert [0.5] == found["latency_seconds", service]
        assert [0.0, 1.0] == found["latency_seconds_count", service]
        assert [0.0, 0.5] == found["latency_seconds_sum", service]
        assert 1 == len(found["step_seconds", service])
        assert NOW in handler.came[0][2]["series"][0]["timestamps"]
        assert 0 == client.pending


def test_labels_may_have_the_names_of_arguments() -> None:
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        client.gauge("x", 1, name="n", value="v", self="s")
        assert client.flush()
        assert ("x", '{"name": "n", "self": "s", "value": "v"}') in series_of(handler)


def test_samples_leave_by_themselves_within_the_interval() -> None:
    came = threading.Event()

    class Noting(Receiver):
        came: list[Any] = []  # noqa: RUF012 - of this one test
        plan: list[Any] = []  # noqa: RUF012

        def do_POST(self) -> None:
            super().do_POST()
            came.set()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with Client(f"http://127.0.0.1:{server.server_port}", "t", interval=0.01) as client:
        client.gauge("x", 1)
        assert came.wait(5)
    server.shutdown()
    server.server_close()


def test_threads_lose_no_count() -> None:
    with receiver() as (url, handler), Client(url, "t", interval=0.01) as client:

        def work() -> None:
            for _ in range(2_000):
                client.count("n_total")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.flush()
        assert 8_000.0 == series_of(handler)["n_total", "{}"][-1]


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


def test_nothing_that_is_noted_wrongly_raises_and_each_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    noting: Any
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        noting = client
        for _ in range(3):
            noting.gauge("a.b", 1)
            noting.gauge("x", "many")
            noting.gauge("x", None)
            noting.gauge("x", float("nan"))
            noting.gauge("x", 10**400)
            noting.gauge(5, 1)
            noting.gauge("x", 1, label=Unprintable())
            noting.gauge("x", 1, __x="1")
            noting.count("n_total", -1)
            noting.observe("x", float("inf"))
            noting.observe("x", object())
        assert client.flush()
        assert [] == handler.came
    said = [record.getMessage() for record in caplog.records]
    assert len(set(said)) == len(said)
    assert 9 <= len(said) <= 12


def test_complaints_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with receiver() as (url, _handler), Client(url, "t", interval=60) as client:
        for i in range(1_000):
            client.gauge(f"no name {i}", 1)
    assert 100 == len(caplog.records)


def test_without_an_address_everything_is_taken_and_nothing_sent() -> None:
    with Client(None) as client:
        client.gauge("x", 1)
        client.count("n_total")
        client.observe("y", 1)
        assert client.flush()
        assert (0, 0) == (client.pending, client.dropped)
    assert client.close()


def test_it_reads_nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        client.gauge("x", 1)
        assert client.flush()
        assert 1 == len(handler.came)


def test_after_the_end_samples_are_dropped_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with receiver() as (url, handler):
        client = Client(url, "t", interval=60)
        client.gauge("x", 1)
        assert client.close()
        client.gauge("x", 2)
        client.gauge("x", 3)
        assert client.close()
        assert [1.0] == series_of(handler)["x", "{}"]
    assert 1 == len(caplog.records)


def test_a_flush_without_a_server_ends_in_time_and_says_no() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}", "t", interval=60)
    client.gauge("x", 1)
    with Stopwatch(os.getpid()) as watch:
        assert not client.flush(0.2)
        assert not client.close(0.1)
    assert watch.seconds < 2
    assert 1 == client.pending


def test_a_flush_that_can_not_succeed_in_time_does_not_wait_for_it() -> None:
    with receiver(0, (503, {"Retry-After": "60"})) as (url, _handler):
        client = Client(url, "t", interval=60)
        client.gauge("x", 1)
        with Stopwatch(os.getpid()) as watch:
            assert not client.flush(20)
            assert not client.close(20)
        assert watch.seconds < 5


def test_what_waited_through_an_outage_arrives_after_it() -> None:
    port = free_port()
    client = Client(f"http://127.0.0.1:{port}", "t", interval=60)
    for i in range(10):
        client.gauge("x", i)
        assert not client.flush(0)
    with receiver(port) as (_url, handler):
        assert client.flush()
        assert [float(i) for i in range(10)] == sorted(series_of(handler)["x", "{}"])
        client.close()


def test_a_caller_never_waits_for_a_server_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(
            f"http://127.0.0.1:{listener.getsockname()[1]}", "t", interval=0.01, timeout=30
        )
        client.gauge("x", 1)
        peer, _ = listener.accept()  # now the thread waits for an answer
        took: list[float] = []
        while min(took, default=9) >= 0.25 and len(took) < 5:  # a machine may be busy meanwhile
            began = time.perf_counter()
            for i in range(1_000):
                client.gauge("x", i)
                client.count("n_total")
            took.append(time.perf_counter() - began)
        assert min(took) < 0.25
        client.close(0)
        peer.close()


def test_a_child_process_begins_anew_and_the_parent_goes_on() -> None:
    with receiver() as (url, handler):
        answer = run_python(
            f"""
            import os
            from quadra.client import Client
            client = Client({url!r}, "t", process_label="pid", interval=60)
            client.count("n_total", 5)
            client.gauge("parent", 1)
            child = os.fork()
            client.count("n_total", 1)
            client.gauge("child" if child == 0 else "parent", 2)
            assert client.flush()
            if child == 0:
                os._exit(0)
            assert 0 == os.waitpid(child, 0)[1]
            client.count("n_total", 1)
            """
        )
        assert "" == answer.stderr
        found = series_of(handler)
        totals = sorted(values[-1] for (name, _), values in found.items() if name == "n_total")
        assert [1.0, 7.0] == totals
        assert 2 == len({labels for _name, labels in found})
        assert [1.0, 2.0] == next(v for (name, _), v in found.items() if name == "parent")


def run_python(text: str, *flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return subprocess.run(
        [sys.executable, *flags, "-c", "\n".join(line[indent:] for line in lines)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_needs_the_standard_library_alone_and_its_folder_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "quadra" / "client"
    folder.mkdir(parents=True)
    for file in (REPOSITORY / "quadra" / "client").glob("*.py"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    answer = run_python(
        """
        import sys
        from quadra.client import Client
        Client(None).gauge("x", 1)
        names = {name.partition(".")[0] for name in sys.modules}
        print(sorted(names - set(sys.stdlib_module_names) - {"__main__"}))
        print(sorted(n for n in sys.modules if n.count(".") == 1 and n.startswith("quadra.")))
        """,
        "-S",
        PYTHONPATH=str(tmp_path),
    )
    assert "['quadra']\n['quadra.client']\n" == answer.stdout, answer.stderr


def test_the_end_of_the_program_sends_what_waits_but_never_holds_it_up_for_long() -> None:
    text = """
        from quadra.client import Client
        client = Client({url!r}, "t", interval=60, exit_timeout=0.3)
        client.gauge("last_words", 7)
        """
    with receiver() as (url, handler):
        assert 0 == run_python(text.format(url=url)).returncode
        assert [7.0] == series_of(handler)["last_words", "{}"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with Stopwatch(os.getpid()) as watch:
            answer = run_python(text.format(url=f"http://127.0.0.1:{silent.getsockname()[1]}"))
            assert (0, "Quadra's client ends; 1 samples were not sent\n") == (
                answer.returncode,
                answer.stderr,
            )
        assert watch.seconds < 5


def test_a_thread_that_can_not_be_started_is_no_reason_to_raise(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = Client("http://127.0.0.1:9", "t", interval=60)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        client.gauge("x", 1)
        client.gauge("x", 2)
        assert not client.flush(0.1)
        assert not client.close(0.1)
    assert logging.WARNING == caplog.records[0].levelno
    assert any("can't start new thread" in record.getMessage() for record in caplog.records)


def test_what_goes_wrong_in_the_background_is_said_and_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise LookupError("a fault of its own")

    with receiver() as (url, handler), Client(url, "t", interval=60) as client:
        working: Callable[..., None] = Courier.deliver
        monkeypatch.setattr(Courier, "deliver", broken)
        client.gauge("x", 1)
        assert not client.flush(0.05)
        monkeypatch.setattr(Courier, "deliver", working)
        assert client.flush()
        assert [1.0] == series_of(handler)["x", "{}"]
    assert "can't send" in caplog.text
