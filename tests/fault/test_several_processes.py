"""Two serving processes and a worker behind nginx, and everything beside the database goes away.

The long test takes as long as QUADRA_FAULT_SECONDS says (32 when it says nothing).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from playwright.sync_api import Page, expect

from quadra.engine.helper_process import HUNG_AFTER_S
from tests.e2e.clients import history, live, push, stranger
from tests.e2e.test_alerts import alerts, make_rule
from tests.servers.cluster import Cluster, Worker
from tests.servers.process import Process, plain_environment, wait_until
from tests.servers.programs import FRONTEND, node
from tests.servers.proxies import HAProxy, Nginx
from tests.servers.quadra import QuadraServer
from tests.servers.redis import Redis, Sentinels, redis_server
from tests.timing import Stopwatch

Start = Callable[..., QuadraServer]

SECONDS = float(os.environ.get("QUADRA_FAULT_SECONDS", "32"))
SERIES = 5
SHOWN_EVERY_S = 0.8
SHOWN_AT_LEAST = round(300 / SHOWN_EVERY_S * 0.95)
OTLP_GAUGE = {
    "name": "told_to_one",
    "description": "said once",
    "gauge": {"dataPoints": [{"asDouble": 1.5, "timeUnixNano": str(time.time_ns())}]},
}


@pytest.fixture
def redis() -> Iterator[Redis]:
    with redis_server() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def part(server: QuadraServer, name: str) -> dict[str, Any]:
    """Give a part as /ready shows it."""
    found: dict[str, Any] = server.get("/ready", timeout=10).json()[name]
    return found


def redis_is(state: str, *servers: QuadraServer, within: float) -> None:
    def so(server: QuadraServer) -> bool:
        return bool(state == part(server, "redis")["state"])

    for server in servers:
        assert wait_until(partial(so, server), timeout=within), part(server, "redis")


class Sender:
    """Posts samples with ever new values until told to stop; each again until acknowledged."""

    def __init__(
        self, url: str, token: str, name: str, *, series: int = SERIES, every: float = 0.04
    ) -> None:
        self.acknowledged: set[float] = set()
        self.again: set[float] = set()
        self._series, self._every = series, every
        self.slowest = 0.0
        self.newest = 0
        self._url, self._token, self._name = url, token, name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {self._token}"
        for number in itertools.count():
            if self._stop.wait(self._every):
                return
            values = [float(number * self._series + n) for n in range(self._series)]
            now = round(time.time(), 3)
            samples = [
                {"name": self._name, "labels": {"n": str(n)}, "value": value, "timestamp": now}
                for n, value in enumerate(values)
            ]
            self._post(session, {"samples": samples}, values)
            self.newest = round(now * 1000)

    def _post(self, session: requests.Session, body: Any, values: list[float]) -> None:
        began = time.monotonic()
        while True:
            try:
                answer = session.post(f"{self._url}/api/v1/samples", json=body, timeout=15)
                if answer.status_code == 200:
                    break
            except requests.RequestException:
                pass
            self.again.update(values)
            self._stop.wait(0.05)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.acknowledged.update(values)


class Chart:
    """A chart of the console in a browser, read as the table that it can be shown as."""

    def __init__(self, page: Page, metric: str) -> None:
        self._page = page
        self._rows = f'[data-testid="chart"][data-metric="{metric}"] tbody tr'
        shown = page.locator(f'[data-testid="chart"][data-metric="{metric}"]').first
        shown.wait_for(timeout=10_000)
        shown.get_by_role("button", name="Show as table").click()
        page.mouse.move(0, 0)  # a table in use is not renewed

    def values(self) -> list[float]:
        """Give what it shows, the oldest first."""
        cells: list[str] = self._page.eval_on_selector_all(
            f"{self._rows} td.number", "cells => cells.map((cell) => cell.textContent)"
        )
        return [float(text.replace(",", "")) for text in reversed(cells)]

    def holds(self, sent: Sender, *, within: float) -> None:
        """See that it comes to show all that was acknowledged, each once and in order.

        Of the newest 400, as many as a table has, and of the five minutes that the chart covers.
        """

        def is_whole() -> bool:
            shown, newest = self.values(), len(sent.acknowledged)
            least = min(newest, SHOWN_AT_LEAST) - 5  # the newest come with the next renewal
            run = [float(n) for n in range(round(shown[0]), round(shown[0]) + len(shown))]
            return len(shown) >= least and shown == run and shown[-1] >= newest - 5

        whole = wait_until(is_whole, timeout=within, every=0.5)
        assert whole, (len(sent.acknowledged), self.values())


class Consoles(Process):
    """Consoles run by Node, see consoles.mjs."""

    asked = 0

    @classmethod
    def connected_to(cls, url: str, token: str, selector: str, folder: Path) -> Consoles:
        script = Path(__file__).with_name("consoles.mjs")
        command = [node("socket.io-client"), str(script), url, token, selector, "3"]
        made = cls(command, log=folder / "consoles.log", env=plain_environment(), cwd=FRONTEND)
        made.wait_for_line("started", timeout=10)
        assert wait_until(lambda: all(one["connected"] for one in made.report()), timeout=10)
        return made

    def report(self) -> list[dict[str, Any]]:
        self.asked += 1
        self.send(signal.SIGUSR2)
        line = self.wait_for_line(rf"^report {self.asked} .*$", timeout=10).group()
        found: list[dict[str, Any]] = json.loads(line.split(" ", 2)[2])
        return found


@pytest.mark.timeout(SECONDS + 120)
def test_each_console_holds_exactly_what_was_acknowledged_whatever_goes_away(
    folder: Path, redis: Redis, browser_page: Page
) -> None:
    pause = threading.Event()
    with Cluster(folder, **redis.settings) as cluster:
        first, second = cluster.web(), cluster.web()
        worker = cluster.worker()
        redis_is("ok", first, second, within=10)
        with (
            Nginx(folder, cluster.ports) as proxy,
            Consoles.connected_to(proxy.url, cluster.token, "held", folder) as consoles,
        ):
            browser_page.goto(f"{first.url}/login")
            browser_page.goto(f"{proxy.url}/login")
            browser_page.get_by_label("Token").fill(cluster.token)
            browser_page.keyboard.press("Enter")
            browser_page.wait_for_selector('[data-testid="hosts"]', timeout=20_000)
            sender = Sender(proxy.url, cluster.token, "held")
            slow = Sender(proxy.url, cluster.token, "shown", series=1, every=SHOWN_EVERY_S)
            chart = Chart(browser_page, "shown")
            trouble = browser_page.get_by_test_id("trouble")
            faults: list[tuple[float, Callable[[], object]]] = [
                (0.08, redis.stop), (0.09, lambda: expect(trouble).to_contain_text("Redis")),
                (0.18, redis.start), (0.19, lambda: expect(trouble).to_have_count(0)),
                (0.26, first.kill9), (0.36, first.start),
                (0.43, lambda: chart.holds(slow, within=10)),
                (0.44, partial(redis.send, signal.SIGSTOP)),
                (0.54, partial(redis.send, signal.SIGCONT)),
                (0.60, worker.kill9), (0.66, worker.start),
                (0.70, redis.stop), (0.76, second.kill9), (0.84, second.start), (0.90, redis.start),
            ]  # fmt: skip
            began = time.monotonic()
            for at, fault in faults:
                pause.wait(max(began + at * SECONDS - time.monotonic(), 0))
                fault()
            pause.wait(max(began + SECONDS - time.monotonic(), 0))
            sender.stop()
            redis_is("ok", first, second, within=5)
            chart.holds(slow, within=10)
            slow.stop()

            def all_hold_the_same() -> bool:
                return all(
                    one["connected"] and sender.acknowledged == set(one["values"])
                    for one in consoles.report()
                )

            same = wait_until(all_hold_the_same, timeout=5, every=0.25)
            found = consoles.report()
            missing = [len(sender.acknowledged - set(one["values"])) for one in found]
            print(  # noqa: T201 - what the run was like
                f"acknowledged {len(sender.acknowledged)}, sent again {len(sender.again)}, "
                f"slowest {sender.slowest:.2f} s, missing {missing}, "
                f"resyncs {[one['resyncs'] for one in found]}, "
                f"connects {[one['connects'] for one in found]}"
            )
            assert same, missing
            # What was posted once comes once, also over all the restarts.
            assert [set()] * 3 == [set(one["twice"]) - sender.again for one in found]
            assert len(sender.acknowledged) > SECONDS * SERIES * 5
            stored = [v for line in history(first, "held") for v in line["values"]]
            assert sorted(sender.acknowledged) == sorted(stored)
            shown = browser_page.locator('[data-testid="chart"][data-metric="held"]').first
            expect(browser_page.get_by_test_id("connection")).to_have_attribute(
                "data-state", "connected"
            )
            expect(shown).to_have_attribute("data-newest", str(sender.newest), timeout=5_000)


def test_the_worker_s_work_moves_within_five_seconds_and_a_paused_one_writes_no_more(
    folder: Path,
) -> None:
    with Cluster(folder) as cluster:
        web = cluster.web()
        assert wait_until(lambda: part(web, "worker")["state"] in ("degraded", "down"), timeout=5)
        first = cluster.worker()
        assert wait_until(lambda: part(web, "worker")["state"] == "ok", timeout=10)
        second = cluster.worker()
        assert wait_until(lambda: "standing by" in log_of(cluster), timeout=10)
        first.send(signal.SIGSTOP)
        with Stopwatch(os.getpid()) as watch:
            assert wait_until(lambda: log_of(cluster).count("does the work now") == 2, timeout=20)
        assert watch.seconds < 5
        first.send(signal.SIGCONT)
        assert wait_until(lambda: log_of(cluster).count("standing by") == 2, timeout=5)
        second.kill9()
        with Stopwatch(os.getpid()) as watch:
            assert wait_until(lambda: log_of(cluster).count("does the work now") == 3, timeout=20)
        assert watch.seconds < 5
        pause_between_writes(first, web)
        assert wait_until(lambda: part(web, "worker")["state"] == "down", timeout=8)
        assert part(web, "worker")["age"] >= 5
        assert web.get("/ready").json()["ready"] is True
        first.send(signal.SIGCONT)
        assert wait_until(lambda: part(web, "worker")["state"] == "ok", timeout=5)


def test_redis_wakes_a_worker_of_its_own_and_carries_its_news(folder: Path, redis: Redis) -> None:
    """Looking by themselves, the two would take two thirds of a second on average."""
    with Cluster(folder, **redis.settings) as cluster:
        first, second = cluster.web(), cluster.web()
        cluster.worker()
        redis_is("ok", first, second, within=10)
        make_rule(first, "woken")
        push(first, "woken", 1)
        assert wait_until(lambda: part(first, "worker")["state"] == "ok", timeout=10)
        took: list[float] = []
        with live(second) as console:
            assert console.subscribe("woken", events=["alerts"])["ok"] is True
            for number in range(9):
                with Stopwatch(os.getpid()) as watch:
                    push(first, "woken", 99, n=str(number))
                    console.wait_for("alert")
                took.append(watch.seconds)
        print(f"from POST to the alert on the other process: {sorted(took)}")  # noqa: T201
        assert statistics.median(took) < 0.3
        # What it counts is the installation's: each serving process shows the same.
        assert wait_until(lambda: 0 < judged(first) == judged(second), timeout=15, every=0.5)


def judged(server: QuadraServer) -> float:
    """How many rounds of samples the detector has looked at, by this process's metrics."""
    text = server.get("/metrics").text
    found = re.search(r"(?m)^quadra_matrix_detection_duration_seconds_count (\S+)$", text)
    return float(found[1]) if found else 0.0


def test_a_worker_that_is_killed_or_hangs_is_started_again_and_goes_on(
    start_quadra: Start,
) -> None:
    server = start_quadra()
    make_rule(server, "watched")
    push(server, "watched", 1)
    assert wait_until(lambda: part(server, "worker")["state"] == "ok", timeout=10)

    def child() -> psutil.Process:
        return next(one for one in server.process.children() if "--child" in one.cmdline())

    child().kill()
    with Stopwatch(os.getpid()) as watch:
        push(server, "watched", 99, n="killed")
        assert wait_until(lambda: 1 == len(alerts(server, "watched", "firing")), timeout=10)
    print(f"judged {watch.seconds:.2f} s after the kill")  # noqa: T201
    assert watch.seconds < 5
    hung = child()
    hung.suspend()
    push(server, "watched", 99, n="hung")
    assert wait_until(lambda: not hung.is_running(), timeout=HUNG_AFTER_S + 5)
    assert wait_until(lambda: 2 == len(alerts(server, "watched", "firing")), timeout=10)
    assert wait_until(lambda: part(server, "worker")["state"] == "ok", timeout=10)
    assert child().pid != hung.pid


def pause_between_writes(worker: Worker, web: QuadraServer) -> None:
    """Pause a worker where it holds no transaction: on SQLite all others would wait for it."""
    sample = {"samples": [{"name": "between", "value": 1}]}
    for _ in range(20):
        worker.send(signal.SIGSTOP)
        with suppress(requests.Timeout):
            if web.post("/api/v1/samples", json=sample, timeout=1).status_code == 200:
                return
        worker.send(signal.SIGCONT)
        assert 200 == web.post("/api/v1/samples", json=sample, timeout=20).status_code
    raise AssertionError("it was always in a transaction")


def log_of(cluster: Cluster) -> str:
    file = cluster.folder / "logs/quadra_matrix.json.log"
    return file.read_text() if file.exists() else ""  # made with the first line


def test_limits_are_shared_and_hold_in_each_process_without_redis(
    folder: Path, redis: Redis
) -> None:
    limits = {"RATELIMIT_ENABLED": "true", "RATELIMIT_WRITE": "6 per hour"}
    with Cluster(folder, **redis.settings, **limits) as cluster:
        servers = [cluster.web(), cluster.web()]
        redis_is("ok", *servers, within=10)

        def writes(server: QuadraServer) -> int:
            return server.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]}).status_code

        assert [201] * 6 + [429] * 2 == [writes(servers[n % 2]) for n in range(8)]
        with redis.hung():
            with Stopwatch(os.getpid()) as watch:
                codes = [
                    servers[n % 2].get("/api/v1/series", timeout=5).status_code for n in range(20)
                ]
                assert [200] * 20 == codes
            assert watch.seconds < 2.5
            # Four of the eight went to each, where two are left when each counts by itself.
            assert [201] * 4 + [429] * 4 == [writes(servers[n % 2]) for n in range(8)]
            redis_is("down", *servers, within=4)
        redis_is("ok", *servers, within=5)
        assert 429 == writes(servers[0])
        metrics = servers[0].get("/metrics").text
        assert "quadra_matrix_redis_up 1.0" in metrics


def test_passwords_for_a_name_are_counted_over_all_processes(folder: Path, redis: Redis) -> None:
    with Cluster(folder, **redis.settings, RATELIMIT_ENABLED="true") as cluster:
        servers = [cluster.web(), cluster.web()]
        redis_is("ok", *servers, within=10)

        def guess(number: int) -> int:
            sent = {"user": "mira", "password": "wrong password"}
            return stranger(servers[number % 2], "POST", "/login", data=sent).status_code

        codes: list[int] = []
        while 429 not in codes and len(codes) < 20:  # each by itself takes more than that
            codes.append(guess(len(codes)))
        assert [401] * 11 == codes[:11]
        assert 429 == codes[-1]


def test_a_failover_of_sentinel_is_survived(folder: Path, tmp_path: Path) -> None:
    with Sentinels(tmp_path) as sentinels, Cluster(folder, **sentinels.settings) as cluster:
        first, second = cluster.web(), cluster.web()
        redis_is("ok", first, second, within=10)
        with live(second) as console:
            console.subscribe("moved", events=["system"])
            push(first, "moved", 1)
            console.samples_until(1)
            sentinels.master().stop()
            redis_is("down", first, second, within=3)
            push(first, "moved", 2)
            console.samples_until(2)
            redis_is("ok", first, second, within=10)
            push(first, "moved", 3)
            console.samples_until(3)
        kinds = [data["kind"] for event, data in console.seen if event == "system"]
        assert {"redis_down", "redis_up"} <= set(kinds)


def test_haproxy_leads_to_both_on_postgres_and_past_one_that_has_died(
    folder: Path, postgres_url: str
) -> None:
    with Cluster(folder, DATABASE_URL=postgres_url) as cluster:
        first, second = cluster.web(), cluster.web()
        with HAProxy(folder, cluster.ports) as proxy:
            sender = Sender(proxy.url, cluster.token, "proxied")
            with Consoles.connected_to(proxy.url, cluster.token, "proxied", folder) as consoles:
                assert wait_until(lambda: len(sender.acknowledged) > 100, timeout=10)
                first.kill9()
                before = len(sender.acknowledged)
                assert wait_until(lambda: len(sender.acknowledged) > before + 100, timeout=15)
                sender.stop()
                assert wait_until(
                    lambda: all(
                        max(sender.acknowledged) in one["values"] for one in consoles.report()
                    ),
                    timeout=5,
                )
        stored = [v for line in history(second, "proxied") for v in line["values"]]
        assert sorted(sender.acknowledged) == sorted(stored)


def test_processes_that_start_at_once_on_an_empty_folder_agree(folder: Path) -> None:
    with Cluster(folder) as cluster, ThreadPoolExecutor(3) as pool:
        starting = [
            pool.submit(cluster.web, QUADRA_ADMIN_TOKEN=None, ROLE=role)
            for role in ("all", "web", "web")
        ]
        servers = [one.result(30) for one in starting]
        token = (folder / "data/admin-token").read_text().strip()
        for server in servers:
            server.session.headers["Authorization"] = f"Bearer {token}"
        described = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [OTLP_GAUGE]}]}]}
        sent = servers[0].post("/otlp/v1/metrics", json=described)
        assert 200 == sent.status_code, sent.text

        def seen_by(server: QuadraServer) -> list[str]:
            answer = server.get("/api/v1/series", params={"match": "told_to_one"})
            return [one.get("help", "") for one in answer.json()["series"]]

        for server in servers:
            assert wait_until(partial(lambda s: seen_by(s) == ["said once"], server), timeout=5)
        assert wait_until(lambda: part(servers[1], "worker")["state"] == "ok", timeout=10)

        def read_at() -> list[float]:
            lines = history(servers[0], 'host_load{window="1m"}')
            return [t for line in lines for t in line["timestamps"]]

        def span(times: list[float]) -> float:
            return max(times) - min(times) if times else 0.0

        assert wait_until(lambda: span(read_at()) > 4, timeout=30)
        # One process reads the machine each second, not three; a busy one reads late, never more.
        assert len(times := read_at()) <= span(times) + 2


def test_differences_that_come_to_one_process_and_another_add_up(folder: Path) -> None:
    def difference(i: int) -> dict[str, Any]:
        at = str(time.time_ns())
        point = {"timeUnixNano": at, "attributes": [{"key": "k", "value": {"stringValue": "v"}}]}
        total = {"dataPoints": [{**point, "asDouble": 1}], "isMonotonic": True}
        pile = {"dataPoints": [{**point, "count": "2", "sum": i, "bucketCounts": ["2"]}]}
        metrics = [
            {"name": "calls", "sum": {**total, "aggregationTemporality": 1}},
            {"name": "took", "histogram": {**pile, "aggregationTemporality": 1}},
        ]
        return {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}

    with Cluster(folder) as cluster:
        webs = [cluster.web(), cluster.web()]
        for i in range(8):
            assert 200 == webs[i % 2].post("/otlp/v1/metrics", json=difference(i)).status_code

            def have_heard() -> bool:
                first, second = (web.get("/api/v1/status").json()["seq"] for web in webs)
                return bool(first == second)

            assert wait_until(have_heard, timeout=10)
        assert [float(i) for i in range(1, 9)] == history(webs[0], "calls_total")[0]["values"]
        assert [2.0 * i for i in range(1, 9)] == history(webs[1], "took_count")[0]["values"]


@pytest.mark.parametrize("kind", [Nginx, HAProxy])
def test_the_configurations_are_good_to_the_programs_themselves(
    kind: type[Nginx | HAProxy], tmp_path: Path
) -> None:
    judged = kind(tmp_path, (5001, 5002)).check()
    assert 0 == judged.returncode, judged.stdout + judged.stderr
    assert "warn" not in (judged.stdout + judged.stderr).lower()
