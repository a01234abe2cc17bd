"""Training in the console, in a real Chromium: what it learns is chosen, changed, saved."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.test_console_alerts import open_page, violations
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]


def send_waves(server: QuadraServer) -> None:
    now = time.time()
    times = [now - 900 + n for n in range(900)]
    series = [
        {
            "name": "wave",
            "labels": {"n": str(n)},
            "timestamps": times,
            "values": [math.sin((t + n) / 20) for t in times],
        }
        for n in range(4)
    ]
    assert 200 == server.post("/api/v1/samples", json={"series": series}).status_code


def test_the_field_learns_what_was_chosen(start_quadra: Start, browser_page: Page) -> None:
    page = browser_page
    server = start_quadra()
    send_waves(server)
    open_page(page, server, "training")
    plan = page.get_by_test_id("training-plan")
    expect(plan.get_by_label("Which series")).to_have_value("own", timeout=10_000)
    plan.get_by_label("Units of the field").fill("5")
    page.get_by_role("button", name="Start training").click()
    expect(plan.get_by_role("alert")).to_contain_text("from 16 to 1024")
    plan.get_by_label("Units of the field").fill("32")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("learn", timeout=15_000)
    table = page.get_by_label("Forecasts of the watched series")
    expect(table).to_contain_text("wave", timeout=15_000)
    expect(page.locator("main")).to_contain_text("32 units")
    assert 4 == len(server.get("/api/v1/training").json()["series"])
    plan.locator("summary").click()  # it closed when the training began
    plan.get_by_label("Seed").fill("3")
    page.get_by_role("button", name="Begin anew with these").click()
    expect(page.locator("main")).to_contain_text("seed 3", timeout=15_000)
    page.get_by_label("What is this version?").fill("first")
    page.get_by_role("button", name="Save version").click()
    page.get_by_role("button", name="Promote").click(timeout=10_000)
    expect(page.get_by_role("button", name="Roll back to the one before")).to_be_visible()
    assert wait_until(
        lambda: server.get("/api/v1/models").json()["production"] is not None, timeout=5
    )
    assert [] == violations(page)
