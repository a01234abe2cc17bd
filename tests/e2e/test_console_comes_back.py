"""Whatever happens to server, network and page: the charts have no hole and no point twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.clients import push
from tests.e2e.test_console import chart
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer
from tests.servers.relay import Relay

Start = Callable[..., QuadraServer]

METRIC = "never_a_hole"
EVERY_S = 0.2
VALUES = f"""() => [...document.querySelectorAll('{chart(METRIC)} tbody td.number')]
    .map((cell) => Number(cell.textContent)).reverse()"""


class Poster:
    """Posts 0, 1, 2 and so on, each until it is acknowledged."""

    def __init__(self, server: QuadraServer) -> None:
        self._server = server
        self.sent = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        began = time.time()
        while not self._ended.is_set():
            try:
                # The same time again, should it have been stored and only the answer been lost.
                push(self._server, METRIC, float(self.sent), t=began + self.sent * 0.001)
            except (requests.RequestException, AssertionError):  # gone, or about to go
                self._ended.wait(0.1)
                continue
            self.sent += 1
            self._ended.wait(EVERY_S)

    def goes_on(self, count: int) -> None:
        """Wait until so many more have been taken."""
        wanted = self.sent + count
        assert wait_until(lambda: self.sent >= wanted, timeout=60)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(20)


@pytest.fixture
def server(start_quadra: Start) -> QuadraServer:
    return start_quadra()


@pytest.fixture
def relay(server: QuadraServer) -> Iterator[Relay]:
    with Relay(server.port) as running:
        yield running


@pytest.fixture
def poster(server: QuadraServer) -> Iterator[Poster]:
    running = Poster(server)
    yield running
    running.stop()


def open_chart(page: Page, server: QuadraServer, relay: Relay) -> None:
    page.goto(f"{relay.url}/?token={server.token}")
    page.wait_for_selector(f"{chart(METRIC)}[data-value]", timeout=10_000)
    page.locator(chart(METRIC)).get_by_role("button", name="Show as table").click()


def catches_up(page: Page, poster: Poster, *, within: float = 20) -> None:
    """Wait until the newest point is one that was sent after this was called."""
    before = poster.sent
    assert wait_until(lambda: poster.sent > before, timeout=10)
    page.wait_for_function(
        "([selector, least]) => Number(document.querySelector(selector).dataset.value) >= least",
        arg=[chart(METRIC), before],
        timeout=within * 1000,
    )


def holds_all(page: Page, poster: Poster, server: QuadraServer) -> None:
    poster.stop()
    last = str(poster.sent - 1)
    expect(page.locator(chart(METRIC))).to_have_attribute("data-value", last, timeout=10_000)
    page.mouse.move(0, 0)
    page.wait_for_function(f"(n) => ({VALUES})().length >= n", arg=poster.sent, timeout=10_000)
    assert list(range(poster.sent)) == page.evaluate(VALUES)
    errors = server.folder / "logs" / "quadra_matrix_error.json.log"
    assert not errors.exists() or not errors.read_text()


def test_after_a_restart_and_a_crash(
    server: QuadraServer, relay: Relay, poster: Poster, browser_page: Page
) -> None:
    open_chart(browser_page, server, relay)
    server.restart()
    catches_up(browser_page, poster)
    server.kill9()
    server.restart()
    catches_up(browser_page, poster)
    holds_all(browser_page, poster, server)


def test_after_a_network_that_was_lost(
    server: QuadraServer, relay: Relay, poster: Poster, browser_page: Page
) -> None:
    open_chart(browser_page, server, relay)
    relay.hold()
    poster.goes_on(40)
    relay.let_go()
    catches_up(browser_page, poster)
    relay.cut()
    expect(browser_page.get_by_test_id("disconnected")).to_be_visible(timeout=5_000)
    before = relay.refused
    assert wait_until(lambda: relay.refused >= before + 2, timeout=20), "it tries again"
    relay.mend()
    catches_up(browser_page, poster)
    holds_all(browser_page, poster, server)


def test_after_the_page_has_slept_through_the_loss_of_its_connection(
    server: QuadraServer, relay: Relay, poster: Poster, browser_page: Page
) -> None:
    open_chart(browser_page, server, relay)
    browser = browser_page.context.new_cdp_session(browser_page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    poster.goes_on(5)
    relay.cut()
    poster.goes_on(5)
    relay.mend()
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    catches_up(browser_page, poster, within=15)
    holds_all(browser_page, poster, server)
