"""`make demo` as a user meets it: a server with a simulated service beside it."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from scripts.demo import catalogue
from scripts.demo.instruments import Instrument
from tests.e2e.clients import bearing
from tests.servers.process import Process, free_port, has_ended, plain_environment, wait_until
from tests.servers.quadra import QuadraServer

SAYS = r'^demo: simulates 4 AI services, each labelled "\(simulated\)".*noted in '
OFTEN = ["--first-fault", "2s", "--fault-every", "5s"]


def truth(folder: Path) -> list[dict[str, Any]]:
    file = folder / "data" / "demo-truth.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def ask(url: str, token: str, path: str, query: dict[str, str]) -> dict[str, Any]:
    answer = requests.get(url + path, query, headers=bearing(token), timeout=10)
    assert 200 == answer.status_code, answer.text
    body: dict[str, Any] = answer.json()
    return body


def simulated(url: str, token: str) -> list[dict[str, Any]]:
    """Give all series that call themselves simulated."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        query = {"match": '{simulated="true"}', "limit": "1000", "after": str(after)}
        page = ask(url, token, "/api/v1/series", query)
        found += page["series"]
        after = page.get("next", 0)
        if not after:
            return found


class Demo:
    """The command behind `make demo`, with folders and port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.token = "a-token-for-this-demo"
        self.process = Process(
            [sys.executable, "-m", "scripts.demo", *OFTEN],
            log=folder / "output.log",
            env=plain_environment(
                PORT=str(port),
                DATA_DIR=str(folder / "data"),
                LOGS_DIR=str(folder / "logs"),
                QUADRA_ADMIN_TOKEN=self.token,
                PYTHONUNBUFFERED="1",
            ),
        )
        self.process.wait_for_line(r"is ready\. Open " + self.url, timeout=60)

    def simulator(self) -> psutil.Process:
        return next(one for one in self.process.children() if "scripts.demo" in one.cmdline())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    with running.process:
        running.process.wait_for_line(SAYS, timeout=60)
        yield running


def test_its_series_are_there_within_seconds_and_labelled(demo: Demo) -> None:
    wanted = {one.shown for one in vars(catalogue).values() if isinstance(one, Instrument)}

    def found() -> set[str]:
        names = {series["name"] for series in simulated(demo.url, demo.token)}
        endings = ("_bucket", "_count", "_sum")
        return {next((n.removesuffix(e) for e in endings if n.endswith(e)), n) for n in names}

    assert wait_until(lambda: wanted <= found(), timeout=30, every=0.3), wanted - found()
    for series in simulated(demo.url, demo.token):
        labels = series["labels"]
        assert labels["service_name"] in catalogue.SERVICES
        assert labels["service_name"].endswith("(simulated)")
        assert ("true", "demo") == (labels["simulated"], labels["deployment_environment"])
    assert "refuses" not in demo.process.output
    assert "left points out" not in demo.process.output


def test_a_sample_comes_every_second(demo: Demo) -> None:
    def times() -> list[float]:
        query = {"match": "demo_sessions_active", "start": str(time.time() - 60)}
        lines = ask(demo.url, demo.token, "/api/v1/history", query)["series"]
        return [t for line in lines for t in line["timestamps"]]

    assert wait_until(lambda: len(times()) >= 5, timeout=30, every=0.3)
    seen = times()
    steps = [after - before for before, after in pairwise(seen)]
    assert 1.0 == sorted(steps)[len(steps) // 2]


def test_what_goes_wrong_is_noted_with_series_that_are_there(demo: Demo) -> None:
    def over() -> list[dict[str, Any]]:
        return [line for line in truth(demo.folder) if line["event"] == "end"]

    assert wait_until(lambda: len(over()) >= 1, timeout=30, every=0.3)
    assert "run" == truth(demo.folder)[0]["event"]
    known = simulated(demo.url, demo.token)
    for line in over():
        assert line["start"] < line["end"]
        for series in line["series"]:
            assert any(
                one["name"].startswith(series["metric"])
                and series["labels"].items() <= one["labels"].items()
                for one in known
            ), series


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_simulation_ends_with_the_server(tmp_path: Path, number: signal.Signals) -> None:
    demo = Demo(tmp_path)
    with demo.process as process:
        process.wait_for_line(SAYS, timeout=60)
        # A fault is under way when the end comes.
        assert wait_until(lambda: truth(tmp_path)[-1:] != truth(tmp_path)[:1], timeout=20)
        simulator = demo.simulator()
        code = process.stop(number, timeout=10)
        assert (-9 if number == signal.SIGKILL else 0) == code
        assert wait_until(lambda: has_ended(simulator), timeout=20)
        assert [] == process.close()
    assert truth(tmp_path)[-1]["event"] == "end"


def test_the_server_goes_on_when_the_simulation_dies(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    with demo.process as process:
        process.wait_for_line(SAYS, timeout=60)
        demo.simulator().kill()
        assert 200 == requests.get(f"{demo.url}/health", timeout=10).status_code
        assert 0 == process.stop(signal.SIGTERM, timeout=10)


def test_it_survives_a_restart_of_the_server_and_hands_in_what_was_missed(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra()
    command = [sys.executable, "-m", "scripts.demo", "--no-server"]
    with Process(command, log=server.folder / "demo.log", env=server.env) as process:
        process.wait_for_line(SAYS, timeout=60)

        def times() -> list[float]:
            answer = server.get("/api/v1/history", params={"match": "demo_sessions_active"})
            return [t for line in answer.json()["series"] for t in line["timestamps"]]

        assert wait_until(lambda: len(times()) >= 2, timeout=20, every=0.2)
        server.kill9()
        gone = time.time()
        assert wait_until(lambda: time.time() > gone + 2.5, timeout=10)
        server.start()
        assert wait_until(lambda: max(times()) > time.time() - 2, timeout=20, every=0.2)
        assert [t for t in times() if gone < t < gone + 2.5], "the gap was not filled"
        assert 0 == process.stop(signal.SIGINT, timeout=10)
    assert "Traceback" not in process.output
