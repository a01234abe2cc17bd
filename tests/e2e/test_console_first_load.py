"""What the overview asks for when it is opened, and that it misses nothing meanwhile."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.e2e.clients import live, push
from tests.e2e.test_console import open_console
from tests.e2e.test_overview import send_services
from tests.servers.quadra import QuadraServer

MOST_REQUESTS = 6
CONNECTED = 'header.topbar [data-state="connected"]'
RULE = {"name": "Too deep", "selector": "early_queue", "op": ">", "threshold": 5}


def asked_for(page: Page) -> list[str]:
    """Note the path of every request from now on."""
    paths: list[str] = []
    page.on("request", lambda request: paths.append(urlsplit(request.url).path))
    return paths


def test_the_overview_comes_in_a_few_requests_and_asks_for_nothing_that_it_has(
    server: QuadraServer, browser: Browser
) -> None:
    send_services(server, ["web"])
    context = browser.new_context()
    try:
        page = context.new_page()
        open_console(page, server)
        expect(page.locator('[data-service="web"]')).to_be_visible(timeout=10_000)
        page.goto("about:blank")
        asked = asked_for(page)
        page.goto(f"{server.url}/")
        expect(page.locator(CONNECTED)).to_be_visible(timeout=10_000)
        page.wait_for_selector('[data-testid="hosts"]')
        assert len(asked) <= MOST_REQUESTS, asked
        apart = {"/api/v1/services"}  # the round of every other second may have begun
        assert [] == [path for path in asked if path.startswith("/api/") and path not in apart]
    finally:
        context.close()


def test_an_alert_between_the_page_and_its_connection_is_not_missed(
    server: QuadraServer, browser_page: Page
) -> None:
    assert 201 == server.post("/api/v1/alert-rules", json=RULE).status_code
    page = browser_page
    open_console(page, server)
    told: list[str] = []

    with live(server) as other:
        other.subscribe(events=["alerts"])

        def connect_once_others_were_told(socket: WebSocketRoute) -> None:
            push(server, "early_queue", 9)
            told.append(other.wait_for("alert")["rule"])
            socket.connect_to_server()

        page.route_web_socket("**/socket.io/**", connect_once_others_were_told)
        asked = asked_for(page)
        page.goto(f"{server.url}/")
        expect(page.get_by_test_id("needs-attention")).to_contain_text("Too deep", timeout=8_000)
    assert ["Too deep"] == told
    assert "/api/v1/alerts" in asked  # not by the round of every 15 s: that would come too late


def test_the_chosen_theme_is_in_the_page_from_its_first_byte(
    server: QuadraServer, browser: Browser
) -> None:
    context = browser.new_context(color_scheme="light")
    try:
        page = context.new_page()
        open_console(page, server)
        page.get_by_label("Theme").select_option("dark")
        context.add_init_script("window.before = getComputedStyle(document.documentElement)")
        body = page.goto(f"{server.url}/")
        assert body is not None
        assert '<html lang="en" data-theme="dark">' in body.text()
        expect(page.get_by_label("Theme")).to_have_value("dark")
        page.get_by_label("Theme").select_option("system")
        body = page.goto(f"{server.url}/explore")
        assert body is not None
        assert '<html lang="en">' in body.text()
    finally:
        context.close()


def test_a_theme_that_nobody_offers_is_not_written_into_the_page(server: QuadraServer) -> None:
    evil = '"><script>alert(1)</script>'
    page = server.get("/login", headers={"Cookie": f"quadra_theme={evil}"})
    assert '<html lang="en">' in page.text


def test_with_the_systems_own_colours_a_filled_button_can_be_read(
    server: QuadraServer, browser: Browser
) -> None:
    context = browser.new_context(forced_colors="active")
    try:
        page = context.new_page()
        page.goto(f"{server.url}/login")
        button = page.get_by_role("button", name="Sign in", exact=True)
        style: dict[str, str] = button.evaluate(
            "e => (({ forcedColorAdjust, color, backgroundColor }) =>"
            " ({ forcedColorAdjust, color, backgroundColor }))(getComputedStyle(e))"
        )
        assert "none" == style["forcedColorAdjust"]  # else its text gets a ground of its own
        assert style["color"] != style["backgroundColor"]
    finally:
        context.close()
