"""The overview with many services, what changed, kiosk, replay: in a real Chromium."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.clients import push
from tests.e2e.test_console import open_console
from tests.servers.quadra import QuadraServer

MANY = 120
ROW = '[data-testid="service"]'
EVIL = '</script><img src=x onerror="window.hacked=1">'


def send_services(server: QuadraServer, names: list[str]) -> None:
    """Send ten minutes of requests and queues of each."""
    now = time.time()
    times = [now - 600 + 10 * n for n in range(61)]
    series = []
    for name in names:
        for code, rate in (("200", 19.0), ("500", 1.0)):
            labels = {"service": name, "code": code}
            values = [rate * 10 * n for n in range(61)]
            series.append(("http_requests_total", labels, values))
        series.append(("queue_depth", {"service": name}, [3.0] * 61))
    document = [{"name": n, "labels": b, "timestamps": times, "values": v} for n, b, v in series]
    assert 200 == server.post("/api/v1/samples", json={"series": document}).status_code


def names_shown(page: Page) -> list[str]:
    found: list[str] = page.locator(ROW).evaluate_all("rows => rows.map(r => r.dataset.service)")
    return found


def test_a_hundred_services_read_like_ten_and_trouble_comes_first(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    send_services(server, [f"svc-{n:03d}" for n in range(MANY)])
    open_console(page, server)
    expect(page.locator(ROW).first).to_be_visible(timeout=8_000)
    assert page.locator(ROW).count() < 20  # the rest is one line
    page.get_by_test_id("all-services").click()
    assert 20 < page.locator(ROW).count() < MANY  # only those in view exist
    page.get_by_test_id("filter-services").fill("119")
    expect(page.locator(ROW)).to_have_count(1)
    expect(page.locator(ROW)).to_contain_text("req/s")
    page.get_by_test_id("filter-services").fill("nobody")
    expect(page.get_by_test_id("services")).to_contain_text("No service matches “nobody”")
    page.get_by_role("button", name="Clear filter").click()

    # Under the pointer nothing moves; it is offered. (What needs attention comes above the list.)
    page.locator(ROW).nth(9).hover()
    rule = {
        "name": "svc-100 waits",
        "selector": 'queue_depth{service="svc-100"}',
        "op": ">",
        "threshold": 5,
        "severity": "critical",
    }
    assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code
    before = names_shown(page)[:3]
    push(server, "queue_depth", 9, service="svc-100")
    sort = page.get_by_role("button", name="Sort now")
    expect(sort).to_be_visible(timeout=8_000)
    assert before == names_shown(page)[:3]
    sort.click()
    expect(page.locator(ROW).first).to_have_attribute("data-service", "svc-100")
    expect(page.locator(ROW).first).to_have_attribute("data-standing", "critical")
    expect(page.get_by_test_id("sentence")).to_contain_text("One thing needs you")
    page.locator(ROW).first.get_by_role("link", name="svc-100", exact=True).click()
    expect(page).to_have_url(re.compile(r"/alerts\?.*alert=\d+"))


def test_lines_of_all_troubles_come_in_one_request(server: QuadraServer, browser: Browser) -> None:
    names = ("lines-a", "lines-b", "lines-c")
    for name in names:
        for n in range(3):
            push(server, "line_depth", 9 + n, service=name)
    rule = {"name": "Deep", "selector": "line_depth", "op": ">", "threshold": 5}
    made = server.post("/api/v1/alert-rules", json=rule).json()
    for name in names:
        push(server, "line_depth", 9, service=name)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/history?series=" in one.url else None)
    open_console(page, server)
    lines = page.get_by_test_id("alert-row").filter(has_text="Deep").locator("svg.spark path")
    expect(lines.nth(2)).to_be_attached(timeout=8_000)
    assert 1 == len({url.split("&start")[0] for url in asked if url.count("series=") >= 3})
    assert len(asked) <= 3  # some may have fired since the page was made
    page.close()
    server.session.delete(f"{server.url}/api/v1/alert-rules/{made['id']}", timeout=10)


def test_an_overview_of_the_past_says_that_it_tells_of_now(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_console(page, server)
    expect(page.get_by_test_id("then")).to_have_count(0)
    page.get_by_role("button", name="Back in time").click()
    expect(page.get_by_test_id("then")).to_contain_text("This page tells of now, not of")
    page.get_by_test_id("then").get_by_role("link", name="See what was known then").click()
    expect(page).to_have_url(re.compile(r"/replay\?.*end=\d+"))
    page.go_back()
    page.get_by_test_id("then").get_by_role("button", name="go live").click()
    expect(page.get_by_test_id("then")).to_have_count(0)
    expect(page.get_by_test_id("live")).to_have_attribute("aria-pressed", "true")


def test_a_deployment_appears_by_itself_with_its_letter_and_on_the_page_of_events(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_console(page, server)
    mark = {"title": EVIL, "text": "4f2c91", "by": "Mira"}
    assert 201 == server.post("/api/v1/events", json=mark).status_code
    changed = page.get_by_test_id("what-changed")
    expect(changed).to_contain_text(EVIL, timeout=5_000)
    expect(changed.locator("li").first).to_contain_text("A")
    changed.get_by_role("link", name="all events").click()
    table = page.get_by_role("region", name="Events")
    expect(table).to_contain_text("4f2c91, by Mira")
    page.get_by_test_id("kind").select_option("restart")
    expect(table).not_to_contain_text("4f2c91")
    expect(table).to_contain_text("Quadra started")


def test_an_incident_is_gone_through_again_and_its_file_opens_offline(
    server: QuadraServer, browser: Browser, browser_page: Page, tmp_path: Path
) -> None:
    rule = {"name": "Too deep", "selector": "deep_queue", "op": ">", "threshold": 5}
    assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code
    server.post("/api/v1/events", json={"title": EVIL})
    push(server, "deep_queue", 1, why=EVIL)
    push(server, "deep_queue", 9, why=EVIL)
    page = browser_page
    open_console(page, server)
    expect(page.get_by_test_id("needs-attention")).to_contain_text("Too deep", timeout=5_000)
    page.goto(f"{server.url}/replay?range=5m")
    then = page.get_by_test_id("then")
    expect(then).to_contain_text("fire", timeout=5_000)
    expect(page.get_by_test_id("replay")).to_contain_text("deep_queue")
    page.get_by_test_id("scrub").fill("0")
    expect(then).to_contain_text("nothing was known to be wrong")

    with page.expect_download() as download:
        page.get_by_test_id("export").click()
    file = tmp_path / "incident.html"
    download.value.save_as(file)
    assert file.stat().st_size < 2_000_000
    assert EVIL not in file.read_text("utf-8")
    context = browser.new_context(offline=True)
    try:
        opened = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        expect(opened.get_by_test_id("then")).to_contain_text("fire")
        expect(opened.get_by_test_id("replay")).to_contain_text(EVIL)
        assert opened.evaluate("window.hacked") is None
        assert ([], [file.as_uri()]) == (said, asked)
    finally:
        context.close()


def test_on_a_wall_there_is_nothing_to_press_but_a_clock(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_console(page, server)
    page.keyboard.press("Shift+K")
    expect(page.get_by_test_id("kiosk")).to_contain_text("old")
    expect(page.locator("nav.nav")).to_be_hidden()
    expect(page.locator("header.topbar")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("header.topbar")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_contain_text("kiosk")


def test_the_tour_is_shown_once_and_never_again(server: QuadraServer, browser: Browser) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        open_console(page, server)
        tour = page.get_by_test_id("tour")
        tour.get_by_role("button", name="Next").click()
        expect(tour).to_contain_text("2 of")
        tour.get_by_role("button", name="again").click()
        expect(tour).to_have_count(0)
        page.reload()
        page.wait_for_selector('[data-testid="hosts"]')
        expect(tour).to_have_count(0)
    finally:
        context.close()
