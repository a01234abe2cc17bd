"""The console that hangs on a wall or in a tab behind others: it turns its pages, and it tells."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.clients import push
from tests.e2e.test_console import open_console
from tests.servers.quadra import QuadraServer

TURN_MS = 20_000
RULE = {"op": ">", "threshold": 5}
NOTICES = """
    window.told = [];
    window.Notification = class extends Notification {
        constructor(title, options) { super(title, options); window.told.push(this); }
    };
    let away = false;
    Object.defineProperty(document, "hidden", { get: () => away });
    window.goAway = () => { away = true; };
"""


def make_rule(server: QuadraServer, metric: str) -> None:
    rule = {**RULE, "name": f"Too deep: {metric}", "selector": metric}
    assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code


def test_pages_turn_while_all_is_right_and_what_goes_wrong_brings_the_overview_back(
    server: QuadraServer, browser_page: Page
) -> None:
    make_rule(server, "wall_queue")
    push(server, "wall_queue", 1)
    page = browser_page
    page.clock.install()
    open_console(page, server)
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    page.keyboard.press("Shift+K")
    expect(page.get_by_test_id("kiosk")).to_contain_text("old")
    page.clock.fast_forward(TURN_MS)
    expect(page).to_have_url(re.compile("/anomalies"))
    push(server, "wall_queue", 9)
    expect(page).to_have_url(re.compile(r"/\?|/$"))
    expect(page.get_by_test_id("needs-attention")).to_contain_text("Too deep")
    page.clock.fast_forward(TURN_MS)
    expect(page.get_by_test_id("kiosk")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?|/$"))  # it stays for as long as that lasts


def test_whoever_asked_for_it_is_told_of_an_alert_while_the_page_is_not_looked_at(
    server: QuadraServer, browser: Browser
) -> None:
    make_rule(server, "notice_queue")
    push(server, "notice_queue", 1)
    context = browser.new_context(permissions=["notifications"])
    try:
        page = context.new_page()
        page.add_init_script(NOTICES)
        open_console(page, server)
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
        page.get_by_label("Notify me here").check()
        page.evaluate("window.goAway()")
        push(server, "notice_queue", 9, host="a")
        page.wait_for_function("() => window.told.length > 0")
        told = page.evaluate("window.told.map(({ title, tag }) => ({ title, tag }))")
        assert 1 == len(told)
        assert "Too deep" in told[0]["title"]
        page.evaluate("window.told[0].onclick()")
        number = told[0]["tag"].removeprefix("quadra-alert-")
        expect(page).to_have_url(re.compile(rf"/alerts\?.*alert={number}"))
    finally:
        context.close()


@pytest.mark.parametrize("path", ["overview", "alerts"])
def test_what_is_wrong_is_one_row_of_neighbours_on_the_widest_screen(
    server: QuadraServer, browser_page: Page, path: str
) -> None:
    queue = f"wide_queue_{path}"
    make_rule(server, queue)
    push(server, queue, 9)
    page = browser_page
    page.set_viewport_size({"width": 3840, "height": 2160})
    open_console(page, server)
    page.goto(f"{server.url}/{path.removeprefix('overview')}")
    row = page.get_by_test_id("alert-row").filter(has_text=queue).first
    expect(row.locator(".spark path").first).to_be_attached()
    gaps = row.evaluate("""(row) => {
        const parts = [...row.children].map((part) => part.getBoundingClientRect());
        return parts.slice(1).map((part, i) => part.left - parts[i].right);
    }""")
    assert 4 == len(gaps)
    assert max(gaps) < 40
    text = row.locator(".alert-what").bounding_box()
    assert text is not None
    assert text["width"] < 800
