"""Alerts, rules and channels in the console, in a real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.clients import push
from tests.servers.quadra import QuadraServer
from tests.servers.receivers import HttpReceiver

Start = Callable[..., QuadraServer]

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
PAGES = ("", "alerts", "anomalies", "rules", "rules?rule=new", "channels")
OTHERS = (
    "explore",
    "events",
    "replay",
    "training",
    "targets",
    "tokens",
    "users",
    "sessions",
    "audit",
    "status",
)
HOUR = 3600


def open_page(page: Page, server: QuadraServer, path: str) -> None:
    page.goto(f"{server.url}/?token={server.token}")
    page.goto(f"{server.url}/{path}")


def send_past(server: QuadraServer, name: str, peaks: int) -> None:
    """Send an hour of a series that is at 10 and has so many short peaks of 90."""
    now, every = time.time() - 30, 10
    length = HOUR // every
    values = [90.0 if n % (length // peaks) in (5, 6, 7) else 10.0 for n in range(length)]
    times = [now - HOUR + every * (n + 1) for n in range(length)]
    series = {"name": name, "labels": {"host": "a"}, "timestamps": times, "values": values}
    assert 200 == server.post("/api/v1/samples", json={"series": [series]}).status_code


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]
    ]


def make_by_hand(page: Page) -> None:
    """Make a rule in the console, dragging its limit over the past."""
    page.get_by_role("button", name="New rule").click()
    page.get_by_label("Series", exact=True).fill('made_here{host="a"}')
    past = page.get_by_test_id("backtest")
    # A limit above all that was seen is proposed: nobody would have been told.
    expect(past).to_contain_text("never have paged", timeout=10_000)
    handle = page.get_by_test_id("limit-handle")
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 110, steps=4)
    # While the limit is still held, what it would have done is told.
    expect(past).not_to_have_attribute("data-pages", "0", timeout=5_000)
    expect(page.locator('[data-lane="Fires"]')).to_have_attribute("data-marks", "4")
    page.mouse.up()
    limit = page.get_by_label("Limit", exact=True).and_(page.locator("input"))
    assert 10 < float(limit.input_value()) < 90
    before = float(limit.input_value())
    handle.press("ArrowUp")
    assert before < float(limit.input_value())
    limit.fill("50")
    page.get_by_label("For", exact=True).fill("soon")
    expect(page.locator(".field .fault")).to_be_visible(timeout=5_000)
    page.get_by_label("For", exact=True).fill("0s")
    page.get_by_label("Severity").select_option("critical")
    page.get_by_label("Name", exact=True).fill("Made in the console")
    expect(page.locator(".field .fault")).to_have_count(0, timeout=5_000)
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("region", name="Rules")).to_contain_text("Made in the console")


def silence(page: Page, server: QuadraServer) -> None:
    """Silence the alert that is open in the console."""
    detail = page.get_by_test_id("alert-detail")
    detail.get_by_role("button", name="Silence", exact=True).click()
    detail.get_by_label("Reason").fill("trying it out")
    detail.get_by_role("button", name="Silence it").click()
    expect(page.get_by_test_id("silences")).to_contain_text("trying it out")
    (made,) = server.get("/api/v1/silences").json()["silences"]
    assert ['rule="Made in the console"', 'host="a"'] == made["matchers"]


def test_a_rule_is_made_tried_fires_is_acknowledged_and_silenced(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    send_past(server, "made_here", peaks=4)
    open_page(page, server, "rules")
    make_by_hand(page)

    page.get_by_role("link", name="Overview").first.click()
    push(server, "made_here", 99, host="a")
    row = page.get_by_test_id("needs-attention").get_by_test_id("alert-row")
    expect(row).to_contain_text("Made in the console (a)", timeout=5_000)
    expect(page.get_by_test_id("sentence")).to_contain_text("One thing needs you")
    expect(page).to_have_title(re.compile("^◆ 1 Overview"))
    expect(page.get_by_test_id("alert-count").first).to_contain_text("1")

    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(re.compile("/alerts"))
    expect(page.get_by_test_id("alert-detail")).to_contain_text("Made in the console")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"alert=\d+"))
    detail = page.get_by_test_id("alert-detail")
    detail.get_by_label("Your name").fill("Mira")
    detail.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_test_id("alert-row")).to_contain_text("Mira has it")
    expect(page.get_by_test_id("timeline")).to_contain_text("Acknowledged by Mira")
    expect(page).not_to_have_title(re.compile("◆"))

    silence(page, server)

    push(server, "made_here", 1, host="a")
    expect(page.get_by_role("region", name="Closed alerts")).to_contain_text(
        "Made in the console (a)", timeout=5_000
    )
    expect(page.get_by_test_id("sentence")).to_contain_text("Nothing is open")


def test_a_channel_is_made_tested_and_says_what_is_wrong(
    start_quadra: Start, browser_page: Page
) -> None:
    page, server = browser_page, start_quadra(WEBHOOK_ALLOW_PRIVATE="true")
    open_page(page, server, "channels")
    expect(page.get_by_test_id("sentence")).to_contain_text("Nobody is told")
    page.get_by_label("Name").fill("on-call")
    page.get_by_label("Address").fill("nowhere")
    page.get_by_role("button", name="Make channel").click()
    expect(page.locator(".fault")).to_be_visible()
    page.get_by_label("Address").fill("http://127.0.0.1:9/hook")  # nothing listens there
    page.get_by_role("button", name="Make channel").click()
    table = page.get_by_role("region", name="Channels")
    expect(table).to_contain_text("on-call")
    table.get_by_role("button", name="Test").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("did not arrive", timeout=20_000)
    page.on("dialog", lambda dialog: dialog.accept())
    table.get_by_role("button", name="Remove").click()
    expect(page.get_by_test_id("sentence")).to_contain_text("Nobody is told")
    with HttpReceiver() as hook:
        page.get_by_label("Name").fill("on-call")
        page.get_by_label("Address").fill(hook.url)
        page.get_by_label("Only alerts with").fill('severity="critical", team=~"ml|web"')
        page.get_by_role("button", name="Make channel").click()
        expect(table).to_contain_text('only severity="critical", team=~"ml|web"')
        page.get_by_role("button", name="Run fire drill").click()
        drill = page.get_by_test_id("fire-drill")
        expect(drill).to_contain_text("Passed in", timeout=20_000)
        expect(drill.get_by_role("row")).to_have_count(7)
        assert ["firing", "resolved"] == [post.json["status"] for post in hook.posts]


def test_every_page_can_be_used_by_everybody(server: QuadraServer, browser_page: Page) -> None:
    page = browser_page
    rule = {"name": "Seen by all", "selector": "seen_by_all", "op": ">", "threshold": 10}
    assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code
    push(server, "seen_by_all", 99, host="a")
    open_page(page, server, "alerts")
    expect(page.get_by_test_id("alert-row").first).to_be_visible(timeout=5_000)
    wrong: list[str] = []
    for path in PAGES + OTHERS:
        page.goto(f"{server.url}/{path}")
        page.wait_for_selector("main h1")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{path or 'overview'}, {scheme}: {one}" for one in violations(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_page_never_scrolls_sideways(
    server: QuadraServer, browser_page: Page, path: str
) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    open_page(browser_page, server, path)
    browser_page.wait_for_selector("main h1")
    assert 390 >= browser_page.evaluate("document.documentElement.scrollWidth")
