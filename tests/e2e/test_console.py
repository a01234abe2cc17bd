"""The console in a real Chromium, as a person meets it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.e2e.clients import push
from tests.servers.quadra import QuadraServer

Start = Callable[..., QuadraServer]

CHARTS = '[data-testid="chart"]'
MOVES = """([selector, before]) => {
    const chart = document.querySelector(selector);
    return chart !== null && Number(chart.dataset.newest || 0) > before;
}"""


def chart(metric: str) -> str:
    return f'{CHARTS}[data-metric="{metric}"]'


def open_console(page: Page, server: QuadraServer) -> None:
    """Sign in by the administrator's token in the address, which this very machine may."""
    page.goto(f"{server.url}/?token={server.token}")
    expect(page).to_have_url(f"{server.url}/")
    page.wait_for_selector('[data-testid="hosts"]', timeout=10_000)


def pin_cpu(page: Page, server: QuadraServer) -> None:
    """Show a chart that always moves."""
    page.goto(f"{server.url}/?pin=host_cpu_busy_percent")
    page.wait_for_selector(f"{chart('host_cpu_busy_percent')}[data-newest]", timeout=10_000)


def moves(page: Page, selector: str, *, within: float) -> float:
    """Wait until the newest point of a chart is newer than now; give its time in seconds."""
    before = page.evaluate("s => Number(document.querySelector(s)?.dataset.newest || 0)", selector)
    page.wait_for_function(MOVES, arg=[selector, before], timeout=within * 1000)
    newest: float = page.evaluate("s => Number(document.querySelector(s).dataset.newest)", selector)
    return newest / 1000


def test_the_printed_address_opens_the_console_and_a_chart_moves_within_two_seconds(
    start_quadra: Start, browser_page: Page
) -> None:
    server = start_quadra(QUADRA_ADMIN_TOKEN=None)
    browser_page.goto(server.first_address)
    expect(browser_page).to_have_url(f"{server.url}/")
    expect(browser_page).to_have_title(re.compile("Quadra"))
    browser_page.wait_for_selector('[data-testid="hosts"]', timeout=10_000)
    pin_cpu(browser_page, server)
    selector = f"{CHARTS}[data-newest]"
    assert abs(time.time() - moves(browser_page, selector, within=2.5)) < 5


def test_the_vital_signs_of_the_host_and_of_quadra_are_there(
    server: QuadraServer, browser_page: Page
) -> None:
    open_console(browser_page, server)
    hosts = browser_page.get_by_test_id("hosts")
    for part in ("CPU", "Memory", "Disk"):
        expect(hosts.get_by_text(part, exact=True)).to_be_visible(timeout=5_000)
    browser_page.get_by_role("link", name="Status").first.click()
    charts = browser_page.locator(CHARTS)
    expect(charts.first).to_be_visible()
    assert charts.count() >= 3
    expect(browser_page.get_by_test_id("connection")).to_have_attribute(
        "data-state", re.compile(".")
    )


def test_a_posted_sample_appears_by_itself_with_its_value(
    server: QuadraServer, browser_page: Page
) -> None:
    open_console(browser_page, server)
    assert 0 == browser_page.locator(chart("appears_by_itself")).count()
    push(server, "appears_by_itself", 41, zone="a")
    shown = browser_page.locator(chart("appears_by_itself")).first
    expect(shown).to_be_visible(timeout=2_000)
    expect(shown).to_have_attribute("data-value", "41", timeout=2_000)
    push(server, "appears_by_itself", 42.5, zone="a")
    expect(shown).to_have_attribute("data-value", "42.5", timeout=2_000)


def test_the_first_steps_show_this_address_and_a_token_and_become_first_sample_received(
    start_quadra: Start, browser_page: Page
) -> None:
    server = start_quadra()
    open_console(browser_page, server)
    snippets = browser_page.get_by_test_id("snippets")
    expect(browser_page.get_by_test_id("empty")).to_be_visible()
    token = server.get("/api/v1/first-steps").json()["token"]
    for name in ("curl", "Python", "OpenTelemetry"):
        snippets.get_by_role("tab", name=name).click()
        expect(snippets).to_contain_text(server.url)
        expect(snippets).to_contain_text(token)
    # What the curl snippet does, with the very token that it shows.
    sample = {"samples": [{"name": "my_first", "value": 7}]}
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{server.url}/api/v1/samples"
    assert 200 == requests.post(url, json=sample, headers=headers, timeout=10).status_code
    first = browser_page.get_by_test_id("first-sample")
    expect(first).to_contain_text("my_first", timeout=3_000)
    expect(browser_page.get_by_test_id("empty")).to_have_count(0)


def test_any_series_can_be_searched_and_pinned(server: QuadraServer, browser_page: Page) -> None:
    push(server, "needle_in_the_haystack", 1, zone="b")
    open_console(browser_page, server)
    browser_page.get_by_test_id("search").fill("needle_in")
    result = browser_page.get_by_test_id("search-results").get_by_role("option").first
    expect(result).to_contain_text("needle_in_the_haystack")
    result.click()
    pinned = browser_page.get_by_test_id("section-pinned")
    expect(pinned.locator(chart("needle_in_the_haystack"))).to_be_visible()


def test_the_search_leads_to_pages_and_shows_a_series_in_explore_where_no_pins_stand(
    server: QuadraServer, browser_page: Page
) -> None:
    push(server, "found_elsewhere", 1, zone="b")
    push(server, "found_elsewhere", 2, zone="c")
    open_console(browser_page, server)
    search = browser_page.get_by_test_id("search")
    search.fill("rul")
    search.press("Enter")  # before the answer is here
    expect(browser_page).to_have_url(re.compile("/rules"))
    expect(search).to_have_value("")
    search.fill("found_elsewhere b")
    expect(browser_page.get_by_test_id("search-results").get_by_role("option")).to_have_count(1)
    search.press("Enter")
    expect(browser_page).to_have_url(re.compile("/explore.*m=found_elsewhere"))
    expect(browser_page.locator(chart("found_elsewhere"))).to_have_attribute("data-value", "1")


def test_no_page_claims_that_all_is_right_while_the_server_is_away(
    start_quadra: Start, browser_page: Page
) -> None:
    server = start_quadra()
    open_console(browser_page, server)
    browser_page.goto(f"{server.url}/anomalies")
    sentence = browser_page.get_by_test_id("sentence")
    expect(sentence).to_contain_text("Nothing is unusual")
    server.terminate()
    expect(sentence).to_contain_text("Not known: no data for", timeout=10_000)
    server.restart()
    expect(sentence).to_contain_text("Nothing is unusual", timeout=15_000)


def test_pause_holds_the_charts_and_going_on_fills_them(
    server: QuadraServer, browser_page: Page
) -> None:
    open_console(browser_page, server)
    pin_cpu(browser_page, server)
    moves(browser_page, chart("host_cpu_busy_percent"), within=3)
    browser_page.get_by_test_id("pause").click()
    expect(browser_page.get_by_test_id("pause")).to_have_attribute("aria-pressed", "true")
    times = browser_page.get_by_test_id("times").inner_text()
    assert "paused=" in browser_page.url
    browser_page.reload()  # whoever is sent the link sees the same moment
    expect(browser_page.get_by_test_id("pause")).to_have_attribute("aria-pressed", "true")
    expect(browser_page.get_by_test_id("paused")).to_contain_text("Paused at")
    expect(browser_page.get_by_test_id("times")).to_have_text(times)
    push(server, "while_paused", 5)
    browser_page.get_by_test_id("live").click()
    expect(browser_page.get_by_test_id("pause")).to_have_attribute("aria-pressed", "false")
    moves(browser_page, chart("host_cpu_busy_percent"), within=3)
    expect(browser_page.locator(chart("while_paused")).first).to_be_visible(timeout=3_000)


def test_the_console_comes_back_by_itself_and_has_no_hole(
    start_quadra: Start, browser_page: Page
) -> None:
    server = start_quadra()
    open_console(browser_page, server)
    push(server, "comes_back", 1)
    shown = browser_page.locator(chart("comes_back")).first
    expect(shown).to_have_attribute("data-value", "1", timeout=3_000)
    server.terminate()
    expect(browser_page.get_by_test_id("disconnected")).to_be_visible(timeout=5_000)
    server.restart()
    push(server, "comes_back", 2)
    expect(shown).to_have_attribute("data-value", "2", timeout=15_000)
    expect(browser_page.get_by_test_id("disconnected")).to_have_count(0, timeout=5_000)


def test_markup_in_labels_is_shown_as_text(server: QuadraServer, browser_page: Page) -> None:
    evil = '<img src=x onerror="window.hacked=1">'
    push(server, "evil_labels", 1, html=evil)
    push(server, "evil_labels", 2, html="javascript:window.hacked=1")
    open_console(browser_page, server)
    browser_page.get_by_test_id("search").fill("evil_labels")
    results = browser_page.get_by_test_id("search-results")
    expect(results).to_contain_text("onerror")
    expect(browser_page.locator(chart("evil_labels")).first).to_be_visible()
    assert browser_page.evaluate("window.hacked") is None
    assert 0 == browser_page.locator('img[src="x"]').count()


def test_a_person_signs_in_by_the_form_and_is_told_when_the_token_is_wrong(
    server: QuadraServer, browser_page: Page
) -> None:
    browser_page.goto(server.url)
    expect(browser_page).to_have_url(re.compile("/login"))
    browser_page.get_by_label("Token").fill("wrong-token-wrong-token")
    browser_page.get_by_role("button", name="Sign in").click()
    expect(browser_page.get_by_role("alert")).to_contain_text("not valid")
    browser_page.get_by_label("Token").fill(server.token)
    browser_page.get_by_role("button", name="Sign in").click()
    expect(browser_page).to_have_url(f"{server.url}/")
    expect(browser_page.get_by_test_id("hosts")).to_be_visible(timeout=10_000)


def test_the_page_of_the_api_describes_and_tries_it(
    server: QuadraServer, browser_page: Page
) -> None:
    open_console(browser_page, server)
    browser_page.goto(f"{server.url}/api/docs")
    operations = browser_page.get_by_test_id("operation")
    expect(operations.first).to_be_visible()
    document = server.get("/api/openapi.json").json()
    assert sum(len(methods) for methods in document["paths"].values()) == operations.count()


@pytest.mark.parametrize("path", ["/", "/api/docs", "/login"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_hangs_over_the_side(
    server: QuadraServer, browser_page: Page, path: str, width: int
) -> None:
    push(server, "a_rather_long_name_of_a_metric_that_somebody_has_chosen_seconds_total", 1)
    browser_page.set_viewport_size({"width": width, "height": 844})
    open_console(browser_page, server)
    browser_page.goto(server.url + path)
    if path == "/":
        browser_page.wait_for_selector(f"{CHARTS}[data-newest]")
    else:
        browser_page.wait_for_load_state("networkidle")
    too_wide = browser_page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
                && !e.closest("pre, .visually-hidden, svg, [data-scrolls]")
                && getComputedStyle(e).position !== "fixed")
            .slice(0, 5).map((e) => `${e.tagName}.${e.className}`)"""
    )
    scrolls = browser_page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert scrolls <= 0, too_wide


COLORS = """() => {
    const painted = [document.body, document.documentElement]
        .map((e) => getComputedStyle(e).backgroundColor)
        .find((color) => color !== "rgba(0, 0, 0, 0)");
    return [painted, getComputedStyle(document.body).color];
}"""


def brightness(color: str) -> float:
    parts = [float(part) for part in re.findall(r"[\d.]+", color)[:3]]
    return sum(parts) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_follows_the_systems_light_or_dark(
    server: QuadraServer, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme)
    try:
        page = context.new_page()
        open_console(page, server)
        colors = page.evaluate(COLORS)
    finally:
        context.close()
    background, text = map(brightness, colors)
    assert (background > text) == (scheme == "light")
    assert abs(background - text) > 120


def test_what_runs_in_the_page_comes_from_this_server_alone(
    server: QuadraServer, browser_page: Page
) -> None:
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    open_console(browser_page, server)
    pin_cpu(browser_page, server)
    moves(browser_page, chart("host_cpu_busy_percent"), within=3)
    assert asked
    foreign = [url for url in asked if not url.startswith((server.url, "data:", "ws:"))]
    assert [] == foreign
    assert not [
        url for url in asked if "token=" in url and not url.startswith(f"{server.url}/?token=")
    ]
